"""The virtual clock: one task at a time, time moves only when all wait, nothing waits for real."""

import time
from datetime import UTC, datetime

import pytest

from canary.localaws import LocalAws
from canary.localaws.clock import StuckError, TimeLimitError

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_time_moves_only_when_it_is_driven(aws: LocalAws) -> None:
    """`time.time` and `datetime.now` are the clock's."""
    assert datetime.now(UTC) == START
    aws.clock.advance(90)
    assert time.time() == aws.clock.now() == START.timestamp() + 90


def test_a_sleep_outside_of_tasks_drives(aws: LocalAws) -> None:
    """So that a boto3 waiter, or a test, lets the world go on."""
    seen: list[float] = []
    aws.clock.after(5, lambda: seen.append(time.time()))
    time.sleep(10)
    assert seen == [START.timestamp() + 5]
    assert time.time() == START.timestamp() + 10


def test_tasks_run_in_the_order_in_which_they_become_ready(aws: LocalAws) -> None:
    """First come, first served; ties by the order of asking."""
    order: list[str] = []

    def task(name: str, pause: float) -> None:
        time.sleep(pause)
        order.append(name)

    for name, pause in (("late", 3.0), ("tie one", 2.0), ("tie two", 2.0), ("first", 1.0)):
        aws.clock.spawn(task, name, pause)
    aws.clock.advance(5)
    assert order == ["first", "tie one", "tie two", "late"]


def test_an_event_wakes_who_waits_and_gives_up_after_its_timeout(aws: LocalAws) -> None:
    """The answer says which of the two it was."""
    event = aws.clock.event()
    answers: list[tuple[bool, float]] = []

    def wait(timeout: float) -> None:
        answers.append((event.wait(timeout), aws.clock.now() - START.timestamp()))

    aws.clock.spawn(wait, 5)
    aws.clock.spawn(wait, 60)
    aws.clock.after(20, event.set)
    aws.clock.advance(100)
    assert answers == [(False, 5), (True, 20)]


def test_a_killed_group_does_nothing_more(aws: LocalAws) -> None:
    """Others go on."""
    done: list[str] = []

    def task(name: str) -> None:
        time.sleep(10)
        done.append(name)

    aws.clock.spawn(task, "victim", group="execution")
    aws.clock.spawn(task, "bystander")
    aws.clock.after(5, aws.clock.kill, "execution")
    aws.clock.advance(20)
    assert done == ["bystander"]


def test_what_a_task_raises_reaches_the_driver(aws: LocalAws) -> None:
    """No failure is lost in a thread."""
    aws.clock.spawn(lambda: 1 / 0, name="division")
    with pytest.raises(ZeroDivisionError) as caught:
        aws.clock.advance(1)
    assert "division" in caught.value.__notes__[0]


def test_waiting_for_what_cannot_come_is_an_error(aws: LocalAws) -> None:
    """Either in time, or because nothing is left that could bring it."""
    with pytest.raises(StuckError):
        aws.clock.run(lambda: False, limit=3600)
    aws.clock.every(60, lambda: None)
    with pytest.raises(TimeLimitError):
        aws.clock.run(lambda: False, limit=3600)


def test_inside_an_account_time_stands_still(aws: LocalAws) -> None:
    """An invocation's sleeps are added up instead."""
    with aws.clock.accounting() as spent:
        time.sleep(2)
        time.sleep(0.5)
    assert (spent[0], time.time()) == (2.5, START.timestamp())


def test_the_wall_clock_comes_back() -> None:
    """After the embedded AWS has ended, time is real again."""
    before = time.sleep
    with LocalAws():
        assert time.sleep is not before
        assert datetime.now(UTC) == START
    assert time.sleep is before
    assert datetime.now(UTC) > START
