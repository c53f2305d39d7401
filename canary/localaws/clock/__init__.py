"""Virtual time for the embedded AWS."""

from canary.localaws.clock.clock import Clock
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
    "StuckError",
    "Task",
    "TimeLimitError",
]
