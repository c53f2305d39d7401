"""What a Python function serves until its first release."""


def handler(event, context):
    """Not yet."""
    return {"statusCode": 503, "body": "not released yet"}
