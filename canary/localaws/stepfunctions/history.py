"""The history of an execution."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

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


class History(EventManager):
    """moto's list of events, limited as on AWS, and able to go on after a redrive."""

    def __init__(self, log: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__()
        self._log = log
        self._is_reentering = False

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
        if self._is_reentering:
            self._is_reentering = False
            if event_type.value.endswith("StateEntered"):
                return len(self)
        if len(self) >= QUOTA - 1 and event_type.value not in _LAST_EVENTS:
            raise HistoryFull
        number = super().add_event(
            context, event_type, event_details, timestamp, update_source_event_id
        )
        self._log(self._history_event_list[-1])
        return number

    def reenter(self) -> None:
        """The next state goes on: that it was entered is already in the history."""
        self._is_reentering = True

    def last_entered(self) -> tuple[str, Any] | None:
        """The name and the input of the state that was entered last, if any was."""
        for event in reversed(self._history_event_list):
            details: Any = event.get("stateEnteredEventDetails")
            if details:
                return details["name"], json.loads(details["input"])
        return None

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
