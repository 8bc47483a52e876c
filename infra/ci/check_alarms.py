"""What the alarms and the dashboard promise: see validate-template.sh. Their metrics' names are held to the code by infra/local/tests/flows/alarms.rs."""

import json
import pathlib
import re
import sys

from samcli.yamlhelper import yaml_parse

ROOT = pathlib.Path("template.yaml")
RUNBOOK = pathlib.Path("docs/RUNBOOK.md")
# CloudWatch takes no more metrics into one alarm, and shows no more alarms in one widget.
MOST_METRICS, MOST_SHOWN = 10, 100
complaints = []


def check(holds, complaint):
    if not holds:
        complaints.append(complaint)


def substituted(value, names):
    """A value with the references to `names` replaced; what is not known stays as it is."""
    match value:
        case {"Ref": name} if name in names:
            return names[name]
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:.]+)\}", lambda found: str(names.get(found[1], found[0])), text)
        case {"Fn::If": [_, first, _]}:
            return substituted(first, names)
        case dict():
            return {key: substituted(one, names) for key, one in value.items()}
        case list():
            return [substituted(one, names) for one in value]
    return value


def nested(path, names):
    """Every resource of a template and of those nested in it: its type, its properties, and the template that it is in."""
    for resource in yaml_parse(path.read_text())["Resources"].values():
        properties = substituted(resource.get("Properties", {}), names)
        if resource["Type"] == "AWS::CloudFormation::Stack":
            given = properties["Parameters"] | {key: names[key] for key in names if "::" in key}
            yield from nested(path.parent / properties["TemplateURL"], given)
        yield resource["Type"], properties, path


def metrics_of(alarm):
    """The metrics of an alarm: namespace, name, and dimensions by name."""
    plain = [alarm] if "MetricName" in alarm else [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]
    for one in plain:
        yield one["Namespace"], one["MetricName"], {it["Name"]: it["Value"] for it in one.get("Dimensions", [])}


def check_alarm(alarm):
    name = alarm["AlarmName"]
    check(name.startswith("shop-"), f"{name}: a second stage would ask for the same name")
    check("TreatMissingData" in alarm, f"{name}: does not say what missing data means")
    check(alarm["AlarmActions"] == alarm["OKActions"] == ["topic"], f"{name}: is not told to the topic, or its end is not")
    check(len(list(metrics_of(alarm))) <= MOST_METRICS, f"{name}: has more metrics than an alarm may")
    for one in alarm.get("Metrics", []):
        asked = set(re.findall(r"\b[a-z]\w*", one.get("Expression", ""))) - {it["Id"] for it in alarm["Metrics"]}
        check(not asked or "SELECT" in one["Expression"], f"{name}: reckons with {asked}, which it does not have")
    check(re.fullmatch(r"[^.]+.*\. docs/RUNBOOK\.md#[a-z0-9-]+", alarm["AlarmDescription"]), f"{name}: does not say what it means and where to read on")


def check_filters(filters, log_format):
    """What is counted in the access log is in it."""
    for properties in filters:
        for field in re.findall(r"\$\.(\w+)", properties["FilterPattern"]):
            check(f'"{field}":' in log_format, f"the access log has no {field}, which an alarm is of")


def watched(alarms, namespace, metric, **dimensions):
    """Whether an alarm is of this metric with these dimensions."""
    return any((namespace, metric, dimensions) == one for alarm in alarms for one in metrics_of(alarm))


def check_functions(alarms, functions):
    for properties in functions:
        name = properties["FunctionName"]
        for metric in ("Errors", "Throttles", "Duration"):
            check(watched(alarms, "AWS/Lambda", metric, FunctionName=name), f"{name}: no alarm is of its {metric}")
        rated = [one for one in alarms if "Metrics" in one and {it["Id"] for it in one["Metrics"]} == {"rate", "errors", "invocations"}]
        check(watched(rated, "AWS/Lambda", "Errors", FunctionName=name), f"{name}: no alarm is of its rate of errors")
        longest = [one["Threshold"] for one in alarms if one["AlarmName"] == f"{name}-duration"]
        check(longest == [properties["Timeout"] * 900], f"{name}: {longest} is not nine tenths of its time-out")


