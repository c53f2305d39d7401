"""The virtual clock: one task at a time, time moves only when all wait, nothing waits for real."""

import threading
import time
from datetime import UTC, datetime

import pytest

from canary.localaws import LocalAws
from canary.localaws.clock import OutOfTime, StuckError, TimeLimitError

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
    assert (spent.seconds, time.time()) == (2.5, START.timestamp())


def test_the_wall_clock_comes_back() -> None:
    """After the embedded AWS has ended, time is real again."""
    before = time.sleep
    with LocalAws():
        assert time.sleep is not before
        assert datetime.now(UTC) == START
    assert time.sleep is before
    assert datetime.now(UTC) > START


def test_who_waits_outside_holds_the_world(aws: LocalAws) -> None:
    """What is ready stays, time stands still, and the order is as if there had been no wait."""
    order: list[str] = []

    def wait() -> None:
        before = aws.clock.now()
        with aws.clock.outside():
            threading.Event().wait(0.01)
        order.append("outside")
        assert aws.clock.now() == before

    aws.clock.spawn(wait)
    aws.clock.spawn(order.append, "ready")
    aws.clock.after(0, order.append, "due")
    aws.clock.advance(1)
    assert order == ["outside", "ready", "due"]


@pytest.mark.parametrize("is_task", [True, False])
def test_what_comes_from_outside_runs_while_it_is_waited_for(aws: LocalAws, is_task: bool) -> None:
    """A foreign thread's work runs as a task; what it sleeps is the waiting one's."""
    seen: list[float] = []

    def callback(answered: threading.Event) -> None:
        time.sleep(20)
        seen.append(aws.clock.now())
        answered.set()

    def wait() -> float:
        with aws.clock.accounting() as spent, aws.clock.outside():
            answered = threading.Event()

            def foreign() -> None:
                aws.clock.submit(lambda: callback(answered))

            threading.Thread(target=foreign).start()
            assert answered.wait(10)
        return spent.seconds

    if is_task:
        aws.clock.spawn(lambda: seen.append(wait()))
        aws.clock.advance(1)
    else:
        seen.append(aws.clock.perform(wait))
    assert seen == [START.timestamp(), 20]


def test_foreign_work_ends_at_the_limit_of_who_waits(aws: LocalAws) -> None:
    """It is cut off silently; who waits finds its account overdrawn."""
    seen: list[str] = []

    def foreign() -> None:
        time.sleep(6)
        seen.append("slept")

    def wait() -> None:
        with aws.clock.accounting(5) as spent, aws.clock.outside():
            task = aws.clock.submit(foreign)
            while task.is_alive:
                threading.Event().wait(0.001)
        with pytest.raises(OutOfTime):
            spent.add(0)

    aws.clock.perform(wait)
    assert seen == []


def test_foreign_work_is_done_when_time_is_driven(aws: LocalAws) -> None:
    """Nobody waits outside: it comes before what is ready, and may sleep."""
    order: list[str] = []

    def foreign() -> None:
        time.sleep(5)
        order.append("foreign")

    aws.clock.spawn(order.append, "ready")
    thread = threading.Thread(target=lambda: aws.clock.submit(foreign))
    thread.start()
    thread.join()
    aws.clock.advance(4)
    assert order == ["ready"]
    aws.clock.advance(1)
    assert order == ["ready", "foreign"]


def test_who_is_killed_outside_does_not_come_back(aws: LocalAws) -> None:
    """It ends where it waited."""
    done: list[str] = []

    def wait() -> None:
        with aws.clock.outside():
            killed = aws.clock.submit(lambda: aws.clock.kill("execution"))
            while killed.is_alive:
                threading.Event().wait(0.001)
        done.append("back")

    aws.clock.spawn(wait, group="execution")
    aws.clock.advance(1)
    assert done == []


def test_what_is_performed_cannot_wait_for_time(aws: LocalAws) -> None:
    """Its error is the caller's, its result too; parking is refused."""
    assert aws.clock.perform(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        aws.clock.perform(lambda: 1 / 0)
    with pytest.raises(RuntimeError, match="waits for time"):
        aws.clock.perform(lambda: time.sleep(1))
    with pytest.raises(RuntimeError, match="only a task"), aws.clock.outside():
        pass
