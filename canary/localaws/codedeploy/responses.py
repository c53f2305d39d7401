"""The API of AWS CodeDeploy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from moto.codedeploy.responses import CodeDeployResponse as MotoCodeDeployResponse
from moto.core.responses import ActionResult, EmptyResult, PaginatedResult

from canary.localaws.codedeploy.deployments import Deployment
from canary.localaws.codedeploy.exceptions import CodeDeployException
from canary.localaws.codedeploy.groups import DeploymentGroup
from canary.localaws.codedeploy.models import CodeDeployBackend

STOP_MESSAGE = "No more commands will be scheduled for execution in the deployment instances"


class CodeDeployResponse(MotoCodeDeployResponse):
    """Reads the parameters of each operation and shapes its answer."""

    @property
    def _backend(self) -> CodeDeployBackend:
        return cast(CodeDeployBackend, self.codedeploy_backend)

    # -- applications and revisions -----------------------------------------------------------

    def delete_application(self) -> ActionResult:
        self._backend.delete_application(self._get_param("applicationName"))
        return EmptyResult()

    def register_application_revision(self) -> ActionResult:
        self._backend.register_application_revision(
            self._get_param("applicationName"),
            self._get_param("revision"),
            self._get_param("description"),
        )
        return EmptyResult()

    def get_application_revision(self) -> ActionResult:
        name = self._get_param("applicationName")
        revision = self._backend.get_application_revision(name, self._get_param("revision"))
        return ActionResult(
            {
                "applicationName": name,
                "revision": revision.location(),
                "revisionInfo": revision.info(),
            }
        )

    # -- configurations -----------------------------------------------------------------------

    def create_deployment_config(self) -> ActionResult:
        config = self._backend.create_deployment_config(
            self._get_param("deploymentConfigName"),
            self._get_param("computePlatform"),
            self._get_param("trafficRoutingConfig"),
        )
        return ActionResult({"deploymentConfigId": config.id})

    def get_deployment_config(self) -> ActionResult:
        config = self._backend.get_deployment_config(self._get_param("deploymentConfigName"))
        return ActionResult({"deploymentConfigInfo": config.info()})

    def list_deployment_configs(self) -> ActionResult:
        return PaginatedResult({"deploymentConfigsList": self._backend.list_deployment_configs()})

    def delete_deployment_config(self) -> ActionResult:
        self._backend.delete_deployment_config(self._get_param("deploymentConfigName"))
        return EmptyResult()

    # -- groups -------------------------------------------------------------------------------

    def create_deployment_group(self) -> ActionResult:
        group = self._backend.create_deployment_group(
            self._get_param("applicationName"),
            self._get_param("deploymentGroupName"),
            self._get_params(),
            self._get_param("tags", []),
        )
        return ActionResult({"deploymentGroupId": group.id})

    def update_deployment_group(self) -> ActionResult:
        self._backend.update_deployment_group(
            self._get_param("applicationName"),
            self._get_param("currentDeploymentGroupName"),
            self._get_params(),
        )
        return ActionResult({"hooksNotCleanedUp": []})

    def get_deployment_group(self) -> ActionResult:
        group = self._backend.get_deployment_group(
            self._get_param("applicationName"), self._get_param("deploymentGroupName")
        )
        return ActionResult({"deploymentGroupInfo": self._group_info(group)})

    def batch_get_deployment_groups(self) -> ActionResult:
        application = self._get_param("applicationName")
        names = self._get_param("deploymentGroupNames")
        known = self._backend.list_deployment_groups(application)
        found = [
            self._group_info(self._backend.get_deployment_group(application, name))
            for name in names
            if name in known
        ]
        absent = [name for name in names if name not in known]
        message = f"Deployment groups not found: {', '.join(absent)}" if absent else None
        return ActionResult({"deploymentGroupsInfo": found, "errorMessage": message})

    def delete_deployment_group(self) -> ActionResult:
        self._backend.delete_deployment_group(
            self._get_param("applicationName"), self._get_param("deploymentGroupName")
        )
        return ActionResult({"hooksNotCleanedUp": []})

    def _group_info(self, group: DeploymentGroup) -> dict[str, Any]:
        attempted = self._backend.deployments_of(group)
        last = attempted[-1] if attempted else None
        return {
            "applicationName": group.application,
            "deploymentGroupId": group.id,
            "deploymentGroupName": group.name,
            "deploymentConfigName": group.config,
            "serviceRoleArn": group.role,
            "targetRevision": last.revision.reference() if last else None,
            "alarmConfiguration": group.alarms or None,
            "autoRollbackConfiguration": group.rollback or None,
            "deploymentStyle": group.style,
            "lastSuccessfulDeployment": _summary(self._backend.last_successful(group)),
            "lastAttemptedDeployment": _summary(last),
            "computePlatform": "Lambda",
            "outdatedInstancesStrategy": group.outdated_instances_strategy,
        }

    # -- deployments --------------------------------------------------------------------------

    def create_deployment(self) -> ActionResult:
        deployment_id = self._backend.create_deployment(
            self._get_param("applicationName"),
            self._get_param("deploymentGroupName"),
            self._get_params(),
        )
        return ActionResult({"deploymentId": deployment_id})

    def stop_deployment(self) -> ActionResult:
        status = self._backend.stop_deployment(
            self._get_param("deploymentId"), self._get_param("autoRollbackEnabled")
        )
        return ActionResult({"status": status, "statusMessage": STOP_MESSAGE})

    def get_deployment(self) -> ActionResult:
        deployment = self._backend.get_deployment(self._get_param("deploymentId"))
        return ActionResult({"deploymentInfo": deployment.info()})

    def batch_get_deployments(self) -> ActionResult:
        found = self._backend.batch_get_deployments(self._get_param("deploymentIds"))
        return ActionResult({"deploymentsInfo": [deployment.info() for deployment in found]})

    def list_deployments(self) -> ActionResult:
        asked = self._get_param("createTimeRange", {})
        found = self._backend.list_deployments(
            application_name=self._get_param("applicationName"),
            deployment_group_name=self._get_param("deploymentGroupName"),
            external_id=self._get_param("externalId"),
            include_only_statuses=self._get_param("includeOnlyStatuses"),
            create_time_range={name: _aware(moment) for name, moment in asked.items()},
        )
        return PaginatedResult({"deployments": found})

    def put_lifecycle_event_hook_execution_status(self) -> ActionResult:
        execution_id = self._get_param("lifecycleEventHookExecutionId")
        self._backend.put_lifecycle_event_hook_execution_status(
            self._get_param("deploymentId"), execution_id, self._get_param("status")
        )
        return ActionResult({"lifecycleEventHookExecutionId": execution_id})

    # -- targets ------------------------------------------------------------------------------

    def list_deployment_targets(self) -> ActionResult:
        return ActionResult(
            {"targetIds": list(self._backend.targets(self._get_param("deploymentId")))}
        )

    def get_deployment_target(self) -> ActionResult:
        target = self._backend.target(self._get_param("deploymentId"), self._get_param("targetId"))
        return ActionResult({"deploymentTarget": target})

    def batch_get_deployment_targets(self) -> ActionResult:
        deployment_id, ids = self._get_param("deploymentId"), self._get_param("targetIds")
        if len(ids) != 1:
            raise CodeDeployException(
                "DeploymentTargetListSizeExceededException",
                "The target list of a Lambda deployment must have exactly one item.",
            )
        return ActionResult({"deploymentTargets": [self._backend.target(deployment_id, ids[0])]})


def _summary(deployment: Deployment | None) -> dict[str, Any] | None:
    if deployment is None:
        return None
    return {
        "deploymentId": deployment.id,
        "status": deployment.status,
        "endTime": deployment.complete_time,
        "createTime": deployment.create_time,
    }


def _aware(moment: datetime) -> datetime:
    """The parsed timestamp, which moto leaves without a zone, in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
