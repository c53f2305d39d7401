"""
Whether a rule may reach its target: as the target's role, or by the policy of what it names.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

from canary.localaws import iam

SERVICE = "events.amazonaws.com"
_ACTIONS = {
    "lambda": ("lambda:InvokeFunction",),
    "logs": ("logs:CreateLogStream", "logs:PutLogEvents"),
    "sns": ("sns:Publish",),
    "sqs": ("sqs:SendMessage",),
    "states": ("states:StartExecution",),
}


def check(service: str, arn: str, role: str | None, rule_arn: str) -> None:
    """iam.DeniedError, where the rule may not. A machine has no policy: it asks for a role."""
    if role is not None:
        iam.check_trust(role, SERVICE, rule_arn)
    resource = f"{arn.removesuffix(':*')}:log-stream:" if service == "logs" else arn
    for action in _ACTIONS[service]:
        iam.require(role or SERVICE, action, resource, iam.source(rule_arn))
