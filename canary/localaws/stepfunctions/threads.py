"""The names of `threading` that moto's interpreter uses, over the virtual clock."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from types import ModuleType
from typing import Any

from canary.localaws.account import LocalAws
from canary.localaws.clock import Clock, Event, Task

INTERPRETER = "moto.stepfunctions.parser"


class VirtualThreading:
    """Stands in for the module `threading`. Only one task runs at a time, so that real locks do."""

    Lock = staticmethod(threading.Lock)
    RLock = staticmethod(threading.RLock)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def Event(self) -> Event:  # noqa: N802
        return self._clock.event()

    def Thread(  # noqa: N802
        self,
        target: Callable[..., object],
        args: Sequence[Any] = (),
        name: str | None = None,
        daemon: bool = True,  # noqa: ARG002 - a task never keeps the process alive
    ) -> VirtualThread:
        return VirtualThread(self._clock, lambda: target(*args), name or "thread")

    def Condition(self) -> VirtualCondition:  # noqa: N802
        return VirtualCondition(self._clock)


class VirtualThread:
    """A task with the interface of a thread, in the group of the task that starts it."""

    native_id = None

    def __init__(self, clock: Clock, function: Callable[[], object], name: str) -> None:
        self._clock = clock
        self._function = function
        self._name = name
        self._task: Task | None = None

    def start(self) -> None:
        parent = self._clock.current_task()
        group = parent.group if parent else None
        run = copy_context().run  # the machine's role is the branch's too
        self._task = self._clock.spawn(run, self._function, name=self._name, group=group)

    def join(self, timeout: float | None = None) -> None:
        if self._task:
            self._task.finished.wait(timeout)

    def is_alive(self) -> bool:
        return self._task is not None and self._task.is_alive


class VirtualCondition:
    """A condition whose lock needs no holding."""

    def __init__(self, clock: Clock) -> None:
        self._changed = clock.event()

    def acquire(self) -> None:
        """Nobody else runs now."""

    def release(self) -> None:
        """Nobody else waits to run."""

    def wait(self) -> None:
        self._changed.wait()

    def notify_all(self) -> None:
        self._changed.wake_all()


def replace_threads(aws: LocalAws) -> None:
    """Let every module of the interpreter wait in virtual time."""
    virtual = VirtualThreading(aws.clock)
    replacements: Mapping[Any, Any] = {
        threading: virtual,
        threading.Thread: virtual.Thread,
        threading.Event: virtual.Event,
    }
    for module, name, value in waiting_names():
        aws.patch(module, name, replacements[value])
    for module in _modules():
        if hasattr(module, "TMP_THREADS"):  # would keep each thread that ever ran
            aws.patch(module, "TMP_THREADS", deque(maxlen=0))


def waiting_names() -> list[tuple[ModuleType, str, Any]]:
    """Where the interpreter could wait for real: module, name, and what it stands for."""
    real = (threading, threading.Thread, threading.Event, threading.Condition, threading.Timer)
    return [
        (module, name, value)
        for module in _modules()
        for name, value in sorted(vars(module).items())
        if any(value is thing for thing in real)
    ]


def _modules() -> Iterator[ModuleType]:
    for name, module in sorted(sys.modules.items()):
        if name.startswith(INTERPRETER):
            yield module
