"""What an answer must contain: the pure part of probing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.probing import difference

SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@given(JSON)
def test_everything_contains_itself(value: Any) -> None:
    """Whoever expects exactly what comes has nothing to object to."""
    assert difference(value, value) == ""


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.dictionaries(st.sampled_from("xyz"), JSON))
def test_an_object_may_have_more_members(expected: dict[str, Any], more: dict[str, Any]) -> None:
    """At every depth."""
    assert difference(expected | more, expected) == ""
    assert difference({"deep": expected | more}, {"deep": expected}) == ""


@given(st.dictionaries(st.sampled_from("abc"), JSON, min_size=1))
def test_a_member_that_is_missing_is_named(expected: dict[str, Any]) -> None:
    """The first of them, by its place."""
    first = next(iter(expected))
    assert difference({}, expected) == f"the answer.{first} is missing"


@given(JSON, JSON)
def test_containing_each_other_is_being_equal(one: Any, other: Any) -> None:
    """What has no more and no less is the same; true is not 1."""
    same = difference(one, other) == "" == difference(other, one)
    assert same == (repr(_sorted(one)) == repr(_sorted(other)))


def _sorted(value: Any) -> Any:
    """The value with its objects' members in order, so that equal ones look alike."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (1, True, "the answer is a number, not a boolean"),
        ([0], [False], "the answer is an array, not the expected one"),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, "the answer.a is an array, not the"),
        ({"a": None}, {"a": {}}, "the answer.a is null, not an object"),
        (None, {"a": 1}, "the answer is null, not an object"),
        ({"a": {"b": "key"}}, {"a": {"b": "KEY"}}, "the answer.a.b is a string, not the expected"),
    ],
)
def test_a_difference_is_told_by_its_place(answer: Any, expected: Any, said: str) -> None:
    """And by the types of what came and of what was expected: values may be secret."""
    assert difference(answer, expected).startswith(said)


def test_a_whole_number_is_one_however_it_is_written() -> None:
    """Python answers 50.0 where JavaScript answers 50."""
    assert difference({"total": 50.0}, {"total": 50}) == ""


def test_what_is_long_is_cut() -> None:
    """A message must be short enough for a notification."""
    assert len(difference({}, {"x" * 9000: 1})) < 250
