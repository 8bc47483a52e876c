#!/usr/bin/env python3
"""Proves the gateway in an AWS account: deploys a throw-away stack and a stand-in for Wasender, measures, checks what only AWS can show, prints
a table, and takes everything away again, also when it fails or is interrupted.

    sam build && python3 infra/prove/prove.py

It takes the credentials that `aws` would, boto3 (which comes with SAM), and the output of `sam build`; `--other` names a second build for
another processor, to compare cold starts. It asks before it begins.
"""

import argparse
import secrets
import signal
import sys
import time
from pathlib import Path

from account import MACHINES, Account, architecture
from checks import Checks, health
from gateway import NUMBERS, Gateway, Vendor, within
from measure import MEMORY, Starts, cold_row, middle, round_trips, warm_webhooks

FUNCTIONS = ("status", "connection", "conversation", "sender", "admin", "sweep")

# What one run uses at most, and list prices of eu-west-1 in US dollars.
BILL = (
    ("Lambda: 3,000 invocations and 500 GB-s", 3000 * 0.2e-6 + 500 * 0.0000166667),
    ("API Gateway, SQS, DynamoDB, S3: 20,000 requests", 20_000 * 1.5e-6),
    ("Secrets Manager: 6 secrets for an hour, 1,000 calls", 6 * 0.4 / 730 + 1000 * 5e-6),
    ("CloudWatch: 40 metrics and 30 alarms for an hour, 20 MB of logs", (40 * 0.3 + 30 * 0.1) / 730 + 0.02 * 0.57),
)
# What an emulator can't show, by the beginning of the row, and whether asking it there is a waste of time.
AWS_ALONE = {
    "cold start": ("it starts processes and tells no time of it", False),
    "a session's two sends": ("its pollers have their own times", False),
    "a stored secret": ("it has one copy of a secret", False),
    "large bodies": ("the limits are those of API Gateway and Lambda", False),
    "a customer's file": ("the stand-in can't tell an address that leads back to it", True),
    "metrics": ("it reads no metrics out of logs", True),
    "traces": ("it keeps no traces", True),
}


class Table:
    """What was found. An emulator proves nothing of AWS: there a row says that it ran."""

    def __init__(self, emulated: bool):
        self.emulated, self.failed, self.rows = emulated, 0, []

    def add(self, what: str, good: bool | None, figure: str) -> None:
        why, _ = self.alone(what)
        if why:
            good, figure = None, f"only AWS can show it, {why}" + (f" (here: {figure})" if figure else "")
        word = {True: "ran here" if self.emulated else "proved", False: "DIFFERS", None: "not shown"}[good]
        self.failed += good is False
        self.rows.append((word, what, figure))
        print(f"{word:9}  {what}: {figure}", flush=True)

    def alone(self, what: str) -> tuple[str | None, bool]:
        found = (why for begin, why in AWS_ALONE.items() if self.emulated and what.startswith(begin))
        return next(found, (None, False))

    def tried(self, what: str, show) -> None:
        _, wasted = self.alone(what)
        if wasted:
            return self.add(what, None, "")
        try:
            good, figure = show()
        except Exception as error:  # noqa: BLE001: one thing that goes wrong is a row, and no reason to stop
            good, figure = False, f"{type(error).__name__}: {error}"[:400]
        self.add(what, good, figure)

    def show(self) -> None:
        print("\n| | what | figure |\n|---|---|---|")
        for word, what, figure in self.rows:
            print(f"| {word} | {what} | {figure.replace('|', '/')} |")


