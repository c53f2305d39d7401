"""What AWS's authorization data do not say: operations that need more than their own action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.codedeploy.models import codedeploy_backends
from moto.s3.models import s3_backends

from canary.localaws.account import ACCOUNT, current
from canary.localaws.iam.authorization import UnknownActionError
from canary.localaws.iam.keys import leading_keys
from canary.localaws.iam.needs import Need
from canary.localaws.iam.resources import Parameters, arn, arns_of, function

NeedsOf = Callable[[Parameters], list[Need]]


def _on(action: str, parameters: Parameters) -> list[Need]:
    return [Need((action,), each) for each in arns_of(action, parameters)]


# -- passing a role --------------------------------------------------------------------------------


def _passing(member: str, service: str) -> NeedsOf:
    """Who gives a role to a service needs the right to pass it."""

    def needs(parameters: Parameters) -> list[Need]:
        role = parameters.get(member)
        passed = {"iam:passedtoservice": (f"{service}.amazonaws.com",)}
        return [Need(("iam:PassRole",), role, passed)] if role else []

    return needs


def _put_targets(parameters: Parameters) -> list[Need]:
    pass_role = _passing("RoleArn", "events")
    return [need for target in parameters["Targets"] for need in pass_role(target)]


# -- Lambda ----------------------------------------------------------------------------------------


def _read_code(code: Parameters) -> list[Need]:
    """Lambda fetches a package with its caller's rights."""
    if "S3Bucket" not in code:
        return []
    action = "s3:GetObjectVersion" if "S3ObjectVersion" in code else "s3:GetObject"
    return [Need((action,), f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}")]


def _read_layers(arns: list[str]) -> list[Need]:
    return [Need(("lambda:GetLayerVersion",), each) for each in arns]


def _create_function(parameters: Parameters) -> list[Need]:
    tagging = [Need(("lambda:TagResource",), each) for each in function(parameters)]
    return [
        *_passing("Role", "lambda")(parameters),
        *_read_code(parameters["Code"]),
        *_read_layers(parameters.get("Layers", [])),
        *(tagging if parameters.get("Tags") else []),
    ]


def _update_code(parameters: Parameters) -> list[Need]:
    layers = getattr(_function(parameters), "layers", None) or []
    return [*_read_code(parameters), *_read_layers([each["Arn"] for each in layers])]


def _update_configuration(parameters: Parameters) -> list[Need]:
    passing = _passing("Role", "lambda")(parameters)
    return passing + _read_layers(parameters.get("Layers", []))


def _get_function(parameters: Parameters) -> list[Need]:
    """The tags are part of the answer."""
    if not getattr(_function(parameters), "tags", None):
        return []
    whole = ":".join(function(parameters)[0].split(":")[:7])
    return [Need(("lambda:ListTags",), whole)]


def _function(parameters: Parameters) -> Any:
    """The function that is meant, if there is one."""
    name = function(parameters)[0].split(":")[6]
    known = current().backend(lambda_backends)._lambdas._functions
    return known[name]["latest"] if name in known else None


# -- CodeDeploy ------------------------------------------------------------------------------------


def _create_deployment(parameters: Parameters) -> list[Need]:
    """
    The group's config and the revision are read with the caller's rights.
    https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html
    """
    application = parameters["applicationName"]
    revision = ("codedeploy:RegisterApplicationRevision", "codedeploy:GetApplicationRevision")
    needs = [Need(revision, arn("codedeploy", f"application:{application}"))]
    config = parameters.get("deploymentConfigName") or _config_of_group(parameters)
    if config:
        needs += _on("codedeploy:GetDeploymentConfig", {"deploymentConfigName": config})
    if "overrideAlarmConfiguration" in parameters:
        needs += _on("codedeploy:UpdateDeploymentGroup", parameters)
    return needs


def _config_of_group(parameters: Parameters) -> str | None:
    groups = current().backend(codedeploy_backends).deployment_groups
    named = groups.get(parameters["applicationName"], {})
    group = named.get(parameters.get("deploymentGroupName", ""))
    return group.config if group else None


# -- Signer ----------------------------------------------------------------------------------------


def _start_signing_job(parameters: Parameters) -> list[Need]:
    """Signer reads and writes with its caller's rights; the signed key is not known yet."""
    source, destination = parameters["source"]["s3"], parameters["destination"]["s3"]
    bucket, prefix = destination["bucketName"], destination.get("prefix", "")
    return [
        Need(("s3:GetObjectVersion",), f"arn:aws:s3:::{source['bucketName']}/{source['key']}"),
        Need(("s3:ListBucket",), f"arn:aws:s3:::{source['bucketName']}"),
        Need(("s3:PutObject",), f"arn:aws:s3:::{bucket}/{prefix}"),
    ]


# -- DynamoDB and S3: several items or objects in one call -----------------------------------------

_ITEM_ACTIONS = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}


