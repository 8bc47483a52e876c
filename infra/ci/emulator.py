"""emulator.py: follows docs/DEPLOY.md on the emulator that emulator.sh started, and sends messages through what was deployed.

The page is followed up to "Remove"; then the two stacks are tried; then the rest of the page is followed, and what is left is looked at.
"""

import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import boto3

import emulator_mend
from examples import Runner, blocks

PAGE = "docs/DEPLOY.md"
FOLDER = Path(os.environ["EMULATOR_FOLDER"])
DOOR = os.environ["AWS_ENDPOINT_URL"]
SIMULATORS = dict(one.split("=", 1) for one in os.environ["EMULATOR_SIMULATORS"].split())
VENDOR = {
    "vendorId": "vendor_010",
    "businessName": "My Shop",
    "phoneNumber": "+221700000010",
    "wasenderInstanceId": "instance_010",
    "wasenderWebhookSecret": "secret_of_010",
    "wasenderApiKey": "api_key_010",
    "accountProtection": False,
}


def say(text: str) -> None:
    print(f"--- {text}", flush=True)


def client(service: str):
    return boto3.client(service, endpoint_url=DOOR)


def within(seconds: float, what: str, holds):
    end = time.monotonic() + seconds
    while True:
        if found := holds():
            return found
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.3)


def ask(url: str, body=None, headers=None, method=None):
    """The status and the body of an answer."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"} | (headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"null")


class Stack:
    """A deployed stack, and the simulator that stands for Wasender there."""

    def __init__(self, name: str):
        self.name, self.simulator = name, SIMULATORS[name]
        found = client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
        self.made = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
        self.api = f"{DOOR}/_aws/execute-api/{self.made['Api']}/$default"
        secret = client("secretsmanager").get_secret_value(SecretId=f"{name}/platform")["SecretString"]
        self.key = json.loads(secret)["adminKey"]

    def start_simulator(self) -> subprocess.Popen:
        command = [os.environ["EMULATOR_SIMULATOR"], "--port", self.simulator.rsplit(":", 1)[1], "--gateway", self.api]
        process = subprocess.Popen(command, stdout=(FOLDER / f"{self.name}.simulator").open("w"), stderr=subprocess.STDOUT)
        within(20, "the simulator listens", lambda: self.simulated("sends", quiet=True) is not None)
        return process

    def simulated(self, path: str, body=None, quiet: bool = False):
        try:
            status, answer = ask(f"{self.simulator}/_sim/{path}", body)
        except urllib.error.URLError:
            if quiet:
                return None
            raise
        assert status == 200, (path, status, answer)
        return answer

    def admin(self, path: str, body=None, method=None, status: int = 200):
        answered, answer = ask(f"{self.api}/api/admin/{path}", body, {"authorization": f"Bearer {self.key}"}, method)
        assert answered == status, (path, answered, answer)
        return answer

    def register(self) -> None:
        session = {"vendorId": "vendorId", "instanceId": "wasenderInstanceId", "phone": "phoneNumber", "apiKey": "wasenderApiKey", "webhookSecret": "wasenderWebhookSecret"}
        self.simulated("sessions", {name: VENDOR[ours] for name, ours in session.items()})
        self.admin("vendors", VENDOR, status=201)

    def write(self, customer: str, text: str) -> str:
        """A customer writes; the message's id at WhatsApp."""
        answer = self.simulated("inbound", {"vendorId": VENDOR["vendorId"], "from": customer, "text": text})
        assert answer["status"] == 200, answer
        return answer["keyId"]

    def messages(self, direction: str, customer: str) -> list[dict]:
        """The newest last."""
        found = self.admin(f"vendors/{VENDOR['vendorId']}/messages?direction={direction}&limit=100")["messages"]
        return [one for one in reversed(found) if one["contact"]["phone"] == customer]

    def sends(self, customer: str) -> list[dict]:
        return [one for one in self.simulated("sends")["sends"] if one["to"] == customer]

    def queue(self, name: str) -> str:
        return client("sqs").get_queue_url(QueueName=f"{self.name}-{name}")["QueueUrl"]

    def waiting(self, name: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = client("sqs").get_queue_attributes(QueueUrl=self.queue(name), AttributeNames=names)["Attributes"]
        return sum(int(told[one]) for one in names)

    def consumer(self, function: str) -> str:
        return client("lambda").list_event_source_mappings(FunctionName=f"{self.name}-{function}")["EventSourceMappings"][0]["UUID"]

    def consume(self, function: str, enabled: bool) -> None:
        mapping, wanted = self.consumer(function), "Enabled" if enabled else "Disabled"
        client("lambda").update_event_source_mapping(UUID=mapping, Enabled=enabled)
        within(20, f"{function} is {wanted}", lambda: client("lambda").get_event_source_mapping(UUID=mapping)["State"] == wanted)

    def update(self, **values: str) -> None:
        cloudformation, stack = client("cloudformation"), self.name
        there = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        kept = [{"ParameterKey": one["ParameterKey"], "UsePreviousValue": True} for one in there["Parameters"] if one["ParameterKey"] not in values]
        told = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
        cloudformation.update_stack(StackName=stack, UsePreviousTemplate=True, Parameters=kept + told, Capabilities=there["Capabilities"])
        status = within(60, "the stack is updated", lambda: (found := cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]) and not found.endswith("PROGRESS") and found)
        assert status == "UPDATE_COMPLETE", status
        emulator_mend.main()

    def logged(self, function: str) -> str:
        pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{self.name}-{function}")
        return "\n".join(event["message"] for page in pages for event in page["events"])


