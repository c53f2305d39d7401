"""Operators do anything at any time; whatever they do, the invariants hold."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from canary.localaws import LocalAws
from tests.faults import scenarios
from tests.pipeline.invariants import INVARIANTS
from tests.pipeline.story import Story

POLICY = {"bakeMinutes": 1, "guardMinutes": 5}


class Operators(RuleBasedStateMachine):
    """Releases, aborts, redrives, rollbacks, freezes and alarms, with time in between."""

    def __init__(self) -> None:
        super().__init__()
        self.worlds = ExitStack()
        self.is_frozen = False

    @initialize()
    def deploy(self) -> None:
        """A stack, and the packages of all releases."""
        self.story = Story(self.worlds.enter_context(LocalAws()))
        self.requests = [self.story.request(code, policy=POLICY) for code in ("good", "bad")]

    @rule(number=st.integers(0, 1))
    def release(self, number: int) -> None:
        """Another one of the two packages."""
        self.story.when_requested(self.requests[number])

    @rule(minutes=st.sampled_from([0.1, 0.5, 1, 3, 8, 20]))
    def wait(self, minutes: float) -> None:
        """Time passes."""
        self.story.after(minutes=minutes)

    @precondition(lambda self: self.story.executions)
    @rule(which=st.integers(0, 2))
    def abort(self, which: int) -> None:
        """One of the latest releases, if it runs."""
        self._choose(which)
        scenarios.stop(self.story)

    @precondition(lambda self: self.story.executions)
    @rule(which=st.integers(0, 2))
    def redrive(self, which: int) -> None:
        """One of the latest releases, if AWS lets them."""
        self._choose(which)
        scenarios.go_on(self.story)

    @rule()
    def roll_back(self) -> None:
        """Whatever there is."""
        scenarios.ask(self.story)

    @rule()
    def alarm(self) -> None:
        """It goes red, and green again with its next evaluation."""
        self.story.alarm_fires()

    @rule()
    def freeze(self) -> None:
        """Or unfreeze: the item that `canary freeze` writes."""
        self.is_frozen = not self.is_frozen
        client = self.story.aws.client("dynamodb")
        key = {"pk": {"S": "stack"}, "sk": {"S": "freeze"}}
        table = self.story.sandbox.outputs["TableName"]
        if self.is_frozen:
            client.put_item(TableName=table, Item=key | {"reason": {"S": "by the test"}})
        else:
            client.delete_item(TableName=table, Key=key)

    def teardown(self) -> None:
        """All comes to rest; then every invariant holds."""
        with self.worlds:
            if hasattr(self, "story"):
                scenarios.settle(self.story)
                for invariant in INVARIANTS:
                    invariant(self.story)

    def _choose(self, which: int) -> None:
        self.story.execution = self.story.executions[-1 - which % len(self.story.executions)]


TestOperators = Operators.TestCase
TestOperators.settings = settings(max_examples=5, stateful_step_count=12, deadline=None)
