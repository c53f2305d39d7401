"""
What a release costs on AWS, at list prices, from what the embedded AWS's history says it used.

Beside it: a CI runner that waits the release out, and the transitions alone of a machine that looks
every 15 seconds. How
long a handler runs is not known here: modelled as 100 ms, and 40 ms more for each call of AWS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from canary.localaws import LocalAws, stepfunctions
from canary.localaws.admission import Call
from canary.localaws.sandbox import ROOT, Sandbox, archive_of

_CODE = ROOT / "examples" / "checkout"

# us-east-1, x86_64. https://aws.amazon.com/step-functions/pricing/ and likewise for the others.
_TRANSITION = 0.025 / 1000
_INVOCATION = 0.20 / 1_000_000
_GIGABYTE_SECOND = 0.0000166667
_METRIC = 0.01 / 1000
_RUNNER_MINUTE = (
    0.008  # Linux, 2 cores; https://docs.github.com/billing/reference/actions-runner-pricing
)

_MEMORY = 0.5  # GB, of every handler: template.yaml
_SECONDS = 0.1
_SECONDS_PER_CALL = 0.04
_POLLS_PER_MINUTE = 4
_TRANSITIONS_PER_POLL = 3  # Task, Choice, Wait

_MACHINE = json.loads((ROOT / "statemachine" / "release.asl.json").read_text())
_TASKS = {name for name, state in _MACHINE["States"].items() if state["Type"] == "Task"}
_HEADINGS = ("", "min", "transitions", "calls", "metrics", "GB-s", "US$", "CI runner", "15 s polls")
_CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"


@dataclass(frozen=True)
class Used:
    """What one release used."""

    minutes: float
    transitions: int
    invocations: int
    calls: int
    metrics: int

    @property
    def gigabyte_seconds(self) -> float:
        """Modelled."""
        return _MEMORY * (self.invocations * _SECONDS + self.calls * _SECONDS_PER_CALL)

    @property
    def dollars(self) -> float:
        """At list prices, without the free tiers."""
        return (
            self.transitions * _TRANSITION
            + self.invocations * _INVOCATION
            + self.gigabyte_seconds * _GIGABYTE_SECOND
            + self.metrics * _METRIC
        )


def main() -> None:
    """Print the table, and each goal beside what was seen."""
    console = Console(width=130)
    table = Table(title="A good release on AWS, at list prices")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    usual = _released(_CANARY)
    longer = _released("CodeDeployDefault.LambdaCanary10Percent30Minutes")
    for name, used in (
        ("AllAtOnce", _released("CodeDeployDefault.LambdaAllAtOnce")),
        ("Canary10Percent5Minutes", usual),
        ("Canary10Percent30Minutes", longer),
        ("Linear10PercentEvery3Minutes", _released("CodeDeployDefault.LambdaLinear10PercentEvery3Minutes")),  # noqa: E501
    ):  # fmt: skip
        table.add_row(name, *_cells(used))
    console.print(table)
    per_minute = (longer.transitions - usual.transitions) / (longer.minutes - usual.minutes)
    more_alarms = _released(_CANARY, alarms=10).transitions - usual.transitions
    for goal, seen, is_met in (
        ("at most 70 transitions with 5 min canary", usual.transitions, usual.transitions <= 70),
        ("at most US$ 0.005 with 5 min canary", f"{usual.dollars:.4f}", usual.dollars <= 0.005),
        ("at most 3 transitions more a minute", f"{per_minute:.1f}", per_minute <= 3),
        ("none more with 10 alarms instead of 1", more_alarms, more_alarms == 0),
    ):  # fmt: skip
        console.print(f"{'met   ' if is_met else 'MISSED'}  {goal}: {seen}")


def _cells(used: Used) -> list[str]:
    runner = used.minutes * _RUNNER_MINUTE
    polling = used.minutes * _POLLS_PER_MINUTE * _TRANSITIONS_PER_POLL * _TRANSITION
    return [
        f"{used.minutes:.0f}",
        str(used.transitions),
        str(used.calls),
        str(used.metrics),
        f"{used.gigabyte_seconds:.1f}",
        f"{used.dollars:.4f}",
        f"{runner:.3f} ({runner / used.dollars:.0f} : 1)",
        f"{polling:.4f} ({polling / used.dollars:.1f} : 1)",
    ]


def _released(config: str, alarms: int = 1) -> Used:
    """One good release under 60 calls a minute; 10 minutes of bake."""
    calls: list[Call] = []
    with LocalAws() as aws:
        sandbox = Sandbox(aws)
        sandbox.add_function("checkout", archive_of(_CODE / "stable"))
        names = [f"canary-checkout-{number}" for number in range(1, alarms)]
        for name in names:
            sandbox.add_alarm(name, "checkout")
        if names:
            aws.client("codedeploy").update_deployment_group(
                applicationName=sandbox.outputs["ApplicationName"],
                currentDeploymentGroupName="checkout-live",
                alarmConfiguration={
                    "enabled": True,
                    "alarms": [{"name": name} for name in ("canary-checkout-errors", *names)],
                },
            )
        sandbox.traffic("checkout", 60).start()
        package = sandbox.upload(archive_of(_CODE / "good"), "incoming/good.zip")
        aws.checks.append(calls.append)
        execution = sandbox.start(
            "good",
            {
                "schema": 1,
                "function": "checkout",
                "package": package,
                "deployment": {"config": config},
                "policy": {"bakeMinutes": 10},
            },
        )
        ended = sandbox.run(execution)
        if ended["status"] != "SUCCEEDED":
            raise SystemExit(f"the release did not end well: {ended}")
        entered = stepfunctions.find_execution(execution).history.entered()
    ours = [each for each in calls if each.principal and "codedeploy" not in each.principal.lower()]
    return Used(
        minutes=(ended["stopDate"] - ended["startDate"]).total_seconds() / 60,
        transitions=len(entered),
        invocations=len([name for name in entered if name in _TASKS]),
        calls=len(ours),
        metrics=sum(map(_metrics, ours)),
    )


def _metrics(call: Call) -> int:
    """How many metrics a GetMetricData asks for, which is what AWS bills."""
    if call.operation.name != "GetMetricData":
        return 0
    return sum("MetricStat" in query for query in call.parameters["MetricDataQueries"])


if __name__ == "__main__":
    main()
