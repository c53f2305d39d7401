"""AWS Config rule: a function that Lambda Canary releases has an enforcing code signing config."""

import json

import boto3

TAG = "lambda-canary:managed"
_BATCH = 100  # evaluations that PutEvaluations takes at once


def handler(event, context):
    """Judge every tagged function of the region; the rule is asked once a day."""
    moment = json.loads(event["invokingEvent"])["notificationCreationTime"]
    client = boto3.client("lambda")
    pages = client.get_paginator("list_functions").paginate()
    functions = [function for page in pages for function in page["Functions"]]
    evaluations = [
        {
            "ComplianceResourceType": "AWS::Lambda::Function",
            "ComplianceResourceId": function["FunctionName"],
            "ComplianceType": "COMPLIANT" if _enforces(client, function) else "NON_COMPLIANT",
            "OrderingTimestamp": moment,
        }
        for function in functions
        if _is_managed(client, function)
    ]
    config = boto3.client("config")
    for start in range(0, len(evaluations), _BATCH):
        batch = evaluations[start : start + _BATCH]
        config.put_evaluations(Evaluations=batch, ResultToken=event["resultToken"])


def _is_managed(client, function):
    tags = client.list_tags(Resource=function["FunctionArn"])["Tags"]
    return tags.get(TAG) == "true"


def _enforces(client, function):
    """A function without a config has no ARN in the answer."""
    answer = client.get_function_code_signing_config(FunctionName=function["FunctionName"])
    arn = answer.get("CodeSigningConfigArn")
    if not arn:
        return False
    config = client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    return config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"] == "Enforce"
