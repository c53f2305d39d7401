"""Metric alarms and composite alarms: settings, state, history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from moto.cloudwatch.exceptions import ValidationError

from canary.localaws.cloudwatch import queries
from canary.localaws.cloudwatch.evaluation import (
    INSUFFICIENT_DATA,
    LOOK_BACK,
    OPERATORS,
    TREATMENTS,
    Rule,
    judge,
    reason,
    reason_data,
)
from canary.localaws.cloudwatch.rules import CompositeRule, RuleError
from canary.localaws.cloudwatch.store import MetricStore

ACTIONS = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}
_SINGLE_METRIC = ("MetricName", "Namespace", "Period", "Statistic", "ExtendedStatistic")
_DAY = 86400
_UNSUPPORTED = (
    "ThresholdMetricId",
    "WarmUpConfiguration",
    "EvaluationWindow",
    "EvaluationCriteria",
    "EvaluationInterval",
    "ActionConfiguration",
)
_UNSUPPORTED_COMPOSITE = ("ActionsSuppressor", "ActionConfiguration")


@dataclass(frozen=True)
class State:
    """What an alarm says, since when, and why."""

    value: str
    reason: str
    data: str
    moment: datetime


class Alarm:
    """What both kinds of alarm have. `settings` are the parameters of the request that put it."""

    kind: ClassVar[str]

    def __init__(self, arn: str, settings: Mapping[str, Any], now: datetime) -> None:
        self.name: str = settings["AlarmName"]
        self.alarm_arn = arn
        self.state = State(INSUFFICIENT_DATA, "Unchecked: Initial alarm creation", "", now)
        self.configure(settings, now)

    def configure(self, settings: Mapping[str, Any], now: datetime) -> None:
        """Replace all settings; the state stays, as on AWS."""
        _check_actions(settings)
        defaults = {"ActionsEnabled": True, **{name: [] for name in ACTIONS.values()}}
        self.settings: dict[str, Any] = {**defaults, **settings}
        self.configured = now

    def actions(self) -> list[str]:
        """The ARNs to notify of the present state."""
        chosen: list[str] = self.settings[ACTIONS[self.state.value]]
        return chosen if self.settings["ActionsEnabled"] else []

    def describe(self) -> dict[str, Any]:
        """The structure of DescribeAlarms."""
        data = {"StateReasonData": self.state.data} if self.state.data else {}
        return {
            **self.settings,
            "AlarmArn": self.alarm_arn,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": self.state.value,
            "StateReason": self.state.reason,
            "StateUpdatedTimestamp": self.state.moment,
            "StateTransitionedTimestamp": self.state.moment,
            **data,
        }


class MetricAlarm(Alarm):
    """An alarm on a metric or on metric math."""

    kind = "MetricAlarm"

    def configure(self, settings: Mapping[str, Any], now: datetime) -> None:
        _check_metric_alarm(settings)
        listed = _queries(settings)
        queries.checked(listed)
        returned = [query["Id"] for query in listed if query.get("ReturnData", True)]
        if len(returned) != 1:
            raise ValidationError("Exactly one element of the metrics list should return data.")
        self._returned = returned[0]
        self.queries = listed
        self.rule = Rule.of(settings)
        self.period = queries.Queries(MetricStore(), listed, _no_time).period(returned[0])
        _check_span(self.rule.evaluation_periods, self.period)
        super().configure(settings, now)

    @property
    def statistic(self) -> str | None:
        """The statistic of a single-metric alarm."""
        return self.settings.get("Statistic") or self.settings.get("ExtendedStatistic")

    def evaluate(self, store: MetricStore, end: int, now: datetime) -> State | None:
        """
        The state that the closed minutes before `end` call for; None where the alarm keeps its
        state.
        """
        if end % 3600 and self.rule.evaluation_periods * self.period > _DAY:
            return None  # such an alarm is evaluated once an hour
        back = self.rule.evaluation_periods + LOOK_BACK
        windows = queries.Queries(
            store, self.queries, lambda period: range(end - back * period, end, period)
        )
        points = windows.series(self._returned)
        moments = range(end - back * self.period, end, self.period)
        value = judge([points.get(moment) for moment in moments], self.rule)
        if value is None or value == self.state.value:
            return None
        data = reason_data(now, points, self.rule, self.period, self.statistic)
        return State(value, reason(value, points, self.rule), data, now)


class CompositeAlarm(Alarm):
    """An alarm on the states of other alarms."""

    kind = "CompositeAlarm"

    def configure(self, settings: Mapping[str, Any], now: datetime) -> None:
        _refuse(settings, _UNSUPPORTED_COMPOSITE)
        try:
            self.rule = CompositeRule(settings["AlarmRule"])
        except RuleError as error:
            raise ValidationError(str(error)) from error
        super().configure(settings, now)


def _no_time(period: int) -> range:
    return range(0, 0, period)


def _queries(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A single-metric alarm is an alarm on one query."""
    if settings.get("Metrics"):
        return list(settings["Metrics"])
    metric = {
        "Namespace": settings["Namespace"],
        "MetricName": settings["MetricName"],
        "Dimensions": settings.get("Dimensions", []),
    }
    stat = {
        "Metric": metric,
        "Period": settings["Period"],
        "Stat": settings.get("Statistic") or settings["ExtendedStatistic"],
        **({"Unit": settings["Unit"]} if settings.get("Unit") else {}),
    }
    return [{"Id": "m1", "MetricStat": stat, "ReturnData": True}]


