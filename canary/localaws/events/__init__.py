"""Amazon EventBridge: what matches a rule reaches its targets a moment later, on the clock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import moto.events.models

from canary.localaws.account import LocalAws, current
from canary.localaws.events.delivery import Delivery, Event
from canary.localaws.events.models import LocalEventsBackend, LocalRule

__all__ = ["Delivery", "Event", "delivery", "install", "publish"]


def install(aws: LocalAws) -> None:
    """Let moto make its event buses and rules from ours."""
    aws.extend(moto.events.models.events_backends, LocalEventsBackend)
    aws.patch(moto.events.models, "Rule", LocalRule)


def publish(
    source: str, detail_type: str, detail: Mapping[str, object], resources: Sequence[str]
) -> None:
    """Put an event of an AWS service on the default bus."""
    backend: LocalEventsBackend = current().backend(moto.events.models.events_backends)
    # Through JSON, so that neither side can change what the other holds.
    backend.put_event("default", source, detail_type, json.loads(json.dumps(detail)), resources)


def delivery() -> Delivery:
    """How events are delivered now: for tests that lose, double, delay or reorder them."""
    backend: LocalEventsBackend = current().backend(moto.events.models.events_backends)
    return backend.delivery
