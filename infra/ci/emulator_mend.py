"""emulator_mend.py: does in every stack of the emulator what AWS does and the emulator does not (ministack 1.5.33). Prints what it did.

- The routes of an AWS::Serverless::HttpApi are in the OpenAPI body of its API, which the emulator does not import: they are made by the API.
- A reference to a secret (Ref) is its ARN at AWS and its name there: the statements of roles and policies get the ARN.
- Who may change one message of a queue may change ten at once, and there is no action for that; the emulator asks for one.
"""

import json
import os
import re

import boto3

BATCHED = ("sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")


def client(service):
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def main() -> None:
    cloudformation = client("cloudformation")
    for stack in cloudformation.describe_stacks()["Stacks"]:
        if not stack["StackStatus"].startswith("DELETE"):
            mend(cloudformation, stack["StackName"])


def mend(cloudformation, stack: str) -> None:
    template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    # What SAM transformed is JSON; the rest, nested stacks and SAM's own, has neither APIs nor roles.
    if not isinstance(template, dict):
        return
    resources = template["Resources"]
    found = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    made = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
    routes = sum(make_routes(made, name, resource) for name, resource in resources.items() if "Body" in resource.get("Properties", {}))
    statements = correct_roles(made, resources)
    if routes or statements:
        print(f"{stack}: made {routes} routes and corrected {statements} statements for the emulator")


def make_routes(made: dict, name: str, resource: dict) -> int:
    if resource["Type"] != "AWS::ApiGatewayV2::Api":
        return 0
    gateway, functions, api = client("apigatewayv2"), client("lambda"), made[name]
    there = {route["RouteKey"] for route in gateway.get_routes(ApiId=api)["Items"]}
    count = 0
    for path, methods in resource["Properties"]["Body"]["paths"].items():
        for method, operation in methods.items():
            key = f"{'ANY' if method == 'x-amazon-apigateway-any-method' else method.upper()} {path}"
            if key in there:
                continue
            wanted = operation["x-amazon-apigateway-integration"]
            function = made[re.search(r"\$\{(\w+)\.Arn\}", wanted["uri"]["Fn::Sub"]).group(1)]
            integration = gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationMethod=wanted["httpMethod"],
                IntegrationUri=functions.get_function_configuration(FunctionName=function)["FunctionArn"],
                PayloadFormatVersion=wanted["payloadFormatVersion"],
            )
            gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}")
            count += 1
    return count


def correct_roles(made: dict, resources: dict) -> int:
    iam, arns = client("iam"), {one["Name"]: one["ARN"] for one in client("secretsmanager").list_secrets()["SecretList"]}
    count = 0
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in iam.list_role_policies(RoleName=made[name])["PolicyNames"]:
                document = iam.get_role_policy(RoleName=made[name], PolicyName=policy)["PolicyDocument"]
                if corrected := correct(document, arns):
                    iam.put_role_policy(RoleName=made[name], PolicyName=policy, PolicyDocument=json.dumps(document))
                    count += corrected
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            version = iam.get_policy(PolicyArn=made[name])["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=made[name], VersionId=version)["PolicyVersion"]["Document"]
            if corrected := correct(document, arns):
                iam.create_policy_version(PolicyArn=made[name], PolicyDocument=json.dumps(document), SetAsDefault=True)
                count += corrected
    return count


def correct(document: dict, arns: dict) -> int:
    """How many statements were put as the emulator reads them."""
    count = 0
    for statement in document["Statement"]:
        resources, actions = listed(statement["Resource"]), listed(statement["Action"])
        named = [arns.get(one, one) for one in resources]
        batches = [f"{one}Batch" for one in actions if one in BATCHED and f"{one}Batch" not in actions]
        if named != resources or batches:
            statement["Resource"], statement["Action"] = named, actions + batches
            count += 1
    return count


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    main()