def a_message_is_answered_once_and_its_receipts_come_back(stack: Stack) -> None:
    customer = "+221700000001"
    key = stack.write(customer, "Bonjour")
    within(40, "a reply is sent", lambda: stack.sends(customer))
    reply = within(40, "the reply is read", lambda: [one for one in stack.messages("outbound", customer) if one["status"] == "read"])
    assert [one["providerMessageId"] for one in stack.messages("inbound", customer)] == [key]
    # WhatsApp's servers repeat what they told.
    again = stack.simulated("inbound", {"vendorId": VENDOR["vendorId"], "from": customer, "text": "Bonjour", "keyId": key})
    assert again["status"] == 200, again
    time.sleep(2)
    assert len(reply) == len(stack.sends(customer)) == 1, stack.sends(customer)


def wabactl_finds_nothing_broken(stack: Stack) -> None:
    """3 says that something is to be seen to, such as webhooks that nobody set up at the simulator."""
    sheet = FOLDER / "vendors.csv"
    columns = [name for name in VENDOR if name != "accountProtection"]
    sheet.write_text(f"{','.join(columns)}\n{','.join(VENDOR[name] for name in columns)}\n")
    sheet.chmod(0o600)
    command = ["wabactl", "--url", stack.api, "--key", stack.key, "smoke", VENDOR["vendorId"], "--from", "+221700000007", "--secrets", str(sheet)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 3), f"it ended with {done.returncode}\n{done.stdout}{done.stderr}"
    print(done.stdout)


def replies_leave_in_order(stack: Stack) -> None:
    customer, said = "+221700000002", ["1", "2", "3"]
    keys = [stack.write(customer, text) for text in said]
    sends = within(60, "every message is answered", lambda: (found := stack.sends(customer)) and len(found) >= len(said) and found)
    assert len(sends) == len(said), sends
    assert [one["providerMessageId"] for one in stack.messages("inbound", customer)] == keys
    replies = stack.messages("outbound", customer)
    assert [one["text"] for one in replies] == [one["text"] for one in sends], "sent in another order than decided"
    assert len({one["text"] for one in replies}) > 1, "all replies say the same: their order can't be told"


def a_forged_webhook_has_no_effect(stack: Stack) -> None:
    event = json.loads(Path("events/api/messages-text.json").read_text())
    body = event["body"].encode()
    stack.simulated("idle", {})
    within(20, "nothing is under way", lambda: stack.waiting("inbound.fifo") == 0)
    for headers in ({}, {"x-webhook-signature": "secret_of_011"}, {"x-wasender-signature": "0" * 64}):
        for route in ("", "/status", "/connection"):
            status, _ = ask(f"{stack.api}/api/webhooks/wasender/{VENDOR['vendorId']}{route}", body, headers)
            assert status == 401, (route, headers, status)
    assert [stack.waiting(name) for name in ("inbound.fifo", "quarantine")] == [0, 0]
    assert len(stack.messages("inbound", "+221700000001")) == 1


