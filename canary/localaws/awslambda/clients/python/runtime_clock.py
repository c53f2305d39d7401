"""
Virtual time in an execution environment: the main thread's sleeps take no time, but are added up.

Time stands still otherwise. Other threads sleep for real, and other ways to wait take real time.
"""

from __future__ import annotations

import datetime
import gc
import threading
import time
from collections.abc import Callable

_real_sleep = time.sleep
_real = {name: getattr(time, name) for name in ("gmtime", "localtime", "ctime", "strftime")}


class _Builtin:
    """A function that is no method when a class has it, like those that are written in C."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)


class _Span:
    """An invocation, or the start before the first one."""

    began = slept = 0.0
    limit = float("inf")


def begin(now: float, limit: float) -> None:
    """A span begins now, in which at most `limit` seconds may be slept."""
    _Span.began, _Span.limit, _Span.slept = now, limit, 0.0


def slept() -> float:
    """The seconds slept in this span."""
    return _Span.slept


def install(at_limit: Callable[[], None]) -> None:
    """Take over this process's wall clock; who sleeps beyond the limit calls `at_limit`."""

    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if threading.current_thread() is not threading.main_thread():
            _real_sleep(seconds)
            return
        _Span.slept += seconds
        if _Span.slept > _Span.limit:
            at_limit()

    functions: dict[str, Callable[..., object]] = {
        "sleep": sleep,
        "time": _now,
        "time_ns": lambda: round(_now() * 1e6) * 1000,
        "gmtime": lambda seconds=None: _real["gmtime"](_given(seconds)),
        "localtime": lambda seconds=None: _real["localtime"](_given(seconds)),
        "ctime": lambda seconds=None: _real["ctime"](_given(seconds)),
        "strftime": lambda form, *moment: _real["strftime"](form, *moment or [time.localtime()]),
    }
    for name, function in functions.items():
        setattr(time, name, _Builtin(function))
    # The class is written in C, and others check for exactly it: a subclass would not do.
    methods = gc.get_referents(datetime.datetime.__dict__)[0]
    methods["now"] = classmethod(lambda kind, tz=None: kind.fromtimestamp(_now(), tz))
    methods["utcnow"] = classmethod(
        lambda kind: kind.fromtimestamp(_now(), datetime.timezone.utc).replace(tzinfo=None)
    )


def _now() -> float:
    return _Span.began + _Span.slept


def _given(seconds: float | None) -> float:
    return _now() if seconds is None else seconds
