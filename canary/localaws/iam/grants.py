"""Where policies are: a role's own, its boundary, its trust, and those of resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.dynamodb.models import dynamodb_backends
from moto.events.models import events_backends
from moto.iam.models import ManagedPolicy, Role, iam_backends
from moto.kms.models import kms_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from canary.localaws.account import ACCOUNT, current
from canary.localaws.iam.policy import Statement, parse

Statements = tuple[Statement, ...]


def find_role(arn: str) -> Role | None:
    """The role, if it exists."""
    roles = iam_backends[ACCOUNT]["aws"].roles
    role = roles.get(_role_ids.get(arn, ""))
    if role is None or role.arn != arn:
        role = next((each for each in roles.values() if each.arn == arn), None)
        if role is not None:
            _role_ids[arn] = role.id
    return role


_role_ids: dict[str, str] = {}


def forget() -> None:
    """Know no role by its ARN any more: the next embedded AWS has others."""
    _role_ids.clear()


def of_role(role: Role) -> Statements:
    """All that its inline and its managed policies say."""
    inline = ((f"{role.name}/{name}", text) for name, text in role.policies.items())
    managed = ((each.arn, _text(each)) for each in role.managed_policies.values())
    return tuple(
        statement
        for source, text in (*inline, *managed)
        for statement in parse(source, text)
    )  # fmt: skip


def boundary_of(role: Role) -> Statements | None:
    """What its permissions boundary says; None where it has none."""
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    policy = iam_backends[ACCOUNT]["aws"].managed_policies.get(arn)
    # On AWS a boundary that was deleted still bounds: nothing is left within it.
    return parse(arn, _text(policy)) if policy is not None else ()


def _text(policy: ManagedPolicy) -> str:
    """Of the version that is the default now."""
    version = policy.default_version_id
    return next(str(each.document) for each in policy.versions if each.version_id == version)


def trust_of(role: Role) -> Statements:
    """Who may assume it."""
    return parse(f"trust policy of {role.name}", role.assume_role_policy_document)


def must_agree(action: str, arn: str) -> bool:
    """Whether nothing goes without the resource's own policy: keys, and roles to be assumed."""
    return action == "sts:AssumeRole" or (arn.startswith("arn:aws:kms:") and ":key/" in arn)


def of_resource(action: str, arn: str) -> Statements:
    """What the policy of the resource says; nothing where it has none."""
    if action == "sts:AssumeRole":
        return _role(arn)
    parts = arn.split(":")
    read = _READERS.get(parts[2]) if len(parts) > 5 else None
    return read(arn, parts[-1]) if read is not None else ()


def _role(arn: str) -> Statements:
    role = find_role(arn)
    return trust_of(role) if role is not None else ()


def _bucket(_arn: str, name: str) -> Statements:
    buckets: Any = s3_backends[ACCOUNT]["aws"].buckets
    bucket = buckets.get(name.partition("/")[0])
    if bucket is None or not bucket.policy:
        return ()
    return parse(f"policy of {bucket.name}", bucket.policy.decode())


def _queue(arn: str, name: str) -> Statements:
    queue = current().backend(sqs_backends).queues.get(name)
    return _document(arn, queue._policy_json) if queue is not None else ()


def _topic(arn: str, _name: str) -> Statements:
    topic = current().backend(sns_backends).topics.get(arn)
    return _document(arn, topic._policy_json) if topic is not None else ()


def _key(arn: str, name: str) -> Statements:
    key = current().backend(kms_backends).keys.get(name.removeprefix("key/"))
    return parse(f"policy of {arn}", key.policy) if key is not None else ()


def _function(arn: str, _name: str) -> Statements:
    """
    Of the function and all its versions: which resource each statement is for is written in it.
    moto keeps those of an alias with the version, and writes both numbers and names.
    """
    name = arn.split(":")[6]
    known = current().backend(lambda_backends)._lambdas._functions.get(name)
    if known is None:
        return ()
    given = [
        {**statement, "Resource": _of_alias(statement["Resource"])}
        for function in (known["latest"], *known["versions"])
        for statement in function.policy.statements
    ]
    return _document(arn, {"Version": "2012-10-17", "Statement": given}) if given else ()


def _of_alias(resource: str) -> str:
    parts = resource.split(":")
    return ":".join((*parts[:7], parts[-1])) if len(parts) > 8 else resource


def _logs(_arn: str, _name: str) -> Statements:
    """Those of the account, which name log groups."""
    policies = current().backend(logs_backends).resource_policies.values()
    return tuple(
        statement
        for each in policies
        for statement in parse(each.policy_name, each.policy_document)
    )


def _bus(arn: str, name: str) -> Statements:
    bus = current().backend(events_backends).event_buses.get(name.removeprefix("event-bus/"))
    return parse(f"policy of {arn}", bus.policy) if bus is not None and bus.policy else ()


def _table(arn: str, _name: str) -> Statements:
    policy = current().backend(dynamodb_backends).resource_policies.get(arn)
    return parse(f"policy of {arn}", policy.policy_document) if policy is not None else ()


def _document(arn: str, document: dict[str, Any]) -> Statements:
    return parse(f"policy of {arn}", json.dumps(document))


_READERS: dict[str, Callable[[str, str], Statements]] = {
    "dynamodb": _table,
    "events": _bus,
    "kms": _key,
    "lambda": _function,
    "logs": _logs,
    "s3": _bucket,
    "sns": _topic,
    "sqs": _queue,
}
