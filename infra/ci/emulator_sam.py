"""emulator_sam.py ARGUMENT...: `sam` as emulator.sh wants it: it deploys what was built to the emulator, and asks nothing.

Beside what the environment in samconfig.toml says, a stack gets the address of a simulator in the place of Wasender's and WhatsApp's, and the processor of
what was built: production's is another than this machine's.
"""

import argparse
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    real, command, rest = os.environ["EMULATOR_SAM"], sys.argv[1], sys.argv[2:]
    if command not in ("deploy", "delete"):
        sys.exit(subprocess.run([real, command, *rest], cwd=ROOT).returncode)
    given, others = arguments().parse_known_args(rest)
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())[given.config_env]
    stack = given.stack_name or config["global"]["parameters"]["stack_name"]
    if command == "delete":
        return delete(stack)
    said = given.parameter_overrides or config["deploy"]["parameters"].get("parameter_overrides", [])
    simulators = dict(one.split("=", 1) for one in os.environ["EMULATOR_SIMULATORS"].split())
    ours = {"Architecture": "x86_64", "WasenderApiUrl": f"{simulators[stack]}/api", "MediaHosts": simulators[stack]}
    kept = [one for one in said if one.split("=")[0] not in ours]
    template = Path(os.environ["EMULATOR_BUILD"], "template.yaml")
    told = ["--template-file", str(template), "--config-file", str(ROOT / "samconfig.toml"), "--config-env", given.config_env]
    told += ["--stack-name", stack, "--no-confirm-changeset"]
    subprocess.run([real, command, *told, *others, "--parameter-overrides", *kept, *map("=".join, ours.items())], cwd=ROOT, check=True)
    subprocess.run([sys.executable, str(Path(__file__).with_name("emulator_mend.py"))], check=True)


def delete(stack: str) -> None:
    """By CloudFormation, as sam does after it took its packages away: of a nested template's it understands AWS's addresses alone."""
    print("left out on the emulator: sam delete, whose work CloudFormation does here")
    cloudformation = boto3.client("cloudformation", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--config-env", default="default")
    parser.add_argument("--stack-name")
    parser.add_argument("--parameter-overrides", nargs="*")
    return parser


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
