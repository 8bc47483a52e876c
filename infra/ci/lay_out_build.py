"""lay_out_build.py ARTIFACTS FOLDER: lays binaries that were built without SAM out as `sam build` does.

ARTIFACTS has <function>/bootstrap, as `cargo lambda build` leaves them in target/lambda. FOLDER gets <Function>Function/bootstrap and the
template with the addresses changed accordingly.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    artifacts, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    template = (ROOT / "template.yaml").read_text()
    functions = re.findall(r"^  (\w+)Function:\n    Type: AWS::Serverless::Function$", template, re.MULTILINE)
    for function in functions:
        home = folder / f"{function}Function"
        home.mkdir(exist_ok=True)
        shutil.copy2(artifacts / function.lower() / "bootstrap", home / "bootstrap")
        # The first properties after the function's name are its own.
        head, name, body = template.partition(f"\n  {function}Function:\n")
        template = head + name + body.replace("    Properties:\n", f"    Properties:\n      CodeUri: {function}Function\n", 1)
    if template.count("    CodeUri: .\n") != 1 or not functions:
        sys.exit("the template has not one address for all functions")
    template = template.replace("    CodeUri: .\n", "")
    nested = re.compile(r"^(      (?:TemplateURL|Location): )(?=infra/)", re.MULTILINE)
    (folder / "template.yaml").write_text(nested.sub(rf"\g<1>{ROOT}/", template))


if __name__ == "__main__":
    main()
