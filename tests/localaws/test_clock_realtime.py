"""A clock that follows the real one, and serves threads that it does not know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from canary.localaws import LocalAws
from canary.localaws.clock import Killed, RealTimeDriver, call

FAST = 1_000_000.0  # a day takes a tenth of a second


@contextmanager
def _thread(function: Callable[[], object]) -> Iterator[None]:
    """Do it in a thread that the clock does not know, while the test drives."""
    thread = threading.Thread(target=function)
    thread.start()
    yield
    thread.join()


def test_time_passes_by_itself(aws: LocalAws) -> None:
    """What is due happens in order at its own moment, though nobody asks for it."""
    driver = RealTimeDriver(aws.clock, FAST)
    start, seen = aws.clock.now(), []
    for hours in (2, 1, 30):
        aws.clock.after(hours * 3600, lambda: seen.append(aws.clock.now() - start))
    aws.clock.after(30 * 3600, driver.stop)
    driver.run()
    assert seen == [3600, 2 * 3600, 30 * 3600]


def test_time_passes_as_fast_as_asked(aws: LocalAws) -> None:
    """Never faster: what is due in five hundredths of a real second is not there before."""
    driver = RealTimeDriver(aws.clock, 1000)
    before = time.monotonic()
    aws.clock.after(50, driver.stop)
    driver.run()
    assert time.monotonic() - before >= 0.05


def test_foreign_threads_call_in(aws: LocalAws) -> None:
    """One after another; what they do is a task, may sleep, and they get its result or error."""
    driver = RealTimeDriver(aws.clock, FAST)
    start, results = aws.clock.now(), []

    def work() -> float:
        time.sleep(3600)
        return aws.clock.now() - start

    def foreign() -> None:
        results.append(call(aws.clock, work))
        with pytest.raises(ZeroDivisionError):
            call(aws.clock, lambda: 1 / 0)
        driver.stop()

    with _thread(foreign):
        driver.run()
    assert results[0] >= 3600


def test_a_defect_in_a_task_is_told_and_time_goes_on(
    aws: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody's state is in there: one failed task is no reason to lose it."""
    driver = RealTimeDriver(aws.clock, FAST)
    aws.clock.after(1, lambda: 1 / 0, name="the bad one")
    aws.clock.after(2, driver.stop)
    driver.run()
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert "the bad one" in told


def test_a_signal_at_the_worst_moment_stops_it(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its handler runs between the look at what has arrived and the wait for more."""
    driver = RealTimeDriver(aws.clock, 1)
    wait = threading.Condition.wait

    def interrupted(condition: threading.Condition, timeout: float | None = None) -> bool:
        if condition is aws.clock._arrival and not driver._stopped.is_set():
            driver.stop()
        return wait(condition, timeout)

    monkeypatch.setattr(threading.Condition, "wait", interrupted)
    driver.run()
    assert driver._stopped.is_set()


def test_who_calls_when_it_ends_is_cut_off() -> None:
    """And does not wait for ever."""
    ends: list[type[BaseException]] = []

    def foreign() -> None:
        try:
            call(aws.clock, lambda: time.sleep(10**6))
        except BaseException as end:
            ends.append(type(end))

    with LocalAws() as aws:
        driver = RealTimeDriver(aws.clock, 1)
        thread = threading.Thread(target=foreign)
        aws.clock.spawn(thread.start)
        aws.clock.after(0.01, driver.stop)
        driver.run()
    thread.join()
    assert ends == [Killed]
