"""
The condition keys of a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.codedeploy.models import codedeploy_backends
from moto.dynamodb.models import dynamodb_backends
from moto.signer.models import signer_backends

from canary.localaws.account import ACCOUNT, REGION, current
from canary.localaws.iam.needs import Keys
from canary.localaws.iam.resources import Parameters

# Of every request; calls inside this process, and over the loopback endpoint, stand for TLS.
_ALWAYS: Keys = {
    "aws:requestedregion": (REGION,),
    "aws:resourceaccount": (ACCOUNT,),
    "aws:securetransport": ("true",),
    "aws:sourceip": ("127.0.0.1",),
    "aws:viaawsservice": ("false",),
}
# Those that a request can be without; about any other nobody here knows whether AWS has it.
_KNOWN = {
    "aws:calledvia",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:username",
    "cloudwatch:alarmactions",
    "cloudwatch:namespace",
    "dynamodb:leadingkeys",
    "iam:passedtoservice",
    "kms:calleraccount",
    "kms:viaservice",
    "lambda:codesigningconfigarn",
    "s3:prefix",
    "signer:profileversion",
    "states:statemachinequalifier",
}


class UnknownKeyError(NotImplementedError):
    """A policy asks for a condition key that nobody here can fill in."""


class Values:
    """The values of the condition keys of one request; most are made only when asked for."""

    def __init__(
        self, resource: str, *given: Keys, role_tags: Sequence[Mapping[str, str]] = ()
    ) -> None:
        self._resource = resource
        self._given = given
        self._role_tags = role_tags

    def __call__(self, key: str) -> tuple[str, ...] | None:
        """The values of a key in lower case; UnknownKeyError, where nobody knows them."""
        for keys in (*self._given, _ALWAYS):
            if key in keys:
                return keys[key]
        if key in ("aws:currenttime", "aws:epochtime"):
            return (str(current().clock.now()),)
        kind, slash, tag = key.partition("/")
        if slash:
            value = self._tags(kind, key).get(tag)
            return None if value is None else (value,)
        if key not in _KNOWN and not key.startswith("kms:encryptioncontext:"):
            raise _unknown(key)
        return None

    def _tags(self, kind: str, key: str) -> Mapping[str, str]:
        """With names in lower case, as the keys are."""
        if kind == "aws:principaltag":
            tags = {each["Key"]: each["Value"] for each in self._role_tags}
        elif kind == "aws:resourcetag":
            tags = dict(_resource_tags(self._resource))
        else:
            raise _unknown(key)
        return {name.lower(): value for name, value in tags.items()}


def _unknown(key: str) -> UnknownKeyError:
    return UnknownKeyError(
        f"a policy's condition asks for {key}, which the embedded AWS's IAM does not know: add it "
        f"to {__name__}"
    )


def _resource_tags(arn: str) -> Mapping[str, str]:
    aws, (service, rest) = current(), (arn.split(":")[2], arn.split(":")[5:])
    if service == "lambda" and rest[0] == "function":
        known = aws.backend(lambda_backends)._lambdas._functions
        return dict(known[rest[1]]["latest"].tags or {}) if rest[1] in known else {}
    if service in ("codedeploy", "signer"):
        backends = codedeploy_backends if service == "codedeploy" else signer_backends
        return dict(aws.backend(backends).tagger.get_tag_dict_for_resource(arn))
    raise UnknownKeyError(
        f"a policy's condition asks for the tags of {arn}, which the embedded AWS's IAM does not "
        f"read: add them to {__name__}"
    )


# -- what a call's parameters say ------------------------------------------------------------------


def keys_of(action: str, parameters: Parameters) -> Keys:
    """The condition keys of the action's own service."""
    return _OF_ACTIONS[action](parameters) if action in _OF_ACTIONS else {}


def leading_keys(parameters: Parameters) -> Keys:
    """The partition keys of the items that a call names."""
    table = _table(parameters.get("TableName", "").rpartition("/")[2])
    item = parameters.get("Key") or parameters.get("Item")
    if table is None or item is None or table.hash_key_attr not in item:
        return {}
    return {"dynamodb:leadingkeys": tuple(str(v) for v in item[table.hash_key_attr].values())}


def _table(name: str) -> Any:
    return current().backend(dynamodb_backends).tables.get(name)


def _member(name: str, key: str) -> Callable[[Parameters], Keys]:
    def keys(parameters: Parameters) -> Keys:
        value = parameters.get(name)
        if not value:
            return {}
        return {key: tuple(value) if isinstance(value, list) else (str(value),)}

    return keys


def _qualifier(parameters: Parameters) -> Keys:
    parts = parameters["stateMachineArn"].split(":")
    return {"states:statemachinequalifier": (parts[7],)} if len(parts) > 7 else {}


def _profile_version(parameters: Parameters) -> Keys:
    profiles = current().backend(signer_backends).signing_profiles
    profile = profiles.get(parameters["profileName"])
    return {"signer:profileversion": (profile.profile_version,)} if profile else {}


_CODE_SIGNING = _member("CodeSigningConfigArn", "lambda:codesigningconfigarn")
_OF_ACTIONS: dict[str, Callable[[Parameters], Keys]] = {
    "cloudwatch:PutMetricAlarm": _member("AlarmActions", "cloudwatch:alarmactions"),
    "cloudwatch:PutMetricData": _member("Namespace", "cloudwatch:namespace"),
    "dynamodb:DeleteItem": leading_keys,
    "dynamodb:GetItem": leading_keys,
    "dynamodb:PutItem": leading_keys,
    "dynamodb:UpdateItem": leading_keys,
    "lambda:CreateFunction": _CODE_SIGNING,
    "lambda:PutFunctionCodeSigningConfig": _CODE_SIGNING,
    "s3:ListBucket": _member("Prefix", "s3:prefix"),
    "s3:ListBucketVersions": _member("Prefix", "s3:prefix"),
    "signer:GetSigningProfile": _profile_version,
    "signer:StartSigningJob": _profile_version,
    "states:StartExecution": _qualifier,
    "states:StartSyncExecution": _qualifier,
}
