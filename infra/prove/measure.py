"""Times that only an account can show: cold starts by memory and processor, warm webhooks, the way from a message to its reply."""

import base64
import io
import json
import re
import statistics
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from account import ROOT, Account, architecture
from gateway import TAKEN, Gateway, Vendor, within

MEMORY = (128, 256, 512, 1024, 1769)
AT_ONCE = 8
FIELDS = {
    "init": r'Init Duration: ([\d.]+) ms|"initDurationMs": ?([\d.]+)',
    "duration": r'(?<!Init )(?<!Billed )Duration: ([\d.]+) ms|"durationMs": ?([\d.]+)',
    "memory": r'Max Memory Used: (\d+) MB|"maxMemoryUsedMB": ?(\d+)',
}


def report(log: str) -> dict[str, float]:
    """What Lambda's own report says of an invocation, in either of its formats."""
    found = {name: re.search(pattern, log) for name, pattern in FIELDS.items()}
    return {name: float(next(group for group in match.groups() if group)) for name, match in found.items() if match}


def middle(values: list[float], digits: int = 1) -> str:
    """p50 / p95 of some milliseconds."""
    if not values:
        return "none"
    ordered = sorted(values)
    return f"p50 {statistics.median(ordered):.{digits}f} ms, p95 {ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]:.{digits}f} ms, n={len(ordered)}"


class Starts:
    """Cold starts, which a changed variable forces: every environment from before is left."""

    def __init__(self, account: Account, vendor: Vendor, key: str):
        self.account, self.vendor, self.key, self.round = account, vendor, key, 0
        self.lambdas = account.client("lambda")

    def payload(self, function: str) -> bytes:
        if function in ("conversation", "sender"):
            return b'{"Records":[]}'
        if function == "sweep":
            return (ROOT / "events/schedule/sweep.json").read_bytes()
        event = json.loads((ROOT / "events/api/messages-text.json").read_text())
        told = self.vendor.message("221700000029", "3EB0PROVECOLD000001", "Bonjour")
        if function == "admin":
            event = json.loads((ROOT / "events/api/admin-list-vendors.json").read_text())
            event["headers"]["authorization"] = f"Bearer {self.key}"
            return json.dumps(event).encode()
        if function == "status":
            event = json.loads((ROOT / "events/api/status-delivered.json").read_text())
            told = self.vendor.receipt("221700000001", 1, 3)
        # The second of a pair is a duplicate: the same way, and no reply to pay for.
        event["rawPath"] = event["rawPath"].replace("vendor_001", self.vendor.id)
        event["requestContext"]["http"]["path"] = event["rawPath"]
        event["pathParameters"] = {"vendorId": self.vendor.id}
        event["headers"]["x-webhook-signature"] = self.vendor.secret
        return json.dumps(event | {"body": json.dumps(told)}).encode()

    def change(self, name: str, **settings) -> None:
        self.round += 1
        there = self.lambdas.get_function_configuration(FunctionName=name)
        variables = there["Environment"]["Variables"] | {"PROVE_ROUND": str(self.round)}
        self.lambdas.update_function_configuration(FunctionName=name, Environment={"Variables": variables}, **settings)
        self.lambdas.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def at(self, function: str, memory: int | None, at_once: int = AT_ONCE) -> list[dict[str, float]]:
        """Reports of as many invocations at once, of which each needs an environment of its own."""
        name = f"{self.account.name}-{function}"
        self.change(name, **({"MemorySize": memory} if memory else {}))
        payload = self.payload(function)

        def invoke(_):
            answer = self.lambdas.invoke(FunctionName=name, Payload=payload, LogType="Tail")
            said = answer["Payload"].read()
            if "FunctionError" in answer:
                raise RuntimeError(f"{function} failed: {said[:300]!r}")
            return report(base64.b64decode(answer.get("LogResult", "")).decode())

        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(invoke, range(at_once)))

    def put_build(self, function: str, build: Path) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            # Lambda runs it, so it must stay executable.
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr, entry.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, (build / f"{function.capitalize()}Function" / "bootstrap").read_bytes())
        name = f"{self.account.name}-{function}"
        self.lambdas.update_function_code(FunctionName=name, ZipFile=packed.getvalue(), Architectures=[architecture(build)])
        self.lambdas.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def cold_row(reports: list[dict[str, float]]) -> str | None:
    """None if nothing started anew, or nobody told."""
    cold = [one for one in reports if "init" in one]
    if not cold:
        return None
    most = max(one.get("memory", 0) for one in cold)
    return f"init {middle([one['init'] for one in cold])}; first invocation {middle([one['duration'] for one in cold])}; {most:.0f} MB used"


def warm_webhooks(gateway: Gateway, vendor: Vendor, count: int = 100) -> list[float]:
    """Receipts of a message that nobody knows: the commonest webhook, from here and back."""
    taken = []
    for number in range(count):
        status, milliseconds = gateway.post(vendor, vendor.receipt("221700000001", number % 10, 3), "/status")
        if status != 200:
            raise RuntimeError(f"a receipt was answered {status}")
        taken.append(milliseconds)
    return taken[5:]


def round_trips(gateway: Gateway, vendor: Vendor, count: int = 10) -> list[float]:
    """From posting a message until the ledger says that the provider took the reply, as far as asking every 200 ms shows it."""
    taken = []
    for number in range(count):
        customer = f"2217000001{number:02}"
        begin = time.monotonic()
        status, _ = gateway.post(vendor, vendor.message(customer, f"3EB0PROVETRIP{number:06}", "Bonjour"))
        if status != 200:
            raise RuntimeError(f"a message was answered {status}")
        if not within(30, lambda customer=customer: any(one["status"] in TAKEN for one in gateway.messages(vendor, "outbound", customer))):
            raise RuntimeError("no reply within 30 s")
        taken.append((time.monotonic() - begin) * 1000)
    return taken
