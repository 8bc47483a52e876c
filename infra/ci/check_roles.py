"""The roles of template.yaml: what IAM and cfn-lint take, and what AWS would not do as it is meant; see validate-template.sh.

That a role allows what its function asks for, and nothing else, is what the tests of the local stack show: see docs/decisions/0034.
"""

import json
import pathlib
import re
import sys

from samcli.yamlhelper import yaml_parse

X_RAY = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# What may stand for many resources: the secrets of vendors and engines, customers' files by their form, and records of one kind.
NARROW = (
    ":secret:${AWS::StackName}/vendor/*",
    ":secret:${AWS::StackName}/engine/*",
    "${MediaBucket.Arn}/*/????-??/*",
    "${RecordsBucket.Arn}/changes/*",
    "${RecordsBucket.Arn}/words/*",
)
# The actions on items that the Service Authorization Reference has `dynamodb:LeadingKeys` for.
KEYED = {
    f"dynamodb:{action}"
    for action in (
        "BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem",
    )
}
CONDITIONS = {
    ("ForAllValues:StringLike", "dynamodb:LeadingKeys"),
    ("ForAllValues:StringNotLike", "dynamodb:LeadingKeys"),
    ("StringLike", "s3:prefix"),
}
# The most characters that IAM takes in the policies of a role, and in one of their own.
ROLE_SIZE, POLICY_SIZE = 10240, 6144
resources = yaml_parse(pathlib.Path("template.yaml").read_text())["Resources"]
complaints = []


def check(holds, complaint):
    if not holds:
        complaints.append(complaint)


def listed(value):
    return value if isinstance(value, list) else [value]


def policies():
    """The policies of each owner, and how long they may be together."""
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            yield name, [policy["PolicyDocument"] for policy in properties["Policies"]], ROLE_SIZE
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield name, [properties["PolicyDocument"]], POLICY_SIZE


def check_statement(owner, statement):
    sid = statement.get("Sid")
    check(sid, f"{owner}: a statement has no Sid to say what it is for")
    check(statement["Effect"] == "Allow", f"{owner} {sid}: a role allows and does nothing else")
    actions = listed(statement["Action"])
    for action in actions:
        check("*" not in action, f"{owner} {sid}: {action} is not one action")
    for resource in listed(statement["Resource"]):
        # X-Ray knows no resources.
        traces = resource == "*" and set(actions) == X_RAY
        check(traces or is_narrow(resource), f"{owner} {sid}: {resource} is too wide")
    if "Condition" in statement:
        check_condition(f"{owner} {sid}", actions, statement["Condition"])


def is_narrow(resource):
    """One resource by its logical id, or what is made at run time under a name that only this stack has."""
    if not isinstance(resource, dict):
        return False
    text = resource.get("Fn::Sub")
    return text is None or "*" not in text or any(text.endswith(end) for end in NARROW)


def check_condition(statement, actions, condition):
    """Conditions that AWS would take another way than they are meant, or take for nothing at all."""
    for operator, asked in condition.items():
        for key in asked:
            check((operator, key) in CONDITIONS, f"{statement}: {operator} of {key} is not known to be of use")
            if key == "dynamodb:LeadingKeys":
                # `ForAllValues` holds where there is no key to look at.
                check(KEYED.issuperset(actions), f"{statement}: an action has no leading keys")
            if key == "s3:prefix":
                check(actions == ["s3:ListBucket"], f"{statement}: only a list has a prefix")


def check_size(owner, documents, most):
    """IAM takes policies up to a size, in which white space does not count."""
    size = sum(len(re.sub(r"\s", "", json.dumps(document, default=str))) for document in map(resolved, documents))
    check(size <= most, f"{owner}: its policies have {size} characters, and IAM takes {most}")


def resolved(value):
    """A part of a policy with its ARNs as a deployment has them, in a region and a stack with long names."""
    if isinstance(value, list):
        return [resolved(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "Fn::GetAtt" in value or "Ref" in value:
        logical_id = listed(value.get("Fn::GetAtt") or value["Ref"])[0]
        return arn(logical_id)
    if "Fn::Sub" in value:
        text = re.sub(r"\$\{(\w+)\.Arn\}", lambda found: arn(found[1]), value["Fn::Sub"])
        return named(text)
    return {key: resolved(one) for key, one in value.items()}


def arn(logical_id):
    properties = resources[logical_id]["Properties"]
    names = (properties.get(key) for key in ("TableName", "QueueName", "LogGroupName", "Name"))
    name = next((name["Fn::Sub"] for name in names if name), "${AWS::StackName}-bucket-of-files-012345678901")
    return named("arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:" + name)


def named(text):
    values = {"Partition": "aws", "Region": "ap-southeast-1", "AccountId": "012345678901", "StackName": "multi-waba-production"}
    return re.sub(r"\$\{AWS::(\w+)\}", lambda found: values[found[1]], text)


for owner, documents, most in policies():
    check_size(owner, documents, most)
    for document in documents:
        for one in document["Statement"]:
            check_statement(owner, one)

if complaints:
    sys.exit("\n".join(complaints))
print("the roles of template.yaml are of a form that AWS takes as it is meant")
