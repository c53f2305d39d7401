"""State machines."""

from __future__ import annotations

import json
from typing import Any

from canary.localaws.stack.resource import Properties, Resource, text


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
        self.attributes = {"Arn": made["stateMachineArn"], "Name": self.name}

    def update(self, old: Properties) -> None:  # noqa: ARG002
        arn = self.physical_resource_id
        self.call("stepfunctions", "update_state_machine", self._settings(), stateMachineArn=arn)

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