def check_queues(alarms, queues, consumed):
    for properties in queues:
        name = properties["QueueName"]
        if properties in consumed or "quarantine" in name:
            check(watched(alarms, "AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName=name), f"{name}: no alarm is of its age")
        else:
            check(watched(alarms, "AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName=name), f"{name}: no alarm is of what lies there")


def check_tables(alarms, tables):
    for properties in tables:
        name = properties["TableName"]
        for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
            check(watched(alarms, "AWS/DynamoDB", metric, TableName=name), f"{name}: no alarm is of its {metric}")
        for index in properties.get("GlobalSecondaryIndexes", []):
            index = index["IndexName"]
            seen = watched(alarms, "AWS/DynamoDB", "WriteThrottleEvents", TableName=name, GlobalSecondaryIndexName=index)
            check(seen, f"{name}: no alarm is of its index {index}")


def check_runbook(alarms):
    pages = RUNBOOK.read_text()
    told = set(re.findall(r"^### (.+)$", pages.split("\n## Alarms\n")[1].split("\n## ")[0], re.M))
    asked = {alarm["AlarmDescription"].rsplit("#", 1)[1] for alarm in alarms}
    for name in asked - told:
        check(False, f"{RUNBOOK}: an alarm refers to {name}, which has no section")
    for name in told - asked:
        check(False, f"{RUNBOOK}: {name} is no alarm")
    headings = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in re.findall(r"^#+ (.+)$", pages, re.M)}
    for link in set(re.findall(r"\]\(#([^)]+)\)", pages)) - headings:
        check(False, f"{RUNBOOK}: there is no section #{link}")


def check_dashboard(alarms, functions, dashboard):
    check(dashboard["DashboardName"] == "shop", "a second stage would ask for the same dashboard")
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    listed = [arn.rsplit(":alarm:", 1)[1] for one in widgets if one["type"] == "alarm" for arn in one["properties"]["alarms"]]
    of_functions = tuple(f"{one['FunctionName']}-" for one in functions)
    expected = [one["AlarmName"] for one in alarms if one["AlarmName"] in ("shop-sweep-silent", "shop-sweep-dropped") or not one["AlarmName"].startswith(of_functions)]
    check(sorted(listed) == sorted(expected), f"the dashboard shows other alarms than there are: {set(listed) ^ set(expected)}")
    check(len(listed) <= MOST_SHOWN, "the dashboard shows more alarms than it may")


names = {"AWS::StackName": "shop", "Stack": "shop", "Api": "api", "ApiLogs": "logs", "AlarmTopic": "topic"}
parameters = {key: value["Default"] for key, value in yaml_parse(ROOT.read_text())["Parameters"].items()}
everything = list(nested(ROOT, parameters | names))


def of_type(name):
    return [properties for kind, properties, _ in everything if kind == name]


alarms = of_type("AWS::CloudWatch::Alarm")
functions = of_type("AWS::Serverless::Function")
queues = of_type("AWS::SQS::Queue")
# A queue without a dead-letter queue is one that nothing consumes.
consumed = [one for one in queues if "RedrivePolicy" in one]
for one in alarms:
    check_alarm(one)
once = {one["AlarmName"] for one in alarms}
check(len(once) == len(alarms), "two alarms have one name")
check_filters(of_type("AWS::Logs::MetricFilter"), of_type("AWS::Serverless::HttpApi")[0]["AccessLogSettings"]["Format"])
check_functions(alarms, functions)
check_queues(alarms, queues, consumed)
check_tables(alarms, of_type("AWS::DynamoDB::Table"))
check_runbook(alarms)
check_dashboard(alarms, functions, of_type("AWS::CloudWatch::Dashboard")[0])

if complaints:
    sys.exit("\n".join(complaints))
priced = sum(max(1, len(list(metrics_of(one)))) for one in alarms)
print(f"{len(alarms)} alarms keep their promises; AWS counts the {priced} metrics in them")
