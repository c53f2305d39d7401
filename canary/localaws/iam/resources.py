"""The ARNs that a call acts on: one way for each type of resource, whatever the operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.codedeploy.models import codedeploy_backends
from moto.kms.models import kms_backends

from canary.localaws.account import ACCOUNT, REGION, current
from canary.localaws.iam.authorization import UnknownActionError, resource_types

Parameters = Mapping[str, Any]
ArnsOf = Callable[[Parameters], list[str]]

# Where a call names the resource by its ARN, whatever it is.
_BY_ARN = ("Resource", "ResourceArn", "ResourceARN", "resourceArn")


def arns_of(action: str, parameters: Parameters) -> list[str]:
    """The resources that a call of this action names; `*` where it names none."""
    service = action.partition(":")[0]
    types = resource_types(action)
    for name in _BY_ARN:
        if name in parameters and types:
            return [str(parameters[name])]
    found: dict[str, None] = {}
    for kind in types:
        if f"{service}:{kind}" not in _ARNS:
            raise UnknownActionError(
                f"the embedded AWS's IAM knows no ARN for the resource type {service}:{kind} of "
                f"{action}: add it to {__name__}"
            )
        found |= dict.fromkeys(_ARNS[f"{service}:{kind}"](parameters))
    return list(found) or ["*"]


def arn(service: str, rest: str) -> str:
    """An ARN in this account and region."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def key_arn(key_id: str) -> str:
    """The ARN of a key, by any of its names."""
    keys = current().backend(kms_backends)
    key = keys.keys.get(keys.any_id_to_key_id(key_id))
    return str(key.arn) if key is not None else arn("kms", f"key/{key_id}")


def _named(service: str, form: str, *members: str, anything: str = "") -> ArnsOf:
    """By the first of the members that is given, which may be an ARN already or a list."""

    def arns(parameters: Parameters) -> list[str]:
        given = next((parameters[each] for each in members if parameters.get(each)), anything)
        names = given if isinstance(given, list) else [given] if given else []
        return [
            name if name.startswith("arn:") else arn(service, form.format(name)) for name in names
        ]

    return arns


def _none(_parameters: Parameters) -> list[str]:
    """No operation here names such a resource."""
    return []


# -- Lambda ----------------------------------------------------------------------------------------


def function(parameters: Parameters) -> list[str]:
    """A function, or with a qualifier its alias or version."""
    from canary.localaws.awslambda.names import split

    if "FunctionName" not in parameters:
        return []
    name, qualifier = split(parameters["FunctionName"], parameters.get("Qualifier"))
    return [arn("lambda", f"function:{name}" + (f":{qualifier}" if qualifier else ""))]


def _layer_version(parameters: Parameters) -> list[str]:
    return [arn("lambda", "layer:{LayerName}:{VersionNumber}".format_map(parameters))]


# -- CodeDeploy ------------------------------------------------------------------------------------


def _groups(parameters: Parameters) -> list[str]:
    """By name; or, as CodeDeploy does, those of the deployments that the call names."""
    if "applicationName" in parameters:
        names = parameters.get("deploymentGroupNames") or [
            parameters.get("deploymentGroupName")
            or parameters.get("currentDeploymentGroupName", "*")
        ]
        return [_group(parameters["applicationName"], name) for name in names]
    ids = parameters.get("deploymentIds") or [parameters.get("deploymentId")]
    known = current().backend(codedeploy_backends).deployments
    found = [known[each] for each in ids if each in known]
    named = [_group(each.application_name, each.deployment_group_name) for each in found]
    return named or [arn("codedeploy", "deploymentgroup:*")]


def _group(application: str, name: str) -> str:
    return arn("codedeploy", f"deploymentgroup:{application}/{name}")


# -- the others ------------------------------------------------------------------------------------


def _table(parameters: Parameters) -> list[str]:
    if "IndexName" in parameters:
        return []
    names = parameters.get("RequestItems") or [parameters["TableName"]]
    return [each if each.startswith("arn:") else arn("dynamodb", f"table/{each}") for each in names]


def _index(parameters: Parameters) -> list[str]:
    if "IndexName" not in parameters:
        return []
    (table,) = _table({"TableName": parameters["TableName"]})
    return [f"{table}/index/{parameters['IndexName']}"]


def _object(parameters: Parameters) -> list[str]:
    return [f"arn:aws:s3:::{parameters['Bucket']}/{parameters['Key']}"]


def _alarm(parameters: Parameters) -> list[str]:
    """Composite alarms are shown only to who may see all."""
    if "CompositeAlarm" in parameters.get("AlarmTypes", ()):
        return ["*"]
    return _named("cloudwatch", "alarm:{}", "AlarmNames", "AlarmName", anything="*")(parameters)


