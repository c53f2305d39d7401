"""
Whether a rule may reach its target: as the target's role, or by the policy of what it names.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

from collections.abc import Callable

from moto.awslambda.models import lambda_backends
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from canary.localaws import iam
from canary.localaws.account import current

SERVICE = "events.amazonaws.com"
_ACTIONS = {
    "lambda": ("lambda:InvokeFunction",),
    "logs": ("logs:CreateLogStream", "logs:PutLogEvents"),
    "sns": ("sns:Publish",),
    "sqs": ("sqs:SendMessage",),
    "states": ("states:StartExecution",),
}
# A machine is not among them: it has no policy, it can be started as a role only.
_EXISTS: dict[str, Callable[[str], bool]] = {
    "lambda": lambda arn: (
        arn.split(":")[6] in current().backend(lambda_backends)._lambdas._functions
    ),
    "logs": lambda arn: arn.split(":")[6] in current().backend(logs_backends).groups,
    "sns": lambda arn: arn in current().backend(sns_backends).topics,
    "sqs": lambda arn: arn.rpartition(":")[2] in current().backend(sqs_backends).queues,
}


def check(service: str, arn: str, role: str | None, rule_arn: str) -> None:
    """iam.DeniedError, where the rule may not. Of what does not exist its service tells."""
    if role is not None:
        iam.check_trust(role, SERVICE, rule_arn)
    elif service in _EXISTS and not _EXISTS[service](arn):
        return
    resource = f"{arn.removesuffix(':*')}:log-stream:" if service == "logs" else arn
    for action in _ACTIONS[service]:
        iam.require(role or SERVICE, action, resource, iam.source(rule_arn))
