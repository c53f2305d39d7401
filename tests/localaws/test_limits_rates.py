"""How often AWS lets an account call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from canary.localaws.codedeploy.alias import Alias, Routing
from canary.localaws.codedeploy.exceptions import DeploymentFailedError
from tests.localaws import roles

ONCE = Config(retries={"total_max_attempts": 1})
MISSING = "arn:aws:states:us-east-1:123456789012:stateMachine:m"


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    """An embedded AWS that throttles."""
    with LocalAws(rates=True) as running:
        yield running


def client(service: str, config: Config = ONCE) -> Any:
    """A client with retries of its own."""
    session: Any = boto3
    return session.client(service, config=config)


def answers(call: Any, number: int) -> list[Any]:
    """Status and code of so many calls at once; None where they succeed."""
    codes: list[Any] = []
    for _ in range(number):
        try:
            call()
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            codes.append((status, error.response["Error"]["Code"]))
        else:
            codes.append(None)
    return codes


@pytest.mark.parametrize(
    ("service", "operation", "given", "most", "throttled"),
    [
        ("lambda", "list_functions", {}, 15, (429, "TooManyRequestsException")),
        ("signer", "list_signing_jobs", {}, 6, (429, "TooManyRequestsException")),
        ("cloudwatch", "describe_alarms", {}, 9, (400, "Throttling")),
        ("cloudwatch", "describe_alarm_history", {}, 20, (400, "Throttling")),
    ],
)
def test_one_call_too_many_is_throttled(
    aws: LocalAws, service: str, operation: str, given: Any, most: int, throttled: Any
) -> None:
    """A second's calls pass, the next is throttled; a second later as many pass again."""
    call = getattr(client(service), operation)

    assert answers(call, most + 1) == [None] * most + [throttled]
    aws.clock.advance(1)
    assert answers(call, most + 1) == [None] * most + [throttled]


def test_lambda_counts_all_its_other_operations_together(aws: LocalAws) -> None:
    """15 of the control plane in all; GetFunction and Invoke have limits of their own."""
    functions = client("lambda")
    answers(functions.list_functions, 10)
    answers(functions.list_code_signing_configs, 5)

    assert answers(functions.get_account_settings, 1) == [(429, "TooManyRequestsException")]
    missing = (404, "ResourceNotFoundException")
    assert answers(lambda: functions.get_function(FunctionName="f"), 20) == [missing] * 20
    assert answers(lambda: functions.invoke(FunctionName="f"), 20) == [missing] * 20


def test_a_bucket_can_hold_more_than_a_second_gives(aws: LocalAws) -> None:
    """CreateStateMachine: 100 at once, then one a second."""
    role = "arn:aws:iam::123456789012:role/r"
    machines = client("stepfunctions")

    def create() -> None:
        machines.create_state_machine(name="m", definition="{}", roleArn=role)

    throttled = (400, "ThrottlingException")
    assert answers(create, 101).index(throttled) == 100
    aws.clock.advance(2)
    assert answers(create, 3).index(throttled) == 2


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_botocore_waits_and_tries_again(aws: LocalAws, mode: str) -> None:
    """Its retries see a throttle, and wait for the next token in virtual time."""
    retries: Any = {"mode": mode, "total_max_attempts": 8}
    config = Config(retries=retries)
    describe = client("cloudwatch", config).describe_alarms
    answers(describe, 9)
    before = aws.clock.now()

    answer = describe()

    assert answer["ResponseMetadata"]["RetryAttempts"] > 0
    assert 1 / 9 <= aws.clock.now() - before < 60


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_the_same_seed_waits_as_long(mode: str) -> None:
    """What two runs do is the same, retries included."""
    retries: Any = {"mode": mode, "total_max_attempts": 8}

    def waited() -> float:
        with LocalAws(rates=True) as aws:
            describe = client("cloudwatch", Config(retries=retries))
            before = aws.clock.now()
            answers(describe.describe_alarms, 30)
            return aws.clock.now() - before

    assert waited() == waited() > 0


def test_retries_inside_an_invocation_count_as_its_duration(aws: LocalAws) -> None:
    """There time stands still, and what is waited is added up: enough of it fills the bucket."""
    describe = client("cloudwatch", Config(retries={"total_max_attempts": 8})).describe_alarms
    before = aws.clock.now()

    with aws.clock.accounting() as account:
        assert answers(describe, 12) == [None] * 12

    assert account.seconds >= 3 / 9
    assert aws.clock.now() == before


def test_calls_of_other_services_take_tokens_too(aws: LocalAws) -> None:
    """CodeDeploy's calls of Lambda are not refused, and leave less for others."""
    alias = Alias("absent", "live", roles.role(aws, "deployer", "codedeploy"))
    for _ in range(8):
        with pytest.raises(DeploymentFailedError, match="not found"):
            alias.read()
    for _ in range(7):
        with pytest.raises(DeploymentFailedError, match="not found"):
            alias.write(Routing("1"))

    throttled = [(429, "TooManyRequestsException")]
    assert answers(client("lambda").list_functions, 1) == throttled


def test_without_being_asked_nobody_is_throttled() -> None:
    """Rates are off unless `LocalAws(rates=True)`."""
    with LocalAws():
        assert answers(client("cloudwatch").describe_alarms, 30) == [None] * 30
