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
    elif not _EXISTS.get(service, _true)(arn):
        return
    for action in _ACTIONS[service]:
        iam.require(role or SERVICE, action, _resource(arn), iam.source(rule_arn))


def _resource(arn: str) -> str:
    """As policies name it: of a log group, its streams."""
    return f"{arn.removesuffix(':*')}:log-stream:" if ":log-group:" in arn else arn


def _true(_arn: str) -> bool:
    return True
