"""Deployments: created, stopped, ended, rolled back."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from moto.moto_api._internal import mock_random

from canary.localaws import events
from canary.localaws.account import current
from canary.localaws.codedeploy import groups
from canary.localaws.codedeploy.appspec import AppSpec, AppSpecError, parse
from canary.localaws.codedeploy.catalogue import Catalogue, now
from canary.localaws.codedeploy.configs import ALL_AT_ONCE
from canary.localaws.codedeploy.deployments import (
    ROLLBACK_CREATOR,
    STATUSES,
    Deployment,
    lifecycle,
)
from canary.localaws.codedeploy.exceptions import CodeDeployException, DeploymentFailure
from canary.localaws.codedeploy.groups import DeploymentGroup
from canary.localaws.codedeploy.progress import Progress
from canary.localaws.codedeploy.revisions import Revision

SECONDS_TO_STOP_LATER = 5.0
LONGEST_DESCRIPTION = 256
LARGEST_BATCH = 25

_DEPLOYMENT_ID = re.compile(r"d-[A-Z0-9]{9}")
_ID_CHARACTERS = string.ascii_uppercase + string.digits
_FINAL_STATES = {"Succeeded": "SUCCESS", "Failed": "FAILURE", "Stopped": "STOP"}
_STOPPED_BY_USER = DeploymentFailure("MANUAL_STOP", "The deployment was stopped by a user.")


@dataclass
class Faults:
    """
    What a test can let go wrong; each happens once. `stop_is_pending`: the next StopDeployment
    answers Pending and stops seconds later. `rollback_fails`: the next rollback deployment fails
    and leaves the alias. `rollback_restores`: the next one restores this version.
    """

    stop_is_pending: bool = False
    rollback_fails: bool = False
    rollback_restores: str | None = None


class CodeDeployBackend(Catalogue):
    """CodeDeploy for Lambda: deployments move on the clock. Tests set its `faults`."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.deployments: dict[str, Deployment] = {}  # type: ignore[assignment]
        self.faults = Faults()

    # -- creating -----------------------------------------------------------------------------

    def create(self, application: str, group_name: str | None, settings: Mapping[str, Any]) -> str:
        """CreateDeployment. `settings` are the members of the request."""
        self.get_application(application)
        if not group_name:
            raise CodeDeployException(
                "DeploymentGroupNameRequiredException", "The deployment group was not specified."
            )
        group = self.get_deployment_group(application, group_name)
        _check_settings(settings)
        config = self.get_deployment_config(settings.get("deploymentConfigName") or group.config)
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
        if auto_rollback_enabled is not None:
            kept = set(deployment.rollback.get("events") or []) - {groups.ROLLBACK_ON_REQUEST}
