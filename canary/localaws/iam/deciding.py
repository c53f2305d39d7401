"""Requests put to the policies that speak of them."""

from __future__ import annotations

from collections.abc import Callable

from botocore.validate import ParamValidator

from canary.localaws.account import ACCOUNT
from canary.localaws.admission import Call
from canary.localaws.iam import encryption, grants
from canary.localaws.iam.actions import needs_of
from canary.localaws.iam.denial import DeniedError, as_client_error
from canary.localaws.iam.keys import Values
from canary.localaws.iam.needs import Keys, Need
from canary.localaws.iam.policy import Decision, Request, evaluate
from canary.localaws.iam.principals import principal

observers: list[Callable[[Request, Decision], object]] = []
"""Told of every decision; its statement is the one that decided."""


def check_call(call: Call) -> None:
    """
    Refuse a call as AWS would. Of the account's own calls, only what a bucket's policy forbids and
    whom a role trusts is asked. What is malformed is for botocore to say.
    """
    if call.principal is None and call.service not in ("s3", "sts"):
        return
    try:
        for need in needs_of(call):
            _demand(call.principal, need, call.session, call.service)
    except DeniedError as denied:
        raise as_client_error(denied, call.operation.name) from None
    except (AttributeError, LookupError, TypeError):
        if not _is_malformed(call):
            raise


def _is_malformed(call: Call) -> bool:
    shape = call.operation.input_shape
    return shape is not None and ParamValidator().validate(call.parameters, shape).has_errors()


def require(
    name: str | None,
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
        _demand(name, keyed, session, action.partition(":")[0])


def may(name: str | None, action: str, resource: str, keys: Keys | None = None) -> bool:
    """Whether `require` would let it pass."""
    try:
        require(name, action, resource, keys)
    except DeniedError:
        return False
    return True


def check_trust(role_arn: str, service: str, source_arn: str) -> None:
    """DeniedError unless the role exists and lets the service act as it, for that resource."""
    require(service, "sts:AssumeRole", role_arn, source(source_arn))


def source(arn: str) -> dict[str, tuple[str, ...]]:
    """The condition keys that tell on behalf of which resource a service calls."""
    return {"aws:sourcearn": (arn,), "aws:sourceaccount": (ACCOUNT,)}


def _demand(name: str | None, need: Need, session: str, service: str) -> None:
    """One of the need's actions must be allowed; the answer names the first."""
    outcomes = []
    for action in need.actions:
        request, decision = _decide(name, session, action, need)
        if decision.is_allowed:
            return
        outcomes.append((request, decision))
    raise DeniedError(*outcomes[0], service)


def _decide(name: str | None, session: str, action: str, need: Need) -> tuple[Request, Decision]:
    who, resource = principal(name, session), need.resource
    values = Values(resource, need.keys, who.keys, role_tags=who.tags)
    request = Request(who.caller, action, resource, values)
    decision = evaluate(
        request,
        who.identity,
        who.boundary,
        grants.of_resource(action, resource),
        who.is_service or grants.must_agree(action, resource),
    )
    for observe in observers:
        observe(request, decision)
    return request, decision
