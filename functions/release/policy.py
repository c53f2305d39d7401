"""
The policy in force: the request's word, else the function's stored defaults, else the stack's.

Defaults of a function are an item of the table that an operator writes; it looks as `policy` does
in a request. The stack's `AlarmPolicy` and `RequireFindings` are floors.
"""

from __future__ import annotations

import msgspec

from release import request
from release.aws import dynamodb
from release.environment import Environment
from release.errors import InvalidRequestError
from release.plan import Policy
from release.request import Request
from release.severity import is_at_least

_KEYS = {"pk", "sk"}


def defaults_key(target: str) -> dynamodb.Key:
    """Key of the item with the policy defaults of `function:alias`."""
    return f"target#{target}", "policy"


def in_force(asked: Request, stack: Environment) -> Policy:
    """The policy of a release. InvalidRequestError for what the stack does not allow."""
    stored = defaults(f"{asked.function}:{asked.alias}")
    _refuse_below_floor(asked.policy, "policy.{}", stack)
    _refuse_below_floor(stored, "{} among the function's stored defaults", stack)
    if asked.policy.fix_forward and not stack.allow_fix_forward:
        raise InvalidRequestError(
            "policy.fixForward would release past red alarms, which this stack does not allow "
            "(parameter AllowFixForward). Leave it out. Nothing changed."
        )
    return merged(stack, stored, asked.policy)


def merged(stack: Environment, *said: request.Policy) -> Policy:
    """What the last of these says, else the one before it; else the stack's word."""
    words: dict[str, object] = _stack(stack)
    for each in said:
        words |= _said(each)
    return msgspec.convert(words, Policy)


def _stack(stack: Environment) -> dict[str, object]:
    return {
        "bakeMinutes": stack.bake_minutes,
        "guardMinutes": stack.guard_minutes,
        "onInconclusive": stack.on_inconclusive,
        "endEarly": False,
        "evidenceThreshold": stack.evidence_threshold,
        "minimumCalls": stack.minimum_calls,
        "maxErrorRate": stack.max_error_rate,
        "latencySloMs": None,
        "alarms": stack.alarm_policy,
        "whenBusy": "wait",
        "blockOn": "high" if stack.require_findings == "none" else stack.require_findings,
    }


def _said(policy: request.Policy) -> dict[str, object]:
    return {name: each for name, each in msgspec.to_builtins(policy).items() if each is not None}


def defaults(target: str) -> request.Policy:
    """What an operator has stored for `function:alias`; nothing where there is no item."""
    item = dynamodb.get(defaults_key(target)) or {}
    said = {name: each for name, each in item.items() if name not in _KEYS}
    if "fixForward" in said:
        raise InvalidRequestError(
            f"the stored policy defaults of {target} have fixForward, which is for one release "
            "only. Take it out of the item. Nothing changed."
        )
    try:
        return msgspec.convert(said, request.Policy)
    except msgspec.ValidationError as error:
        raise InvalidRequestError(
            f"the stored policy defaults of {target} are not valid: {error}. Correct the item. "
            "Nothing changed."
        ) from error


def _refuse_below_floor(policy: request.Policy, what: str, stack: Environment) -> None:
    asked, floor = policy.block_on, stack.require_findings
    if policy.alarms == "normal" and stack.alarm_policy == "strict":
        raise _below(what.format("alarms"), "normal", "strict", "AlarmPolicy")
    if asked and floor != "none" and not is_at_least(floor, asked):
        raise _below(what.format("blockOn"), asked, floor, "RequireFindings")


def _below(what: str, asked: str, floor: str, parameter: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{what} is {asked!r}, but this stack demands {floor!r} (parameter {parameter}). Leave "
        "it out. Nothing changed."
    )
