"""CodeDeploy."""

from __future__ import annotations

from canary.localaws.stack.resource import Properties, Resource


class Application(Resource):
    """AWS::CodeDeploy::Application."""

    kind = "AWS::CodeDeploy::Application"
    supported = "ApplicationName ComputePlatform Tags"
    named_by = "ApplicationName"
    replacing = "ApplicationName ComputePlatform"
    fixed = "Tags"

    def create(self) -> None:
        self.call(
            "codedeploy",
            "create_application",
            self.given("ComputePlatform", "Tags"),
            applicationName=self.name,
        )
        self.physical_resource_id = self.name

    def delete(self) -> None:
        name = self.physical_resource_id
        self.call("codedeploy", "delete_application", applicationName=name)


class DeploymentGroup(Resource):
    """AWS::CodeDeploy::DeploymentGroup of a Lambda application."""

    kind = "AWS::CodeDeploy::DeploymentGroup"
    supported = (
        "ApplicationName DeploymentGroupName ServiceRoleArn DeploymentConfigName DeploymentStyle "
        "AlarmConfiguration AutoRollbackConfiguration TriggerConfigurations Tags"
    )
    named_by = "DeploymentGroupName"
    replacing = "ApplicationName DeploymentGroupName"
    fixed = "Tags"

    def create(self) -> None:
        self.call(
            "codedeploy",
            "create_deployment_group",
            self.properties,
            DeploymentGroupName=self.name,
        )
        self.physical_resource_id = self.name

    def update(self, old: Properties) -> None:  # noqa: ARG002
        lasting = f"{self.replacing} {self.fixed}".split()
        changed = {name: value for name, value in self.properties.items() if name not in lasting}
        self.call(
            "codedeploy",
            "update_deployment_group",
            changed,
            applicationName=self.properties["ApplicationName"],
            currentDeploymentGroupName=self.physical_resource_id,
        )

    def delete(self) -> None:
        self.call(
            "codedeploy",
            "delete_deployment_group",
            self.given("ApplicationName"),
            deploymentGroupName=self.physical_resource_id,
        )


class DeploymentConfig(Resource):
    """AWS::CodeDeploy::DeploymentConfig."""

    kind = "AWS::CodeDeploy::DeploymentConfig"
    supported = "DeploymentConfigName ComputePlatform TrafficRoutingConfig"
    named_by = "DeploymentConfigName"
    replacing = supported

    def create(self) -> None:
        self.call(
            "codedeploy",
            "create_deployment_config",
            self.given("ComputePlatform", "TrafficRoutingConfig"),
            deploymentConfigName=self.name,
        )
        self.physical_resource_id = self.name

    def delete(self) -> None:
        name = self.physical_resource_id
        self.call("codedeploy", "delete_deployment_config", deploymentConfigName=name)
