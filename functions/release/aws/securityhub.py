"""Security Hub (CSPM): findings in the AWS Security Finding Format."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from release.aws import failures
from release.aws.clients import client
from release.errors import AwsUnavailableError

MOST_AT_ONCE = 100
_ATTEMPTS = 8  # ten calls a second are a quota of the whole account


class NotEnabledError(Exception):
    """Security Hub is not enabled in this account and region."""


def import_findings(findings: list[dict[str, Any]]) -> dict[str, str]:
    """Import up to 100; returns the ids of those that were not taken, with AWS's sentence."""
    answer = _asked("batch_import_findings", Findings=findings)
    return {
        each["Id"]: f"{each['ErrorCode']}: {each['ErrorMessage']}"
        for each in answer.get("FailedFindings", [])
    }


def active_findings(product: str, field: str, value: str) -> list[dict[str, Any]]:
    """Findings of a product that are not archived and have this among their product fields."""
    filters = {
        "ProductArn": [{"Value": product, "Comparison": "EQUALS"}],
        "ProductFields": [{"Key": field, "Value": value, "Comparison": "EQUALS"}],
        "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
    }
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = _asked("get_findings", Filters=filters, MaxResults=MOST_AT_ONCE, **token)
        found += page["Findings"]
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def _asked(operation: str, **arguments: Any) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = getattr(client("securityhub", attempts=_ATTEMPTS), operation)(
            **arguments
        )
    except ClientError as error:
        if failures.code(error) == "InvalidAccessException":
            raise NotEnabledError(failures.message(error)) from error
        if failures.code(error) == "LimitExceededException":  # here, that is a throttle
            raise AwsUnavailableError(failures.message(error)) from error
        raise
    return answer
