"""Virtual time for the embedded AWS."""

from canary.localaws.clock.clock import Clock, Event, Killed, StuckError, Task, TimeLimitError

__all__ = ["Clock", "Event", "Killed", "StuckError", "Task", "TimeLimitError"]
