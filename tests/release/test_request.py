"""The request parser: what it takes, what it refuses, and that it never breaks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release import request
from release.errors import InvalidRequestError

MINIMAL: dict[str, Any] = {
    "schema": 1,
    "function": "checkout",
    "package": {"key": "incoming/checkout.zip", "version": "3"},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def outcome(document: object) -> str:
    """What the parser says against a document; empty if it takes it."""
    try:
        request.parse(document)
    except InvalidRequestError as error:
        return str(error)
    return ""


def test_a_minimal_request_has_the_defaults() -> None:
    """Function and package suffice; the alias is `live`."""
    parsed = request.parse(MINIMAL)
    assert (parsed.alias, parsed.dry_run, parsed.policy.when_busy) == ("live", False, None)


@given(JSON)
def test_any_json_is_parsed_or_refused(document: object) -> None:
    """Whatever arrives, the only error is ours."""
    assert "Nothing changed" in outcome(document)


@given(st.sampled_from(sorted(MINIMAL)), JSON)
def test_a_request_with_one_member_replaced_is_parsed_or_refused(name: str, value: object) -> None:
    """Near misses too."""
    said = outcome(MINIMAL | {name: value})
    assert said == "" or name in said


@given(st.text().filter(lambda name: name not in {"schema", "function", "package"}))
def test_an_unknown_member_is_refused(name: str) -> None:
    """A misspelt safeguard is never silently off."""
    known = set(request.Request.__struct_encode_fields__)
    if name not in known:
        with pytest.raises(InvalidRequestError):
            request.parse(MINIMAL | {name: {}})


@pytest.mark.parametrize(
    "function", ["", "a b", "x" * 65, "arn:aws:lambda:r:1:function:f", "ä", "f\n"]
)
def test_a_function_is_named_plainly(function: str) -> None:
    """No ARN, no path, no more than 64 characters."""
    with pytest.raises(InvalidRequestError, match="function"):
        request.parse(MINIMAL | {"function": function})


@pytest.mark.parametrize("key", ["incoming/", "signed/x.zip", "/incoming/x.zip", "Incoming/x"])
def test_a_package_lies_below_incoming(key: str) -> None:
    """Nothing else in the bucket can be released."""
    with pytest.raises(InvalidRequestError, match=r"package\.key"):
        request.parse(MINIMAL | {"package": {"key": key, "version": "1"}})
