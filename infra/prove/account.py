"""The throw-away stacks in an account (or an emulator): their making, their addresses, and their end."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[2]
MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}


def architecture(build: Path) -> str:
    """What the binaries of a build were made for, by their ELF header."""
    header = (build / "MessagesFunction" / "bootstrap").read_bytes()[:20]
    return MACHINES[int.from_bytes(header[18:20], "little")]


class Account:
    def __init__(self, region: str, endpoint: str | None, name: str):
        self.region, self.endpoint, self.name, self.provider = region, endpoint, name, f"{name}-provider"
        self.clients: dict = {}

    def client(self, service: str):
        if service not in self.clients:
            patient = Config(retries={"mode": "standard", "max_attempts": 8}, read_timeout=90)
            self.clients[service] = boto3.client(service, region_name=self.region, endpoint_url=self.endpoint, config=patient)
        return self.clients[service]

    def identity(self) -> str:
        return self.client("sts").get_caller_identity()["Account"]

    def reachable(self, url: str) -> str:
        """An emulator answers for APIs and functions under its own address."""
        if not self.endpoint:
            return url.rstrip("/")
        api = re.sub(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9.-]+", rf"{self.endpoint}/_aws/execute-api/\1/$default", url)
        return re.sub(r"https?://([a-z0-9-]+)\.lambda-url\.[a-z0-9.:-]+", rf"{self.endpoint}/_aws/lambda-url/\1", api).rstrip("/")

    def deploy_provider(self) -> str:
        cloudformation = self.client("cloudformation")
        template = Path(__file__).with_name("provider.yaml").read_text()
        cloudformation.create_stack(StackName=self.provider, TemplateBody=template, Capabilities=["CAPABILITY_IAM"], OnFailure="DELETE")
        cloudformation.get_waiter("stack_create_complete").wait(StackName=self.provider, WaiterConfig={"Delay": 5, "MaxAttempts": 60})
        return self.reachable(self.outputs(self.provider)["Url"])

    def deploy_gateway(self, build: Path, provider: str) -> float:
        """The seconds that `sam deploy` took."""
        begin = time.monotonic()
        parameters = [f"Architecture={architecture(build)}", "DeletionProtection=false", "LogRetentionDays=1", f"WasenderApiUrl={provider}/api"]
        command = ["sam", "deploy", "--template-file", str(build / "template.yaml"), "--stack-name", self.name, "--region", self.region]
        command += ["--resolve-s3", "--s3-prefix", self.name, "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        command += ["--no-confirm-changeset", "--no-progressbar", "--parameter-overrides", *parameters]
        environment = os.environ | ({"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {})
        done = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"sam deploy ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        if self.endpoint:
            subprocess.run([sys.executable, ROOT / "infra/ci/emulator_mend.py"], env=environment | {"AWS_DEFAULT_REGION": self.region}, check=True)
        return time.monotonic() - begin

    def outputs(self, stack: str) -> dict[str, str]:
        found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
        return {one["OutputKey"]: one["OutputValue"] for one in found}

    def admin_key(self) -> str:
        secret = self.client("secretsmanager").get_secret_value(SecretId=f"{self.name}/platform")
        return json.loads(secret["SecretString"])["adminKey"]

    def queue(self, name: str) -> str:
        return self.client("sqs").get_queue_url(QueueName=f"{self.name}-{name}")["QueueUrl"]

    def log_lines(self, function: str, pattern: str) -> list[str]:
        pages = self.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=f"/aws/lambda/{self.name}-{function}", filterPattern=f'"{pattern}"')
        return [event["message"] for page in found for event in page["events"]]

    def tear_down(self) -> list[str]:
        """Takes everything away, what outlives its stack too; answers what could not be."""
        left: list[str] = []
        # The functions first: nothing writes any more to what goes afterwards.
        for stack in (self.name, self.provider):
            attempt(left, f"stack {stack}", lambda stack=stack: self.delete_stack(stack))
        for table in self.mine("dynamodb", "list_tables", "TableNames"):
            attempt(left, f"table {table}", lambda table=table: self.delete_table(table))
        for secret in self.mine("secretsmanager", "list_secrets", "SecretList", "Name", IncludePlannedDeletion=True):
            end = {"SecretId": secret, "ForceDeleteWithoutRecovery": True}
            attempt(left, f"secret {secret}", lambda end=end: self.client("secretsmanager").delete_secret(**end))
        for bucket in self.mine("s3", "list_buckets", "Buckets", "Name"):
            attempt(left, f"bucket {bucket}", lambda bucket=bucket: self.delete_bucket(bucket))
        for group in self.mine("logs", "describe_log_groups", "logGroups", "logGroupName", self.log_prefixes()):
            attempt(left, f"log group {group}", lambda group=group: self.client("logs").delete_log_group(logGroupName=group))
        attempt(left, f"packages {self.name}/ in SAM's own bucket", self.delete_packages)
        return left

    def log_prefixes(self) -> tuple[str, ...]:
        return tuple(f"/aws/{service}/{self.name}" for service in ("lambda", "apigateway"))

    def mine(self, service: str, call: str, member: str, name: str | None = None, prefixes=None, **options) -> list[str]:
        """What bears the stack's name, whether the stack still knows of it or not."""
        client = self.client(service)
        pages = client.get_paginator(call).paginate(**options) if client.can_paginate(call) else [getattr(client, call)(**options)]
        found = [one[name] if name else one for page in pages for one in page[member]]
        return [one for one in found if one.startswith(prefixes or (f"{self.name}-", f"{self.name}/"))]

    def delete_stack(self, stack: str) -> None:
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 5, "MaxAttempts": 120})

    def delete_table(self, table: str) -> None:
        dynamodb = self.client("dynamodb")
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 2, "MaxAttempts": 60})
        dynamodb.delete_table(TableName=table)

    def delete_bucket(self, bucket: str) -> None:
        self.empty(bucket, "")
        self.client("s3").delete_bucket(Bucket=bucket)

    def delete_packages(self) -> None:
        try:
            bucket = self.outputs("aws-sam-cli-managed-default").get("SourceBucket")
        except ClientError:
            return
        if bucket:
            self.empty(bucket, f"{self.name}/")

    def empty(self, bucket: str, prefix: str) -> None:
        s3 = self.client("s3")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
                s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


def attempt(left: list[str], what: str, end) -> None:
    try:
        end()
    except Exception as error:  # noqa: BLE001: whatever it is, the rest must go too
        left.append(f"{what}: {error}")
