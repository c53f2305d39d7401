"""SNS: the one notification of a release."""

from release.aws.clients import client


def publish(topic_arn: str, subject: str, message: str, attributes: dict[str, str]) -> None:
    """Publish a text; the subject is cut to SNS's 100 characters."""
    client("sns").publish(
        TopicArn=topic_arn,
        Subject=subject[:100],
        Message=message,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )
