"""Virtual time for the embedded AWS."""

from canary.localaws.clock.clock import Clock
from canary.localaws.clock.realtime import RealTimeDriver, call
from canary.localaws.clock.tasks import (
    Account,
    Event,
    Killed,
    OutOfTime,
    StuckError,
    Task,
    TimeLimitError,
)

__all__ = [
    "Account",
    "Clock",
    "Event",
    "Killed",
    "OutOfTime",
    "RealTimeDriver",
    "StuckError",
    "Task",
    "TimeLimitError",
    "call",
]
