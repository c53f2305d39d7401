"""Every AWS call passes the checks of the embedded AWS before it is answered."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from canary.localaws.admission import Call, acting_as
from tests.localaws.roles import role


def test_a_check_sees_who_calls_what(aws: LocalAws) -> None:
    """
    The account itself outside, the role within `acting_as`.
    """
    seen: list[Call] = []
    reader = role(aws, "reader", "lambda")
    aws.checks.append(seen.append)
    aws.client("sqs").list_queues()
    with acting_as(reader):
        aws.client("sqs").list_queues(QueueNamePrefix="a")
    assert [(call.service, call.operation.name) for call in seen] == [("sqs", "ListQueues")] * 2
    assert [call.principal for call in seen] == [None, reader]
    assert seen[1].parameters["QueueNamePrefix"] == "a"


def test_a_refused_call_has_no_effect(aws: LocalAws) -> None:
    """
    What a check raises reaches the caller, and the service never hears of the call.
    """

    def refuse(call: Call) -> None:
        if call.operation.name == "CreateQueue":
            error = {"Error": {"Code": "AccessDenied", "Message": "no"}}
            raise ClientError(error, call.operation.name)  # type: ignore[arg-type]

    aws.checks.append(refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("sqs").create_queue(QueueName="a")
    assert "QueueUrls" not in aws.client("sqs").list_queues()
