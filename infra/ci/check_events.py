"""Checks the files under events/: see validate-events.sh."""

import base64
import csv
import hashlib
import hmac
import json
import pathlib
import re
import sys

from samcli.yamlhelper import yaml_parse

EVENTS = pathlib.Path("events")
# What the functions answer, which sam_local.py holds them to.
ANSWERS = EVENTS / "answers.json"
INVOKED = ("api", "sqs", "schedule")
SHARED, HMAC = "x-webhook-signature", "x-wasender-signature"
complaints = []


def check(holds, complaint):
    if not holds:
        complaints.append(complaint)


def parsed():
    for path in sorted(set(EVENTS.rglob("*.json")) - {ANSWERS}):
        try:
            yield path, json.loads(path.read_bytes())
        except ValueError as error:
            complaints.append(f"{path}: {error}")


def template_routes():
    resources = yaml_parse(pathlib.Path("template.yaml").read_text())["Resources"]
    for resource in resources.values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "HttpApi":
                yield f"{event['Properties']['Method']} {event['Properties']['Path']}"


def raw_body(event):
    text = event.get("body", "")
    return base64.b64decode(text) if event["isBase64Encoded"] else text.encode()


def signature(headers, body, secret):
    """What the header that proves the sender says, and what it ought to say."""
    if SHARED in headers:
        return headers[SHARED], secret
    return headers[HMAC].removeprefix("sha256="), hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def check_api(path, event, routes, secrets):
    headers, body = event["headers"], raw_body(event)
    check(event["version"] == "2.0", f"{path}: not of payload format 2.0")
    check(event["routeKey"] in routes, f"{path}: template.yaml has no route {event['routeKey']}")
    check(event["requestContext"]["routeKey"] == event["routeKey"], f"{path}: two routes")
    check(event["requestContext"]["http"]["path"] == event["rawPath"], f"{path}: two paths")
    check(all(name == name.lower() for name in headers), f"{path}: API Gateway makes header names lower case")
    if body:
        check(headers["content-length"] == str(len(body)), f"{path}: content-length should be {len(body)}")
        json.loads(body)
    if event["rawPath"].startswith("/api/webhooks/"):
        shown, right = signature(headers, body, secrets[event["pathParameters"]["vendorId"]])
        forged = "bad-signature" in path.name
        check((shown != right) == forged, f"{path}: the signature {'is good' if forged else 'should be ' + right}")


def check_sqs(path, event):
    for record in event["Records"]:
        json.loads(record["body"])
        digest = hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
        check(record["md5OfBody"] == digest, f"{path}: md5OfBody should be {digest}")


def described():
    """The rows of the README's tables: an event's name, its function, and the statuses of its answers if it is an API's."""
    for line in (EVENTS / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 4:
            yield f"api/{cells[0].strip('`')}", cells[1], [int(status) for status in re.findall(r"\d{3}", cells[3])]
        elif line.startswith("| `") and len(cells) == 3:
            yield cells[0].strip("`"), cells[1], None


def check_answers():
    listed = json.loads(ANSWERS.read_text())
    there = {f"{folder}/{path.name}" for folder in INVOKED for path in (EVENTS / folder).iterdir()}
    for name in sorted(there ^ listed.keys()):
        complaints.append(f"{name}: {'no answer in' if name in there else 'no such event, but an answer in'} {ANSWERS}")
    rows = {name: (function, statuses) for name, function, statuses in described()}
    for name, expected in listed.items():
        shown, right = rows.pop(name, None), (expected["function"], expected.get("status"))
        check(shown == right, f"{EVENTS}/README.md: {name} is shown with {shown}, and {ANSWERS} has {right}")
    complaints.extend(f"{EVENTS}/README.md: there is no event {name}" for name in rows)


def main():
    with open(EVENTS / "local" / "vendors.csv", newline="") as rows:
        secrets = {row["vendorId"]: row["wasenderWebhookSecret"] for row in csv.DictReader(rows)}
    routes, sampled, count = set(template_routes()), set(), 0
    for path, event in parsed():
        count += 1
        if path.parent == EVENTS / "api":
            check_api(path, event, routes, secrets)
            sampled.add(event["routeKey"])
        elif path.parent == EVENTS / "sqs":
            check_sqs(path, event)
    for route in sorted(routes - sampled):
        complaints.append(f"events/api has no sample for {route}")
    check_answers()
    if complaints:
        sys.exit("\n".join(complaints))
    print(f"{count} sample events are good")


main()
