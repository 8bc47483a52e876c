"""Runs the examples of documents against a running local stack: every block of sh, js and python, in order, as it stands.

examples.py PORT DOCUMENT...

- Ports 9002, 9003 and 9004 become PORT, PORT + 1 and PORT + 2. Variables and functions of one sh block are there in the next.
- A request must be answered 2xx, or what a comment before the block says: <!-- answered 409 -->.
- A block must end with 0, or with what a comment says: <!-- ends with 5 -->.
- A json block after a sh block is what its last request was answered: every member shown must be in the answer.
- <!-- request --> or <!-- answer --> before a json block says that the tests of the contract with engines read it.
- <!-- not run: REASON --> before a block leaves it out, and says so.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120

FETCH = """
const request = globalThis.fetch;
globalThis.fetch = async (...what) => {
  const answer = await request(...what);
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer;
};
"""

PRELUDE = r"""
set -euo pipefail
curl() {
  local argument
  for argument in "$@"; do
    case $argument in
      -o | --output | -w | --write-out | -N | --no-buffer) command curl --fail-with-body --max-time 20 "$@"; return ;;
    esac
  done
  local answer status
  answer=$(mktemp)
  status=$(command curl --max-time 20 -o "$answer" -w '%{http_code}' "$@")
  cat "$answer"
  cp "$answer" "$EXAMPLES_ANSWER"
  rm "$answer"
  # shellcheck disable=SC2053
  [[ $status == $EXAMPLES_STATUS ]] || { echo "answered $status" >&2; return 1; }
}
cargo() { command cargo "$1" --manifest-path "$EXAMPLES_ROOT/Cargo.toml" "${@:2}"; }
"""


@dataclass
class Block:
    document: str
    line: int
    language: str
    text: str
    marks: list[str]

    def place(self) -> str:
        return f"{self.document}:{self.line}"

    def mark(self, pattern: str) -> str | None:
        for mark in self.marks:
            if found := re.fullmatch(pattern, mark):
                return found.group(1)
        return None


def blocks(document: str) -> list[Block]:
    found, marks = [], []
    lines = (ROOT / document).read_text().splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if mark := re.fullmatch(r"\s*<!-- (.*) -->", line):
            marks.append(mark.group(1))
        elif fence := re.fullmatch(r"(\s*)```(\w*)", line):
            begin, indent = number, len(fence.group(1))
            number += 1
            text = []
            while lines[number].strip() != "```":
                text.append(lines[number][indent:])
                number += 1
            found.append(Block(document, begin + 1, fence.group(2), "\n".join(text) + "\n", marks))
            marks = []
        elif line.strip():
            marks = []
        number += 1
    return found


class Runner:
    def __init__(self, port: int, folder: Path):
        self.port, self.folder = port, folder
        self.state, self.answer = folder / "state.sh", folder / "answer"
        self.work = folder / "work"
        self.work.mkdir()
        for name in (".local", "events", "infra", "docs"):
            (self.work / name).symlink_to(ROOT / name)
        self.state.write_text("")
        self.failures = 0

    def run(self, block: Block, after: str) -> None:
        if reason := block.mark(r"not run: (.*)"):
            print(f"LEFT OUT: {block.place()}: {reason}")
            return
        match block.language:
            case "sh":
                self.execute(block, ["bash", "-c", self.script(block)])
            case "js":
                self.execute(block, ["node", "--input-type=module", "-e", FETCH + self.ported(block.text)])
            case "python":
                self.execute(block, ["python3", "-c", self.ported(block.text)])
            case "json" if after == "sh" and not block.mark("(request|answer)"):
                self.compare(block)

    def ported(self, text: str) -> str:
        return text.replace(":9002", f":{self.port}").replace(":9003", f":{self.port + 1}").replace(":9004", f":{self.port + 2}")

    def script(self, block: Block) -> str:
        keep = f'{{ unset EXAMPLES_STATUS; export -p; declare -f; }} >"{self.state}"'
        return f'{PRELUDE}\nset -a\nsource "{self.state}"\n{self.ported(block.text)}\n{keep}\n'

    def execute(self, block: Block, command: list[str]) -> None:
        self.answer.write_text("")
        key = ROOT / ".local/admin-key"
        environment = os.environ | {
            "EXAMPLES_ANSWER": str(self.answer),
            "EXAMPLES_ROOT": str(ROOT),
            "HOME": str(self.work),
            "WABACTL_URL": f"http://127.0.0.1:{self.port}",
            "WABACTL_KEY": key.read_text().strip() if key.exists() else "",
            "EXAMPLES_STATUS": block.mark(r"answered (\d+)") or "2??",
        }
        try:
            done = subprocess.run(command, cwd=self.work, env=environment, timeout=SECONDS, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        except subprocess.TimeoutExpired:
            return self.fail(block, f"it runs longer than {SECONDS} s")
        if done.returncode != int(block.mark(r"ends with (\d+)") or 0):
            self.fail(block, f"it ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        else:
            print(f"ok {block.place()} {block.language}")

    def compare(self, block: Block) -> None:
        try:
            shown = json.loads(block.text)
        except ValueError as error:
            return self.fail(block, f"it is no JSON: {error}")
        text = self.answer.read_text()
        if not text:
            return
        try:
            missing = list(absent(shown, json.loads(text), "$"))
        except ValueError:
            missing = ["the answer is no JSON"]
        if missing:
            self.fail(block, f"the answer has not what is shown: {', '.join(missing)}\n{text[:2000]}")
        else:
            print(f"ok {block.place()} json")

    def fail(self, block: Block, why: str) -> None:
        self.failures += 1
        print(f"FAILED {block.place()}: {why}\n--- the example\n{block.text}---", flush=True)


def absent(shown, actual, place):
    """The members that are shown and are not in the answer."""
    if shown is None or actual is None:
        return
    if isinstance(shown, dict) and isinstance(actual, dict):
        for name, value in shown.items():
            if name in actual:
                yield from absent(value, actual[name], f"{place}.{name}")
            else:
                yield f"{place}.{name}"
    elif isinstance(shown, list) and isinstance(actual, list):
        if shown and actual:
            yield from absent(shown[0], actual[0], f"{place}[0]")
    elif type(shown) is not type(actual) and not (isinstance(shown, (int, float)) and isinstance(actual, (int, float))):
        yield f"{place} (another type)"


def main() -> int:
    port, documents = int(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(port, Path(folder))
        ran = 0
        for document in documents:
            after = ""
            for block in blocks(document):
                runner.run(block, after)
                ran += block.language in ("sh", "js", "python")
                after = block.language
        print(f"{ran} examples, {runner.failures} failed")
        if not ran:
            print("there is no example at all")
        return 1 if runner.failures or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
