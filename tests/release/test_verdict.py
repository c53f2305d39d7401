"""The verdict: what each observation says, and what must hold for all of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.observation import Observation
from release.statistics import ERRORS, P90, Counts, Minute, Rules
from release.verdict import UNREADABLE_TURNS, judge

HEALTHY = Observation(
    now=1000,
    canary_version="8",
    stable_version="7",
    status="InProgress",
    overdue=2000,
    bake_minutes=10,
    deadline=1500,
)
BAKED = replace(HEALTHY, status="Succeeded", completed_at=100, now=100 + 600, deadline=None)
AT_DEADLINE = replace(HEALTHY, now=1500)
WORSE = [Minute(0, Counts(245, 12), Counts(2200, 2))]
SAME = [Minute(60 * minute, Counts(600, 1), Counts(5400, 9)) for minute in range(5)]
counts = st.builds(
    lambda calls, failed: Counts(calls, min(calls, failed)), *[st.integers(0, 999)] * 2
)
observations = st.builds(
    Observation,
    now=st.integers(0, 5000),
    canary_version=st.just("8"),
    stable_version=st.just("7"),
    status=st.sampled_from(["Created", "InProgress", "Succeeded", "Failed", "Stopped", "Odd"]),
    overdue=st.integers(0, 5000),
    deadline=st.none() | st.integers(0, 5000),
    bake_minutes=st.integers(0, 20),
    completed_at=st.none() | st.integers(0, 5000),
    alias_as_expected=st.booleans(),
    red=st.sampled_from(["", "alarm x is in ALARM"]),
    requested=st.sampled_from(["", "ann asked for it"]),
    unreadable=st.sampled_from(["", "Throttling"]),
    unreadable_turns=st.integers(0, 5),
    minutes=st.lists(st.builds(Minute, start=st.integers(0), canary=counts, stable=counts)),
    on_inconclusive=st.sampled_from(["promote", "roll_back"]),
    may_end_early=st.booleans(),
    is_compared=st.booleans(),
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
        (
            {"unreadable": "Throttling", "unreadable_turns": 1, "now": 1500},
            "reading",
            "unreadable at the deadline",
        ),
        ({"minutes": WORSE}, "evidence", "fails"),
        ({"now": 1500, "on_inconclusive": "roll_back"}, "policy", "goes back by policy"),
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
def test_what_was_not_read_never_counts_for_it(seen: Observation) -> None:
    """`onInconclusive` covers too little traffic only: unreadable is an error, or goes back."""
    unread = replace(seen, unreadable="Throttling", unreadable_turns=1)
    assert judge(unread).verdict in {"error", "roll_back"}


@given(observations)
def test_a_canary_ends_early_only_before_its_deadline(seen: Observation) -> None:
    """And only where the policy lets it."""
    if judge(seen).verdict == "end_early":
        assert seen.may_end_early
        assert seen.deadline is not None
        assert seen.now < seen.deadline


@given(observations)
def test_every_observation_has_a_verdict_with_a_reason(seen: Observation) -> None:
    """Nothing is left to guess."""
    verdict = judge(seen)
    assert verdict.verdict in {
        "promote",
        "end_early",
        "roll_back",
        "continue",
        "inconclusive",
        "error",
    }
    assert verdict.reason


def test_evidence_rolls_back_in_a_sentence() -> None:
    """What an operator reads: shares, counts, both versions, the odds and how many are needed."""
    verdict = judge(replace(HEALTHY, minutes=WORSE))
    assert verdict.reason == (
        "version 8 fails 4.9 % of calls (12 of 245) against 0.1 % (2 of 2200) for version 7: "
        "evidence over 1,000,000 : 1 against it, threshold 20 : 1"
    )


def test_evidence_of_latency_says_what_is_slow() -> None:
    """Without a single error."""
    slow = [Minute(60, Counts(60, 0, 60, 30), Counts(540, 0, 540, 54))]
    rules = Rules(comparisons=(ERRORS, P90))
    verdict = judge(replace(HEALTHY, rules=rules, minutes=slow, slow={"p90": "840 ms (p90)"}))
    assert (verdict.verdict, verdict.decided_by) == ("roll_back", "evidence")
    assert verdict.reason.startswith(
        "version 8 takes more than 840 ms (p90) for 50.0 % of calls (30 of 60) against 10.0 % "
        "(54 of 540) for version 7: evidence "
    )


def test_without_a_comparison_limits_roll_back() -> None:
    """In the bake all traffic is the new version's."""
    rules = Rules(comparisons=(replace(ERRORS, limit=0.05),))
    alone = [Minute(60, Counts(300, 25), Counts()), Minute(120, Counts(300, 35), Counts())]
    verdict = judge(replace(BAKED, now=160, rules=rules, minutes=alone))
    assert (verdict.verdict, verdict.decided_by) == ("roll_back", "limit")
    assert "fails 10.0 % of calls (60 of 600)" in verdict.reason
    assert "5 % are allowed" in verdict.reason


