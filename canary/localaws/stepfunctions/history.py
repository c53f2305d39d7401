"""The history of an execution."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager

from canary.localaws.stepfunctions.errors import InvalidToken

QUOTA = 25000
_LAST_EVENTS = ("ExecutionFailed", "ExecutionSucceeded", "ExecutionAborted", "ExecutionTimedOut")
_FULL: Any = {
    "taskFailedEventDetails": {
        "error": "States.Runtime",
        "cause": f"The execution reached the maximum number of history events ({QUOTA}).",
    }
}
_PAYLOADS = ("input", "output", "inputDetails", "outputDetails")


@dataclass(frozen=True)
class Entered:
    """That a state was entered: by which event, and with which input."""

    number: int
    name: str
    text: str

    @property
    def input(self) -> Any:
        """A copy of the input for each who asks."""
        return json.loads(self.text)


class History(EventManager):
    """moto's list of events, limited as on AWS, and able to go on after a redrive."""

    def __init__(self, log: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__()
        self._log = log
        self._entered_in: WeakKeyDictionary[EventHistoryContext, Entered] = WeakKeyDictionary()
        self._reentering: WeakSet[EventHistoryContext] = WeakSet()

    def __len__(self) -> int:
        return len(self._history_event_list)

    def add(self, event_type: str, details: Any = None, previous: int | None = None) -> int:
        """Append an event that no state causes; it follows the last one, or `previous`."""
        context = EventHistoryContext(len(self) if previous is None else previous)
        return self.add_event(context, HistoryEventType(event_type), details)

    def add_event(
        self,
        context: EventHistoryContext,
        event_type: HistoryEventType,
        event_details: Any = None,
        timestamp: Any = None,
        update_source_event_id: bool = True,
    ) -> int:
        is_entered = event_type.value.endswith("StateEntered")
        if is_entered and context in self._reentering:
            self._reentering.remove(context)
            return len(self)
        if len(self) >= QUOTA - 1 and event_type.value not in _LAST_EVENTS:
            raise HistoryFull
        number = super().add_event(
            context, event_type, event_details, timestamp, update_source_event_id
        )
        event: Any = self._history_event_list[-1]
        if is_entered:
            details = event["stateEnteredEventDetails"]
            self._entered_in[context] = Entered(number, details["name"], details["input"])
        self._log(event)
        return number

    def resume(self, context: EventHistoryContext, entered: Entered, is_anew: bool = False) -> None:
        """Here a state goes on: that it was entered is in the history, unless it is so anew."""
        self._entered_in[context] = entered
        if not is_anew:
            self._reentering.add(context)

    def entered_in(self, context: EventHistoryContext) -> Entered | None:
        """The state that was entered last in one run of a machine, branch or iteration."""
        return self._entered_in.get(context)

    def entered(self) -> list[str]:
        """The names of the states that were entered, in order."""
        details: list[Any] = [
            event.get("stateEnteredEventDetails") for event in self._history_event_list
        ]
        return [each["name"] for each in details if each]

    def page(
        self, size: int | None, token: str | None, is_reversed: bool, with_data: bool
    ) -> dict[str, Any]:
        """One page as GetExecutionHistory gives it."""
        events: list[Any] = self.get_event_history()
        if is_reversed:
            events.reverse()
        start = offset_of(token)
        end = start + (size or 1000)
        page = events[start:end]
        if not with_data:
            page = [without_data(event) for event in page]
        return {"events": page} | (token_of(end) if end < len(events) else {})


def offset_of(token: str | None) -> int:
    """Where the page of this token begins."""
    if token is None:
        return 0
    prefix, _, number = token.partition("-")
    if prefix != "item" or not number.isdecimal():
        raise InvalidToken(f"Invalid Token: '{token}'")
    return int(number)


def token_of(offset: int) -> dict[str, str]:
    """The token of the page that begins there."""
    return {"nextToken": f"item-{offset}"}


def without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without what went into a state and came out of it."""
    return {
        name: {key: inner for key, inner in value.items() if key not in _PAYLOADS}
        if isinstance(value, dict)
        else value
        for name, value in event.items()
    }


class HistoryFull(FailureEventException):
    """The execution has no room for another event; no Retry and no Catch helps."""

    def __init__(self) -> None:
        nowhere: Any = SimpleNamespace(
            next_state_name=None, event_history_context=EventHistoryContext.of_program_start()
        )
        name = StatesErrorName(StatesErrorNameType.StatesRuntime)
        super().__init__(FailureEvent(nowhere, name, HistoryEventType.TaskFailed, _FULL))

    def get_execution_failed_event_details(self) -> Any:
        return _FULL["taskFailedEventDetails"]
