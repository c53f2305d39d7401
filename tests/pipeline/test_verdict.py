"""Releases judged by evidence: what each kind of traffic, and each kind of trouble, ends in."""

from __future__ import annotations

import time
from itertools import compress
from typing import Any

import pytest

from canary.localaws.awslambda import metrics
from tests.pipeline.conftest import Tell
from tests.pipeline.faults import Call, at, refused
from tests.pipeline.story import Story

SLEEPS = """
import time
from random import Random

RANDOM = Random(1)


def handler(event, context):
    '''Answer after `base` seconds to twice that.'''
    time.sleep({base} * (1 + RANDOM.random()))
    return {{"total": 0}}
"""
FAILS = """
import time

CALLS = []


def handler(event, context):
    '''Fail the last `burst` of `every` calls, between two moments.'''
    CALLS.append(time.time())
    if {begin} <= CALLS[-1] < {end} and len(CALLS) % {every} >= {every} - {burst}:
        raise RuntimeError("by the story")
    return {{"total": 0}}
"""


START = 1767603600  # of the virtual clock


def failing(every: int, burst: int = 1, begin: float = 0, end: float = 1e12) -> str:
    """Code of which so many calls fail, between two moments."""
    return FAILS.format(every=every, burst=burst, begin=begin, end=end)


def sleeping(base: float) -> str:
    """Code whose calls take `base` seconds, and up to twice that."""
    return SLEEPS.format(base=base)


# -- regressions -----------------------------------------------------------------------------------


def test_a_regression_in_errors_is_rolled_back_by_evidence(story: Story) -> None:
    """5 % failures against none, which no alarm hears: the evidence says so within minutes."""
    story.given_deaf_alarms().given_traffic(1200).after(minutes=3)
    story.when_released(package=story.module(failing(every=20))).when_over().then_alias_is({"1": 1})
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_decided("roll_back", "evidence")
    story.then_cause_says("version 2 fails", "for version 1: evidence", "threshold 20 : 1")
    assert len(story.evidence()["minutes"]) <= 4


def test_a_regression_in_latency_is_rolled_back_by_evidence(tell: Tell) -> None:
    """No call fails, but each takes twice as long."""
    story = tell(sleeping(0.1)).given_traffic(300).after(minutes=5)
    story.when_released(package=story.module(sleeping(0.2))).when_over().then_alias_is({"1": 1})
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_decided("roll_back", "evidence")
    story.then_cause_says("version 2 takes more than", "of version 1's last hours", "0.0 %")


def test_the_same_latency_is_promoted(tell: Tell) -> None:
    """The same distribution is no regression; what was frozen of it is kept with the release."""
    story = tell(sleeping(0.1)).given_traffic(60).after(minutes=20)
    story.when_released(package=story.module(sleeping(0.1))).when_over().then_execution_is(
        "SUCCEEDED"
    )
    baseline = story.item()["baseline"]
    assert 185 < baseline["p90"] < 197 < baseline["p99"] < 203


def test_an_objective_is_compared_without_a_history(tell: Tell) -> None:
    """A function that has not been called before still has `latencySloMs`."""
    story = tell(sleeping(0.1))
    slow = story.module(sleeping(0.4))
    story.when_released(package=slow, policy={"latencySloMs": 300}).given_traffic(
        300
    ).when_over().then_decided("roll_back", "evidence")
    story.then_alias_is({"1": 1}).then_cause_says("300 ms (latencySloMs)")


def test_late_data_is_weighed_when_it_comes(story: Story) -> None:
    """Each turn reads the whole canary anew: what CloudWatch tells two minutes late counts too."""

    def late(call: Call) -> Any:
        answer = call()
        for result in answer["MetricDataResults"]:
            known = [each.timestamp() < time.time() - 150 for each in result["Timestamps"]]
            for name in ("Timestamps", "Values"):
                result[name] = list(compress(result[name], known))
        return answer

    story.given_deaf_alarms().given_traffic(300)
    at(story, "GetMetricData", late, times=1000)
    story.when_released(package=story.module(failing(every=4))).when_over().then_alias_is({"1": 1})
    story.then_decided("roll_back", "evidence")
    assert max(each["canary"]["errors"] for each in story.evidence()["minutes"]) > 2


# -- what is no regression -------------------------------------------------------------------------


def test_a_shared_outage_is_no_verdict(tell: Tell) -> None:
    """Both versions fail one call in five until the middle of the canary."""
    outage = {"every": 5, "begin": START + 3 * 60, "end": START + 8 * 60}
    story = tell(failing(**outage)).given_deaf_alarms().given_traffic(1200).after(minutes=5)
    story.when_released(package=story.module(failing(**outage)))
    story.when_over().then_execution_is("SUCCEEDED")
    failed = sum(each["canary"]["errors"] for each in story.evidence()["minutes"])
    assert failed > 20


