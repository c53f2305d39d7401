"""AWS's service authorization data, and what the embedded AWS makes of them."""

from __future__ import annotations

import boto3
import pytest

from canary.localaws import LocalAws
from canary.localaws.admission import Call
from canary.localaws.iam.actions import needs_of
from canary.localaws.iam.authorization import DATA, UnknownActionError
from tests.localaws.authorization import extract

R = "us-east-1:123456789012"
TABLE = f"arn:aws:dynamodb:{R}:table/t"


def test_the_extract_is_that_of_the_installed_cfn_lint() -> None:
    """`make authorization` writes it anew."""
    assert DATA.read_text() == extract()


def needs(service: str, operation: str, **parameters: object) -> list[tuple[str, str]]:
    """The actions and resources that a call needs."""
    client = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]
    model = client.meta.service_model.operation_model(operation)
    return [
        (action, need.resource)
        for need in needs_of(Call(model, parameters, None))
        for action in need.actions
    ]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "needed"),
    [
        ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "live"},
         [("lambda:InvokeFunction", f"arn:aws:lambda:{R}:function:f:live")]),
        ("lambda", "GetAlias", {"FunctionName": f"arn:aws:lambda:{R}:function:f", "Name": "live"},
         [("lambda:GetAlias", f"arn:aws:lambda:{R}:function:f")]),
        ("s3", "HeadObject", {"Bucket": "none", "Key": "k", "VersionId": "1"},
         [("s3:GetObjectVersion", "arn:aws:s3:::none/k")]),
        ("s3", "ListObjectsV2", {"Bucket": "none"}, [("s3:ListBucket", "arn:aws:s3:::none")]),
        ("s3", "CopyObject", {"Bucket": "a", "Key": "k", "CopySource": "b/l"},
         [("s3:PutObject", "arn:aws:s3:::a/k"), ("s3:GetObject", "arn:aws:s3:::b/l")]),
        ("dynamodb", "Query", {"TableName": "t"}, [("dynamodb:Query", TABLE)]),
        ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"},
         [("dynamodb:Query", f"{TABLE}/index/i")]),
        ("dynamodb", "TransactWriteItems",
         {"TransactItems": [{"Put": {"TableName": "t", "Item": {}}},
                            {"ConditionCheck": {"TableName": "u", "Key": {}}}]},
         [("dynamodb:PutItem", TABLE),
          ("dynamodb:ConditionCheckItem", f"arn:aws:dynamodb:{R}:table/u")]),
        ("codedeploy", "StopDeployment", {"deploymentId": "d-1"},
         [("codedeploy:StopDeployment", "*")]),
        ("codedeploy", "CreateDeployment",
         {"applicationName": "a", "deploymentGroupName": "g", "deploymentConfigName": "c",
          "overrideAlarmConfiguration": {}},
         [("codedeploy:CreateDeployment", f"arn:aws:codedeploy:{R}:deploymentgroup:a/g"),
          ("codedeploy:RegisterApplicationRevision", f"arn:aws:codedeploy:{R}:application:a"),
          ("codedeploy:GetApplicationRevision", f"arn:aws:codedeploy:{R}:application:a"),
          ("codedeploy:GetDeploymentConfig", f"arn:aws:codedeploy:{R}:deploymentconfig:c"),
          ("codedeploy:UpdateDeploymentGroup", f"arn:aws:codedeploy:{R}:deploymentgroup:a/g")]),
        ("signer", "DescribeSigningJob", {"jobId": "j"},
         [("signer:DescribeSigningJob", f"arn:aws:signer:{R}:/signing-jobs/j")]),
        ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["a"]},
         [("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{R}:alarm:a")]),
        ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["a"], "AlarmTypes": ["CompositeAlarm"]},
         [("cloudwatch:DescribeAlarms", "*")]),
        ("cloudwatch", "GetMetricData", {}, [("cloudwatch:GetMetricData", "*")]),
        ("stepfunctions", "StartExecution",
         {"stateMachineArn": f"arn:aws:states:{R}:stateMachine:m:live"},
         [("states:StartExecution", f"arn:aws:states:{R}:stateMachine:m")]),
        ("sqs", "SendMessageBatch", {"QueueUrl": "https://sqs/123456789012/q"},
         [("sqs:SendMessage", f"arn:aws:sqs:{R}:q")]),
        ("logs", "PutLogEvents", {"logGroupName": "/g", "logStreamName": "s"},
         [("logs:PutLogEvents", f"arn:aws:logs:{R}:log-group:/g:log-stream:s")]),
        ("sts", "GetCallerIdentity", {}, []),
        ("lambda", "CreateFunction",
         {"FunctionName": "f", "Role": "arn:role", "Code": {"S3Bucket": "b", "S3Key": "k"},
          "Layers": ["arn:layer"], "Tags": {"a": "b"}},
         [("lambda:CreateFunction", f"arn:aws:lambda:{R}:function:f"),
          ("iam:PassRole", "arn:role"),
          ("s3:GetObject", "arn:aws:s3:::b/k"),
          ("lambda:GetLayerVersion", "arn:layer"),
          ("lambda:TagResource", f"arn:aws:lambda:{R}:function:f")]),
    ],
)  # fmt: skip
def test_a_call_needs_what_aws_asks_for(
    aws: LocalAws, service: str, operation: str, parameters: dict[str, object],
    needed: list[tuple[str, str]],
) -> None:  # fmt: skip
    """Actions under their names in IAM, the real ARNs, and what an operation needs besides."""
    assert needs(service, operation, **parameters) == needed


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "named"),
    [
        ("ec2", "DescribeInstances", {}, "ec2:DescribeInstances"),
        ("iam", "GetGroup", {"GroupName": "g"}, "iam:group"),
        ("kms", "Decrypt", {"CiphertextBlob": b""}, "KeyId"),
    ],
)
def test_what_nobody_can_check_raises(
    aws: LocalAws, service: str, operation: str, parameters: dict[str, object], named: str
) -> None:
    """An action or a type of resource that is not known is named, and never let pass."""
    with pytest.raises(UnknownActionError, match=named):
        needs(service, operation, **parameters)
