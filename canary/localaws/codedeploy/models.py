"""Deployments: created, stopped, ended, rolled back."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from moto.moto_api._internal import mock_random

from canary.localaws import events
from canary.localaws.account import current
from canary.localaws.codedeploy import groups
from canary.localaws.codedeploy.appspec import AppSpec
from canary.localaws.codedeploy.catalogue import Catalogue, now
from canary.localaws.codedeploy.configs import ALL_AT_ONCE, PREDEFINED
from canary.localaws.codedeploy.deployments import (
    ROLLBACK_CREATOR,
    STATUSES,
    Deployment,
    lifecycle,
    to_restore,
)
from canary.localaws.codedeploy.exceptions import CodeDeployException, DeploymentFailedError
from canary.localaws.codedeploy.faults import Faults
from canary.localaws.codedeploy.groups import DeploymentGroup
from canary.localaws.codedeploy.progress import Progress
from canary.localaws.codedeploy.revisions import Revision

SECONDS_TO_STOP_LATER = 5.0
LARGEST_BATCH = 25

_DEPLOYMENT_ID = re.compile(r"d-[A-Z0-9]{9}")
_ID_CHARACTERS = string.ascii_uppercase + string.digits
_STATES = {
    "InProgress": "START",
    "Succeeded": "SUCCESS",
    "Failed": "FAILURE",
    "Stopped": "STOP",
}
_STOPPED_BY_USER = DeploymentFailedError("MANUAL_STOP", "The deployment was stopped by a user.")


class CodeDeployBackend(Catalogue):
    """CodeDeploy for Lambda: deployments move on the clock. Tests set its `faults`."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.deployments: dict[str, Deployment] = {}  # type: ignore[assignment]
        self.faults = Faults()

    # -- creating -----------------------------------------------------------------------------

    def create_deployment(  # type: ignore[override]
        self, application: str, group_name: str | None, settings: Mapping[str, Any]
    ) -> str:
        """`settings` are the members of the request."""
        self.get_application(application)
        if not group_name:
            raise CodeDeployException(
                "DeploymentGroupNameRequiredException", "The deployment group was not specified."
            )
        group = self.get_deployment_group(application, group_name)
        groups.check_request(settings)
        config = self.lambda_config(settings.get("deploymentConfigName") or group.config)
        revision = self.revisions[application].register(settings.get("revision", {}), now())
        self._check_none_is_active(group)
        override = settings.get("overrideAlarmConfiguration")
        deployment = self._add(
            group,
            revision,
            config=config,
            description=settings.get("description"),
            override_alarms=override,
            alarms=group.alarms if override is None else override,
            rollback=settings.get("autoRollbackConfiguration", group.rollback),
        )
        return deployment.id

    def _check_none_is_active(self, group: DeploymentGroup) -> None:
        for deployment in self.deployments_of(group):
            if deployment.is_active:
                raise CodeDeployException(
                    "DeploymentLimitExceededException",
                    f"The Deployment Group '{group.name}' already has an active Deployment "
                    f"'{deployment.id}'",
                )

    def _add(self, group: DeploymentGroup, revision: Revision, **members: Any) -> Deployment:
        last = self.last_successful(group)
        clock = current().clock
        deployment = Deployment(
            id="d-" + "".join(mock_random.choices(_ID_CHARACTERS, k=9)),
            group=group,
            revision=revision,
            previous_revision=last.revision if last else None,
            create_time=now(),
            events=lifecycle(clock.event),
            **members,
        )
        revision.use(group.name, now())
        self.deployments[deployment.id] = deployment
        Progress(current(), deployment, self._announce, self._end).begin()
        return deployment

    # -- ending -------------------------------------------------------------------------------

    def stop_deployment(self, deployment_id: str, auto_rollback_enabled: bool | None) -> str:
        """The status of the stop: Succeeded, or Pending where a test wants it so."""
        deployment = self.get_deployment(deployment_id)
        if not deployment.is_active:
            raise CodeDeployException(
                "DeploymentAlreadyCompletedException",
                f"The deployment {deployment_id} is already complete.",
            )
        roll_back = deployment.rolls_back_on(groups.ROLLBACK_ON_REQUEST)
        if auto_rollback_enabled is not None:
            roll_back = auto_rollback_enabled and not deployment.is_rollback
        if self.faults.stop_is_pending:
            self.faults.stop_is_pending = False
            current().clock.after(SECONDS_TO_STOP_LATER, self._stop, deployment, roll_back)
            return "Pending"
        self._stop(deployment, roll_back)
        return "Succeeded"

    def _stop(self, deployment: Deployment, roll_back: bool) -> None:
        if deployment.is_active:
            self._end(deployment, "Stopped", _STOPPED_BY_USER, roll_back)

    def _end(
        self,
        deployment: Deployment,
        status: str,
        failure: DeploymentFailedError | None,
        roll_back: bool,
    ) -> None:
        deployment.end(status, now(), failure)
        current().clock.kill(deployment.id)
        self._announce(deployment)
        if roll_back:
            self._roll_back(deployment)

    def delete_deployment_group(self, application_name: str, deployment_group_name: str) -> None:
        group = self.deployment_groups.get(application_name, {}).get(deployment_group_name)
        super().delete_deployment_group(application_name, deployment_group_name)
        missing = DeploymentFailedError(
            "DEPLOYMENT_GROUP_MISSING", "The deployment group was deleted."
        )
        for deployment in self.deployments_of(group) if group else []:
            if deployment.is_active:
                self._end(deployment, "Failed", missing, roll_back=False)

    # -- rolling back -------------------------------------------------------------------------

    def _roll_back(self, stopped: Deployment) -> None:
        """Deploy the group's last good revision again; where it has none, the version before."""
        last = self.last_successful(stopped.group)
        spec = to_restore(stopped, last)
        if spec is None:
            return
        revision = last.revision if last else None
        if self.faults.rollback_restores:
            spec, revision = replace(spec, target=self.faults.rollback_restores), None
        doomed = self.faults.rollback_fails
        self.faults.rollback_restores, self.faults.rollback_fails = None, False
        rollback = self._add(
            stopped.group,
            revision or self._register(stopped.application_name, spec),
            config=PREDEFINED[ALL_AT_ONCE],
            creator=ROLLBACK_CREATOR,
            spec=spec,
            is_doomed=doomed,
        )
        stopped.link_rollback(rollback)

    def _register(self, application: str, spec: AppSpec) -> Revision:
        location = {"revisionType": "AppSpecContent", "appSpecContent": {"content": str(spec)}}
        return self.revisions[application].register(location, now())

    # -- reading ------------------------------------------------------------------------------

    def get_deployment(self, deployment_id: str) -> Deployment:  # type: ignore[override]
        if not _DEPLOYMENT_ID.fullmatch(deployment_id):
            raise CodeDeployException(
                "InvalidDeploymentIdException",
                f"Specified DeploymentId is not in the valid format: {deployment_id}",
            )
        found: Any = super().get_deployment(deployment_id)
        return found  # type: ignore[no-any-return]

    def batch_get_deployments(self, deployment_ids: list[str]) -> list[Deployment]:  # type: ignore[override]
        if len(deployment_ids) > LARGEST_BATCH:
            raise CodeDeployException(
                "BatchLimitExceededException", f"At most {LARGEST_BATCH} deployments at once."
            )
        return [self.deployments[id_] for id_ in deployment_ids if id_ in self.deployments]

    def deployments_of(self, group: DeploymentGroup) -> list[Deployment]:
        """The group's deployments, the oldest first."""
        return [each for each in self.deployments.values() if each.group is group]

    def last_successful(self, group: DeploymentGroup) -> Deployment | None:
        """The group's deployment that succeeded last."""
        good = [each for each in self.deployments_of(group) if each.status == "Succeeded"]
        return good[-1] if good else None

    def list_deployments(  # the newest first, as on AWS
        self,
        application_name: str,
        deployment_group_name: str,
        external_id: str,
        include_only_statuses: list[str],
        create_time_range: dict[str, datetime],
    ) -> list[str]:
        unknown = set(include_only_statuses or []) - set(STATUSES)
        if unknown:
            raise CodeDeployException(
                "InvalidDeploymentStatusException", f"Unknown status: {', '.join(sorted(unknown))}"
            )
        if application_name and deployment_group_name:
            self.get_deployment_group(application_name, deployment_group_name)
        found: list[str] = super().list_deployments(
            application_name,
            deployment_group_name,
            external_id,
            include_only_statuses,
            create_time_range,
        )
        return found[::-1]

    def targets(self, deployment_id: str) -> dict[str, dict[str, Any]]:
        """The deployment's targets by their ids."""
        deployment = self.get_deployment(deployment_id)
        if deployment.status == "Created":
            raise CodeDeployException(
                "DeploymentNotStartedException",
                f"The deployment {deployment_id} has not started.",
            )
        return deployment.targets(
            f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:function:"
        )

    def target(self, deployment_id: str, target_id: str) -> dict[str, Any]:
        """One of the deployment's targets."""
        targets = self.targets(deployment_id)
        if target_id not in targets:
            raise CodeDeployException(
                "DeploymentTargetDoesNotExistException",
                f"The deployment {deployment_id} has no target {target_id}.",
            )
        return targets[target_id]

    # -- hooks and events ---------------------------------------------------------------------

    def put_lifecycle_event_hook_execution_status(
        self, deployment_id: str, execution_id: str, status: str
    ) -> None:
        deployment = self.get_deployment(deployment_id)
        event = next((each for each in deployment.events if each.hook_id == execution_id), None)
        if event is None or event.status == "Pending":
            raise CodeDeployException(
                "InvalidLifecycleEventHookExecutionIdException",
                f"{execution_id} is no hook execution of {deployment_id}.",
            )
        if status not in ("Succeeded", "Failed"):
            raise CodeDeployException(
                "InvalidLifecycleEventHookExecutionStatusException",
                f"{status}: the status of a hook execution is Succeeded or Failed.",
            )
        if event.status != "InProgress" or event.reported.is_set():
            raise CodeDeployException(
                "LifecycleEventAlreadyCompletedException",
                f"The lifecycle event {event.name} of {deployment_id} is already complete.",
            )
        event.report(status)

    def _announce(self, deployment: Deployment) -> None:
        application, group = deployment.application_name, deployment.deployment_group_name
        detail = {
            "region": self.region_name,
            "application": application,
            "deploymentGroup": group,
            "deploymentId": deployment.id,
            "instanceGroupId": deployment.group.id,
            "state": _STATES[deployment.status],
        }
        events.publish(
            "aws.codedeploy",
            "CodeDeploy Deployment State-change Notification",
            detail,
            [self._application_arn(application), self._deployment_group_arn(application, group)],
        )
