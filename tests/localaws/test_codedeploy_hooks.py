"""Hook functions before and after traffic moves."""

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws, codedeploy
from tests.localaws.deployments import (
    alias,
    app_spec,
    code_of,
    deploy,
    described,
    hook,
    lifecycle,
    prepare,
    rollback_of,
    target,
)

HOOK_MESSAGE = (
    "The deployment failed because one or more of the lifecycle event validation functions failed."
)


def test_hooks_run_before_and_after_the_shift(aws: LocalAws) -> None:
    """Each hook is called once with its two ids, and the deployment goes on when it reports."""
    prepare(aws)
    hook(aws, "CodeDeployHook_before", "Succeeded")
    hook(aws, "CodeDeployHook_after", "Succeeded")
    hooks = {
        "BeforeAllowTraffic": "CodeDeployHook_before",
        "AfterAllowTraffic": "arn:aws:lambda:us-east-1:123456789012:function:CodeDeployHook_after",
    }
    id_ = deploy(aws, content=app_spec("1", "2", hooks=hooks))
    aws.clock.advance(400)
    assert described(aws, id_)["status"] == "Succeeded"
    assert lifecycle(aws, id_) == ["Succeeded"] * 3


@pytest.mark.parametrize(
    ("event", "statuses"),
    [
        ("BeforeAllowTraffic", ["Failed", "Skipped", "Skipped"]),
        ("AfterAllowTraffic", ["Succeeded", "Succeeded", "Failed"]),
    ],
)
def test_a_hook_that_reports_failure_fails_the_deployment(
    aws: LocalAws, event: str, statuses: list[str]
) -> None:
    """HOOK_EXECUTION_FAILURE, and a rollback for which no hook is invoked."""
    prepare(aws)
    hook(aws, "CodeDeployHook_no", "Failed")
    id_ = deploy(aws, content=app_spec("1", "2", hooks={event: "CodeDeployHook_no"}))
    aws.clock.advance(400)
    info = described(aws, id_)
    assert info["status"] == "Failed"
    assert info["errorInformation"] == {"code": "HOOK_EXECUTION_FAILURE", "message": HOOK_MESSAGE}
    assert lifecycle(aws, id_) == statuses
    assert described(aws, rollback_of(aws, id_))["status"] == "Succeeded"
    assert alias(aws) == ("1", {})


def test_a_hook_that_says_nothing_fails_after_an_hour(aws: LocalAws) -> None:
    """What a hook function returns is no verdict; it has an hour to report."""
    prepare(aws)
    hook(aws, "CodeDeployHook_silent", None)
    id_ = deploy(
        aws, content=app_spec("1", "2", hooks={"BeforeAllowTraffic": "CodeDeployHook_silent"})
    )
    aws.clock.advance(3600)
    assert described(aws, id_)["status"] == "InProgress"
    aws.clock.advance(10)
    assert described(aws, id_)["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    diagnostics = target(aws, id_)["lifecycleEvents"][0]["diagnostics"]
    assert diagnostics["scriptName"] == "CodeDeployHook_silent"


def test_a_hook_that_does_not_exist_fails_at_once(aws: LocalAws) -> None:
    """A hook function that cannot be called fails its lifecycle event."""
    prepare(aws)
    id_ = deploy(
        aws, content=app_spec("1", "2", hooks={"BeforeAllowTraffic": "CodeDeployHook_gone"})
    )
    aws.clock.advance(10)
    assert described(aws, id_)["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert "CodeDeployHook_gone" in target(aws, id_)["lifecycleEvents"][0]["diagnostics"]["message"]


def test_a_hook_reports_once_with_its_own_id(aws: LocalAws) -> None:
    """Unknown ids, other statuses and a second report are refused."""
    prepare(aws)
    hook(aws, "CodeDeployHook_silent", None)
    id_ = deploy(
        aws, content=app_spec("1", "2", hooks={"BeforeAllowTraffic": "CodeDeployHook_silent"})
    )
    aws.clock.advance(10)
    client = aws.client("codedeploy")
    hook_id = codedeploy.backend(aws).get_deployment(id_).event("BeforeAllowTraffic").hook_id
    later = codedeploy.backend(aws).get_deployment(id_).event("AfterAllowTraffic").hook_id

    def report(execution_id: str, status: str) -> None:
        client.put_lifecycle_event_hook_execution_status(
            deploymentId=id_, lifecycleEventHookExecutionId=execution_id, status=status
        )

    for execution_id, status, code in (
        ("unknown", "Succeeded", "InvalidLifecycleEventHookExecutionIdException"),
        (later, "Succeeded", "InvalidLifecycleEventHookExecutionIdException"),
        (hook_id, "Skipped", "InvalidLifecycleEventHookExecutionStatusException"),
    ):
        with pytest.raises(ClientError) as raised:
            report(execution_id, status)
        assert code_of(raised) == code
    report(hook_id, "Succeeded")
    with pytest.raises(ClientError) as raised:
        report(hook_id, "Failed")
    assert code_of(raised) == "LifecycleEventAlreadyCompletedException"
    aws.clock.advance(400)
    assert described(aws, id_)["status"] == "Succeeded"
