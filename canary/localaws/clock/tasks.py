"""What the clock runs, and what it waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from canary.localaws.clock.clock import Clock


class Killed(BaseException):
    """
    Raised inside a task that was killed, at the point where it waits.

    A BaseException, so that no handler mistakes it for a failure.
    """


class StuckError(RuntimeError):
    """The driver waits for a condition, but no task is ready and no timer is set: it can never
    become true."""


class TimeLimitError(RuntimeError):
    """The condition that the driver waits for did not become true within its limit of virtual
    time."""


class OutOfTime(BaseException):
    """
    Raised inside `accounting` where a sleep goes beyond its limit.

    A BaseException, so that the code that is cut off cannot go on.
    """


class Account:
    """Sleeps that are added up instead of slept."""

    def __init__(self, limit: float) -> None:
        self.seconds = 0.0
        self._limit = limit

    def add(self, seconds: float) -> None:
        """Add a sleep; OutOfTime, where that is beyond the limit."""
        self.seconds += seconds
        if self.seconds > self._limit:
            raise OutOfTime


class Task:
    """
    One activity.

    `group` names what it belongs to (an execution), so that all of it can be killed at once.
    """

    def __init__(
        self, clock: Clock, function: Callable[[], object], name: str, group: Hashable
    ) -> None:
        self.name = name
        self.group = group
        self.finished = Event(clock)
        self.killed = False
        self.account: Account | None = None
        self._function = function
        self._baton = threading.Lock()
        self._baton.acquire()
        self._waiting_in: list[Task] | None = None
        self._park_number = 0
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        return not self.finished.is_set()


class Event:
    """A flag that tasks wait for in virtual time; the interface of `threading.Event`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flag = False
        self._waiters: list[Task] = []

    def is_set(self) -> bool:
        return self._flag

    def set(self) -> None:
        self._flag = True
        self.wake_all()

    def clear(self) -> None:
        self._flag = False

    def wake_all(self) -> None:
        """Let every waiting task go on, whatever the flag says."""
        for task in list(self._waiters):
            self._clock._wake(task)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set, at most `timeout` virtual seconds; say whether it was."""
        if not self._flag:
            self._clock._wait(self._waiters, timeout, self.is_set)
        return self._flag