def _check_metric_alarm(settings: Mapping[str, Any]) -> None:
    _refuse(settings, _UNSUPPORTED)
    if settings.get("EvaluateLowSampleCountPercentile") == "ignore":
        raise ValidationError("EvaluateLowSampleCountPercentile=ignore is not supported here.")
    single = [name for name in _SINGLE_METRIC if settings.get(name)]
    if settings.get("Metrics"):
        if single:
            raise ValidationError(f"Metrics list cannot be used together with {single[0]}.")
    else:
        _require(settings, "MetricName", "Namespace", "Period")
        if ("Statistic" in single) == ("ExtendedStatistic" in single):
            raise ValidationError("Exactly one of Statistic and ExtendedStatistic is required.")
    _require(settings, "EvaluationPeriods", "Threshold", "ComparisonOperator")
    _check_choice(settings, "ComparisonOperator", tuple(OPERATORS))
    _check_choice(settings, "TreatMissingData", TREATMENTS)
    most = settings["EvaluationPeriods"]
    if not 1 <= settings.get("DatapointsToAlarm", most) <= most:
        raise ValidationError(
            f"DatapointsToAlarm must be between 1 and EvaluationPeriods ({most})."
        )


def _check_span(periods: int, period: int) -> None:
    """A day, or a week in periods of an hour or more."""
    most = 7 * _DAY if period >= 3600 else _DAY
    if periods * period > most:
        raise ValidationError(
            f"Metrics cannot be checked across more than {'a week' if most > _DAY else 'a day'} "
            f"(EvaluationPeriods * Period must be <= {most})."
        )


def _require(settings: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if settings.get(name) is None:
            raise ValidationError(f"The parameter {name} is required.")


def _check_choice(settings: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> None:
    if name in settings and settings[name] not in choices:
        raise ValidationError(
            f"Option {settings[name]} is not supported. "
            f"Supported options for parameter {name} are {', '.join(choices)}."
        )


def _check_actions(settings: Mapping[str, Any]) -> None:
    for name in ACTIONS.values():
        arns = settings.get(name, [])
        if len(arns) > 5:
            raise ValidationError(f"{name} must have at most 5 elements.")
        for arn in arns:
            if not arn.startswith("arn:aws:sns:"):
                raise ValidationError(f"Only SNS topics are supported here as actions, not {arn}.")


def _refuse(settings: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if settings.get(name):
            raise ValidationError(f"The parameter {name} is not supported here.")
