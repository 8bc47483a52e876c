"""Holds the page about the API against the description that the running gateway serves.

api_document.py GATEWAY KEY PAGE

- Every route has a section, whose heading names it as `METHOD path`, with an example and with the statuses of all errors that are described.
- Every code that a problem may have is in the page's table of errors.
"""

import json
import re
import sys
import urllib.request
from pathlib import Path

METHODS = ("get", "put", "post", "delete")


def described(gateway: str, key: str) -> dict:
    request = urllib.request.Request(f"{gateway}/api/admin/openapi.json", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def routes(section: str) -> set[str]:
    heading = section.partition("\n")[0]
    return set(re.findall(r"`((?:GET|PUT|POST|DELETE) /[^`]*)`", heading)) if heading.startswith("### ") else set()


def told(section: str) -> set[str]:
    """The statuses in the section's list of errors."""
    return {status for line in re.findall(r"(?m)^Errors: .*$", section) for status in re.findall(r"\b[45]\d\d\b", line)}


def wrong(description: dict, page: str):
    sections = re.split(r"(?m)^(?=#{2,3} )", page)
    errors = {
        f"{method.upper()} {path}": {status for status in operation["responses"] if status >= "400"}
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }
    for route in sorted(errors.keys() - set().union(*map(routes, sections))):
        yield f"{route} has no section"
    for section in sections:
        here = routes(section)
        for route in sorted(here - errors.keys()):
            yield f"{route} has a section, and is not described"
        if here and "```sh\n" not in section:
            yield f"{', '.join(sorted(here))} has no example"
        missing = set().union(*(errors.get(route, set()) for route in here)) - told(section)
        if missing:
            yield f"{', '.join(sorted(here))} does not name {', '.join(sorted(missing))}"
    table = next(section for section in sections if section.startswith("## Errors\n"))
    for code in description["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]:
        if f"`{code}`" not in table:
            yield f"the table of errors has not `{code}`"


def main() -> int:
    gateway, key, page = sys.argv[1:]
    found = list(wrong(described(gateway, key), Path(page).read_text()))
    for what in found:
        print(f"FAILED {page}: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
