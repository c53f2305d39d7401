"""
Policies, and what they decide. Pure: nothing here knows of services.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from canary.localaws.iam import conditions
from canary.localaws.iam.patterns import Values, matches

_MEMBERS = {
    "Action",
    "Condition",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Sid",
}
IDENTITY = "an identity-based policy"
RESOURCE = "a resource-based policy"
BOUNDARY = "a permissions boundary"


class UnknownPolicyError(NotImplementedError):
    """A policy says something that nobody here evaluates."""


@dataclass(frozen=True)
class Caller:
    """
    Who calls: `arn` is the session's, or the name of a service. `names` are all by which a
    resource's policy may grant to it in person; `account` is the ARN by which it may delegate.
    """

    arn: str
    names: frozenset[str]
    account: str = ""


@dataclass(frozen=True)
class Request:
    """One action on one resource."""

    caller: Caller
    action: str
    resource: str
    values_of: Values


@dataclass(frozen=True)
class Statement:
    """One statement of a policy; `source` says which policy, `label` which of its statements."""

    source: str
    label: str
    allows: bool
    fills: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: frozenset[str]
    not_principals: frozenset[str]
    condition: Mapping[str, Mapping[str, Any]]

    def applies(self, request: Request) -> bool:
        """Whether it speaks of this action on this resource under these circumstances."""
        action, values_of = request.action.lower(), request.values_of if self.fills else None
        return (
            _covered(self.actions, self.not_actions, action, None)
            and _covered(self.resources, self.not_resources, request.resource, values_of)
            and conditions.holds(self.condition, request.values_of, self.fills)
        )

    def names(self, caller: Caller) -> bool:
        """Whether it speaks of this caller in person."""
        if self.not_principals:
            return not self.not_principals & (caller.names | {caller.account})
        return bool(self.principals & (caller.names | {"*"}))

    def delegates_to(self, caller: Caller) -> bool:
        """Whether it speaks of the caller's account."""
        return caller.account in self.principals


@dataclass(frozen=True)
class Decision:
    """
    Whether a request is allowed, by which statement (none, where nothing speaks of it), and why it
    is not, in AWS's words.
    """

    is_allowed: bool
    reason: str = ""
    statement: Statement | None = None


def evaluate(
    request: Request,
    identity: Sequence[Statement],
    boundary: Sequence[Statement] | None = None,
    resource: Sequence[Statement] = (),
    resource_must_agree: bool = False,
) -> Decision:
    """
    What AWS decides within one account: a Deny anywhere, else an Allow of the caller's policies or
    of the resource's, within the boundary. A session named in person needs no boundary's consent.
    A resource that must agree (a key, a role to be assumed) allows the caller or its account.
    """
    own, limit = _applying(identity, request), _applying(boundary or (), request)
    theirs = _applying(resource, request)
    personal, delegated, in_person = _by_principal(theirs, request.caller)
    deny = _denied({IDENTITY: own, RESOURCE: personal + delegated, BOUNDARY: limit})
    if deny is not None:
        return deny
    lacking = {
        "permissions boundary": boundary is not None and not limit,
        "resource-based policy": resource_must_agree and not personal + delegated,
        "identity-based policy": not own + personal,
    }
    what = next((kind for kind, is_lacking in lacking.items() if is_lacking), None)
    if what is not None and not in_person:
        return Decision(False, f"because no {what} allows the {request.action} action")
    return Decision(True, statement=(in_person + own + personal)[0])


def _by_principal(
    statements: Sequence[Statement], caller: Caller
) -> tuple[list[Statement], list[Statement], list[Statement]]:
    """Those that speak of the caller, of its account, and of this very session."""
    return (
        [each for each in statements if each.names(caller)],
        [each for each in statements if each.delegates_to(caller)],
        [each for each in statements if caller.arn in each.principals],
    )


def _denied(found: Mapping[str, Sequence[Statement]]) -> Decision | None:
    for kind, statements in found.items():
        for statement in statements:
            if not statement.allows:
                return Decision(False, f"with an explicit deny in {kind}", statement)
    return None


def _applying(policy: Sequence[Statement], request: Request) -> list[Statement]:
    return [each for each in policy if each.applies(request)]


@cache
def parse(source: str, text: str) -> tuple[Statement, ...]:
    """The statements of a policy's document. UnknownPolicyError, where one cannot be evaluated."""
    document = json.loads(text)
    fills = document.get("Version") == "2012-10-17"
    statements = _listed(document.get("Statement", []))
    return tuple(
        _statement(source, number, each, fills) for number, each in enumerate(statements, 1)
    )


def _statement(source: str, number: int, given: Mapping[str, Any], fills: bool) -> Statement:
    unknown = given.keys() - _MEMBERS
    if unknown:
        raise UnknownPolicyError(
            f"statement {number} of {source} has {', '.join(sorted(unknown))}, which the embedded "
            "AWS's IAM does not evaluate"
        )
    condition = given.get("Condition", {})
    conditions.check(condition)
    return Statement(
        source=source,
        label=given.get("Sid") or str(number),
        allows=given["Effect"] == "Allow",
        fills=fills,
        actions=tuple(each.lower() for each in _listed(given.get("Action", []))),
        not_actions=tuple(each.lower() for each in _listed(given.get("NotAction", []))),
        resources=_resources(given),
        not_resources=tuple(_listed(given.get("NotResource", []))),
        principals=_principals(given.get("Principal", {})),
        not_principals=_principals(given.get("NotPrincipal", {})),
        condition=condition,
    )


def _resources(given: Mapping[str, Any]) -> tuple[str, ...]:
    """A trust policy has none: it is the role's own."""
    if "NotResource" in given:
        return ()
    return tuple(_listed(given.get("Resource", "*")))


def _principals(given: Any) -> frozenset[str]:
    if isinstance(given, str):
        return frozenset({given})
    names = [name for kind in given.values() for name in _listed(kind)]
    return frozenset(f"arn:aws:iam::{name}:root" if name.isdigit() else name for name in names)


def _covered(
    patterns: Sequence[str], excluded: Sequence[str], value: str, values_of: Values | None
) -> bool:
    found = any(matches(each, value, values_of) for each in excluded or patterns)
    return found is not bool(excluded)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
