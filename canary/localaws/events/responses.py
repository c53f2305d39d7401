"""EventBridge's API: what moto's lacks."""

from __future__ import annotations

import json

from moto.core.responses import ActionResult
from moto.events.exceptions import InvalidEventPatternException
from moto.events.models import EventPattern
from moto.events.responses import EventsHandler

from canary.localaws.events.pattern import matches


class LocalEventsHandler(EventsHandler):
    """moto's operations, and TestEventPattern."""

    def test_event_pattern(self) -> ActionResult:  # type: ignore[override]
        pattern = EventPattern.load(self._get_param("EventPattern")).get_pattern()
        try:
            event = json.loads(self._get_param("Event"))
        except ValueError:
            raise InvalidEventPatternException("Event is not valid JSON.") from None
        return ActionResult({"Result": matches(pattern, event)})
