"""Virtual time for the embedded AWS."""

from canary.localaws.clock.clock import Clock
from canary.localaws.clock.tasks import Event, Killed, OutOfTime, StuckError, Task, TimeLimitError

__all__ = ["Clock", "Event", "Killed", "OutOfTime", "StuckError", "Task", "TimeLimitError"]
