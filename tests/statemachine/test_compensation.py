"""Whatever happens once traffic may have moved, the alias is put back and the execution fails."""

from typing import Any

from tests.statemachine.machines import Machine, reachable, states


def _handled(task: dict[str, Any]) -> dict[str, str]:
    """Where each error that a Task catches leads."""
    return {error: each["Next"] for each in task.get("Catch", ()) for error in each["ErrorEquals"]}


def test_every_failure_after_traffic_leads_back(release: Machine) -> None:
    """From StartDeployment on, each Task's last Catch takes all that is left to RollBack."""
    tasks = states(release, "Task")
    after_traffic = (reachable(release, "StartDeployment") & tasks.keys()) - {
        "RollBack",
        "FinishRelease",
    }
    assert after_traffic == {"StartDeployment", "EvaluateCanary", "PromoteVersion"}
    for name in after_traffic:
        last = tasks[name]["Catch"][-1]
        assert (last["ErrorEquals"], last["Next"]) == (["States.ALL"], "RollBack"), name


def test_nothing_before_traffic_is_caught(release: Machine) -> None:
    """Up to StartDeployment a failure fails the execution, so that redrive resumes right there."""
    tasks = states(release, "Task")
    before = tasks.keys() - reachable(release, "StartDeployment")
    assert before == {
        "ValidateRelease",
        "ImportFindings",
        "SignPackage",
        "PublishVersion",
        "ProbeVersion",
    }
    assert [name for name in before if "Catch" in tasks[name]] == []


def test_a_refusal_by_start_deployment_skips_the_way_back(release: Machine) -> None:
    """Refused before its first write, nothing has to be undone."""
    assert _handled(release["States"]["StartDeployment"]) == {
        "AlarmCoverageError": "FinishRelease",
        "DeploymentConflictError": "FinishRelease",
        "FrozenError": "FinishRelease",
        "ReleaseStaleError": "FinishRelease",
        "States.ALL": "RollBack",
    }


def test_a_failed_rollback_is_still_finished(release: Machine) -> None:
    """When even RollBack gives up, FinishRelease stores and shouts it."""
    assert _handled(release["States"]["RollBack"]) == {"States.ALL": "FinishRelease"}


def test_finishing_is_never_skipped(machine: Machine) -> None:
    """FinishRelease has no Catch: its failure fails the execution, and redrive resumes there."""
    assert "Catch" not in machine["States"]["FinishRelease"]


def test_no_catch_loses_what_was_known(machine: Machine) -> None:
    """The error goes beside the state, to a place of its own."""
    catches = [each for task in states(machine, "Task").values() for each in task.get("Catch", ())]
    places = {"$.refusal", "$.failure", "$.rollbackFailure"}
    assert [each for each in catches if each["ResultPath"] not in places] == []


def test_an_unknown_verdict_rolls_back(release: Machine) -> None:
    """Only the verdicts that are known go on; only `promote` ends the canary in favour."""
    judged = release["States"]["IsCanaryJudged"]
    ways = {each["StringEquals"]: each["Next"] for each in judged["Choices"]}
    assert judged["Default"] == "RollBack"
    assert ways == {
        "promote": "FinishRelease",
        "end_early": "PromoteVersion",
        "continue": "WaitForCanary",
        "error": "WaitForCanary",
        "inconclusive": "WaitForCanary",
    }


def test_only_a_promotion_succeeds(release: Machine) -> None:
    """Compensation ends in Fail: `promoted` alone, and the plan of a dry run, end in Succeed."""
    succeeds = states(release, "Succeed").keys()
    into = [
        (name, each.get("Variable"), each.get("StringEquals", each.get("BooleanEquals")))
        for name, state in release["States"].items()
        for each in (state, *state.get("Choices", ()), *state.get("Catch", ()))
        if each.get("Next") in succeeds or each.get("Default") in succeeds
    ]
    assert into == [
        ("IsValidated", "$.plan.dryRun", True),
        ("HowDidItEnd", "$.finished.outcome", "promoted"),
    ]
    assert release["States"][release["States"]["HowDidItEnd"]["Default"]]["Type"] == "Fail"


def test_a_failed_rollback_fails_the_rollback_machine(rollback: Machine) -> None:
    """The rollback machine is green unless an alias may not be whole."""
    choice = rollback["States"]["IsAliasWhole"]
    (failed,) = choice["Choices"]
    assert failed["StringEquals"] == "rollback_failed"
    assert rollback["States"][failed["Next"]]["Type"] == "Fail"
    assert rollback["States"][choice["Default"]]["Type"] == "Succeed"


def test_every_failure_tells_its_reason(machine: Machine) -> None:
    """A Fail is named as its state, and its cause is the sentence that FinishRelease wrote."""
    for name, fail in states(machine, "Fail").items():
        assert (fail["Error"], fail["CausePath"]) == (name, "$.finished.reason")


def test_the_rollback_machine_is_the_same_two_handlers(release: Machine, rollback: Machine) -> None:
    """The way back is the same, whoever asks; only what follows it differs."""
    assert list(states(rollback, "Task")) == ["RollBack", "FinishRelease"]
    may_differ = {
        "RollBack": set(),
        "IsRolledBack": set(),
        "WaitForRollback": set(),
        "FinishRelease": {"Comment", "Next"},
    }
    for name, keys in may_differ.items():
        here, there = rollback["States"][name], release["States"][name]
        differing = {key for key in {*here, *there} if here.get(key) != there.get(key)}
        assert differing == keys, name