def _topic(parameters: Parameters) -> list[str]:
    if "SubscriptionArn" in parameters:
        return [parameters["SubscriptionArn"].rpartition(":")[0]]
    return _named("sns", "{}", "TopicArn", "TargetArn", "Name")(parameters)


def _queue(parameters: Parameters) -> list[str]:
    name = parameters.get("QueueName") or parameters["QueueUrl"].rpartition("/")[2]
    return [arn("sqs", name)]


def _key(parameters: Parameters) -> list[str]:
    named = parameters.get("KeyId") or parameters.get("TargetKeyId")
    if named is None:
        raise UnknownActionError("the embedded AWS's IAM needs the KeyId of a call of KMS")
    return [key_arn(named)]


def _log_group(parameters: Parameters) -> list[str]:
    """As CloudWatch Logs writes it: a policy on the group ends in `:*`."""
    named = _named("logs", "log-group:{}", "logGroupName", "logGroupIdentifier")(parameters)
    return [f"{each.removesuffix(':*')}:log-stream:" for each in named]


def _log_stream(parameters: Parameters) -> list[str]:
    return [each + parameters["logStreamName"] for each in _log_group(parameters)]


def _rule(parameters: Parameters) -> list[str]:
    bus = parameters.get("EventBusName", "default").rpartition("/")[2]
    name = parameters.get("Rule") or parameters["Name"]
    return [arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")]


def _bus(parameters: Parameters) -> list[str]:
    entries = parameters.get("Entries", [{"EventBusName": parameters.get("Name", "default")}])
    names = {entry.get("EventBusName", "default").rpartition("/")[2] for entry in entries}
    return [arn("events", f"event-bus/{name}") for name in sorted(names)]


def _global(form: str, *members: str) -> ArnsOf:
    """Of IAM, which is in no region."""
    named = _named("iam", form, *members)
    return lambda parameters: [each.replace(f":{REGION}:", "::") for each in named(parameters)]


def _machine(parameters: Parameters) -> list[str]:
    """Without the version or alias, which is a condition key."""
    named = _named("states", "stateMachine:{}", "stateMachineArn", "name")(parameters)
    return [":".join(each.split(":")[:7]) for each in named]


_ARNS: dict[str, ArnsOf] = {
    "cloudformation:stack": _named("cloudformation", "stack/{}/*", "StackName", anything="*"),
    "cloudformation:changeset": _none,
    "cloudformation:stackset": _none,
    "cloudwatch:alarm": _alarm,
    "cloudwatch:dataset": _none,
    "codedeploy:application": _named(
        "codedeploy", "application:{}", "applicationName", "applicationNames"
    ),
    "codedeploy:deploymentconfig": _named(
        "codedeploy", "deploymentconfig:{}", "deploymentConfigName"
    ),
    "codedeploy:deploymentgroup": _groups,
    "dynamodb:index": _index,
    "dynamodb:table": _table,
    "events:event-bus": _bus,
    "events:event-busv2": _none,
    "events:rule-on-custom-event-bus": _rule,
    "events:rule-on-default-event-bus": _rule,
    "iam:policy": _global("policy/{}", "PolicyArn", "PolicyName"),
    "iam:role": _global("role/{}", "RoleName"),
    "kms:alias": _named("kms", "{}", "AliasName"),
    "kms:key": _key,
    "lambda:code signing config": _named("lambda", "{}", "CodeSigningConfigArn"),
    "lambda:function": function,
    "lambda:function alias": function,
    "lambda:function version": function,
    "lambda:layer": _named("lambda", "layer:{}", "LayerName"),
    "lambda:layerVersion": _layer_version,
    "logs:log-group": _log_group,
    "logs:log-stream": _log_stream,
    "s3:accesspoint": _none,
    "s3:accesspointobject": _none,
    "s3:bucket": lambda parameters: [f"arn:aws:s3:::{parameters['Bucket']}"],
    "s3:object": _object,
    "securityhub:hub": lambda _: [arn("securityhub", "hub/default")],
    "securityhub:hubv2": _none,
    "securityhub:product": lambda parameters: sorted(
        {each["ProductArn"] for each in parameters["Findings"]}
    ),
    "signer:signing-job": _named("signer", "/signing-jobs/{}", "jobId"),
    "signer:signing-profile": _named("signer", "/signing-profiles/{}", "profileName"),
    "sns:topic": _topic,
    "sqs:queue": _queue,
    "states:activity": _named("states", "activity:{}", "activityArn", "name"),
    "states:execution": _named("states", "{}", "executionArn"),
    "states:express": _none,
    "states:maprun": _none,
    "states:statemachine": _machine,
    "sts:role": _global("role/{}", "RoleArn"),
}
