"""What an operator reads about a canary: what was served, and what the evidence is. Pure."""

from __future__ import annotations

import math

from release import statistics
from release.evalues import Sample
from release.observation import Observation
from release.statistics import PROMOTION_THRESHOLD, Comparison

_MOST_ODDS = 1_000_000


def odds(logarithm: float) -> str:
    """`312 : 1`, of evidence as a natural logarithm."""
    if logarithm > math.log(_MOST_ODDS):
        return f"over {_MOST_ODDS:,} : 1"
    value = math.exp(logarithm)
    return f"{value:,.0f} : 1" if value >= 10 else f"{value:.1f} : 1"


def served(seen: Observation) -> str:
    """`version 8 failed 12 of 41 calls (29.3 %), version 7 0 of 367 calls (0.0 %)`."""
    canary, stable = seen.evidence.canary.sample("errors"), seen.evidence.stable.sample("errors")
    who = f"version {seen.canary_version} failed {_share(canary)}"
    if not all(minute.told_apart for minute in seen.minutes):
        who = f"calls are not counted by version, all together failed {_share(canary)}"
    sentence = f"{who}, version {seen.stable_version} {_share(stable)}"
    throttled = sum(minute.throttles for minute in seen.minutes)
    if statistics.throttling(seen.evidence):
        sentence += f"; {throttled} calls were throttled, by a limit that both versions share"
    return sentence


def against(seen: Observation) -> str:
    """
    `version 8 fails 4.9 % of calls (12 of 245) against 0.1 % (2 of 2200) for version 7: evidence
    312 : 1 against it, threshold 20 : 1`.
    """
    evidence = seen.evidence
    leading = statistics.leading(seen.rules, evidence.worse)
    canary = evidence.canary.sample(leading.metric)
    stable = evidence.stable.sample(leading.metric)
    return (
        f"{_fails(seen, leading, canary)} against {_percent(stable)} for version "
        f"{seen.stable_version}: evidence {odds(evidence.against)} against it, {_threshold(seen)}"
    )


def beyond_limits(seen: Observation) -> str:
    """`version 8 fails 9.0 % of calls (27 of 300), 5 % are allowed: evidence 99 : 1, …`."""
    evidence = seen.evidence
    leading = statistics.leading(seen.rules, evidence.over_limit)
    return (
        f"{_fails(seen, leading, evidence.alone.sample(leading.metric))} where nothing could be "
        f"compared, {100 * (leading.limit or 0):g} % are allowed: evidence "
        f"{odds(evidence.beyond)} against it, {_threshold(seen)}"
    )


def in_favour(seen: Observation) -> str:
    """`version 8 is not worse than version 7: evidence 45 : 1 or more on each metric, …`."""
    weakest = statistics.in_favour(seen.evidence)
    return (
        f"version {seen.canary_version} is not worse than version {seen.stable_version}: evidence "
        f"at least {odds(weakest)} for each of {_metrics(seen)}, threshold "
        f"{PROMOTION_THRESHOLD:g} : 1"
    )


def by_policy(seen: Observation) -> str:
    """What `onInconclusive` decides, and on how little."""
    way = "goes on" if seen.on_inconclusive == "promote" else "goes back"
    return f"{way} {_by_policy(seen)}"


def undecided(seen: Observation) -> str:
    """The evidence so far, in both directions."""
    if not seen.is_compared:
        return "traffic shifts all at once, there is nothing to compare it to"
    return (
        f"evidence {odds(seen.evidence.against)} against it ({_threshold(seen)}), "
        f"{odds(statistics.in_favour(seen.evidence))} for it"
    )


def baked(seen: Observation) -> str:
    """Why it is promoted after all."""
    but = f" ({', '.join(seen.passed_over)} passed over)" if seen.passed_over else ""
    seen_none = f"no alarm seen{but} through canary and {seen.bake_minutes} min of bake"
    if statistics.speaks_for(seen.rules, seen.evidence):
        return f"{seen_none}; {in_favour(seen)}"
    if seen.is_compared:
        return f"{seen_none}; promoted {_by_policy(seen)}"
    return f"{seen_none}; {undecided(seen)}"


def _by_policy(seen: Observation) -> str:
    return f"by policy, too little traffic: {undecided(seen)}"


def _fails(seen: Observation, one: Comparison, canary: Sample) -> str:
    verb = "fails"
    if one.metric != "errors":
        verb = f"takes more than {seen.slow.get(one.metric, one.metric)} for"
    return f"version {seen.canary_version} {verb} {_percent(canary, 'of calls ')}"


def _threshold(seen: Observation) -> str:
    return f"threshold {seen.rules.threshold:g} : 1"


def _metrics(seen: Observation) -> str:
    return ", ".join(one.metric for one in seen.rules.comparisons)


def _percent(sample: Sample, of: str = "") -> str:
    bad, calls = sample
    return f"{100 * bad / calls if calls else 0:.1f} % {of}({bad} of {calls})"


def _share(sample: Sample) -> str:
    bad, calls = sample
    return f"{bad} of {calls} calls ({100 * bad / calls:.1f} %)" if calls else "none of 0 calls"
