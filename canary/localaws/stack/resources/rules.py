"""EventBridge rules."""

from __future__ import annotations

from canary.localaws.stack.resource import Resource, UnsupportedPropertyError


class Rule(Resource):
    """AWS::Events::Rule."""

    kind = "AWS::Events::Rule"
    supported = "Name Description EventPattern ScheduleExpression State Targets RoleArn"
    named_by = "Name"
    replacing = "Name"

    def create(self) -> None:
        properties = self.given(
            "Description", "EventPattern", "ScheduleExpression", "State", "RoleArn"
        )
        self.attributes = {
            "Arn": self.call("events", "put_rule", properties, Name=self.name)["RuleArn"]
        }
        self.physical_resource_id = self.name
        targets = self.given("Targets")
        if targets:
            answer = self.call("events", "put_targets", targets, Rule=self.name)
            if answer["FailedEntryCount"]:
                raise UnsupportedPropertyError(f"{self.kind}: {answer['FailedEntries']}")

    def delete(self) -> None:
        name = self.physical_resource_id
        ids = [target["Id"] for target in self.properties.get("Targets", [])]
        if ids:
            self.call("events", "remove_targets", Rule=name, Ids=ids)
        self.call("events", "delete_rule", Name=name)
