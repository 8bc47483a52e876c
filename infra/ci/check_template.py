"""The promises of template.yaml that neither SAM nor cfn-lint knows: see validate-template.sh."""

import pathlib
import re
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
# What an access log may say of a request: no path, address or user agent.
SAID = {
    "requestId", "requestTime", "routeKey", "status", "protocol", "responseLatency", "integrationLatency", "integrationStatus",
    "responseLength", "error.responseType",
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


def check_flow(logical_id, properties):
    """A queue of messages in order: as many groups at once as there are, and no message lost to another with the same words."""
    if "RedrivePolicy" in properties and properties.get("FifoQueue"):
        fast = (properties["DeduplicationScope"], properties["FifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")
        check(fast, f"{logical_id}: is not in the mode of high throughput")
        check(properties["ContentBasedDeduplication"] is False, f"{logical_id}: takes equal messages for one")


def check_kept(logical_id, resource):
    """What holds data outlives the stack, and what would replace it."""
    policies = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
    check(policies == ("RetainExceptOnCreate", "Retain"), f"{logical_id}: is lost with the stack, or with what replaces it")


def check_table(logical_id, properties):
    keyed = [one["AttributeName"] for one in properties["AttributeDefinitions"]]
    recovery = properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    check(recovery is True, f"{logical_id}: can't be recovered")
    check(properties["SSESpecification"]["SSEEnabled"] is True, f"{logical_id}: is not encrypted by a key of the account")
    check(properties["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}, f"{logical_id}: is not protected by the parameter")
    expiry = properties.get("TimeToLiveSpecification")
    # Vendors and admin keys are kept for good.
    kept = logical_id in ("VendorConfigsTable", "AdminKeysTable")
    check(kept or expiry == {"AttributeName": "expiresAt", "Enabled": True}, f"{logical_id}: forgets nothing")
    check(len(keyed) == len(set(keyed)), f"{logical_id}: an attribute is defined twice")


def check_bucket(logical_id, properties):
    private = properties["PublicAccessBlockConfiguration"]
    check(len(private) == 4 and all(private.values()), f"{logical_id}: may be made public")
    check(properties["LifecycleConfiguration"]["Rules"], f"{logical_id}: forgets nothing")


def check_encrypted_transport():
    """Every queue and every bucket refuses what is not encrypted on its way."""
    covered = set()
    for kind, key in (("AWS::SQS::QueuePolicy", "Queues"), ("AWS::S3::BucketPolicy", "Bucket")):
        for properties in of_type(kind).values():
            [statement] = properties["PolicyDocument"]["Statement"]
            check(statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}, f"{kind}: does not refuse plain text")
            covered |= {one["Ref"] for one in listed(properties[key])}
    for logical_id in [*of_type("AWS::SQS::Queue"), *of_type("AWS::S3::Bucket")]:
        check(logical_id in covered, f"{logical_id}: takes plain text")


def check_access_logs():
    """What is said of a request is not personal."""
    for kind in ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Stage"):
        for logical_id, properties in of_type(kind).items():
            said = set(re.findall(r"\$context\.([\w.]+)", properties["AccessLogSettings"]["Format"]))
            check(said <= SAID, f"{logical_id}: its access log says {said - SAID}")
    for logical_id, properties in of_type("AWS::Logs::LogGroup").items():
        check(properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}, f"{logical_id}: is kept for another time")


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
    check_flow(key, value)
for key, value in of_type("AWS::DynamoDB::Table").items():
    check_table(key, value)
for key, value in of_type("AWS::S3::Bucket").items():
    check_bucket(key, value)
for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"):
    for key in of_type(kind):
        check_kept(key, resources[key])
check_encrypted_transport()
check_access_logs()
check(template["Globals"]["Function"]["Tracing"] == "Active", "functions send no traces")
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