def test_a_shared_outage_is_no_verdict() -> None:
    """Both fail alike: nothing speaks against the new version."""
    outage = [Minute(60 * minute, Counts(60, 12), Counts(540, 108)) for minute in range(4)]
    rules = Rules(comparisons=(replace(ERRORS, limit=0.05),))
    assert judge(replace(HEALTHY, rules=rules, minutes=outage)).verdict == "continue"


def test_too_little_traffic_goes_on_by_policy() -> None:
    """At the deadline it is inconclusive, and recorded so; before it, it continues."""
    few = [Minute(60, Counts(3, 0), Counts(27, 0))]
    assert judge(replace(HEALTHY, minutes=few)).verdict == "continue"
    verdict = judge(replace(AT_DEADLINE, minutes=few))
    assert (verdict.verdict, verdict.decided_by) == ("inconclusive", "policy")
    assert "goes on by policy, too little traffic" in verdict.reason
    assert "by policy, too little traffic" in judge(replace(BAKED, minutes=few)).reason


def test_evidence_for_it_settles_the_deadline() -> None:
    """Shown to be no worse, it goes on without asking the policy, unless calls are too few."""
    careful = replace(AT_DEADLINE, minutes=SAME, on_inconclusive="roll_back")
    assert judge(careful).verdict == "continue"
    rules = Rules(minimum_calls=3001)
    assert judge(replace(careful, rules=rules)).verdict == "roll_back"


def test_evidence_ends_the_canary_early_if_it_may() -> None:
    """Not at the deadline, not in the bake, and not unasked."""
    early = replace(HEALTHY, minutes=SAME, may_end_early=True)
    verdict = judge(early)
    assert (verdict.verdict, verdict.decided_by) == ("end_early", "evidence")
    assert "version 8 is not worse than version 7" in verdict.reason
    assert judge(replace(early, may_end_early=False)).verdict == "continue"
    assert judge(replace(early, now=1500)).verdict == "continue"
    assert judge(replace(BAKED, minutes=SAME, may_end_early=True)).verdict == "promote"


def test_a_deadline_that_was_judged_is_not_judged_again() -> None:
    """In the bake nobody asks the policy any more; evidence that came late still counts."""
    baking = replace(BAKED, now=160, on_inconclusive="roll_back")
    assert judge(baking).verdict == "continue"
    assert judge(replace(baking, minutes=WORSE)).decided_by == "evidence"


def test_the_sentence_counts_calls_and_errors() -> None:
    """An operator reads shares and absolute numbers."""
    minutes = [Minute(0, Counts(20, 1), Counts(180)), Minute(60, Counts(21, 0), Counts(187))]
    assert judge(replace(HEALTHY, minutes=minutes)).reason.startswith(
        "version 8 failed 1 of 41 calls (2.4 %), version 7 0 of 367 calls (0.0 %); deployment "
        "InProgress; evidence "
    )


def test_throttles_are_told_and_not_blamed() -> None:
    """The alias's calls share one limit."""
    verdict = judge(replace(HEALTHY, minutes=[Minute(0, Counts(6), Counts(54), throttles=30)]))
    assert verdict.verdict == "continue"
    assert "30 calls were throttled, by a limit that both versions share" in verdict.reason


def test_calls_that_are_not_told_apart_are_told_so() -> None:
    """The record says that nothing could be compared."""
    verdict = judge(replace(HEALTHY, minutes=[Minute(0, Counts(60, 1), told_apart=False)]))
    assert "calls are not counted by version, all together failed 1 of 60" in verdict.reason


def test_a_promotion_says_what_it_stands_on() -> None:
    """Evidence, policy, or neither; and which alarms were passed over."""
    assert "is not worse than version 7" in judge(replace(BAKED, minutes=SAME)).reason
    at_once = judge(replace(BAKED, is_compared=False, passed_over=["canary-x"]))
    assert "no alarm seen (canary-x passed over)" in at_once.reason
    assert "nothing to compare it to" in at_once.reason
