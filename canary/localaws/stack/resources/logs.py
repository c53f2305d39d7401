"""Log groups."""

from __future__ import annotations

from canary.localaws.account import current
from canary.localaws.stack.resource import Properties, Resource, tag_map


class LogGroup(Resource):
    """AWS::Logs::LogGroup."""

    kind = "AWS::Logs::LogGroup"
    supported = "LogGroupName RetentionInDays KmsKeyId Tags"
    named_by = "LogGroupName"
    replacing = "LogGroupName"
    fixed = "KmsKeyId Tags"

    def create(self) -> None:
        tags = tag_map(self.properties.get("Tags"))
        self.call(
            "logs",
            "create_log_group",
            self.given("KmsKeyId"),
            logGroupName=self.name,
            tags=tags or None,
        )
        aws = current()
        self.physical_resource_id = self.name
        # With the asterisk, as AWS::Logs::LogGroup gives it.
        self.attributes = {
            "Arn": f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{self.name}:*"
        }
        self.update({})

    def update(self, old: Properties) -> None:
        retention = self.given("RetentionInDays")
        if retention:
            self.call("logs", "put_retention_policy", retention, logGroupName=self.name)
        elif "RetentionInDays" in old:
            self.call("logs", "delete_retention_policy", logGroupName=self.name)

    def delete(self) -> None:
        self.call("logs", "delete_log_group", logGroupName=self.physical_resource_id)
