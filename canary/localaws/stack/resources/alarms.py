"""Alarms and dashboards."""

from __future__ import annotations

from typing import ClassVar

from canary.localaws.account import current
from canary.localaws.stack.resource import Properties, Resource

_EVERY_ALARM = (
    "AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions Tags"
)


class _Alarm(Resource):
    """What both kinds of alarm have."""

    named_by = "AlarmName"
    replacing = "AlarmName"
    fixed = "Tags"
    operation: ClassVar[str]

    def create(self) -> None:
        aws = current()
        self.call("cloudwatch", self.operation, self.properties, AlarmName=self.name)
        self.physical_resource_id = self.name
        self.attributes = {
            "Arn": f"arn:aws:cloudwatch:{aws.region}:{aws.account}:alarm:{self.name}"
        }

    def update(self, old: Properties) -> None:  # noqa: ARG002
        """Putting it again keeps its state."""
        self.create()

    def delete(self) -> None:
        self.call("cloudwatch", "delete_alarms", AlarmNames=[self.physical_resource_id])


class Alarm(_Alarm):
    """AWS::CloudWatch::Alarm."""

    kind = "AWS::CloudWatch::Alarm"
    supported = (
        f"{_EVERY_ALARM} ComparisonOperator DatapointsToAlarm Dimensions "
        "EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic MetricName Metrics "
        "Namespace Period Statistic Threshold ThresholdMetricId TreatMissingData Unit"
    )
    operation = "put_metric_alarm"


class CompositeAlarm(_Alarm):
    """AWS::CloudWatch::CompositeAlarm."""

    kind = "AWS::CloudWatch::CompositeAlarm"
    supported = f"{_EVERY_ALARM} AlarmRule ActionsSuppressor"
    operation = "put_composite_alarm"


class Dashboard(Resource):
    """AWS::CloudWatch::Dashboard."""

    kind = "AWS::CloudWatch::Dashboard"
    supported = "DashboardName DashboardBody"
    named_by = "DashboardName"
    replacing = "DashboardName"

    def create(self) -> None:
        body = self.given("DashboardBody")
        self.call("cloudwatch", "put_dashboard", body, DashboardName=self.name)
        self.physical_resource_id = self.name

    def update(self, old: Properties) -> None:  # noqa: ARG002
        self.create()

    def delete(self) -> None:
        names = [self.physical_resource_id]
        self.call("cloudwatch", "delete_dashboards", DashboardNames=names)