def what_the_queue_refuses_is_kept_and_handled(stack: Stack) -> None:
    """The role of the webhook function loses its right: so roles are really asked."""
    customer, iam, role = "+221700000003", client("iam"), stack.made["MessagesRole"]
    refusal = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="refusal", PolicyDocument=json.dumps(refusal))
    try:
        stack.write(customer, "Bonjour")
        assert stack.messages("inbound", customer), "the ledger has not what the queue refused"
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="refusal")

    def swept() -> bool:
        answer = client("lambda").invoke(FunctionName=f"{stack.name}-sweep", Payload=Path("events/schedule/sweep.json").read_bytes())
        assert "FunctionError" not in answer, answer["Payload"].read()
        return bool(stack.sends(customer))

    within(90, "the sweep gives it back to the queue", swept)


def what_cannot_be_read_ends_as_a_dead_letter(stack: Stack) -> None:
    """Faster than it would: the queue's own settings are put back afterwards."""
    sqs, queue = client("sqs"), stack.queue("inbound.fifo")
    names = ["VisibilityTimeout", "RedrivePolicy"]
    own = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    hasty = json.loads(own["RedrivePolicy"]) | {"maxReceiveCount": 2}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(hasty)})
    sqs.send_message(QueueUrl=queue, MessageBody='{"version":999}', MessageGroupId="unreadable", MessageDeduplicationId="unreadable")
    within(60, "the entry is a dead letter", lambda: stack.waiting("inbound-dead.fifo") == 1)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=own)
    shown = stack.admin("dead-letters?queue=inbound")
    assert len(shown["deadLetters"]) == 1, shown


def an_update_loses_nothing_that_is_queued(stack: Stack) -> None:
    customer = "+221700000004"
    stack.consume("conversation", False)
    key = stack.write(customer, "Bonjour")
    assert stack.waiting("inbound.fifo") == 1
    stack.update(LogLevel="debug", VendorCacheSeconds="60")
    told = client("lambda").get_function_configuration(FunctionName=f"{stack.name}-conversation")["Environment"]["Variables"]
    assert (told["LOG_LEVEL"], told["VENDOR_CACHE_TTL_SECONDS"], told["DEFAULT_COUNTRY"]) == ("debug", "60", "SN"), told
    stack.consume("conversation", True)
    within(60, "what was queued is answered", lambda: len(stack.sends(customer)) == 1)
    assert [one["providerMessageId"] for one in stack.messages("inbound", customer)] == [key]
    assert stack.messages("inbound", "+221700000001"), "the ledger was replaced"


def stages_share_nothing(production: Stack, staging: Stack) -> None:
    customer = "+221700000005"
    # The stages of both APIs have one name.
    both = set(production.made.values()) & set(staging.made.values()) - {"$default"}
    assert production.key != staging.key and not both, both
    staging.write(customer, "Bonjour")
    within(40, "staging answers", lambda: staging.sends(customer))
    assert not production.messages("inbound", customer) and not production.sends(customer)
    status, _ = ask(f"{staging.api}/api/admin/vendors", None, {"authorization": f"Bearer {production.key}"})
    assert status == 401, "production's key opens staging"


def a_file_is_kept_and_its_link_opens(stack: Stack) -> None:
    customer, file = "+221700000006", b"a picture"
    media = {"kind": "image", "mimetype": "image/png", "base64": base64.b64encode(file).decode()}
    stack.simulated("inbound", {"vendorId": VENDOR["vendorId"], "from": customer, "text": "Regardez", "media": media})

    def stored():
        found = [one["media"] for one in stack.messages("inbound", customer)]
        return found and found[0]["state"] == "stored" and found[0]["url"]

    link = within(60, "the file is stored", stored)
    with urllib.request.urlopen(link, timeout=20) as answer:
        assert answer.read() == file, link
    name = urllib.parse.urlsplit(link)._replace(query="").geturl()
    try:
        urllib.request.urlopen(name, timeout=20)
    except urllib.error.HTTPError as refused:
        assert refused.code == 403, refused
    else:
        raise AssertionError(f"{name} opens to anybody")


