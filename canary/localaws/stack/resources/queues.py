"""SQS queues and their policies."""

from __future__ import annotations

from canary.localaws.stack.resource import Properties, Resource, tag_map

_DEFAULTS: Properties = {
    "DelaySeconds": 0,
    "KmsDataKeyReusePeriodSeconds": 300,
    "KmsMasterKeyId": "",
    "MaximumMessageSize": 262144,
    "MessageRetentionPeriod": 345600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "RedrivePolicy": "",
    "VisibilityTimeout": 30,
}


class Queue(Resource):
    """AWS::SQS::Queue."""

    kind = "AWS::SQS::Queue"
    supported = f"{' '.join(_DEFAULTS)} QueueName Tags"
    named_by = "QueueName"
    replacing = "QueueName"
    fixed = "Tags"

    def create(self) -> None:
        made = self.call(
            "sqs",
            "create_queue",
            QueueName=self.name,
            Attributes=self.given(*_DEFAULTS),
            tags=tag_map(self.properties.get("Tags")),
        )
        url = made["QueueUrl"]
        known = self.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
        self.physical_resource_id = url
        self.attributes = {
            "Arn": known["Attributes"]["QueueArn"],
            "QueueName": self.name,
            "QueueUrl": url,
        }

    def update(self, old: Properties) -> None:
        changed = {
            name: self.properties.get(name, default)
            for name, default in _DEFAULTS.items()
            if self.properties.get(name) != old.get(name)
        }
        url = self.physical_resource_id
        self.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=changed)

    def delete(self) -> None:
        self.call("sqs", "delete_queue", QueueUrl=self.physical_resource_id)


class QueuePolicy(Resource):
    """AWS::SQS::QueuePolicy."""

    kind = "AWS::SQS::QueuePolicy"
    supported = "Queues PolicyDocument"

    def create(self) -> None:
        self._put(self.properties["PolicyDocument"])
        self.physical_resource_id = self.generated_name

    def delete(self) -> None:
        self._put("")

    def _put(self, policy: object) -> None:
        for url in self.properties["Queues"]:
            self.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})
