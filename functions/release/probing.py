"""ProbeVersion: the new version answers the release's events before any user meets it."""

from __future__ import annotations

from typing import Any

import msgspec

from release import lock, record
from release.aws import awslambda, failures
from release.aws.awslambda import Invocation
from release.aws.failures import ClientError
from release.errors import ProbeFailedError, ReleaseStaleError
from release.plan import Answer, Execution, Plan, Probed, State
from release.request import ProbeEvent

BUDGET_SECONDS = 240  # for all events together; the function itself has more
_SHOWN = 200
_KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def probe(execution: Execution, state: State) -> Probed:
    """
    Send the events one after another; ProbeFailedError at the first that is not answered well.

    A redrive sends them all again. The lock is held so that it takes up the release again, too.
    """
    plan, publication = state.plan, state.publication
    if publication is None:
        raise ReleaseStaleError("ProbeVersion needs PublishVersion's result")
    events = plan.probe.events
    if not events:
        return Probed(answers=[])
    lock.hold(plan, execution)
    answers, objection = [], ""
    for event in events:
        answer, objection = _ask(plan, publication.version, event, BUDGET_SECONDS // len(events))
        answers.append(answer)
        if objection:
            break
    probed = Probed(answers=answers)
    record.note_probe(plan.release, probed)
    if objection:
        raise ProbeFailedError(
            f"probe event {len(answers)} of {len(events)}: version {publication.version} of "
            f"{plan.function} {objection}. No user has met it. Release a better version; if the "
            "cause lay elsewhere, mend it and redrive the execution."
        )
    return probed


def difference(answer: Any, expected: Any, where: str = "the answer") -> str:
    """
    Where the answer first is not what is expected; objects may have more members. Values may be
    secret: what is told is their types.
    """
    if not (isinstance(answer, dict) and isinstance(expected, dict)):
        if _equal(answer, expected):
            return ""
        found, wanted = _kind(answer), _kind(expected)
        return f"{_cut(where)} is {found}, not {'the expected one' if found == wanted else wanted}"
    for name, value in expected.items():
        place = f"{where}.{name}"
        if name not in answer:
            return f"{_cut(place)} is missing"
        if found := difference(answer[name], value, place):
            return found
    return ""


def _equal(one: Any, other: Any) -> bool:
    """As JSON has it: Python takes true for 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _ask(plan: Plan, version: str, event: ProbeEvent, seconds: int) -> tuple[Answer, str]:
    """The answer to one event, and what is wrong with it."""
    payload = msgspec.json.encode(event.payload)
    try:
        invocation = awslambda.invoke_version(plan.function, version, payload, seconds)
    except ClientError as error:
        if failures.is_unavailable(error):
            raise
        objection = f"cannot be invoked: {failures.code(error)}: {failures.message(error)}"
        return Answer(ok=False, milliseconds=0), objection
    if invocation is None:
        objection = f"did not answer within {seconds} s, which is this event's part of the time"
        return Answer(ok=False, milliseconds=seconds * 1000), objection
    objection = _objection(invocation, event)
    return Answer(ok=not objection, milliseconds=invocation.milliseconds), objection


def _objection(invocation: Invocation, event: ProbeEvent) -> str:
    """What is wrong with the answer; empty if nothing is."""
    if invocation.failed:
        return f"failed: {_error(invocation.payload)}"
    if event.expect is msgspec.UNSET:
        return ""
    try:
        answer = msgspec.json.decode(invocation.payload)
    except msgspec.DecodeError:
        return f"answered {len(invocation.payload)} bytes that are no JSON"
    found = difference(answer, event.expect)
    return f"answered otherwise than expected: {found}" if found else ""


def _error(payload: bytes) -> str:
    """`ErrorType: what it said`, as far as the runtime tells; never its stack trace."""
    try:
        error = msgspec.json.decode(payload, type=_FunctionError)
    except msgspec.DecodeError:
        return _cut(payload.decode(errors="replace"))
    return _cut(f"{error.error_type}: {error.error_message}")


class _FunctionError(msgspec.Struct, rename="camel"):
    error_type: str = "error"
    error_message: str = ""


def _kind(value: Any) -> str:
    """What JSON calls it."""
    return "null" if value is None else _KINDS[type(value)]


def _cut(text: str) -> str:
    """Enough for a person to see what is wrong: causes and messages are short."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
