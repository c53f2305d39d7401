"""Requests put to the policies that speak of them."""

from __future__ import annotations

from collections.abc import Callable

from canary.localaws.account import ACCOUNT
from canary.localaws.admission import Call
from canary.localaws.iam import encryption, grants
from canary.localaws.iam.actions import needs_of
from canary.localaws.iam.denial import DeniedError, as_client_error
from canary.localaws.iam.keys import Values
from canary.localaws.iam.needs import Keys, Need
from canary.localaws.iam.policy import Caller, Decision, Request, evaluate, parse

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
_EVERYTHING = parse(
    "the account", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
)

observers: list[Callable[[Request, Decision], object]] = []
"""Told of every decision; its statement is the one that decided."""


def check_call(call: Call) -> None:
    """
    Refuse a call as AWS would. Of the account's own calls, only what a bucket's policy forbids and
    whom a role trusts is asked. What a client has left out is for botocore to say.
    """
    if call.principal is None and call.service not in ("s3", "sts"):
        return
    shape = call.operation.input_shape
    if shape is not None and not call.parameters.keys() >= set(shape.required_members):
        return
    try:
        for need in needs_of(call):
            _demand(call.principal, need, call.session, call.service)
    except DeniedError as denied:
        raise as_client_error(denied, call.operation.name) from None


def require(
    principal: str | None,
    action: str,
    resource: str,
    keys: Keys | None = None,
    session: str = "",
) -> None:
    """
    DeniedError unless the principal may do this: a role (its ARN), a service (its name, such as
    `events.amazonaws.com`), or the account (None). It includes the rights on the resource's key.
    """
    need = Need((action,), resource, keys or {})
    for each in (need, *encryption.needs(action, resource)):
        keyed = Need(each.actions, each.resource, {**need.keys, **each.keys})
        _demand(principal, keyed, session, action.partition(":")[0])


def may(principal: str | None, action: str, resource: str, keys: Keys | None = None) -> bool:
    """Whether `require` would let it pass."""
    try:
        require(principal, action, resource, keys)
    except DeniedError:
        return False
    return True


def check_trust(role_arn: str, service: str, source_arn: str) -> None:
    """DeniedError unless the role exists and lets the service act as it, for that resource."""
    require(service, "sts:AssumeRole", role_arn, source(source_arn))


def source(arn: str) -> dict[str, tuple[str, ...]]:
    """The condition keys that tell on behalf of which resource a service calls."""
    return {"aws:sourcearn": (arn,), "aws:sourceaccount": (ACCOUNT,)}


def _demand(principal: str | None, need: Need, session: str, service: str) -> None:
    """One of the need's actions must be allowed; the answer names the first."""
    outcomes = []
    for action in need.actions:
        request, decision = _decide(principal, session, action, need)
        if decision.is_allowed:
            return
        outcomes.append((request, decision))
    raise DeniedError(*outcomes[0], service)


def _decide(
    principal: str | None, session: str, action: str, need: Need
) -> tuple[Request, Decision]:
    resource = need.resource
    agrees = grants.must_agree(action, resource)
    theirs = grants.of_resource(action, resource)
    identity, boundary, tags = _EVERYTHING, None, None
    if principal is None:
        caller = Caller(ROOT, frozenset({ROOT}))
        keys: Keys = {"aws:principalarn": (ROOT,), "aws:principaltype": ("Account",)}
    elif principal.startswith("arn:"):
        caller, keys = _session_of(principal, session)
        role = grants.find_role(principal)
        identity = grants.of_role(role) if role is not None else ()
        boundary = grants.boundary_of(role) if role is not None else None
        tags = role.tags if role is not None else None
    else:
        caller, identity, agrees = Caller(principal, frozenset({principal})), (), True
        keys = {"aws:principalisawsservice": ("true",), "aws:principalservicename": (principal,)}
    request = Request(caller, action, resource, Values(resource, need.keys, keys, role_tags=tags))
    decision = evaluate(request, identity, boundary, theirs, agrees)
    for observe in observers:
        observe(request, decision)
    return request, decision


def _session_of(role_arn: str, session: str) -> tuple[Caller, Keys]:
    name = role_arn.rpartition("/")[2]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session or 'session'}"
    keys = {
        "aws:principalaccount": (ACCOUNT,),
        "aws:principalarn": (role_arn,),
        "aws:principalisawsservice": ("false",),
        "aws:principaltype": ("AssumedRole",),
    }
    return Caller(arn, frozenset({arn, role_arn}), ROOT), keys
