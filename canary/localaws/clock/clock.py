"""
A deterministic virtual clock.

Everything that the embedded AWS does over time is a *task*. The driver (whoever calls `run` or
`advance`) lets one task after another run; when none is ready it moves time to the next timer. So
nothing races, nothing waits for real, and the same seed gives the same order of everything.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import time_machine

from canary.localaws.clock.scheduler import Scheduler
from canary.localaws.clock.tasks import (
    Account,
    Event,
    Killed,
    OutOfTime,
    StuckError,
    Task,
    TimeLimitError,
)

real_sleep = time.sleep
Result = TypeVar("Result")


class Clock(Scheduler):
    """
    Virtual time.

    `start` it before use and `close` it afterwards; only one clock can run in a process.
    """

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._travel = time_machine.travel(start.astimezone(UTC), tick=False)
        self._now = start.timestamp()
        self._coordinates: time_machine.Traveller | None = None
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._sequence = itertools.count()
        self._driving = Task(self, lambda: None, "driver", None)
        self._driver: threading.Thread | None = None

    # -- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take over this process's wall clock and `time.sleep`."""
        self._driver = threading.current_thread()
        self._coordinates = self._travel.start()
        time.sleep = self.sleep  # type: ignore[assignment]

    def close(self) -> None:
        """Kill what still runs and give the process its wall clock back."""
        for task in [*self._tasks, *self._arrived]:
            self._kill(task)
        self._timers.clear()
        while last := self._next():
            self._resume(last)
        time.sleep = real_sleep
        self._travel.stop()

    # -- reading time ------------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now

    def datetime(self) -> datetime:
        """Now, in UTC."""
        return datetime.fromtimestamp(self._now, UTC)

    # -- making tasks ------------------------------------------------------------------------------

    def spawn(
        self, function: Callable[..., object], *args: Any, name: str = "", group: Hashable = None
    ) -> Task:
        """
        Make a task, ready to run after those that are ready now.

        It starts with an empty context: nobody's role, nobody's trace.
        """
        task = Task(
            self, lambda: function(*args), name or getattr(function, "__name__", "task"), group
        )
        self._tasks.add(task)
        self._ready.append(task)
        return task

    def after(
        self,
        seconds: float,
        function: Callable[..., object],
        *args: Any,
        name: str = "",
        group: Hashable = None,
    ) -> None:
        """Spawn a task `seconds` from now."""
        self._at(self._now + seconds, lambda: self.spawn(function, *args, name=name, group=group))

    def every(
        self, seconds: float, function: Callable[..., object], *args: Any, name: str = ""
    ) -> Task:
        """Call `function` each `seconds` (first after one period), in a task of its own, until the
        clock closes or the task is killed."""

        def tick() -> None:
            while True:
                self.sleep(seconds)
                function(*args)

        return self.spawn(tick, name=name or getattr(function, "__name__", "tick"))

    def submit(self, function: Callable[[], object], name: str = "outside") -> Task:
        """
        From a thread that the clock does not know: make a task, which runs before all that are
        ready, and also while another one is `outside`. It ends silently where its sleep is beyond
        the limit of that one's account.
        """

        def within_limit() -> None:
            with suppress(OutOfTime):
                function()

        task = Task(self, within_limit, name, None)
        self._arrive(task)
        return task

    # -- inside tasks ------------------------------------------------------------------------------

    def sleep(self, seconds: float) -> None:
        """
        Let virtual time pass.

        Stands in for `time.sleep`: a task parks; the driver's own thread drives meanwhile; a thread
        that the clock does not know sleeps for real; inside `accounting` nothing parks, the seconds
        are added up instead.
        """
        payer = self._payer()
        if payer and payer.account:
            payer.account.add(seconds)
        else:
            self._wait([], max(0.0, seconds), lambda: False)

    def _payer(self) -> Task | None:
        """What the calling thread does, and whose account pays for it."""
        is_driver = threading.current_thread() is self._driver
        return self._driving if is_driver else self.current_task()

    @contextmanager
    def accounting(self, limit: float = math.inf) -> Iterator[Account]:
        """
        Within it, the caller's sleeps are added up, and time stands still: the duration of one
        invocation.

        The sleep that goes beyond `limit` raises OutOfTime.
        """
        payer = self._payer()
        if payer is None:
            raise RuntimeError("the clock does not know this thread: use `clock.submit`")
        before, payer.account = payer.account, Account(limit)
        try:
            yield payer.account
        finally:
            payer.account = before

    def perform(self, function: Callable[[], Result]) -> Result:
        """Call `function` here and now, in a task: the caller's own, where it is one."""
        if self.current_task():
            return function()
        results: list[Result] = []
        task = Task(self, lambda: results.append(function()), "driver's task", None)
        task.account = self._driving.account
        self._resume(task)
        self._raise_first_error()
        if not results:
            raise RuntimeError("what was to be performed here and now waits for time to pass")
        return results[0]

    def event(self) -> Event:
        return Event(self)

    # -- driving -----------------------------------------------------------------------------------

    def run(self, until: Callable[[], bool], limit: float) -> None:
        """
        Drive until `until()` holds, at most `limit` virtual seconds.

        It is asked only when no task is ready, so whatever an instant brings is complete by then.
        Raises StuckError, TimeLimitError, or what a task raised.
        """
        deadline = self._now + limit
        while True:
            self._drain()
            if until():
                return
            if not self._timers:
                raise StuckError(
                    "nothing is ready, no timer is set, and what is waited for does not hold"
                )
            if self._timers[0][0] > deadline:
                raise TimeLimitError(
                    f"the condition waited for does not hold after {limit:g} virtual seconds"
                )
            self._fire()

    def advance(self, seconds: float) -> None:
        """Drive through the next `seconds` of virtual time and whatever is due in them."""
        deadline = self._now + seconds
        self._drain()
        while self._timers and self._timers[0][0] <= deadline:
            self._fire()
            self._drain()
        self._move_to(deadline)

    # -- how it works ------------------------------------------------------------------------------

    def _fire(self) -> None:
        due, _, action = heapq.heappop(self._timers)
        self._move_to(due)
        action()

    def _move_to(self, moment: float) -> None:
        if moment > self._now:
            self._now = moment
            if self._coordinates:
                self._coordinates.move_to(moment)

    def _at(self, moment: float, action: Callable[[], object]) -> None:
        heapq.heappush(self._timers, (moment, next(self._sequence), action))

    def _wait(
        self, waiters: list[Task], timeout: float | None, is_over: Callable[[], bool]
    ) -> None:
        task = self.current_task()
        if task:
            self._park(task, waiters, timeout)
        elif threading.current_thread() is not self._driver:
            real_sleep(timeout or 0)
        elif timeout is None:
            self.run(is_over, limit=366 * 86400)
        else:
            deadline = self._now + timeout
            self._at(deadline, lambda: None)
            self.run(lambda: is_over() or self._now >= deadline, limit=timeout)

    def _park(self, task: Task, waiters: list[Task], timeout: float | None) -> None:
        if task.killed:
            raise Killed
        waiters.append(task)
        task._waiting_in = waiters
        task._park_number += 1
        if timeout is not None:
            number = task._park_number
            self._at(
                self._now + timeout,
                lambda: self._wake(task) if task._park_number == number else None,
            )
        self._driver_turn.release()
        task._baton.acquire()
        if task.killed:
            raise Killed