def the_schedule_calls_the_sweep(stack: Stack) -> None:
    """As the emulator's own log says: `later` calls it too."""
    told = f"EventBridge → Lambda {stack.name}-sweep: dispatched"
    within(75, "the sweep is called by its schedule", lambda: told in (FOLDER / "emulator.log").read_text())
    assert "END RequestId" in stack.logged("sweep")


def no_role_was_too_narrow(stack: Stack) -> None:
    for function in ("messages", "status", "connection", "admin", "conversation", "sender", "sweep"):
        refused = [line for line in stack.logged(function).splitlines() if "AccessDenied" in line or "not authorized" in line]
        # Where the queue was to refuse.
        refused = [line for line in refused if function != "messages"]
        assert not refused, refused[:3]


def kept(name: str) -> dict[str, list[str]]:
    """What bears a stack's name, by kind."""
    found = {
        "functions": [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]],
        "queues": [url.rsplit("/", 1)[1] for url in client("sqs").list_queues().get("QueueUrls", [])],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "secrets": [one["Name"] for one in client("secretsmanager").list_secrets()["SecretList"]],
        "buckets": [one["Name"] for one in client("s3").list_buckets()["Buckets"]],
    }
    return {kind: [one for one in names if one.startswith((f"{name}-", f"{name}/"))] for kind, names in found.items()}


def what_is_kept_outlives_the_stack(name: str) -> None:
    left = kept(name)
    assert not left["functions"] and not left["queues"], left
    assert len(left["tables"]) == 9 and len(left["buckets"]) == 2 and f"{name}/vendor/{VENDOR['vendorId']}" in left["secrets"], left


def nothing_is_left(name: str) -> None:
    left = kept(name)
    assert not any(left.values()), left


def follow(runner: Runner, page: list, what: str) -> None:
    say(f"{PAGE} {what}")
    for block in page:
        runner.run(block, "")
    assert not runner.failures, f"{runner.failures} blocks of {PAGE} failed"


def main() -> None:
    page = blocks(PAGE)
    removal = Path(PAGE).read_text().splitlines().index("## Remove")
    (FOLDER / "page").mkdir()
    runner = Runner(0, FOLDER / "page")
    simulators = []
    try:
        follow(runner, [block for block in page if block.line <= removal], "up to its end")
        production, staging = Stack("multi-waba"), Stack("multi-waba-staging")
        simulators = [stack.start_simulator() for stack in (production, staging)]
        for stack in (production, staging):
            stack.register()
        for check in (
            a_message_is_answered_once_and_its_receipts_come_back,
            replies_leave_in_order,
            a_forged_webhook_has_no_effect,
            what_the_queue_refuses_is_kept_and_handled,
            what_cannot_be_read_ends_as_a_dead_letter,
            an_update_loses_nothing_that_is_queued,
            a_file_is_kept_and_its_link_opens,
            the_schedule_calls_the_sweep,
            no_role_was_too_narrow,
        ):
            tried(check, production)
        tried(stages_share_nothing, production, staging)
        # The page's own vendor, in production, has no session anywhere.
        tried(wabactl_finds_nothing_broken, staging)
        removing, *ending = [block for block in page if block.line > removal]
        follow(runner, [removing], "Remove")
        tried(what_is_kept_outlives_the_stack, staging.name)
        follow(runner, ending, "to its end")
        tried(nothing_is_left, staging.name)
        within(20, "production goes on", lambda: ask(f"{production.api}/health")[0] == 200)
    finally:
        for process in simulators:
            process.kill()


def tried(check, *of) -> None:
    begin = time.monotonic()
    check(*of)
    print(f"ok {check.__name__.replace('_', ' ')} ({time.monotonic() - begin:.1f} s)", flush=True)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as failed:
        print(f"FAILED: {failed}", file=sys.stderr)
        raise
