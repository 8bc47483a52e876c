"""The promises of template.yaml that neither SAM nor cfn-lint knows: see validate-template.sh."""

import pathlib
import sys

from samcli.yamlhelper import yaml_parse

FOURTEEN_DAYS = 1209600
# Whose name is a word of ours, and must hold the stack's, so that two stages do not ask for the same. (An authoriser's is its API's own.)
NAMES = {
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::Budgets::Budget": "Budget.BudgetName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Serverless::HttpApi": "Name",
}
# Webhooks and the like that a message may lead to, and how far above the expected peak the API's limits are.
REQUESTS_A_MESSAGE, MARGIN = 30, 10
template = yaml_parse(pathlib.Path("template.yaml").read_text())
resources = template["Resources"]
complaints = []


def check(holds, complaint):
    if not holds:
        complaints.append(complaint)


def of_type(name):
    return {key: value["Properties"] for key, value in resources.items() if value["Type"] == name}


def listed(value):
    return value if isinstance(value, list) else [value]


def check_function(logical_id, properties):
    stem = logical_id.removesuffix("Function")
    metadata = resources[logical_id]["Metadata"]
    check(metadata["BuildMethod"] == "rust-cargolambda", f"{logical_id}: is not built by cargo-lambda")
    check(metadata["BuildProperties"]["Binary"] == stem.lower(), f"{logical_id}: builds another binary")
    check(pathlib.Path("functions", stem.lower()).is_dir(), f"{logical_id}: there is no folder for it")
    check(properties["Role"] == {"Fn::GetAtt": [f"{stem}Role", "Arn"]}, f"{logical_id}: has not its own role")
    group = resources[properties["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    check(group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, f"{logical_id}: its log is kept for another time")
    for event in properties["Events"].values():
        if event["Type"] == "SQS":
            check_source(logical_id, properties["Timeout"], event["Properties"])
        elif "webhooks" in event["Properties"].get("Path", ""):
            capped = "ReservedConcurrentExecutions" in properties
            check(not capped, f"{logical_id}: a cap would refuse one vendor's webhook for another's")


def check_source(logical_id, timeout, source):
    queue = source["Queue"]["Fn::GetAtt"][0]
    visibility = resources[queue]["Properties"]["VisibilityTimeout"]
    check(visibility >= 6 * timeout, f"{queue}: a visibility of {visibility} s is less than 6 times {timeout} s")
    check(source["FunctionResponseTypes"] == ["ReportBatchItemFailures"], f"{logical_id}: does not report failed items")
    check("RedrivePolicy" in resources[queue]["Properties"], f"{queue}: has no dead-letter queue")
    check("MaximumConcurrency" in source.get("ScalingConfig", {}), f"{logical_id}: takes any number from {queue} at once")
    check(queue != "OutboundQueue" or source["BatchSize"] == 1, f"{logical_id}: a batch would stall a session")


def check_queue(logical_id, properties):
    check(properties["MessageRetentionPeriod"] == FOURTEEN_DAYS, f"{logical_id}: does not keep messages for 14 days")
    if "RedrivePolicy" in properties:
        dead = resources[properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
        same_kind = dead.get("FifoQueue") == properties.get("FifoQueue")
        check(same_kind, f"{logical_id}: its dead-letter queue is of the other kind")


def check_name(logical_id, resource):
    value = resource.get("Properties", {})
    for member in NAMES[resource["Type"]].split("."):
        value = value.get(member) if isinstance(value, dict) else None
    if value is not None:
        own = value == {"Ref": "AWS::StackName"} or "${AWS::StackName}" in (value.get("Fn::Sub") or "" if isinstance(value, dict) else value)
        check(own, f"{logical_id}: its name {value} is not the stack's own")


def check_limits(api):
    parameters = template["Parameters"]
    limits = api["DefaultRouteSettings"]
    rate = {name: parameters[limits[name]["Ref"]]["Default"] for name in ("ThrottlingRateLimit", "ThrottlingBurstLimit")}
    peak = parameters["ExpectedMessagesPerHour"]["Default"] * REQUESTS_A_MESSAGE / 3600
    check(min(rate.values()) >= MARGIN * peak, f"the API's limits {rate} are less than {MARGIN} times the expected peak of {peak:.0f}/s")
    for route in api["RouteSettings"]:
        check("webhooks" not in route, f"{route}: a limit of a webhook's own is felt by vendors")


def check_parameters():
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    for name in template["Parameters"]:
        check(grouped.count(name) == 1, f"parameter {name}: is in {grouped.count(name)} groups of the interface")
    for name in set(grouped) - set(template["Parameters"]):
        check(False, f"the interface groups {name}, which is no parameter")


check(template["Globals"]["Function"]["Runtime"] == "provided.al2023", "functions need the runtime provided.al2023")
check(template["Parameters"]["AwsEndpointUrl"]["Default"] == "", "a deployment must not be sent to another AWS")
for key, value in of_type("AWS::Serverless::Function").items():
    check_function(key, value)
for key, value in of_type("AWS::SQS::Queue").items():
    check_queue(key, value)
for key, value in resources.items():
    if value["Type"] in NAMES:
        check_name(key, value)
for kind in ("Function", "HttpApi"):
    check("stage" in template["Globals"][kind]["Tags"], f"{kind}: is not tagged with its stage")
check_limits(resources["Api"]["Properties"])
check_parameters()

if complaints:
    sys.exit("\n".join(complaints))
print("template.yaml keeps its promises")