def _transact(parameters: Parameters) -> list[Need]:
    """An action of its own per item; the same one on the same item is asked once."""
    needs: dict[tuple[object, ...], Need] = {}
    for item in parameters["TransactItems"]:
        for verb, request in item.items():
            action, keys = _ITEM_ACTIONS[verb], leading_keys(request)
            for table in arns_of(action, request):
                needs[action, table, *keys.values()] = Need((action,), table, keys)
    return list(needs.values())


def _copy_object(parameters: Parameters) -> list[Need]:
    source = parameters["CopySource"]
    if isinstance(source, str):
        bucket, _, key = source.partition("/")
        source = {"Bucket": bucket, "Key": key.partition("?")[0]}
    action = "s3:GetObjectVersion" if "VersionId" in source else "s3:GetObject"
    return [*_on("s3:PutObject", parameters), *_on(action, source)]


def _delete_objects(parameters: Parameters) -> list[Need]:
    return [
        need
        for each in parameters["Delete"]["Objects"]
        for need in _on(
            "s3:DeleteObjectVersion" if each.get("VersionId") else "s3:DeleteObject",
            {"Bucket": parameters["Bucket"], "Key": each["Key"]},
        )
    ]


def _missing_object(parameters: Parameters) -> list[Need]:
    """That an object, or this version of it, is not there is for those who may list the bucket."""
    s3, bucket = s3_backends[ACCOUNT]["aws"], parameters["Bucket"]
    version = parameters.get("VersionId")
    if bucket not in s3.buckets or s3.get_object(bucket, parameters["Key"], version) is not None:
        return []
    actions = ["s3:ListBucket", "s3:ListBucketVersions"] if version else ["s3:ListBucket"]
    return [Need((action,), f"arn:aws:s3:::{bucket}") for action in actions]


def _federated(_parameters: Parameters) -> list[Need]:
    raise UnknownActionError(
        "the embedded AWS verifies no tokens of identity providers: assume the role as a role of "
        "this account"
    )


# Besides its own action.
ALSO: dict[str, NeedsOf] = {
    "codedeploy:CreateDeployment": _create_deployment,
    "codedeploy:CreateDeploymentGroup": _passing("serviceRoleArn", "codedeploy"),
    "codedeploy:UpdateDeploymentGroup": _passing("serviceRoleArn", "codedeploy"),
    "cloudformation:CreateChangeSet": _passing("RoleARN", "cloudformation"),
    "cloudformation:CreateStack": _passing("RoleARN", "cloudformation"),
    "cloudformation:UpdateStack": _passing("RoleARN", "cloudformation"),
    "events:PutTargets": _put_targets,
    "lambda:CreateFunction": _create_function,
    "lambda:GetFunction": _get_function,
    "lambda:UpdateFunctionCode": _update_code,
    "lambda:UpdateFunctionConfiguration": _update_configuration,
    "s3:GetObject": _missing_object,
    "s3:HeadObject": _missing_object,
    "signer:StartSigningJob": _start_signing_job,
    "states:CreateStateMachine": _passing("roleArn", "states"),
    "states:UpdateStateMachine": _passing("roleArn", "states"),
}
# Which have no action of their own.
INSTEAD: dict[str, NeedsOf] = {
    "dynamodb:TransactGetItems": _transact,
    "dynamodb:TransactWriteItems": _transact,
    "s3:CopyObject": _copy_object,
    "s3:DeleteObjects": _delete_objects,
    "sts:AssumeRoleWithSAML": _federated,
    "sts:AssumeRoleWithWebIdentity": _federated,
}
