"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from canary.localaws.stack.resource import Properties, Resource

_REPLACING = "TableName KeySchema LocalSecondaryIndexes"
_FIXED = (
    "AttributeDefinitions GlobalSecondaryIndexes BillingMode ProvisionedThroughput "
    "StreamSpecification SSESpecification TableClass Tags"
)


class Table(Resource):
    """AWS::DynamoDB::Table. In place, only time to live, recovery and protection can be changed."""

    kind = "AWS::DynamoDB::Table"
    supported = (
        f"{_REPLACING} {_FIXED} TimeToLiveSpecification PointInTimeRecoverySpecification "
        "DeletionProtectionEnabled"
    )
    named_by = "TableName"
    replacing = _REPLACING
    fixed = _FIXED

    def create(self) -> None:
        made = self.call("dynamodb", "create_table", self._wanted(), TableName=self.name)
        table = made["TableDescription"]
        self.physical_resource_id = self.name
        self.attributes = {"Arn": table["TableArn"]}
        if "LatestStreamArn" in table:
            self.attributes["StreamArn"] = table["LatestStreamArn"]
        self._configure()

    def update(self, old: Properties) -> None:
        table = {"TableName": self.physical_resource_id}
        protected = bool(self.properties.get("DeletionProtectionEnabled"))
        self.call("dynamodb", "update_table", table, DeletionProtectionEnabled=protected)
        if old.get("TimeToLiveSpecification") != self.properties.get("TimeToLiveSpecification"):
            self._configure()

    def delete(self) -> None:
        self.call("dynamodb", "delete_table", TableName=self.physical_resource_id)

    def _wanted(self) -> dict[str, Any]:
        wanted = self.given(*_REPLACING.split(), *_FIXED.split(), "DeletionProtectionEnabled")
        if "StreamSpecification" in wanted:
            wanted["StreamSpecification"] = {
                "StreamEnabled": True,
                **wanted["StreamSpecification"],
            }
        if "SSESpecification" in wanted:
            given = wanted["SSESpecification"]
            renamed = {"SSEEnabled": "Enabled", "KMSMasterKeyId": "KMSMasterKeyId"}
            wanted["SSESpecification"] = {renamed.get(name, name): given[name] for name in given}
        return wanted

    def _configure(self) -> None:
        table = {"TableName": self.physical_resource_id}
        ttl = self.given("TimeToLiveSpecification")
        if ttl:
            self.call("dynamodb", "update_time_to_live", table, ttl)
        recovery = self.given("PointInTimeRecoverySpecification")
        if recovery:
            self.call("dynamodb", "update_continuous_backups", table, recovery)
