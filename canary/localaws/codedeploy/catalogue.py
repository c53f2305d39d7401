"""What deployments refer to: applications with their revisions, configurations, groups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.codedeploy.models import CodeDeployBackend as MotoCodeDeployBackend
from moto.moto_api._internal import mock_random

from canary.localaws.codedeploy import groups
from canary.localaws.codedeploy.configs import (
    DEFAULT,
    MOST_CUSTOM_CONFIGS,
    PREDEFINED,
    PREFIX,
    DeploymentConfig,
    Routing,
    check_routing,
)
from canary.localaws.codedeploy.exceptions import CodeDeployException
from canary.localaws.codedeploy.groups import DeploymentGroup
from canary.localaws.codedeploy.revisions import Revision, Revisions

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,100}")


class Catalogue(MotoCodeDeployBackend):
    """The part of the backend that only keeps things."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.deployment_groups: dict[str, dict[str, DeploymentGroup]] = {}  # type: ignore[assignment]
        self.revisions: dict[str, Revisions] = {}
        self.custom_configs: dict[str, DeploymentConfig] = {}

    # -- applications -------------------------------------------------------------------------

    def create_application(
        self, application_name: str, compute_platform: str, tags: list[dict[str, str]]
    ) -> str:
        _check_name("Application", application_name)
        if compute_platform != "Lambda":
            raise CodeDeployException(
                "InvalidComputePlatformException",
                f"{compute_platform or 'Server'}: only deployments to Lambda are emulated.",
            )
        super().create_application(application_name, compute_platform, tags)
        application = self.applications[application_name]
        application.id = str(mock_random.uuid4())
        self.revisions[application_name] = Revisions()
        self.deployment_groups[application_name] = {}
        return application.id

    def delete_application(self, application_name: str) -> None:
        for name in list(self.deployment_groups.get(application_name, {})):
            self.delete_deployment_group(application_name, name)
        self.deployment_groups.pop(application_name, None)
        self.revisions.pop(application_name, None)
        if self.applications.pop(application_name, None):
            self.tagger.delete_all_tags_for_resource(self._application_arn(application_name))

    def register_application_revision(
        self, application_name: str, revision: Mapping[str, Any], description: str | None
    ) -> None:
        self.get_application(application_name)
        registered = self.revisions[application_name].register(revision, now())
        registered.description = description

    def get_application_revision(
        self, application_name: str, revision: Mapping[str, Any]
    ) -> Revision:
        self.get_application(application_name)
        return self.revisions[application_name].find(revision)

    # -- configurations -----------------------------------------------------------------------

    def create_deployment_config(
        self, name: str, compute_platform: str | None, routing: Routing | None
    ) -> DeploymentConfig:
        _check_name("DeploymentConfig", name)
        if name.startswith(PREFIX):
            raise CodeDeployException(
                "InvalidDeploymentConfigNameException", f"The name cannot begin with {PREFIX}"
            )
        if name in self.custom_configs:
            raise CodeDeployException(
                "DeploymentConfigAlreadyExistsException",
                f"Deployment Configuration with name {name} already exists",
            )
        if compute_platform != "Lambda":
            raise CodeDeployException(
                "InvalidComputePlatformException", "only deployments to Lambda are emulated."
            )
        check_routing(routing)
        if len(self.custom_configs) >= MOST_CUSTOM_CONFIGS:
            raise CodeDeployException(
                "DeploymentConfigLimitExceededException",
                f"There are {MOST_CUSTOM_CONFIGS} custom deployment configurations already.",
            )
        config = DeploymentConfig(str(mock_random.uuid4()), name, routing or {}, now())
        self.custom_configs[name] = config
        return config

    def get_deployment_config(self, name: str) -> DeploymentConfig:
        _check_name("DeploymentConfig", name)
        configs = PREDEFINED | self.custom_configs
        if name not in configs:
            raise CodeDeployException(
                "DeploymentConfigDoesNotExistException",
                f"No Deployment Configuration found for name: {name}",
            )
        return configs[name]

    def lambda_config(self, name: str) -> DeploymentConfig:
        """The configuration of this name, which must be one for Lambda."""
        config = self.get_deployment_config(name)
        if config.platform != "Lambda":
            raise CodeDeployException(
                "InvalidDeploymentConfigNameException",
                f"{name} is a deployment configuration for {config.platform}.",
            )
        return config

    def list_deployment_configs(self) -> list[str]:
        return [*PREDEFINED, *self.custom_configs]

    def delete_deployment_config(self, name: str) -> None:
        if name in PREDEFINED:
            raise CodeDeployException(
                "InvalidOperationException", f"{name} is predefined and cannot be deleted."
            )
        in_use = [group.name for group in self._all_groups() if group.config == name]
        if in_use:
            raise CodeDeployException(
                "DeploymentConfigInUseException", f"{name} is used by {', '.join(in_use)}."
            )
        self.custom_configs.pop(name, None)

    # -- groups -------------------------------------------------------------------------------

    def create_deployment_group(  # type: ignore[override]
        self,
        application_name: str,
        name: str,
        settings: Mapping[str, Any],
        tags: list[dict[str, str]],
    ) -> DeploymentGroup:
        """`settings` are the members of the request."""
        self.get_application(application_name)
        _check_name("DeploymentGroup", name)
        self._check_free(application_name, name)
        self.lambda_config(settings.get("deploymentConfigName") or DEFAULT)
        # What these two are without, no Lambda deployment group is.
        groups.check_settings({"deploymentStyle": None, "serviceRoleArn": "", **settings})
        group = DeploymentGroup(
            str(mock_random.uuid4()), application_name, name, "", "", groups.STYLE
        )
        group.change(settings)
        self.deployment_groups[application_name][name] = group
        if tags:
            self.tagger.tag_resource(self._deployment_group_arn(application_name, name), tags)
        return group

    def update_deployment_group(
        self, application_name: str, current_name: str, settings: Mapping[str, Any]
    ) -> None:
        group = self.get_deployment_group(application_name, current_name)
        groups.check_settings(settings)
        if "deploymentConfigName" in settings:
            self.lambda_config(settings["deploymentConfigName"])
        new_name = settings.get("newDeploymentGroupName")
        if new_name and new_name != current_name:
            _check_name("DeploymentGroup", new_name)
            self._check_free(application_name, new_name)
            named = self.deployment_groups[application_name]
            named[new_name] = named.pop(current_name)
            group.name = new_name
        group.change(settings)

    def get_deployment_group(  # type: ignore[override]
        self, application_name: str, deployment_group_name: str
    ) -> DeploymentGroup:
        found: Any = super().get_deployment_group(application_name, deployment_group_name)
        return found  # type: ignore[no-any-return]

    def delete_deployment_group(self, application_name: str, deployment_group_name: str) -> None:
        group = self.deployment_groups.get(application_name, {}).pop(deployment_group_name, None)
        if group is not None:
            arn = self._deployment_group_arn(application_name, deployment_group_name)
            self.tagger.delete_all_tags_for_resource(arn)

    def list_deployment_groups(
        self,
        application_name: str,
        next_token: str = "",  # noqa: ARG002 - moto's signature
    ) -> list[str]:
        self.get_application(application_name)
        return list(self.deployment_groups[application_name])

    def _all_groups(self) -> Iterator[DeploymentGroup]:
        for named in self.deployment_groups.values():
            yield from named.values()

    def _check_free(self, application_name: str, name: str) -> None:
        if name in self.deployment_groups[application_name]:
            raise CodeDeployException(
                "DeploymentGroupAlreadyExistsException",
                f"Deployment group {name} already exists for the application {application_name}",
            )


def now() -> datetime:
    """The clock's now, in UTC."""
    return datetime.now(UTC)


def _check_name(kind: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise CodeDeployException(f"Invalid{kind}NameException", f"{name} is not a valid name.")
