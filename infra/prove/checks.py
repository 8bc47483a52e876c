"""What docs/DEPLOY.md lists as to be proved on AWS, as far as a stack of one's own can prove it. Each answers what it found, or raises."""

import json
import time
import urllib.request
from collections.abc import Callable

from account import Account
from gateway import TAKEN, Gateway, Vendor, request, within

Found = tuple[bool, str]


class Checks:
    def __init__(self, account: Account, gateway: Gateway, quick: Vendor, protected: Vendor):
        self.account, self.gateway, self.quick, self.protected = account, gateway, quick, protected
        self.began = time.time() - 1800

    def all(self) -> list[tuple[str, Callable[[], Found]]]:
        return [
            ("a forged webhook is refused on each route", self.forgery),
            ("replies leave in the order of the messages, each once", self.order),
            ("a receipt raises the ledger", self.receipt),
            ("a session's two sends keep their distance, and how much later the second comes than it might", self.distance),
            ("a customer's file is fetched into the bucket, and the link to it opens", self.file),
            ("a secret's name is taken while it can be restored, and is free again by restoring", self.secret_name),
            ("a stored secret is read everywhere within 2 s", self.secret_read),
            ("large bodies are refused in words, not by a broken connection", self.bodies),
            ("the schedule calls the sweep", self.schedule),
            ("an entry that can't be read ends as a dead letter", self.dead_letter),
            ("metrics arrive under their names", self.metrics),
            ("traces arrive", self.traces),
            ("no role was too narrow for any of this", self.roles),
        ]

    def forgery(self) -> Found:
        body = self.quick.message("221700000030", "3EB0PROVEFORGED0001", "Bonjour")
        answers = [self.gateway.post(self.quick, body, route, secret="wrong_secret_0123456789")[0] for route in ("", "/status", "/connection")]
        return answers == [401, 401, 401], f"answered {answers}"

    def order(self) -> Found:
        customer = "221700000031"
        for number in (1, 2, 3):
            self.gateway.post(self.quick, self.quick.message(customer, f"3EB0PROVEORDER000{number}", str(number)))
        within(60, lambda: len(self.settled(self.quick, customer)) == 3)
        time.sleep(2)
        asked = [one["text"] for one in self.gateway.messages(self.quick, "inbound", customer)]
        replies = self.settled(self.quick, customer)
        return asked == ["1", "2", "3"] and len(replies) == 3, f"{asked} were answered by {len(replies)}"

    def settled(self, vendor: Vendor, customer: str) -> list[dict]:
        return [one for one in self.gateway.messages(vendor, "outbound", customer) if one["status"] in TAKEN]

    def receipt(self) -> Found:
        customer = "221700000031"
        number = int(self.settled(self.quick, customer)[0]["providerMessageId"])
        status, _ = self.gateway.post(self.quick, self.quick.receipt(customer, number, 4), "/status")
        read = within(20, lambda: any(one["status"] == "read" for one in self.settled(self.quick, customer)))
        return status == 200 and bool(read), "the reply is shown as read" if read else "the reply is not shown as read"

    def distance(self) -> Found:
        """5 s by the account protection, 5 % for clocks, up to 25 % of jitter; what is beyond is waiting for a poller."""
        customers, seen = ("221700000032", "221700000033"), {}
        for number, customer in enumerate(customers):
            self.gateway.post(self.protected, self.protected.message(customer, f"3EB0PROVEPACE000{number}", "Bonjour"))

        def both() -> bool:
            for customer in customers:
                if customer not in seen and self.settled(self.protected, customer):
                    seen[customer] = time.monotonic()
            return len(seen) == len(customers)

        if not within(90, both):
            return False, "not both were sent within 90 s"
        apart = abs(seen[customers[0]] - seen[customers[1]])
        return apart > 4.5, f"{apart:.1f} s apart, of which 5.3 to 6.6 s are meant"

    def file(self) -> Found:
        customer = "221700000034"
        self.gateway.post(self.quick, self.quick.message(customer, "3EB0PROVEFILE00001", "Regardez", image=True))

        def stored():
            found = [one["media"] for one in self.gateway.messages(self.quick, "inbound", customer) if one["media"]]
            return found and found[0].get("url") and found[0]

        media = within(90, stored)
        if not media:
            return False, "no link within 90 s"
        with urllib.request.urlopen(media["url"], timeout=20) as answer:
            begins = answer.read()[1:4]
        return begins == b"PNG", f"{media['state']}, begins with {begins!r}"

    def secret_name(self) -> Found:
        secrets, name = self.account.client("secretsmanager"), f"{self.account.name}/vendor/prove_name"
        secrets.create_secret(Name=name, SecretString="1")
        secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
        try:
            secrets.create_secret(Name=name, SecretString="2")
            taken = "not refused"
        except secrets.exceptions.ClientError as refused:
            taken = refused.response["Error"]["Code"]
        secrets.restore_secret(SecretId=name)
        secrets.put_secret_value(SecretId=name, SecretString="3")
        return taken in ("InvalidRequestException", "ResourceExistsException"), f"creating it: {taken}; restored and overwritten"

    def secret_read(self, rounds: int = 20) -> Found:
        secrets, name, longest = self.account.client("secretsmanager"), f"{self.account.name}/vendor/prove_name", 0.0
        for number in range(rounds):
            written = f"round {number}"
            secrets.put_secret_value(SecretId=name, SecretString=written)
            begin = time.monotonic()
            if not within(30, lambda written=written: secrets.get_secret_value(SecretId=name)["SecretString"] == written):
                return False, "not within 30 s"
            longest = max(longest, time.monotonic() - begin)
        return longest <= 2, f"at most {longest * 1000:.0f} ms in {rounds} rounds"

    def bodies(self) -> Found:
        answers = {size: self.gateway.post(self.quick, b"x" * (size << 20))[0] for size in (2, 5, 7, 9, 11)}
        shown = ", ".join(f"{size} MB: {status or 'the connection was closed'}" for size, status in answers.items())
        return all(status in (401, 413) for status in answers.values()), shown

    def schedule(self) -> Found:
        called = within(150, lambda: self.account.log_lines("sweep", "REPORT") or self.account.log_lines("sweep", "platform.report"))
        return bool(called), f"{len(called or [])} invocations in its log"

    def dead_letter(self) -> Found:
        """With other settings than the stack's, which would take half an hour."""
        sqs, queue, dead = self.account.client("sqs"), self.account.queue("inbound.fifo"), self.account.queue("inbound-dead.fifo")
        own = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]
        hasty = json.loads(own["RedrivePolicy"]) | {"maxReceiveCount": 2}
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(hasty)})
        sqs.send_message(QueueUrl=queue, MessageBody='{"version":999}', MessageGroupId="unreadable", MessageDeduplicationId="unreadable")
        count = "ApproximateNumberOfMessages"
        arrived = within(180, lambda: int(sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=[count])["Attributes"][count]) > 0)
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=own | {"VisibilityTimeout": "108"})
        return bool(arrived), "after 2 receives, as the queue was told" if arrived else "not within 180 s"

    def metrics(self) -> Found:
        """Lists of metrics lag by a quarter of an hour; a metric by itself does not."""
        asked = {"Namespace": "multi-waba", "MetricName": "Received", "Dimensions": [{"Name": "stack", "Value": self.account.name}]}
        asked |= {"StartTime": self.began, "Period": 3600, "Statistics": ["Sum"]}

        def counted() -> int:
            points = self.account.client("cloudwatch").get_metric_statistics(EndTime=time.time() + 3600, **asked)["Datapoints"]
            return int(sum(point["Sum"] for point in points))

        received = within(240, counted) or 0
        return received > 0, f"{received} elements of webhooks are counted"

    def traces(self) -> Found:
        now = time.time()
        found = within(60, lambda: self.account.client("xray").get_trace_summaries(StartTime=now - 1800, EndTime=time.time())["TraceSummaries"])
        return bool(found), f"{len(found or [])} within half an hour, in the whole account"

    def roles(self) -> Found:
        functions = ("messages", "status", "connection", "admin", "conversation", "sender", "sweep")
        refused = [f"{function}: {line[:200]}" for function in functions for word in ("AccessDenied", "not authorized") for line in self.account.log_lines(function, word)]
        return not refused, refused[0] if refused else "no refusal in any log"


def health(api: str) -> bool:
    return request(f"{api}/health")[0] == 200
