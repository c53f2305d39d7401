"""Releases in an account whose API rates others use up."""

from __future__ import annotations

import pytest

from canary.localaws import LocalAws
from canary.localaws.limits.rates import Rates, Throttle
from tests.pipeline.story import Story


def test_a_release_gets_through_a_busy_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttled calls are tried again, and the release ends as it would."""
    throttled: list[str] = []
    take = Rates.take

    def watched(rates: Rates, service: str, operation: str) -> Throttle | None:
        throttle = take(rates, service, operation)
        if throttle and operation != "ListFunctions":
            throttled.append(operation)
        return throttle

    with LocalAws(rates=True) as aws:
        story = Story(aws).given_traffic()
        monkeypatch.setattr(Rates, "take", watched)

        def use_up() -> None:
            rates = aws.rates
            while rates and not rates.take("lambda", "ListFunctions"):
                pass

        aws.clock.every(0.5, use_up)
        story.when_released().when_over().then_execution_is("SUCCEEDED")

    assert throttled, "nobody was throttled: this test shows nothing"
