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
    caller, action = request.caller, request.action
    own = [each for each in identity if each.applies(request)]
    limit = [each for each in boundary or () if each.applies(request)]
    theirs = [each for each in resource if each.applies(request)]
    personal = [each for each in theirs if each.names(caller)]
    delegated = [each for each in theirs if each.delegates_to(caller)]

    for kind, found in ((IDENTITY, own), (RESOURCE, personal + delegated), (BOUNDARY, limit)):
        for statement in found:
            if not statement.allows:
                return Decision(False, f"with an explicit deny in {kind}", statement)
    named = [each for each in personal if caller.arn in each.principals]
    if named:
        return Decision(True, statement=named[0])
    if boundary is not None and not limit:
        return Decision(False, f"because no permissions boundary allows the {action} action")
    if resource_must_agree and not personal and not delegated:
        return Decision(False, f"because no resource-based policy allows the {action} action")
    if own:
        return Decision(True, statement=own[0])
    if personal:
        return Decision(True, statement=personal[0])
    return Decision(False, f"because no identity-based policy allows the {action} action")


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
