"""Deployments and their lifecycle events: what the API shows of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from moto.moto_api._internal import mock_random

from canary.localaws.clock import Event
from canary.localaws.codedeploy.alias import Routing
from canary.localaws.codedeploy.appspec import AFTER, ALLOW, BEFORE, AppSpec
from canary.localaws.codedeploy.configs import DeploymentConfig
from canary.localaws.codedeploy.exceptions import DeploymentFailedError
from canary.localaws.codedeploy.groups import DeploymentGroup
from canary.localaws.codedeploy.revisions import Revision

ACTIVE = ("Created", "Queued", "InProgress", "Baking", "Ready")
STATUSES = (*ACTIVE, "Succeeded", "Failed", "Stopped")
ROLLBACK_CREATOR = "codeDeployRollback"


@dataclass
class LifecycleEvent:
    """One step of a deployment. `reported` is set when its hook function has given its verdict."""

    name: str
    reported: Event
    status: str = "Pending"
    start_time: datetime | None = None
    end_time: datetime | None = None
    hook_id: str = ""
    verdict: str | None = None
    message: str = "The hook function reported a failure."
    diagnostics: Mapping[str, str] | None = None

    def start(self, now: datetime) -> None:
        """It begins."""
        self.status, self.start_time = "InProgress", now

    def end(self, status: str, now: datetime) -> None:
        """It is over."""
        self.status, self.end_time = status, now

    def report(self, verdict: str, message: str | None = None) -> None:
        """Its hook function, or what became of it, says how it went."""
        self.verdict, self.message = verdict, message or self.message
        self.reported.set()

    def info(self) -> dict[str, Any]:
        """As a target shows it."""
        return {
            "lifecycleEventName": self.name,
            "status": self.status,
            "startTime": self.start_time,
            "endTime": self.end_time,
            "diagnostics": self.diagnostics,
        }


@dataclass
class Deployment:
    """One deployment of one revision. `origin` is where the alias pointed before it."""

    id: str
    group: DeploymentGroup
    config: DeploymentConfig
    revision: Revision
    create_time: datetime
    events: list[LifecycleEvent]
    description: str | None = None
    creator: str = "user"
    alarms: Mapping[str, Any] = field(default_factory=dict)
    override_alarms: Mapping[str, Any] | None = None
    rollback: Mapping[str, Any] = field(default_factory=dict)
    status: str = "Created"
    start_time: datetime | None = None
    complete_time: datetime | None = None
    updated_at: datetime | None = None
    error: DeploymentFailedError | None = None
    rollback_info: dict[str, str] = field(default_factory=dict)
    previous_revision: Revision | None = None
    spec: AppSpec | None = None
    origin: Routing | None = None
    weight: float = 0.0
    is_doomed: bool = False

    # moto's backend reads a deployment by these three names.

    @property
    def deployment_id(self) -> str:
        return self.id

    @property
    def application_name(self) -> str:
        return self.group.application

    @property
    def deployment_group_name(self) -> str:
        return self.group.name

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_rollback(self) -> bool:
        return self.creator == ROLLBACK_CREATOR

    def event(self, name: str) -> LifecycleEvent:
        """The lifecycle event of this name."""
        return next(event for event in self.events if event.name == name)

    def start(self, now: datetime) -> None:
        """It begins."""
        self.status, self.start_time = "InProgress", now

    def end(self, status: str, now: datetime, error: DeploymentFailedError | None) -> None:
        """It is over: what ran has failed with it, what had not begun is skipped."""
        self.status, self.complete_time, self.error = status, now, error
        for event in self.events:
            if event.status == "InProgress":
                event.end("Failed", now)
            elif event.status == "Pending":
                event.end("Skipped", now)

    def rolls_back_on(self, event: str) -> bool:
        """Whether such an end starts an automatic rollback."""
        return bool(self.rollback.get("enabled")) and event in self.rollback.get("events", [])

    def link_rollback(self, rollback: Deployment) -> None:
        """Let both tell of each other."""
        self.rollback_info = {
            "rollbackDeploymentId": rollback.id,
            "rollbackMessage": f"Deployment {self.id} terminated. Automatic rollback is "
            f"triggered with a DeploymentId {rollback.id}.",
        }
        rollback.rollback_info = {
            "rollbackTriggeringDeploymentId": self.id,
            "rollbackMessage": f"Deployment {rollback.id} is triggered to roll back deployment "
            f"{self.id}.",
        }

    def info(self) -> dict[str, Any]:
        """The structure of GetDeployment."""
        error = {"code": self.error.code, "message": self.error.message} if self.error else None
        return {
            "applicationName": self.group.application,
            "deploymentGroupName": self.group.name,
            "deploymentConfigName": self.config.name,
            "deploymentId": self.id,
            "previousRevision": self.previous_revision and self.previous_revision.reference(),
            "revision": self.revision.reference(),
            "status": self.status,
            "errorInformation": error,
            "createTime": self.create_time,
            "startTime": self.start_time,
            "completeTime": self.complete_time,
            "deploymentOverview": self._overview(),
            "description": self.description,
            "creator": self.creator,
            "ignoreApplicationStopFailures": False,
            "autoRollbackConfiguration": self.rollback or None,
            "updateOutdatedInstancesOnly": False,
            "rollbackInfo": self.rollback_info or None,
            "deploymentStyle": self.group.style,
            "deploymentStatusMessages": [],
            "instanceTerminationWaitTimeStarted": False,
            "computePlatform": "Lambda",
            "overrideAlarmConfiguration": self.override_alarms,
        }

    def _overview(self) -> dict[str, int]:
        counted = {"Created": "Pending", "Stopped": "Failed"}.get(self.status, self.status)
        names = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
        return {name: int(name == counted) for name in names}

    def targets(self, arn_prefix: str) -> dict[str, dict[str, Any]]:
        """The one alias that it moves, by its id; none if its AppSpec names none."""
        if self.spec is None:
            return {}
        id_ = f"{self.spec.function}:{self.spec.alias}"
        target = {
            "deploymentId": self.id,
            "targetId": id_,
            "targetArn": arn_prefix + id_,
            "status": "Failed" if self.status == "Stopped" else self.status,
            "lastUpdatedAt": self.updated_at or self.start_time,
            "lifecycleEvents": [event.info() for event in self.events],
            "lambdaFunctionInfo": {
                "functionName": self.spec.function,
                "functionAlias": self.spec.alias,
                "currentVersion": self.spec.current,
                "targetVersion": self.spec.target,
                "targetVersionWeight": self.weight,
            },
        }
        return {id_: {"deploymentTargetType": "LambdaTarget", "lambdaTarget": target}}


def lifecycle(make_flag: Callable[[], Event]) -> list[LifecycleEvent]:
    """The events of a deployment that has not begun."""
    return [
        LifecycleEvent(name, make_flag(), hook_id=mock_random.get_random_hex(64))
        for name in (BEFORE, ALLOW, AFTER)
    ]


def to_restore(stopped: Deployment, last: Deployment | None) -> AppSpec | None:
    """What an automatic rollback deploys, given the group's last successful deployment."""
    good = last.spec if last else None
    if good is None and stopped.spec is not None and stopped.origin is not None:
        good = replace(stopped.spec, target=stopped.origin.version)
    if good is None:
        return None
    left = stopped.spec or good
    return replace(good, current=left.target, hooks={})
