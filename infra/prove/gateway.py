"""The deployed gateway as a provider and its operator see it."""

import json
import time
import urllib.error
import urllib.request

# What a reply may be once the provider took it.
TAKEN = ("accepted", "sent", "delivered", "read")
NUMBERS = ("221700000011", "221700000012")


class Vendor:
    """One whose session the stand-in has: it knows the number by the key."""

    def __init__(self, number: str, protected: bool):
        self.id, self.number, self.secret, self.protected = f"prove_{number[-2:]}", number, f"secret_of_{number[-2:]}_0123456789abcdef", protected

    def registration(self) -> dict:
        return {
            "vendorId": self.id,
            "businessName": "Prove",
            "phoneNumber": f"+{self.number}",
            "wasenderInstanceId": f"instance_{self.id}",
            "wasenderWebhookSecret": self.secret,
            "wasenderApiKey": f"prove_{self.number}",
            "accountProtection": self.protected,
        }

    def message(self, customer: str, key: str, text: str, image: bool = False) -> dict:
        content = {"conversation": text}
        if image:
            file = {"url": "https://mmg.whatsapp.net/v/prove.enc", "mimetype": "image/png", "mediaKey": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="}
            content = {"imageMessage": file | {"caption": text}}
        name = {"id": key, "fromMe": False, "remoteJid": f"{customer}@s.whatsapp.net", "cleanedSenderPn": customer}
        told = {"key": name, "messageBody": text, "message": content, "pushName": "Awa", "messageTimestamp": int(time.time())}
        return {"event": "messages.received", "timestamp": int(time.time() * 1000), "data": {"messages": told}}

    def receipt(self, customer: str, number: int, status: int) -> dict:
        """Of the send that the stand-in gave this number; it names it at WhatsApp too."""
        name = {"id": f"3EB0{number:016X}", "fromMe": True, "remoteJid": f"{customer}@s.whatsapp.net"}
        return {"event": "messages.update", "timestamp": int(time.time() * 1000), "data": {"update": {"status": status}, "key": name, "msgId": number}}


class Gateway:
    def __init__(self, api: str, key: str):
        self.api, self.key = api, key

    def post(self, vendor: Vendor, body, route: str = "", secret: str | None = None) -> tuple[int, float]:
        """The status, and the milliseconds until it was there."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"x-webhook-signature": vendor.secret if secret is None else secret}
        begin = time.monotonic()
        status, _ = request(f"{self.api}/api/webhooks/wasender/{vendor.id}{route}", data, headers)
        return status, (time.monotonic() - begin) * 1000

    def admin(self, path: str, body=None, method: str | None = None) -> tuple[int, dict]:
        data = None if body is None else json.dumps(body).encode()
        status, answer = request(f"{self.api}/api/admin/{path}", data, {"authorization": f"Bearer {self.key}"}, method)
        return status, json.loads(answer or b"null")

    def messages(self, vendor: Vendor, direction: str, customer: str) -> list[dict]:
        """Those of a customer, the newest last."""
        status, answer = self.admin(f"vendors/{vendor.id}/messages?direction={direction}&limit=100")
        found = answer["messages"] if status == 200 else []
        return [one for one in reversed(found) if one["contact"]["phone"] == f"+{customer}"]


def request(url: str, data: bytes | None = None, headers: dict | None = None, method: str | None = None) -> tuple[int, bytes]:
    asked = urllib.request.Request(url, data, {"content-type": "application/json"} | (headers or {}), method=method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        # The connection was closed in the place of an answer.
        return 0, b""


def within(seconds: float, holds):
    """What it is when it holds, or None when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.2)
    return None
