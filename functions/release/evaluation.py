"""EvaluateCanary: read the world once, judge it, keep what was seen."""

from __future__ import annotations

import dataclasses
import math
from itertools import accumulate
from typing import Any

import msgspec

from release import evidence, observing, record, shifting, statistics, verdict
from release.errors import ReleaseStaleError
from release.evalues import average
from release.observability import logger
from release.observation import Observation
from release.plan import Canary, Odds, Plan, State
from release.statistics import Evidence, Rules
from release.verdict import Verdict

_HISTORY_LIMIT = 1000
_MOST_ODDS = 1e12


def evaluate(state: State) -> Canary:
    """This turn's verdict; a decision to promote is stored before it is told."""
    plan, deployment, before = state.plan, state.deployment, state.canary
    if deployment is None:
        raise ReleaseStaleError("EvaluateCanary needs StartDeployment's result")
    release = record.get(plan.release)
    seen = observing.observe(plan, deployment, release, before)
    spoken = verdict.judge(seen)
    if spoken.verdict == "promote" and not shifting.decide_promote(plan.release):
        spoken = Verdict("roll_back", "request", "a rollback was asked for at the last moment")
    was_settled = before is not None and before.settled
    told = _told(plan, seen, spoken, settled=was_settled or seen.is_at_deadline)
    try:
        _keep(plan, seen, told)
    except Exception:  # the evidence is rewritten each turn; a verdict must not hang on it
        logger.exception("this turn's evidence could not be written")
    return told


def _told(plan: Plan, seen: Observation, spoken: Verdict, *, settled: bool) -> Canary:
    found = seen.evidence
    return Canary(
        verdict=spoken.verdict,
        decided_by=spoken.decided_by,
        reason=spoken.reason,
        wait_seconds=_wait_seconds(plan, seen),
        unreadable=seen.unreadable_turns,
        settled=settled,
        minutes=found.minutes,
        canary_calls=found.canary.calls,
        stable_calls=found.stable.calls,
        odds=Odds(
            against=_odds(max(found.against, found.beyond)),
            in_favour=_odds(statistics.in_favour(found)),
        ),
        metrics=_metrics(seen.rules, found),
    )


def _metrics(rules: Rules, found: Evidence) -> dict[str, Odds]:
    """Each metric's part."""
    return {
        one.metric: Odds(against=_odds(average(worse)), in_favour=_odds(average(not_worse)))
        for one, worse, not_worse in zip(
            rules.comparisons, found.worse, found.not_worse, strict=True
        )
    }


def _odds(logarithm: float) -> float:
    """To 1; four digits, and no more than a reader can take in."""
    return float(f"{math.exp(min(logarithm, math.log(_MOST_ODDS))):.4g}")


def _keep(plan: Plan, seen: Observation, told: Canary) -> None:
    """Add this turn to the evidence; a repeat of the same turn replaces it."""
    document = evidence.read(plan)
    earlier = [each for each in document.get("verdicts", []) if each["at"] < seen.now]
    turn: dict[str, Any] = {"at": seen.now, **msgspec.to_builtins(told)}
    minutes = _minutes(seen) or document.get("minutes", [])
    evidence.write(plan, document | {"verdicts": [*earlier, turn], "minutes": minutes})
    shifting.note_turn(plan.release, turn | {"minute": minutes[-1] if minutes else None})


def _minutes(seen: Observation) -> list[dict[str, Any]]:
    """What was counted in each minute, and the evidence at its end."""
    so_far = accumulate(
        seen.minutes,
        lambda before, minute: statistics.step(seen.rules, before, minute),
        initial=statistics.nothing(seen.rules),
    )
    return [
        dataclasses.asdict(minute)
        | {"odds": msgspec.to_builtins(_metrics(seen.rules, found))}
        | {"against": _odds(found.against), "beyond": _odds(found.beyond)}
        for minute, found in zip(seen.minutes, list(so_far)[1:], strict=True)
    ]


def _wait_seconds(plan: Plan, seen: Observation) -> int:
    """
    A minute, or more where a long canary would outgrow the 25,000 events of a history; less where
    the deadline comes before.
    """
    window = (plan.traffic.minutes + plan.policy.bake_minutes) * 60
    seconds = max(60, window // _HISTORY_LIMIT)
    if seen.deadline is None or seen.is_at_deadline:
        return seconds
    return min(seconds, seen.deadline - seen.now)
