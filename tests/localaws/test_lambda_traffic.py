"""Traffic: how many calls come, which of them run, and what is counted of the others."""

import time
from itertools import pairwise
from random import Random

import pytest

from canary.localaws import LocalAws, awslambda
from canary.localaws.awslambda.traffic import binomial
from tests.localaws.packages import ECHO, FAILING, publish, released, split, total

ALIAS = {"FunctionName": "orders", "Resource": "orders:live"}


def test_little_traffic_runs_call_by_call(aws: LocalAws) -> None:
    """Thirty calls a minute are as many invocations, two seconds apart, each with its payload."""
    released(aws, "def handler(event, context): print('call', event['number'])")
    traffic = awslambda.Traffic(aws, "orders", "live", 30, lambda number: {"number": number})
    traffic.start()
    aws.clock.advance(120)
    assert total(aws, "Invocations", **ALIAS) == traffic.calls == 60
    assert total(aws, "Invocations", FunctionName="orders") == total(aws, "Invocations") == 60
    events = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/orders")["events"]
    calls = [event for event in events if event["message"].startswith("call")]
    assert [event["message"] for event in calls] == [f"call {number}" for number in range(60)]
    times = [event["timestamp"] for event in calls]
    assert {after - before for before, after in pairwise(times)} == {2000}


def test_stopped_traffic_stays_away_and_can_start_again(aws: LocalAws) -> None:
    """After stop() no call comes; after another start() they come again, once."""
    released(aws, ECHO)
    traffic = awslambda.Traffic(aws, "orders", "live", 60)
    for _ in range(2):
        traffic.start()
        traffic.start()
        aws.clock.advance(10)
        traffic.stop()
        aws.clock.advance(60)
    assert total(aws, "Invocations", **ALIAS) == 20


def test_much_traffic_is_sampled_and_counted_in_full(aws: LocalAws) -> None:
    """Of 6000 calls a minute 60 run; weights hold for all, and what always fails always fails."""
    released(aws, ECHO, FAILING)
    split(aws, {"2": 0.1})
    awslambda.Traffic(aws, "orders", "live", 6000).start()
    aws.clock.advance(120)
    canary = total(aws, "Invocations", **ALIAS, ExecutedVersion="2")
    assert total(aws, "Invocations", **ALIAS) == 12000
    assert 1080 <= canary <= 1320
    assert total(aws, "Errors", **ALIAS, ExecutedVersion="2") == canary
    assert total(aws, "Errors", **ALIAS, ExecutedVersion="1") == 0
    events = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/orders")["events"]
    assert 120 <= len([event for event in events if event["message"].startswith("START")]) <= 122


def test_errors_of_sampled_traffic_are_as_frequent_as_in_the_samples(aws: LocalAws) -> None:
    """A handler that fails in every fifth call makes about a fifth of all calls fail."""
    released(aws, "def handler(event, context):\n    1 / (event % 5)\n")
    awslambda.Traffic(aws, "orders", "live", 1200, lambda number: number // 20).start()
    aws.clock.advance(600)
    errors = total(aws, "Errors", **ALIAS)
    assert 12000 * 0.17 < errors < 12000 * 0.23


def test_durations_of_sampled_traffic_are_spread_as_in_the_samples(aws: LocalAws) -> None:
    """Where every fourth call takes a second, about a quarter of the calls of a moment does."""
    released(
        aws,
        "import time\ndef handler(event, context):\n    time.sleep(0.01 if event % 4 else 1)\n",
    )
    awslambda.Traffic(aws, "orders", "live", 60_000, lambda number: number // 1000).start()
    aws.clock.advance(60)
    before = total(aws, "Duration", "TC(900:)", **ALIAS)
    aws.clock.advance(1)
    slow = total(aws, "Duration", "TC(900:)", **ALIAS) - before
    assert total(aws, "Duration", "SampleCount", **ALIAS) == 61_000
    assert 1000 * 0.18 < slow < 1000 * 0.32


def test_traffic_follows_the_alias(aws: LocalAws) -> None:
    """From the moment that the alias moves, the calls reach the other version."""
    released(aws, ECHO, FAILING)
    awslambda.Traffic(aws, "orders", "live", 60).start()
    aws.clock.advance(60)
    aws.client("lambda").update_alias(FunctionName="orders", Name="live", FunctionVersion="2")
    aws.clock.advance(60)
    assert total(aws, "Errors", **ALIAS) == 60


@pytest.mark.parametrize("rate", [60, 600])
def test_refused_calls_are_counted_apart(aws: LocalAws, rate: float) -> None:
    """Where the function is throttled, no invocation is counted, and the traffic goes on."""
    released(aws, ECHO)
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=0)
    traffic = awslambda.Traffic(aws, "orders", "live", rate)
    traffic.start()
    aws.clock.advance(60)
    assert total(aws, "Invocations", **ALIAS) == 0
    assert total(aws, "Throttles", **ALIAS) == traffic.refused == rate


def test_no_traffic_is_no_traffic(aws: LocalAws) -> None:
    """A rate of zero calls nobody."""
    released(aws, ECHO)
    awslambda.Traffic(aws, "orders", "live", 0).start()
    aws.clock.advance(60)
    assert total(aws, "Invocations", **ALIAS) == 0


def test_traffic_repeats_with_the_seed() -> None:
    """The same seed gives the same counts, another one others."""

    def counts(seed: int) -> tuple[float, float]:
        with LocalAws(seed) as aws:
            released(aws, ECHO, FAILING)
            split(aws, {"2": 0.3})
            awslambda.Traffic(aws, "orders", "live", 600).start()
            aws.clock.advance(60)
            return total(aws, "Errors", **ALIAS), total(aws, "Duration", **ALIAS)

    assert counts(1) == counts(1) != counts(2)


def test_binomial_draws_are_binomial() -> None:
    """Mean and variance are those of the distribution; its ends are exact."""
    random = Random(1)
    draws = [binomial(random, 100, 0.3) for _ in range(2000)]
    mean = sum(draws) / len(draws)
    assert mean == pytest.approx(30, abs=0.5)
    assert sum((draw - mean) ** 2 for draw in draws) / len(draws) == pytest.approx(21, abs=2)
    assert (binomial(random, 5, 0.0), binomial(random, 5, 1.0)) == (0, 5)


def test_invocations_are_fast(aws: LocalAws) -> None:
    """A quarter of an hour of a call a second, with metrics and logs, is a part of a second."""
    released(aws, ECHO)
    publish(aws)
    began = time.process_time()
    for _ in range(900):
        awslambda.invoke("orders:live", b"{}")
    assert time.process_time() - began < 2
