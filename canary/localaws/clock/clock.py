"""
A deterministic virtual clock.

Everything that the embedded AWS does over time is a *task*: a thread that runs only while it holds
the baton. One driver (whoever calls `run` or `advance`) hands the baton to one ready task after
another, in the order in which they became ready; when none is ready it moves time to the next
timer. So nothing races, nothing waits for real, and the same seed gives the same order of
everything.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import Context
from datetime import UTC, datetime
from typing import Any

import time_machine

from canary.localaws.clock.tasks import (
    Event,
    Killed,
    OutOfTime,
    StuckError,
    Task,
    TimeLimitError,
)

real_sleep = time.sleep


class Clock:
    """
    Virtual time.

    `start` it before use and `close` it afterwards; only one clock can run in a process.
    """

    def __init__(self, start: datetime) -> None:
        self._travel = time_machine.travel(start.astimezone(UTC), tick=False)
        self._now = start.timestamp()
        self._coordinates: time_machine.Traveller | None = None
        self._ready: deque[Task] = deque()
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._sequence = itertools.count()
        self._tasks: set[Task] = set()
        self._errors: list[BaseException] = []
        self._driver_turn = threading.Lock()
        self._driver_turn.acquire()
        self._current = threading.local()
        self._accounts: list[tuple[list[float], float]] = []
        self._driver: threading.Thread | None = None

    # -- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take over this process's wall clock and `time.sleep`."""
        self._driver = threading.current_thread()
        self._coordinates = self._travel.start()
        time.sleep = self.sleep  # type: ignore[assignment]

    def close(self) -> None:
        """Kill what still runs and give the process its wall clock back."""
        for task in list(self._tasks):
            self._kill(task)
        self._timers.clear()
        while self._ready:
            self._resume(self._ready.popleft())
        time.sleep = real_sleep
        self._travel.stop()

    # -- reading time ------------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now

    def datetime(self) -> datetime:
        """Now, in UTC."""
        return datetime.fromtimestamp(self._now, UTC)

    def moment(self) -> float:
        """Now, and what the code that runs has slept meanwhile where its sleeps are added up."""
        return self._now + (self._accounts[-1][0][0] if self._accounts else 0.0)

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

    def kill(self, group: Hashable) -> None:
        """End all tasks of `group` but the caller's own: each leaves by `Killed` from where it
        waits, before anything else runs."""
        victims = [
            task for task in self._tasks if task.group == group and task is not self.current_task()
        ]
        for task in sorted(victims, key=lambda task: task.name):
            self._kill(task)

    # -- inside tasks ------------------------------------------------------------------------------

    def current_task(self) -> Task | None:
        """The task that the calling thread is, or None in the driver and in foreign threads."""
        return getattr(self._current, "task", None)

    def sleep(self, seconds: float) -> None:
        """
        Let virtual time pass.

        Stands in for `time.sleep`: a task parks; the driver's own thread drives meanwhile; a thread
        that the clock does not know sleeps for real; inside `accounting` nothing parks, the seconds
        are added up instead.
        """
        if self._accounts and (self.current_task() or threading.current_thread() is self._driver):
            account, limit = self._accounts[-1]
            account[0] += seconds
            if account[0] > limit:
                raise OutOfTime
        else:
            self._wait([], max(0.0, seconds), lambda: False)

    @contextmanager
    def accounting(self, limit: float = math.inf) -> Iterator[list[float]]:
        """
        Within it, sleeps are added up in the one-element list that it gives, and time stands still:
        the duration of one invocation.

        The sleep that goes beyond `limit` raises OutOfTime.
        """
        account = [0.0]
        self._accounts.append((account, limit))
        try:
            yield account
        finally:
            self._accounts.pop()

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

    def _drain(self) -> None:
        while self._ready:
            self._resume(self._ready.popleft())
            if self._errors:
                raise self._errors.pop(0)

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

    def _resume(self, task: Task) -> None:
        """Hand the baton to `task` and take it back when the task parks or ends."""
        if task.finished.is_set():
            return
        if task._thread is None:
            task._thread = threading.Thread(
                target=Context().run, args=(self._body, task), name=task.name, daemon=True
            )
            task._thread.start()
        else:
            task._baton.release()
        self._driver_turn.acquire()

    def _body(self, task: Task) -> None:
        self._current.task = task
        try:
            if not task.killed:
                task._function()
        except Killed:
            pass
        except BaseException as error:  # whatever a task raises belongs to whoever drives
            error.add_note(f"in the task {task.name!r} of the embedded AWS")
            self._errors.append(error)
        finally:
            self._tasks.discard(task)
            task.finished.set()
            self._driver_turn.release()

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

    def _wake(self, task: Task) -> None:
        """Make a parked task ready, once."""
        if task._waiting_in is not None:
            task._waiting_in.remove(task)
            task._waiting_in = None
            self._ready.append(task)

    def _kill(self, task: Task) -> None:
        task.killed = True
        self._wake(task)
