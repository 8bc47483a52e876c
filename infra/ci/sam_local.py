"""sam_local.py PORT ADMIN_KEY FOLDER: gives every sample event to its function in a container by `sam local invoke`, and drives the main job
through `sam local start-api`; PORT is the local stack's, which is idle. events/answers.json says what must come of an event. FOLDER is for logs.
"""

import hashlib
import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sam_functions import USUAL_BRIDGE, USUAL_PORT, Functions, Stack, request, until

PORT, ADMIN_KEY, FOLDER = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
API_PORT = PORT + 3
API = f"http://127.0.0.1:{API_PORT}"
EVENTS = Path("events")
CONSUMERS = {"inbound": "conversation", "outbound": "sender", "later": "sweep"}


def contains(whole, part):
    """Whether all of `part` is in `whole`, at its place."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and contains(whole[name], value) for name, value in part.items())
    if isinstance(part, list) and part:
        return isinstance(whole, list) and len(whole) >= len(part) and all(map(contains, whole, part))
    return whole == part


def event(name):
    """A sample as if it came today: with this stack's key, and entries of queues of this moment, for an old one has no reply any more."""
    sample = json.loads((EVENTS / name).read_text().replace("ADMIN_KEY", ADMIN_KEY))
    for record in sample.get("Records", []):
        body = {**json.loads(record["body"]), "receivedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        record["body"] = json.dumps(body)
        record["md5OfBody"] = hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
    return sample


def complaints_about(answers, expected):
    """What is wrong with the answers, as the list has them: of an API's event by status and body, of another's as a whole."""
    if "answer" in expected:
        return [f"answered {answer}" for answer in answers if answer != expected["answer"]]
    told = [(answer["statusCode"], json.loads(answer["body"])) for answer in answers]
    right = [status for status, _ in told] == expected["status"] and all(contains(body, expected["body"]) for _, body in told)
    return [] if right else [f"answered {told}"]


def effects(stack, depths, sends):
    """What has changed since: in the queues, and at the provider."""
    queued = {queue: depth - depths[queue] for queue, depth in stack.depths().items() if depth != depths[queue]}
    return queued, len(stack.sends()) - sends


def check_event(stack, functions, name, expected):
    """An event with two statuses is given twice. What was sent comes back as a webhook in its own time."""
    before, begin = (stack.depths(), len(stack.sends())), time.monotonic()
    answers, logged = zip(*[functions.invoke(expected["function"], event(name)) for _ in expected.get("status", [0])])
    seconds = (time.monotonic() - begin) / len(answers)
    complaints = complaints_about(answers, expected)
    if unlike := set(sum(logged, [])) - set(expected.get("mayLog", [])):
        complaints.append(f"logged {unlike}")
    right = (expected.get("queued", {}), expected.get("sends", 0))
    if not until(3, lambda: effects(stack, *before) == right):
        complaints.append("led to {} in the queues and {} sends".format(*effects(stack, *before)))
    print(f"{name:36} {expected['function']:13} {seconds:5.1f} s  {'; '.join(complaints) or 'as expected'}", flush=True)
    return complaints


def check_events(stack, functions):
    listed = json.loads((EVENTS / "answers.json").read_text())
    wrong = [name for name, expected in listed.items() if check_event(stack, functions, name, expected)]
    assert not wrong, f"not as events/answers.json says: {', '.join(wrong)}"


def check_examples(stack, functions):
    """The commands of events/README.md, as they stand; what they are configured with is a stack on the usual port."""
    if (stack.port, stack.bridge) != (USUAL_PORT, USUAL_BRIDGE):
        return
    block = re.search(r"```sh\n(.*?)```", (EVENTS / "README.md").read_text(), re.DOTALL)[1]
    for command in block.splitlines():
        assert functions.by_hand(command)["statusCode"] == 200, f"{command} was not answered 200"
    print("the commands of events/README.md are answered", flush=True)


def batch_event(queue, message):
    """The event that Lambda makes of a message of a queue."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:000000000000:local-{queue}",
        "awsRegion": "eu-west-1",
    }
    return {"Records": [record]}


def work_off(stack, functions, queue):
    """Gives what lies in a queue to its function, as Lambda does: what is not done stays. Answers how much was done."""
    url, done = stack.url(queue), 0
    while got := stack.sqs.receive_message(QueueUrl=url, AttributeNames=["All"]).get("Messages"):
        answer, _ = functions.invoke(CONSUMERS[queue.removesuffix(".fifo")], batch_event(queue, got[0]))
        if answer == {"batchItemFailures": []}:
            stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
            done += 1
    return done


def main_job(stack, functions):
    """The README's webhook goes in by the API, and its reply leaves at the provider; between them lie the queues."""
    command = subprocess.run(
        ["infra/ci/readme-command.sh", "curl .*/api/webhooks/"], check=True, capture_output=True, text=True
    ).stdout.replace(":9002", f":{API_PORT}")
    stack.purge()
    before = len(stack.sends())
    answer = json.loads(subprocess.run(["bash", "-euc", command], check=True, capture_output=True, text=True, timeout=60).stdout)
    assert contains(answer, {"status": "received"}), f"the README's webhook was answered {answer}"
    assert stack.depths()["inbound"] == 1, f"the webhook is not in the queue: {stack.depths()}"
    assert work_off(stack, functions, "inbound.fifo") == 1
    assert until(60, lambda: work_off(stack, functions, "outbound.fifo") and len(stack.sends()) > before), "no reply within 60 s"
    sent = stack.sends()[before:]
    assert [(send["session"], send["kind"]) for send in sent] == [("instance_abc123", "text")], f"sent: {sent}"
    print("start-api: the README's webhook has its reply", flush=True)
    forged = command.replace("secret_123", "secret_456").replace("curl ", "curl -o /dev/null -w '%{http_code}' ", 1)
    status = subprocess.run(["bash", "-euc", forged], check=True, capture_output=True, text=True, timeout=60).stdout
    assert status == "401", f"a forged webhook was answered {status}"


def admin(path="vendors", **headers):
    return request(f"{API}/api/admin/{path}", **headers)


def other_routes():
    status, body = admin(Authorization=f"Bearer {ADMIN_KEY}")
    vendors = [vendor["vendorId"] for vendor in body["vendors"]]
    assert status == 200 and {"vendor_001", "vendor_002"} <= set(vendors), f"the list of vendors was answered {status} {body}"
    status, _ = admin()
    assert status == 401, f"without a key the list of vendors was answered {status}"
    # The real API answers 404.
    status, _ = request(f"{API}/nothing")
    assert status == 403, f"an unknown route was answered {status}"
    times = []
    for _ in range(5):
        begin = time.monotonic()
        status, _ = request(f"{API}/health")
        times.append(time.monotonic() - begin)
        assert status == 200, f"/health was answered {status}"
    print(f"start-api: the other routes answer as they must; /health in {min(times) * 1000:.0f} ms", flush=True)


def main():
    stack = Stack(PORT, FOLDER)
    functions = Functions(stack)
    with stack.reachable():
        check_events(stack, functions)
        check_examples(stack, functions)
        with functions.api(API_PORT):
            main_job(stack, functions)
            other_routes()


main()
