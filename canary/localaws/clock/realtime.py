"""Virtual time that follows the real one, for people and for programs outside this process."""

from __future__ import annotations

import math
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from canary.localaws.clock.clock import Clock

Result = TypeVar("Result")

_LONGEST_STEP = 60.0  # of virtual seconds; between two of them it can be stopped
_LONGEST_REST = 0.5  # of real seconds


def call(clock: Clock, function: Callable[[], Result]) -> Result:
    """From a thread that the clock does not know: call it in a task; what it returns or raises."""
    future: Future[Result] = Future()

    def answer() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # whoever waits must hear of it, also that it was killed
            future.set_exception(error)

    clock.submit(answer)
    return future.result()


class RealTimeDriver:
    """Drives a clock, `speed` virtual seconds for each real one."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._speed = speed
        self._stopped = threading.Event()

    def run(self) -> None:
        """Until `stop` is called; what a task raises is told on stderr, and life goes on."""
        virtual, real = self._clock.now(), time.monotonic()
        while not self._stopped.is_set():
            behind = virtual + (time.monotonic() - real) * self._speed - self._clock.now()
            try:
                self._clock.advance(min(max(0.0, behind), _LONGEST_STEP))
            except Exception:
                traceback.print_exc(file=sys.stderr)
            if behind < _LONGEST_STEP and not self._stopped.is_set():
                self._rest()

    def stop(self) -> None:
        """From any thread, and from a signal handler."""
        self._stopped.set()
        self._clock.submit(lambda: None)

    def _rest(self) -> None:
        """
        Until something arrives from outside, or the next timer is due.

        Not for ever: a signal handler that stops it runs in this very thread, perhaps in the moment
        between the look at what has arrived and the wait, when nobody can be woken yet.
        """
        clock = self._clock
        due = clock._timers[0][0] if clock._timers else math.inf
        with clock._arrival:
            clock._arrival.wait_for(
                lambda: clock._arrived, min((due - clock.now()) / self._speed, _LONGEST_REST)
            )
