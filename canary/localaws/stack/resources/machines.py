"""State machines, their versions and aliases."""

from __future__ import annotations

import json
from typing import Any

from canary.localaws.stack.resource import Properties, Resource, UnsupportedPropertyError, text


class StateMachine(Resource):
    """AWS::StepFunctions::StateMachine."""

    kind = "AWS::StepFunctions::StateMachine"
    supported = (
        "StateMachineName Definition DefinitionString DefinitionS3Location "
        "DefinitionSubstitutions RoleArn StateMachineType LoggingConfiguration "
        "TracingConfiguration Tags"
    )
    named_by = "StateMachineName"
    replacing = "StateMachineName StateMachineType"
    fixed = "Tags"

    def create(self) -> None:
        made = self.call(
            "stepfunctions",
            "create_state_machine",
            self._settings(),
            name=self.name,
            type=self.properties.get("StateMachineType", "STANDARD"),
            tags=self.properties.get("Tags", []),
        )
        self.physical_resource_id = made["stateMachineArn"]
        self.attributes = {
            "Arn": made["stateMachineArn"],
            "Name": self.name,
            "StateMachineRevisionId": "INITIAL",
        }

    def update(self, old: Properties) -> None:  # noqa: ARG002
        arn = self.physical_resource_id
        made = self.call(
            "stepfunctions", "update_state_machine", self._settings(), stateMachineArn=arn
        )
        self.attributes["StateMachineRevisionId"] = made["revisionId"]

    def delete(self) -> None:
        arn = self.physical_resource_id
        self.call("stepfunctions", "delete_state_machine", stateMachineArn=arn)

    def _settings(self) -> dict[str, Any]:
        return {
            **self.given("RoleArn", "LoggingConfiguration", "TracingConfiguration"),
            "definition": self._definition(),
        }

    def _definition(self) -> str:
        definition = self._source()
        for name, value in self.properties.get("DefinitionSubstitutions", {}).items():
            definition = definition.replace(f"${{{name}}}", text(value))
        return definition

    def _source(self) -> str:
        if place := self.properties.get("DefinitionS3Location"):
            where = {"VersionId" if name == "Version" else name: place[name] for name in place}
            content: bytes = self.call("s3", "get_object", where)["Body"].read()
            return content.decode()
        if "Definition" in self.properties:
            return json.dumps(self.properties["Definition"])
        return str(self.properties["DefinitionString"])


class StateMachineVersion(Resource):
    """AWS::StepFunctions::StateMachineVersion: another revision is another version."""

    kind = "AWS::StepFunctions::StateMachineVersion"
    supported = "StateMachineArn StateMachineRevisionId Description"
    replacing = supported

    def create(self) -> None:
        made = self.call(
            "stepfunctions",
            "publish_state_machine_version",
            self.given("StateMachineArn", "Description"),
            revisionId=self.properties.get("StateMachineRevisionId"),
        )
        self.physical_resource_id = made["stateMachineVersionArn"]
        self.attributes = {"Arn": self.physical_resource_id}

    def delete(self) -> None:
        arn = self.physical_resource_id
        self.call("stepfunctions", "delete_state_machine_version", stateMachineVersionArn=arn)


class StateMachineAlias(Resource):
    """AWS::StepFunctions::StateMachineAlias; traffic moves to another version at once."""

    kind = "AWS::StepFunctions::StateMachineAlias"
    supported = "Name Description RoutingConfiguration DeploymentPreference"
    named_by = "Name"
    fixed = "Name"

    def create(self) -> None:
        made = self.call(
            "stepfunctions",
            "create_state_machine_alias",
            self.given("Description"),
            name=self.name,
            routingConfiguration=self._routes(),
        )
        self.physical_resource_id = made["stateMachineAliasArn"]
        self.attributes = {"Arn": self.physical_resource_id}

    def update(self, old: Properties) -> None:  # noqa: ARG002
        self.call(
            "stepfunctions",
            "update_state_machine_alias",
            self.given("Description"),
            stateMachineAliasArn=self.physical_resource_id,
            routingConfiguration=self._routes(),
        )

    def delete(self) -> None:
        arn = self.physical_resource_id
        self.call("stepfunctions", "delete_state_machine_alias", stateMachineAliasArn=arn)

    def _routes(self) -> list[dict[str, Any]]:
        preference = self.properties.get("DeploymentPreference")
        if preference is None:
            return list(self.properties["RoutingConfiguration"])
        if preference["Type"] != "ALL_AT_ONCE":
            raise UnsupportedPropertyError(
                f"{self.kind}: the embedded AWS shifts traffic ALL_AT_ONCE only, "
                f"not {preference['Type']}"
            )
        return [{"StateMachineVersionArn": preference["StateMachineVersionArn"], "Weight": 100}]
