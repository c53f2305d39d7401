"""The verdict: what each observation says, and what must hold for all of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.verdict import UNREADABLE_TURNS, Counts, Minute, Observation, judge, served

HEALTHY = Observation(
    now=1000,
    canary_version="8",
    stable_version="7",
    status="InProgress",
    deadline=2000,
    bake_minutes=10,
)
BAKED = replace(HEALTHY, status="Succeeded", completed_at=100, now=100 + 600)
counts = st.builds(
    lambda calls, failed: Counts(calls, min(calls, failed)), *[st.integers(0, 999)] * 2
)
observations = st.builds(
    Observation,
    now=st.integers(0, 5000),
    canary_version=st.just("8"),
    stable_version=st.just("7"),
    status=st.sampled_from(["Created", "InProgress", "Succeeded", "Failed", "Stopped", "Odd"]),
    deadline=st.integers(0, 5000),
    bake_minutes=st.integers(0, 20),
    completed_at=st.none() | st.integers(0, 5000),
    alias_as_expected=st.booleans(),
    red=st.sampled_from(["", "alarm x is in ALARM"]),
    requested=st.sampled_from(["", "ann asked for it"]),
    unreadable=st.sampled_from(["", "Throttling"]),
    unreadable_turns=st.integers(0, 5),
    minutes=st.lists(st.builds(Minute, start=st.integers(0), canary=counts, stable=counts)),
)


def test_a_running_deployment_continues() -> None:
    """Nothing speaks against it, but its time is not over."""
    assert judge(HEALTHY).verdict == "continue"


def test_a_bake_that_is_over_promotes() -> None:
    """All traffic shifted, the bake without an alarm."""
    assert judge(BAKED).verdict == "promote"


def test_a_bake_that_is_not_over_continues() -> None:
    """One second is missing."""
    verdict = judge(replace(BAKED, now=BAKED.now - 1))
    assert (verdict.verdict, verdict.decided_by) == ("continue", "bake")
    assert "1 s of bake left" in verdict.reason


@pytest.mark.parametrize(
    ("change", "decided_by", "word"),
    [
        ({"red": "alarm x is in ALARM"}, "alarm", "alarm x"),
        ({"requested": "ann asked for it"}, "request", "ann asked"),
        ({"status": "Stopped", "deployment_error": "ALARM_ACTIVE: y"}, "deployment", "ALARM_"),
        ({"status": "Failed"}, "deployment", "no reason"),
        ({"now": 2001}, "deployment", "still InProgress"),
        ({"alias_as_expected": False, "alias": "5"}, "alias", "it serves 5"),
        ({"unreadable": "Throttling", "unreadable_turns": UNREADABLE_TURNS}, "reading", "3 times"),
    ],
)
def test_what_rolls_back(change: dict[str, object], decided_by: str, word: str) -> None:
    """Each line of defence speaks in its own name."""
    verdict = judge(replace(HEALTHY, **change))  # type: ignore[arg-type]
    assert (verdict.verdict, verdict.decided_by) == ("roll_back", decided_by)
    assert word in verdict.reason


def test_what_cannot_be_read_is_an_error_first() -> None:
    """Twice in a row it waits, the third time it rolls back."""
    for turns in range(1, UNREADABLE_TURNS):
        seen = replace(HEALTHY, unreadable="Throttling", unreadable_turns=turns)
        assert judge(seen).verdict == "error"


def test_what_cannot_be_read_is_not_late() -> None:
    """The deployment's deadline says nothing of a status that nobody knows."""
    seen = replace(BAKED, status="unknown", now=9999, unreadable="Throttling", unreadable_turns=1)
    assert judge(seen).verdict == "error"


@given(observations)
def test_only_a_quiet_bake_promotes(seen: Observation) -> None:
    """Promotion needs a finished deployment, a finished bake, and nothing against it."""
    if judge(seen).verdict == "promote":
        assert seen.status == "Succeeded"
        assert seen.now >= (seen.completed_at or seen.now) + seen.bake_minutes * 60
        assert seen.alias_as_expected
        assert (seen.red, seen.requested, seen.unreadable) == ("", "", "")


@given(observations)
def test_a_red_alarm_never_goes_on(seen: Observation) -> None:
    """Whatever else is seen."""
    assert judge(replace(seen, red="alarm x is in ALARM")).verdict == "roll_back"


@given(observations)
def test_every_observation_has_a_verdict_with_a_reason(seen: Observation) -> None:
    """Nothing is left to guess."""
    verdict = judge(seen)
    assert verdict.verdict in {"promote", "roll_back", "continue", "error"}
    assert verdict.reason


def test_the_sentence_counts_calls_and_errors() -> None:
    """An operator reads shares and absolute numbers."""
    minutes = [Minute(0, Counts(20, 10), Counts(180)), Minute(60, Counts(21, 2), Counts(187))]
    assert served(replace(HEALTHY, minutes=minutes)) == (
        "version 8 failed 12 of 41 calls (29.3 %), version 7 0 of 367 calls (0.0 %)"
    )


def test_no_calls_are_no_share() -> None:
    """Zero of zero is not zero percent."""
    assert "none of 0 calls" in served(HEALTHY)
