"""
The condition operators of IAM policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from canary.localaws.iam.patterns import Values, filled, matches

Test = Callable[[str, str, Values | None], bool]
"""Whether a value of the request meets a value of the policy."""


class UnknownOperatorError(NotImplementedError):
    """A policy uses an operator that nobody here evaluates."""


# How several values of one key are judged by an operator without a quantifier, and by its opposite.
_SINGLE = {False: "foranyvalue", True: "forallvalues"}


def holds(condition: Mapping[str, Mapping[str, Any]], values_of: Values, fills: bool) -> bool:
    """Whether every operator and every key of a Condition block does; `fills` in variables."""
    return all(
        _holds(name, [str(each) for each in _listed(wanted)], values_of(key.lower()),
               values_of if fills else None)
        for name, keys in condition.items()
        for key, wanted in keys.items()
    )  # fmt: skip


def check(condition: Mapping[str, Mapping[str, Any]]) -> None:
    """UnknownOperatorError, where an operator is not known."""
    for name in condition:
        _parsed(name)


def _holds(
    name: str, wanted: list[str], values: tuple[str, ...] | None, values_of: Values | None
) -> bool:
    quantifier, base, if_exists = _parsed(name)
    if base == "null":
        return (values is None) is (wanted[0].lower() == "true")
    test, negated = _OPERATORS[base]
    if not values:
        return if_exists or quantifier == "forallvalues" or (negated and not quantifier)
    enough = any if (quantifier or _SINGLE[negated]) == "foranyvalue" else all
    return enough(
        any(test(value, each, values_of) for each in wanted) is not negated for value in values
    )


def _parsed(name: str) -> tuple[str, str, bool]:
    """Its quantifier, its name without additions, and whether an absent key is enough."""
    quantifier, _, rest = name.lower().rpartition(":")
    base = rest.removesuffix("ifexists")
    if base not in _OPERATORS and rest != "null":
        raise UnknownOperatorError(f"the embedded AWS evaluates no condition operator {name}")
    if quantifier not in ("", "forallvalues", "foranyvalue"):
        raise UnknownOperatorError(f"the embedded AWS evaluates no condition operator {name}")
    return quantifier, base, rest != base


def _listed(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    return [str(each).lower() if isinstance(each, bool) else each for each in values]


def _text(compare: Callable[[str, str], bool]) -> Test:
    def test(value: str, wanted: str, values_of: Values | None) -> bool:
        text = filled(wanted, values_of)
        try:
            return text is not None and compare(value, text)
        except ValueError:  # not a number, not a date, not an address
            return False

    return test


def _like(value: str, wanted: str, values_of: Values | None) -> bool:
    return matches(wanted, value, values_of)


def _arn(value: str, wanted: str, values_of: Values | None) -> bool:
    return matches(wanted, value, values_of, is_arn=True)


def _number(compare: Callable[[float, float], bool]) -> Test:
    return _text(lambda value, wanted: compare(float(value), float(wanted)))


def _date(compare: Callable[[float, float], bool]) -> Test:
    return _text(lambda value, wanted: compare(_moment(value), _moment(wanted)))


def _moment(text: str) -> float:
    """ISO 8601 or seconds since the epoch."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_network(value: str, wanted: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)


def _same_ignoring_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


# By name in lower case: how one value is tested, and whether the operator says the opposite.
_OPERATORS: dict[str, tuple[Test, bool]] = {
    "stringequals": (_text(operator.eq), False),
    "stringnotequals": (_text(operator.eq), True),
    "stringequalsignorecase": (_text(_same_ignoring_case), False),
    "stringnotequalsignorecase": (_text(_same_ignoring_case), True),
    "stringlike": (_like, False),
    "stringnotlike": (_like, True),
    "arnequals": (_arn, False),
    "arnlike": (_arn, False),
    "arnnotequals": (_arn, True),
    "arnnotlike": (_arn, True),
    "bool": (_text(_same_ignoring_case), False),
    "ipaddress": (_text(_in_network), False),
    "notipaddress": (_text(_in_network), True),
}
for _kind, _make in (("numeric", _number), ("date", _date)):
    _OPERATORS |= {
        f"{_kind}equals": (_make(operator.eq), False),
        f"{_kind}notequals": (_make(operator.eq), True),
        f"{_kind}lessthan": (_make(operator.lt), False),
        f"{_kind}lessthanequals": (_make(operator.le), False),
        f"{_kind}greaterthan": (_make(operator.gt), False),
        f"{_kind}greaterthanequals": (_make(operator.ge), False),
    }
