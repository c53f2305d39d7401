"""Roles for the tests of the embedded AWS."""

from __future__ import annotations

import json
from typing import Any

from canary.localaws import LocalAws

Statement = dict[str, Any]

EVERYTHING: Statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*statements: Statement) -> str:
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusting(*services: str) -> str:
    """A trust policy: these services may act as the role."""
    return document(
        *(
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
            for service in services
        )
    )


def role(aws: LocalAws, name: str, service: str, *statements: Statement) -> str:
    """The ARN of a role, made at first use; it may do everything unless statements are given."""
    iam = aws.client("iam")
    if name not in [each["RoleName"] for each in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting(service))
        allow(aws, name, *(statements or [EVERYTHING]))
    arn: str = iam.get_role(RoleName=name)["Role"]["Arn"]
    return arn


def allow(aws: LocalAws, name: str, *statements: Statement) -> None:
    """Give the role exactly these statements."""
    aws.client("iam").put_role_policy(
        RoleName=name, PolicyName="rights", PolicyDocument=document(*statements)
    )


def open_queue(aws: LocalAws, name: str, service: str = "events") -> str:
    """The ARN of a queue into which a service may put messages."""
    arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    policy = document(granting(service, "sqs:SendMessage", arn))
    aws.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})
    return arn


def granting(service: str, action: str, resource: str) -> Statement:
    """A statement of a resource's policy that lets a service do this."""
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
