"""
Who runs: threads as coroutines.

A task is a thread that runs only while it holds the baton. The driver hands the baton to one ready
task after another, in the order in which they became ready.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import Context

from canary.localaws.clock.tasks import Killed, Task


class Scheduler:
    """The tasks of a clock, and the way of the baton."""

    def __init__(self) -> None:
        self._tasks: set[Task] = set()
        self._ready: deque[Task] = deque()
        self._errors: list[BaseException] = []
        self._driver_turn = threading.Lock()
        self._driver_turn.acquire()
        self._current = threading.local()
        self._outside: list[Task] = []
        self._arrived: deque[Task] = deque()
        self._arrival = threading.Condition()

    def current_task(self) -> Task | None:
        """The task that the calling thread is, or None in the driver and in foreign threads."""
        return getattr(self._current, "task", None)

    def kill(self, group: Hashable) -> None:
        """End all tasks of `group` but the caller's own: each leaves by `Killed` from where it
        waits, before anything else runs."""
        victims = [
            task for task in self._tasks if task.group == group and task is not self.current_task()
        ]
        for task in sorted(victims, key=lambda task: task.name):
            self._kill(task)

    # -- the real world ----------------------------------------------------------------------------

    @contextmanager
    def outside(self) -> Iterator[None]:
        """
        Within it, a task may wait for the real world.

        Time stands still meanwhile, and of the other tasks only those run that come from outside by
        `submit`; so what waits does not see how long it took. What those sleep is added to the
        waiting task's account.
        """
        task = self.current_task()
        if task is None:
            raise RuntimeError("only a task can wait for the real world: use `clock.perform`")
        self._outside.append(task)
        self._driver_turn.release()
        try:
            yield
        finally:
            self._arrive(task)
            task._baton.acquire()
            self._outside.remove(task)
            if task.killed:
                raise Killed

    # -- how it works ------------------------------------------------------------------------------

    def _drain(self) -> None:
        while task := self._next():
            self._resume(task)
            self._raise_first_error()

    def _next(self) -> Task | None:
        if self._arrived:
            return self._next_arrived()
        return self._ready.popleft() if self._ready else None

    def _raise_first_error(self) -> None:
        if self._errors:
            raise self._errors.pop(0)

    def _resume(self, task: Task) -> None:
        """
        Hand the baton to `task` and take it back when the task parks or ends.

        While any waits for the real world, go on with what comes from there.
        """
        self._hand_baton(task)
        while self._outside:
            self._hand_baton(self._next_arrived())

    def _hand_baton(self, task: Task) -> None:
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

    def _arrive(self, task: Task) -> None:
        with self._arrival:
            self._arrived.append(task)
            self._arrival.notify()

    def _next_arrived(self) -> Task:
        """Wait, for real, for what comes from outside."""
        with self._arrival:
            self._arrival.wait_for(lambda: self._arrived)
            task = self._arrived.popleft()
        if task._thread is None:
            self._tasks.add(task)
            task.account = self._outside[-1].account if self._outside else None
        return task

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

    def _wake(self, task: Task) -> None:
        """Make a parked task ready, once."""
        if task._waiting_in is not None:
            task._waiting_in.remove(task)
            task._waiting_in = None
            self._ready.append(task)

    def _kill(self, task: Task) -> None:
        task.killed = True
        self._wake(task)
