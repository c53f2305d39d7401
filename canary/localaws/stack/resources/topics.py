"""SNS topics, their policies and subscriptions."""

from __future__ import annotations

from canary.localaws.stack.resource import Properties, Resource

_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId")


class Topic(Resource):
    """AWS::SNS::Topic."""

    kind = "AWS::SNS::Topic"
    supported = "TopicName DisplayName KmsMasterKeyId Subscription Tags"
    named_by = "TopicName"
    replacing = "TopicName"
    fixed = "Subscription Tags"

    def create(self) -> None:
        made = self.call(
            "sns",
            "create_topic",
            self.given("Tags"),
            Name=self.name,
            Attributes=self.given(*_ATTRIBUTES),
        )
        self.physical_resource_id = made["TopicArn"]
        self.attributes = {"TopicArn": made["TopicArn"], "TopicName": self.name}
        for subscription in self.properties.get("Subscription", []):
            self.call("sns", "subscribe", subscription, TopicArn=made["TopicArn"])

    def update(self, old: Properties) -> None:
        for name in _ATTRIBUTES:
            value = self.properties.get(name, "")
            if value != old.get(name, ""):
                set_topic_attribute(self, self.physical_resource_id, name, value)

    def delete(self) -> None:
        self.call("sns", "delete_topic", TopicArn=self.physical_resource_id)


def set_topic_attribute(resource: Resource, arn: str, name: str, value: object) -> None:
    """SetTopicAttributes, which takes one at a time."""
    resource.call(
        "sns",
        "set_topic_attributes",
        TopicArn=arn,
        AttributeName=name,
        AttributeValue=value,
    )


class TopicPolicy(Resource):
    """AWS::SNS::TopicPolicy."""

    kind = "AWS::SNS::TopicPolicy"
    supported = "Topics PolicyDocument"

    def create(self) -> None:
        for arn in self.properties["Topics"]:
            set_topic_attribute(self, arn, "Policy", self.properties["PolicyDocument"])
        self.physical_resource_id = self.generated_name

    def delete(self) -> None:
        """As on AWS, where a topic cannot be without a policy: it keeps the last one."""


class Subscription(Resource):
    """AWS::SNS::Subscription."""

    kind = "AWS::SNS::Subscription"
    supported = (
        "TopicArn Protocol Endpoint FilterPolicy FilterPolicyScope RawMessageDelivery RedrivePolicy"
    )
    replacing = "TopicArn Protocol Endpoint"

    def create(self) -> None:
        attributes = self.given(
            "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"
        )
        made = self.call(
            "sns",
            "subscribe",
            self.given("TopicArn", "Protocol", "Endpoint"),
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )
        self.physical_resource_id = made["SubscriptionArn"]

    def delete(self) -> None:
        self.call("sns", "unsubscribe", SubscriptionArn=self.physical_resource_id)
