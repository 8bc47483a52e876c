"""What a newcomer does with a fleet, by README and docs alone: newcomer.py PORT FOLDER, against a running local stack, with wabactl on the PATH.

200 vendors come from a CSV; one is paired by its QR code; a message is sent and followed in the ledger; its webhook secret is replaced
while customers write; and the migration is undone. FOLDER is for the files that it makes.
"""

import csv
import json
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
SIMULATOR = f"http://127.0.0.1:{PORT + 2}/_sim"
VENDORS = 200
VENDOR = "fleet_007"
CUSTOMER = "+221700000001"


def say(text: str) -> None:
    print(f"--- {text}", flush=True)


def wabactl(*arguments: str, code: int = 0):
    """Runs wabactl and answers the JSON that it printed."""
    command = ["wabactl", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    assert done.returncode == code, f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return json.loads(done.stdout) if done.stdout.strip() else None


def simulator(path: str, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{SIMULATOR}/{path}", data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


def within(seconds: float, what: str, holds):
    end = time.monotonic() + seconds
    while True:
        if (found := holds()) not in (None, False):
            return found
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.3)


def sheet() -> Path:
    """A CSV as the owner's, with as many vendors."""
    file = FOLDER / "fleet.csv"
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow("vendorId businessName phoneNumber wasenderInstanceId wasenderWebhookSecret wasenderApiKey".split())
        for n in range(VENDORS):
            rows.writerow([f"fleet_{n:03}", f'Boutique "{n}", Dakar', f"+2217010{n:05}", f"session_{n:03}", f"secret_of_{n:03}", f"key_of_{n:03}"])
    return file


def vendors() -> list[str]:
    return [vendor["vendorId"] for vendor in wabactl("vendors", "list")["vendors"]]


def migrate(file: Path) -> None:
    before = vendors()
    wabactl("migrate", "batch", str(file), "--dry-run")
    assert vendors() == before, "a dry run changes nothing"
    wabactl("migrate", "batch", str(file), "--report", str(FOLDER / "report.json"))
    assert len(vendors()) == len(before) + VENDORS
    report = (FOLDER / "report.json").read_text()
    assert "secret_of_" not in report and "key_of_" not in report, "the report holds a secret"


def pair() -> None:
    # Somebody unlinked the device on the vendor's phone.
    simulator(f"sessions/session_{VENDOR[-3:]}/status", {"status": "logged_out"})
    wabactl("connect", VENDOR, "--by", "qr")
    picture = FOLDER / "code.png"
    wabactl("qr", VENDOR, "--png", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG"), "the code is a picture"
    shown = wabactl("qr", VENDOR)
    simulator(f"sessions/session_{VENDOR[-3:]}/link", {"progress": "linked", "code": shown["qr"]})
    within(30, "the session is connected", lambda: "connected" in json.dumps(wabactl("status", VENDOR)))


def messages(direction: str) -> list:
    return wabactl("messages", VENDOR, "--direction", direction, "--limit", "500")["messages"]


def send() -> None:
    sent = wabactl("send", VENDOR, "--to", CUSTOMER, "Votre commande est prête.")["messageId"]

    def status() -> str:
        return next(one["status"] for one in messages("outbound") if one["id"] == sent)

    within(40, "the message is delivered", lambda: status() in ("delivered", "read"))
    history = wabactl("messages", "show", VENDOR, sent)
    assert history["sending"]["attempts"] == 1, history


def rotate() -> None:
    """Customers write all the while; no genuine webhook is refused for good."""
    over, written = threading.Event(), []

    def customers():
        while not over.is_set():
            number = len(written)
            simulator("inbound", {"vendorId": VENDOR, "from": f"+22170000{number % 50:04}", "text": f"Bonjour {number}"})
            written.append(number)
            time.sleep(0.05)

    writing = threading.Thread(target=customers)
    writing.start()
    try:
        time.sleep(1)
        for _ in range(2):
            rotated = wabactl("rotate-secret", VENDOR)
            assert rotated["rotated"] is True, rotated
            time.sleep(1)
    finally:
        over.set()
        writing.join()
    assert len(written) > 8, written
    simulator("idle", {})
    hooks = [hook for hook in simulator("webhooks")["webhooks"] if hook["session"] == f"session_{VENDOR[-3:]}"]
    put_off = [hook for hook in hooks if hook["status"] == 503]
    refused = [hook for hook in hooks if hook["status"] not in (200, 503)]
    assert not refused, refused[:3]
    received = [hook for hook in hooks if hook["event"].startswith("messages") and '"fromMe": false' in json.dumps(hook["data"])]
    posted = {hook["keyId"] for hook in received if hook["status"] == 200 and "Bonjour" in json.dumps(hook["data"])}
    # While the provider makes another secret the session's webhooks are off for a moment, which the gateway shows as a gap.
    assert len(written) - 8 <= len(posted) <= len(written), (len(written), len(posted))

    def kept() -> bool:
        return posted <= {one["providerMessageId"] for one in messages("inbound")}

    within(60, "what was posted is in the ledger", kept)
    print(f"{len(written)} messages, {len(posted)} accepted, all of them kept; {len(put_off)} webhooks put off for good by a provider that repeats twice")


def undo() -> None:
    run = wabactl("migrate", "runs")["runs"][0]["run"]
    before = len(vendors())
    wabactl("migrate", "batch", "--undo", run, "--force")
    after = vendors()
    assert len(after) == before - VENDORS and VENDOR not in after, after[:5]
    wabactl("vendors", "show", VENDOR, code=1)


def main() -> None:
    say(f"migrate {VENDORS} vendors")
    migrate(sheet())
    say("pair one by its QR code")
    pair()
    say("send, and read the ledger")
    send()
    say("replace its webhook secret while customers write")
    rotate()
    say("undo the migration")
    undo()
    say("done")


if __name__ == "__main__":
    main()
