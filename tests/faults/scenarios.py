"""The releases in which every thing is let go wrong, told so that they go on whatever does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.models import stepfunctions_backends

from canary.localaws import codedeploy
from canary.localaws.awslambda import metrics
from tests.pipeline.story import FUNCTION, Story

RECONCILER_SECONDS = 15 * 60
_SLACK_SECONDS = 5 * 60
_PATIENCE = 3 * 3600
_CALLS_PER_MINUTE = 4000
_MOST_PERIODS = 6
STABLE = "2"


def prepare(story: Story) -> None:
    """
    The world in which all scenarios begin: an earlier release was promoted, another one rolled
    back, both past their guard windows.
    """
    story.when_released("good", policy=POLICY).when_over().then_execution_is("SUCCEEDED")
    story.when_released("bad", policy=POLICY).when_traffic_shifts().alarm_fires().when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").after(minutes=10)
    story.then_alias_is({"2": 1}).notifications()
    story.prepared = story.request("bad", policy=POLICY)  # uploaded once, for all


POLICY: dict[str, Any] = {"bakeMinutes": 2, "guardMinutes": 1}


def good(story: Story) -> None:
    """A release that nothing speaks against."""
    story.when_requested(story.prepared)
    until_over(story)


def bad(story: Story) -> None:
    """The new version fails half of its calls: alarm, CodeDeploy and evidence all see it."""
    load(story, failing=0.5)
    story.when_requested(story.prepared)
    until_over(story)


def alarm(story: Story) -> None:
    """The alarm goes red in the canary: CodeDeploy rolls back by itself, and so do we."""
    story.when_requested(story.prepared)
    until(story, lambda: len(story.sandbox.alias(FUNCTION)) == 2)
    story.alarm_fires()
    until_over(story)


def alarm_in_bake(story: Story) -> None:
    """All traffic is on the new version when the alarm goes red."""
    story.when_requested(story.prepared)
    until(story, lambda: _deployment_is(story, "Succeeded"))
    story.alarm_fires()
    until_over(story)


def alarm_in_guard(story: Story) -> None:
    """The release was promoted when the alarm goes red."""
    policy = POLICY | {"guardMinutes": 60}
    story.when_requested(story.prepared | {"policy": policy})
    until_over(story)
    story.alarm_fires().after(minutes=2)


def operator(story: Story) -> None:
    """An operator asks for the rollback of a release in its canary."""
    story.when_requested(story.prepared)
    until(story, lambda: len(story.sandbox.alias(FUNCTION)) == 2)
    ask(story)
    until_over(story)


def redrive(story: Story) -> None:
    """A release is aborted while it signs, then redriven."""
    story.when_requested(story.prepared)
    until(story, lambda: "WaitForSigning" in story.states())
    stop(story)
    story.after(minutes=1)
    go_on(story)
    until_over(story)


def early_end(story: Story) -> None:
    """Evidence in favour ends the canary before its timer."""
    load(story)
    policy = POLICY | {"endEarly": True, "minimumCalls": 1}
    deployment = {"config": "CodeDeployDefault.LambdaCanary10Percent15Minutes"}
    story.when_requested(story.prepared | {"policy": policy, "deployment": deployment})
    until_over(story)


def second(story: Story) -> None:
    """Another release is asked for while one publishes."""
    story.when_requested(story.prepared)
    until(story, lambda: "WaitForVersion" in story.states())
    running_one = story.execution
    story.when_requested(story.prepared)
    story.execution = running_one
    until_over(story)


def stale(story: Story) -> None:
    """A release is aborted while it signs, and redriven when another one has been promoted."""
    story.when_requested(story.prepared)
    until(story, lambda: "WaitForSigning" in story.states())
    stop(story)
    aborted = story.execution
    story.after(minutes=1).when_requested(story.prepared)
    until_over(story)
    story.execution = aborted
    go_on(story)
    until_over(story)


SCENARIOS: dict[str, Callable[[Story], None]] = {
    "good": good,
    "bad": bad,
    "alarm": alarm,
    "alarm-in-bake": alarm_in_bake,
    "alarm-in-guard": alarm_in_guard,
    "operator": operator,
    "redrive": redrive,
    "early-end": early_end,
    "second": second,
    "stale": stale,
}

# -- what scenarios are made of ------------------------------------------------------------------


def until(story: Story, condition: Callable[[], bool]) -> None:
    """Time passes until this holds, or the release is over without it."""
    story.aws.clock.run(lambda: condition() or story.sandbox.is_over(story.execution), _PATIENCE)


def until_over(story: Story) -> None:
    """Time passes until the release is over."""
    until(story, lambda: False)


def settle(story: Story) -> None:
    """Time passes until no execution of ours runs, and for one period of the reconciler after."""
    for _ in range(_MOST_PERIODS):
        story.aws.clock.run(lambda: not running(story), _PATIENCE)
        before = len(executions(story))
        story.after(RECONCILER_SECONDS + _SLACK_SECONDS)
        if len(executions(story)) == before:
            return
    raise AssertionError("executions of ours are started again and again")


def executions(story: Story) -> list[Any]:
    """Every execution of the stack's machines."""
    machines = story.aws.backend(stepfunctions_backends).state_machines
    return [each for machine in machines for each in machine.executions]


def running(story: Story) -> list[str]:
    """The executions that are not over."""
    return [each.exec_arn for each in executions(story) if each.exec_status == "RUNNING"]


def ask(story: Story, **members: Any) -> None:
    """An operator asks for a rollback, and does not wait for it."""
    story.aws.client("stepfunctions").start_execution(
        stateMachineArn=story.sandbox.outputs["RollbackStateMachineArn"],
        input=json.dumps({"schema": 1, "function": FUNCTION, **members}),
    )


def stop(story: Story) -> None:
    """An operator aborts the release, if it runs."""
    if not story.sandbox.is_over(story.execution):
        story.execution_is_stopped()


def go_on(story: Story) -> None:
    """An operator redrives the release, if AWS lets him."""
    if story.sandbox.describe(story.execution)["redriveStatus"] == "REDRIVABLE":
        story.execution_is_redriven()


def load(story: Story, failing: float = 0) -> None:
    """From now on each minute's calls, counted but not made; so many of each new version's fail."""

    def minute() -> None:
        story.aws.clock.after(60, minute, name="load")
        shares = story.sandbox.alias(FUNCTION)
        for version, share in shares.items():
            calls = round(_CALLS_PER_MINUTE * share)
            sets = metrics.dimension_sets(FUNCTION, "live", version if len(shares) > 1 else None)
            errors = 0 if version == STABLE else round(calls * failing)
            metrics.count_invocations(sets, calls, errors, 0.05)

    minute()


def _deployment_is(story: Story, status: str) -> bool:
    found = codedeploy.backend(story.aws).deployments
    return any(found[each].status == status for each in story.deployments_of(story.release))
