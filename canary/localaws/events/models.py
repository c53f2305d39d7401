"""Event buses and rules on the clock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, Rule, events_backends
from moto.moto_api._internal import mock_random

from canary.localaws.account import current
from canary.localaws.events.delivery import Delivery
from canary.localaws.events.inputs import input_for
from canary.localaws.events.pattern import matches
from canary.localaws.events.schedule import period_of
from canary.localaws.events.targets import SENDERS, Parcel, service_of

_MOST_ENTRIES = 10


class LocalRule(Rule):
    """A rule whose targets get what matches, as AWS would match and write it."""

    def send_to_targets(self, original_event: Any, transform_input: bool = True) -> None:  # noqa: ARG002
        pattern = self.event_pattern.get_pattern()
        if pattern and matches(pattern, original_event):
            self.trigger(original_event)

    def trigger(self, event: Mapping[str, Any]) -> None:
        """Let every target get this event, while the rule is enabled."""
        if self.state == "DISABLED":
            return
        delivery = current().backend(events_backends).delivery
        for target in self.targets:
            body = input_for(target, event, {"arn": self.arn, "name": self.name})
            delivery.carry(Parcel(self.arn, target, event, body))


class LocalEventsBackend(EventsBackend):
    """The event buses of an account in a region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.delivery = Delivery(current().clock, current().random("event delivery"))

    def put_rule(self, name: str, *args: Any, **options: Any) -> LocalRule:
        expression = options.get("scheduled_expression")
        period = period_of(expression) if expression else None
        # What moto makes once `install` has run.
        rule = cast(LocalRule, super().put_rule(name, *args, **options))
        if period is not None:
            self._await_schedule(rule, period)
        return rule

    def _await_schedule(self, rule: LocalRule, period: float) -> None:
        clock = current().clock
        clock.after(period, self._keep_schedule, rule, period, name=f"schedule {rule.name}")

    def _keep_schedule(self, rule: LocalRule, period: float) -> None:
        """As long as this very rule stands: one put again under its name has its own schedule."""
        if self.event_buses["default"].rules.get(rule.name) is rule:
            self._await_schedule(rule, period)
            rule.trigger(self._event("aws.events", "Scheduled Event", {}, [rule.arn]))

    def put_targets(
        self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
    ) -> None:
        for target in targets:
            if service_of(target["Arn"] + "::") not in SENDERS:
                raise ValidationException(
                    f"The embedded AWS cannot send events to the target {target['Arn']}."
                )
        super().put_targets(name, event_bus_arn, targets)

    def put_events(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(events) > _MOST_ENTRIES:
            raise ValidationException(
                "1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed "
                "to satisfy constraint: Member must have length less than or equal to 10"
            )
        return [self._put_entry(entry) for entry in events]

    def _put_entry(self, entry: Mapping[str, Any]) -> dict[str, str]:
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
        if entry["Source"].startswith("aws."):
            message = "Not authorized for the source."
            return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": message}
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        bus = self._normalize_event_bus_arn(entry.get("EventBusName"))
        source, detail_type, resources = (
            entry["Source"],
            entry["DetailType"],
            entry.get("Resources"),
        )
        event_id = self.put_event(
            bus, source, detail_type, detail, resources or [], entry.get("Time")
        )
        return {"EventId": event_id}

    def put_event(
        self,
        bus: str,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        resources: Sequence[str],
        time: float | None = None,
    ) -> str:
        """Offer an event to every rule of the bus; gives its id."""
        event = self._event(source, detail_type, detail, resources, time)
        for rule in list(self.describe_event_bus(bus).rules.values()):
            rule.send_to_targets(event)
        return str(event["id"])

    def _event(
        self,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        resources: Sequence[str],
        time: float | None = None,
    ) -> Any:
        moment = datetime.fromtimestamp(time or current().clock.now(), UTC)
        return {
            "version": "0",
            "id": str(mock_random.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self.account_id,
            "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region_name,
            "resources": list(resources),
            "detail": detail,
        }
