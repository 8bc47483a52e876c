"""Checks the files under events/: see validate-events.sh."""

import base64
import csv
import hashlib
import hmac
import json
import pathlib
import sys

from samcli.yamlhelper import yaml_parse

EVENTS = pathlib.Path("events")
SHARED, HMAC = "x-webhook-signature", "x-wasender-signature"
complaints = []


def check(holds, complaint):
    if not holds:
        complaints.append(complaint)


def parsed():
    for path in sorted(EVENTS.rglob("*.json")):
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
    if complaints:
        sys.exit("\n".join(complaints))
    print(f"{count} sample events are good")


main()
