"""Deployments that someone stops."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws, codedeploy
from tests.localaws.deployments import (
    alias,
    code_of,
    deploy,
    described,
    move_alias,
    prepare,
    rollback_of,
)


def stop(aws: LocalAws, deployment_id: str, **request: Any) -> Any:
    """StopDeployment's answer."""
    return aws.client("codedeploy").stop_deployment(deploymentId=deployment_id, **request)


def test_stop_without_rollback_leaves_the_alias_split(aws: LocalAws) -> None:
    """The deployment is Stopped with MANUAL_STOP, and the alias stays as it was."""
    prepare(aws)
    id_ = deploy(aws)
    aws.clock.advance(60)
    assert stop(aws, id_, autoRollbackEnabled=False)["status"] == "Succeeded"
    aws.clock.advance(600)
    info = described(aws, id_)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    assert "rollbackInfo" not in info
    assert alias(aws) == ("1", {"2": 0.1})


@pytest.mark.parametrize("request_", [{}, {"autoRollbackEnabled": True}])
def test_stop_with_rollback_restores_the_alias(aws: LocalAws, request_: dict[str, bool]) -> None:
    """Rolled back where the call says so, or says nothing and the group's events have it."""
    prepare(aws)
    id_ = deploy(aws)
    aws.clock.advance(60)
    stop(aws, id_, **request_)
    aws.clock.advance(10)
    assert alias(aws) == ("1", {})
    assert described(aws, rollback_of(aws, id_))["status"] == "Succeeded"


def test_stopping_twice_is_refused(aws: LocalAws) -> None:
    """A deployment that is over gives DeploymentAlreadyCompletedException."""
    prepare(aws)
    id_ = deploy(aws)
    stop(aws, id_, autoRollbackEnabled=False)
    with pytest.raises(ClientError) as raised:
        stop(aws, id_)
    assert code_of(raised) == "DeploymentAlreadyCompletedException"


def test_a_stop_can_be_made_to_pend(aws: LocalAws) -> None:
    """The next stop answers Pending and takes effect seconds later; the one after is at once."""
    prepare(aws)
    codedeploy.faults(aws).stop_is_pending = True
    id_ = deploy(aws)
    aws.clock.advance(60)
    assert stop(aws, id_, autoRollbackEnabled=False)["status"] == "Pending"
    assert described(aws, id_)["status"] == "InProgress"
    aws.clock.advance(5)
    assert described(aws, id_)["status"] == "Stopped"
    move_alias(aws, "1")
    other = deploy(aws)
    assert stop(aws, other, autoRollbackEnabled=False)["status"] == "Succeeded"


def test_a_pending_stop_can_come_too_late(aws: LocalAws) -> None:
    """A deployment that ends before its pending stop takes effect has succeeded."""
    prepare(aws)
    codedeploy.faults(aws).stop_is_pending = True
    id_ = deploy(aws)
    aws.clock.advance(303)
    assert stop(aws, id_)["status"] == "Pending"
    aws.clock.advance(10)
    assert described(aws, id_)["status"] == "Succeeded"
    assert alias(aws) == ("2", {})
