"""emulator_aws.py AWS ARGUMENT...: `aws` as emulator.sh wants it: it asks the emulator, and what it prints has the addresses under which the
emulator answers for APIs and functions."""

import os
import re
import subprocess
import sys

DOOR = os.environ["AWS_ENDPOINT_URL"]


def local(text: str) -> str:
    """The same with addresses of this machine."""
    return re.sub(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9.-]+", rf"{DOOR}/_aws/execute-api/\1/$default", text)


if __name__ == "__main__":
    environment = os.environ | {"HOME": os.environ["EMULATOR_HOME"]}
    done = subprocess.run([sys.argv[1], "--endpoint-url", DOOR, *sys.argv[2:]], stdout=subprocess.PIPE, text=True, env=environment)
    sys.stdout.write(local(done.stdout))
    sys.exit(done.returncode)
