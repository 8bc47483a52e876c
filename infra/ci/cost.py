"""The price model: docs/cost/{ledger,prices,assumptions}.tsv make the tables of docs/COST.md. See cost.sh."""

import re
import sys
from collections import defaultdict
from pathlib import Path

FOLDER = Path("docs/cost")
DOCUMENT = Path("docs/COST.md")
MONTH_SECONDS = 30 * 24 * 3600
MILLION = 1_000_000
FLEETS = (50, 1_000, 10_000)
# Messages of customers that a vendor gets in a month, and the share of them that comes to an environment that remembers the vendor.
BUSY, QUIET = (1_000, 0.8), (100, 0.0)


def rows(name):
    for line in (FOLDER / name).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def values(name):
    return {cells[0]: float(cells[1]) for cells in rows(name)}


PRICES = values("prices.tsv")
ASSUMED = values("assumptions.tsv")
LEDGER = defaultdict(lambda: defaultdict(float))
for path, quantity, count in rows("ledger.tsv"):
    LEDGER[path][quantity] = float(count)


def compute(function, invocations, arm64=False):
    """What so many invocations of a function cost: requests, and memory while they run."""
    seconds = ASSUMED[f"{function}.ms"] / 1000
    memory = ASSUMED[f"{'sweep' if function == 'look' else function}.mb"] / 1024
    rate = PRICES["lambda.gb_second.arm64" if arm64 else "lambda.gb_second"]
    return invocations * seconds * memory * rate


def tables(counts):
    return {
        "DynamoDB writes": counts["tables.write_units"] * PRICES["tables.write_unit"],
        "DynamoDB reads": counts["tables.read_units"] * PRICES["tables.read_unit"],
        "Secrets Manager reads": counts["secrets.calls"] * PRICES["secrets.request"],
    }


def of_message(path):
    """What one message of a customer costs with its reply and all that is told of it, by service."""
    counts = LEDGER[path]
    webhooks, sends = counts["webhooks"], counts["fifo.sends"]
    # Of what goes through queues one entry is the reply; the others are the message and the echo of the reply.
    replies, others = 1, sends * ASSUMED["entries.per_fifo_send"] - 1
    invocations = webhooks + replies + others
    cost = tables(counts)
    cost["API Gateway"] = webhooks * PRICES["api.request"]
    cost["Lambda requests"] = invocations * PRICES["lambda.request"]
    cost["Lambda run time"] = (
        compute("webhook", webhooks) + compute("conversation", others) + compute("sender", replies)
    )
    # Sent, received and deleted.
    cost["SQS"] = 3 * sends * PRICES["fifo.request"]
    bytes_logged = invocations * ASSUMED["log.bytes_invocation"] + webhooks * ASSUMED["log.bytes_request"]
    cost["Logs"] = bytes_logged / 1e9 * PRICES["logs.gb"]
    cost["X-Ray"] = invocations * ASSUMED["trace.share"] * PRICES["trace"]
    return cost


def of_number():
    """What a number costs in a month in which nobody writes, by service: the sweep looks at it every 5 minutes."""
    looks = MONTH_SECONDS / 300
    cost = {service: looks * price for service, price in tables(LEDGER["look"]).items()}
    cost["Lambda run time"] = compute("look", looks)
    cost["Secrets Manager, the secret kept"] = PRICES["secrets.secret_month"]
    return cost


def of_stack():
    """What a deployment costs in a month without a vendor, by service."""
    passes = MONTH_SECONDS / 60
    cost = {service: passes * price for service, price in tables(LEDGER["sweep"]).items()}
    cost["Lambda run time"] = compute("sweep", passes)
    cost["Lambda requests"] = passes * PRICES["lambda.request"]
    cost["SQS"] = ASSUMED["queues.idle_requests_month"] * PRICES["fifo.request"]
    cost["Secrets Manager, the secrets kept"] = 3 * PRICES["secrets.secret_month"]
    cost["Alarms"] = ASSUMED["alarms.metrics"] * PRICES["alarm.month"]
    cost["Dashboard"] = PRICES["dashboard.month"]
    cost["Metrics"] = ASSUMED["metrics.count"] * PRICES["metrics.metric_month"]
    return cost


def of_storage(messages):
    """What keeps so many messages a month, once the oldest are deleted as fast as new ones come."""
    kept = messages * ASSUMED["message.months"] * ASSUMED["message.kb"] / MILLION
    return kept * (PRICES["tables.gb_month"] + PRICES["tables.pitr_gb_month"])


def of_fleet(vendors, messages, share_known):
    """The parts of a month's bill of a fleet."""
    total = vendors * messages
    known, unknown = of_message("message"), of_message("message_of_a_quiet_vendor")
    handled = total * (share_known * sum(known.values()) + (1 - share_known) * sum(unknown.values()))
    number = of_number()
    kept = number.pop("Secrets Manager, the secret kept")
    return [handled, vendors * kept, vendors * sum(number.values()), of_storage(total), sum(of_stack().values())]


def table(head, lines):
    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines])


def dollars(value):
    return f"{value:,.2f}"


def by_service(cost, times, what):
    shown = sorted(((price * times, service) for service, price in cost.items() if price), reverse=True)
    total = sum(price for price, _ in shown)
    lines = [[service, dollars(price), f"{price / total:.0%}"] for price, service in shown]
    return table(["service", what, "share"], lines + [["**all**", f"**{dollars(total)}**", ""]])


def fleets():
    head = ["fleet", "messages handled", "vendors' secrets", "looks at numbers", "storage", "the stack", "a month", "a vendor"]
    lines = []
    for vendors in FLEETS:
        for messages, known in (QUIET, BUSY):
            parts = of_fleet(vendors, messages, known)
            name = f"{vendors:,} vendors, {messages:,} messages each"
            total = sum(parts)
            lines.append([name, *map(dollars, parts), f"**{dollars(total)}**", dollars(total / vendors)])
    return table(head, lines)


def counts():
    lines = [[path.replace("_", " "), quantity, f"{count:g}"] for path, all_ in LEDGER.items() for quantity, count in all_.items()]
    return table(["path", "quantity", "count"], lines)


def assumptions():
    return table(["assumed", "value", "what it is"], [[f"`{c[0]}`", c[1], c[2]] for c in rows("assumptions.tsv")])


COMPUTED = {
    "fleets": fleets,
    "message": lambda: by_service(of_message("message"), MILLION, "$ for a million"),
    "number": lambda: by_service(of_number(), 1, "$ a month"),
    "stack": lambda: by_service(of_stack(), 1, "$ a month"),
    "counts": counts,
    "assumptions": assumptions,
}


def main():
    text = DOCUMENT.read_text()
    for name, made in COMPUTED.items():
        pattern = re.compile(rf"(<!-- computed: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not pattern.search(text):
            sys.exit(f"error: {DOCUMENT} has no place for the table '{name}'")
        text = pattern.sub(lambda place, made=made: f"{place[1]}\n{made()}\n\n{place[2]}", text)
    if "--write" in sys.argv:
        DOCUMENT.write_text(text)
    elif text != DOCUMENT.read_text():
        sys.exit(f"error: {DOCUMENT} has other tables than docs/cost/*.tsv make; run infra/ci/cost.sh --write")
    print(f"{DOCUMENT} says what the counts, prices and assumptions make")


main()