def measured(account: Account, table: Table, options: argparse.Namespace) -> None:
    provider = account.deploy_provider()
    print(f"the stand-in answers at {provider}", flush=True)
    took = account.deploy_gateway(options.build, provider)
    table.add("sam deploy", True, f"{took:.0f} s, {architecture(options.build)}")
    gateway = Gateway(account.reachable(account.outputs(account.name)["ApiUrl"]), account.admin_key())
    table.add("the API answers", bool(within(60, lambda: health(gateway.api))), gateway.api)
    quick, protected = Vendor(NUMBERS[0], protected=False), Vendor(NUMBERS[1], protected=True)
    for vendor in (quick, protected):
        status, answer = gateway.admin("vendors", vendor.registration())
        table.add(f"vendor {vendor.id} is registered", status == 201, f"answered {status}, {answer.get('detail') or answer.get('code') or 'created'}")
    table.tried("from a message to its accepted reply", lambda: (True, middle(round_trips(gateway, quick, options.round_trips), 0)))
    table.tried("a receipt's webhook, from here", lambda: (True, middle(warm_webhooks(gateway, quick, options.webhooks))))
    for what, check in Checks(account, gateway, quick, protected).all():
        table.tried(what, check)
    starts(Starts(account, quick, gateway.key), table, options)


def starts(starting: Starts, table: Table, options: argparse.Namespace) -> None:
    def row(function: str, memory: int | None) -> tuple[bool | None, str]:
        told = cold_row(starting.at(function, memory))
        return (True, told) if told else (None, "no environment told of a start")

    for build in [options.build, *options.other]:
        if build != options.build:
            starting.put_build("messages", build)
        for memory in options.memory:
            table.tried(f"cold start of messages, {architecture(build)}, {memory} MB", lambda memory=memory: row("messages", memory))
    for function in FUNCTIONS:
        table.tried(f"cold start of {function}, as deployed", lambda function=function: row(function, None))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="proves the gateway in an AWS account")
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--build", type=Path, default=Path(".aws-sam/build"), help="the output of sam build")
    parser.add_argument("--other", type=Path, action="append", default=[], help="the output of sam build for another processor")
    parser.add_argument("--memory", type=int, nargs="+", default=list(MEMORY), help="megabytes to measure cold starts at")
    parser.add_argument("--round-trips", type=int, default=10)
    parser.add_argument("--webhooks", type=int, default=100)
    parser.add_argument("--endpoint-url", help="an emulator's address in the place of AWS")
    parser.add_argument("--yes", action="store_true", help="begins without asking")
    parser.add_argument("--keep", action="store_true", help="takes nothing away at the end; prints what to do")
    return parser.parse_args()


def agreed(account: Account, options: argparse.Namespace) -> bool:
    print(f"account {account.identity()}, {account.region}: the stacks {account.name} and {account.provider}; nothing else is touched, but for SAM's own")
    print("bucket for packages (aws-sam-cli-managed-default), which is made if it is not there, and stays")
    for what, dollars in BILL:
        print(f"  {what}: at most US${dollars:.3f}")
    print(f"  in all at most US${sum(dollars for _, dollars in BILL):.2f}, and about 20 minutes")
    return options.yes or input("begin? (yes/no) ").strip().lower() == "yes"


def interrupted(*_) -> None:
    raise KeyboardInterrupt


def main() -> int:
    options = arguments()
    for build in [options.build, *options.other]:
        if not (build / "template.yaml").is_file():
            sys.exit(f"{build} is no output of sam build ({', '.join(MACHINES.values())})")
    account = Account(options.region, options.endpoint_url, f"mw-prove-{secrets.token_hex(3)}")
    if not agreed(account, options):
        return 1
    signal.signal(signal.SIGTERM, interrupted)
    table, begin = Table(bool(options.endpoint_url)), time.monotonic()
    try:
        measured(account, table, options)
    except KeyboardInterrupt:
        table.add("the run", False, "interrupted")
    except Exception as error:  # noqa: BLE001: the stacks must go whatever happened
        table.add("the run", False, f"{type(error).__name__}: {error}"[:3000])
    if options.keep:
        print(f"kept: {account.name} and {account.provider}")
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("taking everything away", flush=True)
        left = account.tear_down()
        table.add("nothing is left of it", not left, "; ".join(left) or f"after {time.monotonic() - begin:.0f} s")
    table.show()
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