def test_a_burst_inside_one_version_counts_as_one(tell: Tell) -> None:
    """Errors come six at a time: six failures of one version are one reason, not six."""
    story = tell(failing(every=150, burst=6)).given_deaf_alarms().given_traffic(60)
    once = failing(every=18, burst=6, end=START + 44.5 * 60)
    story.after(minutes=40).when_released(package=story.module(once)).when_over()
    story.then_execution_is("SUCCEEDED")
    assert story.item()["baseline"]["burst"] > 3
    assert sum(each["canary"]["errors"] for each in story.evidence()["minutes"]) == 6


# -- too little ------------------------------------------------------------------------------------


def test_no_traffic_goes_on_by_policy(story: Story) -> None:
    """Inconclusive exactly half a minute before the last shift, and the record says why."""
    story.when_released().when_over().then_execution_is("SUCCEEDED")
    spoken = {each["verdict"]: each["at"] for each in story.evidence()["verdicts"]}
    assert story.item()["deadline"] - spoken["inconclusive"] == 30
    assert "by policy, too little traffic" in story.item()["reason"]


@pytest.mark.parametrize("calls_per_minute", [0, 3])
def test_too_little_traffic_goes_back_if_the_policy_says_so(
    story: Story, calls_per_minute: float
) -> None:
    """`onInconclusive: roll_back` undoes what nobody could judge."""
    story.given_traffic(calls_per_minute).when_released(policy={"onInconclusive": "roll_back"})
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_decided("roll_back", "policy").then_cause_says("goes back by policy")


def test_enough_traffic_asks_no_policy(story: Story) -> None:
    """Evidence for the new version is evidence, whatever `onInconclusive` says."""
    story.given_traffic(9000).after(minutes=3)
    story.when_released(policy={"onInconclusive": "roll_back"}).when_over()
    story.then_execution_is("SUCCEEDED")
    assert "version 2 is not worse than version 1" in story.item()["reason"]


def test_too_few_calls_of_the_new_version_are_no_evidence_for_it(story: Story) -> None:
    """`minimumCalls` withholds it, however good they look."""
    policy = {"onInconclusive": "roll_back", "minimumCalls": 100_000}
    story.given_traffic(1200).after(minutes=3).when_released(policy=policy).when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_decided("roll_back", "policy")


# -- what cannot be read, and what there is to fall back on ----------------------------------------


def test_a_deadline_that_cannot_be_read_rolls_back(story: Story) -> None:
    """Once is enough there: `onInconclusive` covers too little traffic only."""
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=4, seconds=5)
    at(story, "GetMetricData", refused("Throttling"))
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_decided("roll_back", "reading").then_cause_says("unreadable at the deadline")


def test_all_at_once_is_held_against_the_limit(story: Story) -> None:
    """There is no stable version beside it: 20 % failures where 5 % are allowed."""
    story.given_deaf_alarms().given_traffic(300)
    story.when_released(
        package=story.module(failing(every=5)),
        deployment={"config": "CodeDeployDefault.LambdaAllAtOnce"},
    ).when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_decided("roll_back", "limit").then_cause_says("5 % are allowed")


def test_all_at_once_asks_no_policy(story: Story) -> None:
    """Nothing is inconclusive where nothing was to be compared."""
    story.given_traffic().when_released(
        deployment={"config": "CodeDeployDefault.LambdaAllAtOnce"},
        policy={"onInconclusive": "roll_back"},
    ).when_over()
    story.then_execution_is("SUCCEEDED")
    assert "nothing to compare it to" in story.item()["reason"]


@pytest.mark.parametrize(("burst", "end"), [(9, "FAILED"), (0, "SUCCEEDED")])
def test_without_metrics_per_version_the_alias_is_held_against_the_limit(
    story: Story, burst: int, end: str
) -> None:
    """The new version fails all calls, a tenth of the alias's, where a twentieth is allowed."""
    sets = metrics.dimension_sets
    story.aws.patch(metrics, "dimension_sets", lambda name, who, _: sets(name, who, None))
    story.given_deaf_alarms().given_traffic(600)
    story.when_released(package=story.module(failing(every=9, burst=burst))).when_over()
    assert story.sandbox.describe(story.execution)["status"] == end
    told = story.evidence()["verdicts"][-1]["reason"]
    assert ("where nothing could be compared" in told) == (end == "FAILED")
    assert ("calls are not counted by version" in told) == (end == "SUCCEEDED")


# -- what is kept ----------------------------------------------------------------------------------


def test_each_minute_is_kept_with_its_numbers(story: Story) -> None:
    """All of them in the evidence object, the latest in the item."""
    story.given_traffic(300).after(minutes=3).when_released().when_over()
    minutes = story.evidence()["minutes"]
    assert {"errors", "p90", "p99"} == set(minutes[2]["odds"])
    assert minutes[2]["canary"]["timed"] == minutes[2]["canary"]["calls"] > 0
    latest = story.item()["latest"]
    assert (latest["verdict"], latest["minute"]["start"]) == ("promote", minutes[-1]["start"])
    assert latest["odds"]["inFavour"] > 0
