"""The functions that `sam build` made, run by SAM in containers beside a local stack: see sam_local.py."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

REGION = "eu-west-1"
STACK = "local"
QUEUES = {"inbound": "inbound.fifo", "outbound": "outbound.fifo", "later": "later", "quarantine": "quarantine"}
# The functions' variables beside a stack on port 9002, as samconfig.toml has them.
VARIABLES = Path("events/local/variables.json")
USUAL_PORT, USUAL_BRIDGE = 9002, "172.17.0.1"


def bridge():
    """The address under which containers reach this machine."""
    shown = subprocess.run(["docker", "network", "inspect", "bridge"], check=True, capture_output=True, text=True).stdout
    return json.loads(shown)[0]["IPAM"]["Config"][0]["Gateway"]


@contextlib.contextmanager
def running(command, log, **options):
    """A program that is ended with the block."""
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **options) as process:
        try:
            yield process
        finally:
            process.terminate()


def answers(port, host="127.0.0.1"):
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def until(seconds, holds):
    """Whether it holds within this time."""
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    return held


class Stack:
    """The local stack, which listens on 127.0.0.1 alone: what containers call is led there from the bridge's address."""

    def __init__(self, port, folder):
        self.gateway, self.aws, self.simulator = (f"http://127.0.0.1:{port + offset}" for offset in range(3))
        self.port, self.bridge, self.folder = port, bridge(), folder
        self.sqs = boto3.client(
            "sqs", endpoint_url=self.aws, region_name=REGION, aws_access_key_id="stack", aws_secret_access_key="local"
        )

    @contextlib.contextmanager
    def reachable(self):
        with contextlib.ExitStack() as stack:
            for port in (self.port + 1, self.port + 2):
                lead = ["socat", f"TCP-LISTEN:{port},bind={self.bridge},fork,reuseaddr", f"TCP:127.0.0.1:{port}"]
                stack.enter_context(running(lead, self.folder / f"socat-{port}.log"))
                assert until(10, lambda port=port: answers(port, self.bridge)), f"no way leads from {self.bridge} to port {port}"
            yield

    def url(self, queue):
        return f"{self.aws}/000000000000/{STACK}-{queue}"

    def depths(self):
        """How many messages each queue holds, shown or not."""
        kinds = ["", "Delayed", "NotVisible"]
        names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
        held = {}
        for name, queue in QUEUES.items():
            shown = self.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=names)["Attributes"]
            held[name] = sum(int(shown[attribute]) for attribute in names)
        return held

    def purge(self):
        for queue in QUEUES.values():
            self.sqs.purge_queue(QueueUrl=self.url(queue))

    def sends(self):
        """What the simulator was asked to send."""
        with urllib.request.urlopen(f"{self.simulator}/_sim/sends", timeout=10) as answer:
            return json.load(answer)["sends"]

    def variables(self):
        """The functions' variables, where this stack is."""
        text = VARIABLES.read_text()
        for offset in range(3):
            text = text.replace(f":{USUAL_PORT + offset}", f":{self.port + offset}")
        return text.replace(USUAL_BRIDGE, self.bridge)


def complaints(log):
    """The messages of warnings and errors among what a function logged."""
    lines = [json.loads(line) for line in log.splitlines() if re.match(r'\{.*"level":"(WARN|ERROR)"', line)]
    return [line["message"] for line in lines]


class Functions:
    """Calls functions by `sam local`."""

    def __init__(self, stack):
        self.stack = stack
        variables = stack.folder / "variables.json"
        variables.write_text(stack.variables())
        # The endpoint is named by a parameter too, without which the functions would have no variable for it.
        endpoint = f"AwsEndpointUrl=http://{stack.bridge}:{stack.port + 1}"
        self.options = ["--env-vars", str(variables), "--parameter-overrides", endpoint]

    def environment(self, function):
        """The endpoint tells who calls by the access key's id."""
        return {**os.environ, "AWS_ACCESS_KEY_ID": function, "AWS_SECRET_ACCESS_KEY": "local"}

    def invoke(self, function, event):
        """Answers what the function answered, and which warnings and errors it logged."""
        file = self.stack.folder / "event.json"
        file.write_text(json.dumps(event))
        command = ["sam", "local", "invoke", f"{function.capitalize()}Function", "--event", str(file), *self.options]
        return self.run(command, self.environment(function))

    def by_hand(self, command):
        """The same for a line of a shell."""
        return self.run(["bash", "-euo", "pipefail", "-c", command], self.environment("sam"))[0]

    def run(self, command, environment):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, env=environment)
        said = f"{' '.join(command)}\n{done.stderr[-3000:]}\n{done.stdout[-3000:]}"
        assert done.returncode == 0, f"ended with {done.returncode}: {said}"
        try:
            return json.loads(done.stdout.strip().splitlines()[-1]), complaints(done.stderr)
        except (IndexError, ValueError):
            raise AssertionError(f"answered no JSON: {said}") from None

    @contextlib.contextmanager
    def api(self, port):
        """The HTTP API of the template, with containers that stay."""
        command = ["sam", "local", "start-api", "--host", "127.0.0.1", "--port", str(port), *self.options]
        log = self.stack.folder / "start-api.log"
        try:
            with running(command, log, stdin=subprocess.DEVNULL, env=self.environment("sam")) as process:
                assert until(300, lambda: process.poll() is not None or answers(port)), "sam local start-api does not answer"
                assert process.poll() is None, "sam local start-api ended"
                yield
        except BaseException:
            sys.stderr.write(log.read_text(errors="replace")[-3000:])
            raise


def request(url, body=None, **headers):
    """Status and JSON of an answer, whatever it is."""
    named = {re.sub("_", "-", name): value for name, value in headers.items()}
    asked = urllib.request.Request(url, body, named)
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read() or b"null")
