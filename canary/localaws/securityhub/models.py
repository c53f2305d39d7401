"""The backend of Security Hub: moto's, which takes findings as AWS does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.securityhub import models as moto
from moto.utilities.paginator import paginate

from canary.localaws import events
from canary.localaws.securityhub.exceptions import (
    InvalidAccessException,
    InvalidInputException,
    ResourceConflictException,
)
from canary.localaws.securityhub.filters import is_meant

Finding = dict[str, Any]

_MOST_AT_ONCE = 100
# What belongs to those who work on findings: importing never changes it.
_OF_CUSTOMERS = ("Note", "UserDefinedFields", "VerificationState", "Workflow")
_PROVIDED = ("Confidence", "Criticality", "RelatedFindings", "Severity", "Types")
_NORMALIZED = {"INFORMATIONAL": 0, "LOW": 1, "MEDIUM": 40, "HIGH": 70, "CRITICAL": 90}


class RefusedError(Exception):
    """One finding is not taken."""


class SecurityHubBackend(moto.SecurityHubBackend):
    """moto's backend; findings have AWS's rules about who may change what, and when."""

    def enable_security_hub(
        self, enable_default_standards: bool = True, tags: dict[str, str] | None = None
    ) -> dict[str, Any]:
        if self.enabled:
            raise ResourceConflictException("Account is already subscribed to Security Hub")
        answer: dict[str, Any] = super().enable_security_hub(enable_default_standards, tags)
        return answer

    def disable_security_hub(self) -> dict[str, Any]:
        self._require_enabled()
        answer: dict[str, Any] = super().disable_security_hub()
        return answer

    def describe_hub(self, hub_arn: str | None = None) -> dict[str, Any]:
        self._require_enabled()
        answer: dict[str, Any] = super().describe_hub(hub_arn)
        return answer

    @paginate(pagination_model=moto.SecurityHubBackend.PAGINATION_MODEL)
    def get_findings(
        self,
        filters: Mapping[str, Any] | None = None,
        sort_criteria: list[dict[str, str]] | None = None,
        max_results: int | None = None,  # noqa: ARG002 - the decorator's
    ) -> list[Finding]:
        self._require_enabled()
        if sort_criteria:
            raise NotImplementedError("the embedded Security Hub does not sort findings")
        return [each.data for each in self.findings if is_meant(each.data, filters or {})]

    def batch_import_findings(
        self, findings: list[Finding]
    ) -> tuple[int, int, list[dict[str, Any]]]:
        """Each is taken or refused by itself; what is no newer than what is there is ignored."""
        self._require_enabled()
        if len(findings) > _MOST_AT_ONCE:
            raise InvalidInputException(f"Findings must have at most {_MOST_AT_ONCE} elements")
        failed = []
        for each in findings:
            try:
                self._import(each)
            except RefusedError as error:
                refusal = {
                    "Id": each["Id"],
                    "ErrorCode": "InvalidInput",
                    "ErrorMessage": str(error),
                }
                failed.append(refusal)
        return len(failed), len(findings) - len(failed), failed

    def batch_update_findings(
        self, wanted: list[dict[str, str]], changes: Mapping[str, Any]
    ) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
        """What people, and tools that act for them, say of findings."""
        self._require_enabled()
        now, processed, unprocessed = _now(), [], []
        for identifier in wanted:
            found = self._find(identifier["ProductArn"], identifier["Id"])
            if found is None:
                error = {"ErrorCode": "FindingNotFound", "ErrorMessage": "Finding Not Found"}
                unprocessed.append({"FindingIdentifier": identifier, **error})
                continue
            found |= dict(changes)
            if "Severity" in changes:
                found["Severity"] = _severity(changes["Severity"])
            if "Note" in changes:
                found["Note"] = {**changes["Note"], "UpdatedAt": now}
            processed.append(identifier)
        return processed, unprocessed

    # -- one finding -------------------------------------------------------------------------------

    def _import(self, given: Finding) -> None:
        provided = {name: given[name] for name in _PROVIDED if name in given} | given.get(
            "FindingProviderFields", {}
        )
        self._check(given, provided)
        severity = _severity(provided["Severity"])
        found = self._find(given["ProductArn"], given["Id"])
        if found is None:
            found = {"RecordState": "ACTIVE"}
            self.findings.append(moto.Finding(given["Id"], found))
            found |= {"Workflow": {"Status": "NEW"}, "WorkflowState": "NEW"}
            found |= {name: given[name] for name in _OF_CUSTOMERS if name in given}
        elif _moment(given["UpdatedAt"]) <= _moment(found["UpdatedAt"]):
            return
        found |= {name: value for name, value in given.items() if name not in _OF_CUSTOMERS}
        found |= provided | {
            "FindingProviderFields": provided,
            "Severity": severity,
            "ProcessedAt": _now(),
            "Region": self.region_name,
        }
        arn = f"{given['ProductArn']}/{given['Id']}"
        detail = {"findings": [found]}
        events.publish("aws.securityhub", "Security Hub Findings - Imported", detail, [arn])

    def _check(self, given: Finding, provided: Mapping[str, Any]) -> None:
        product = f"product/{self.account_id}/default"
        own = f"arn:aws:securityhub:{self.region_name}:{self.account_id}:{product}"
        if given["ProductArn"] != own:
            raise RefusedError(f"ProductArn must be {own}")
        if given["AwsAccountId"] != self.account_id:
            raise RefusedError("AwsAccountId must be that of the caller")
        for name in ("Severity", "Types"):
            if not provided.get(name):
                raise RefusedError(f"Finding does not have {name}")
        for name in ("CreatedAt", "UpdatedAt"):
            _moment(given[name])

    def _find(self, product: str, finding_id: str) -> Finding | None:
        for each in self.findings:
            if (each.data["ProductArn"], each.id) == (product, finding_id):
                found: Finding = each.data
                return found
        return None

    def _require_enabled(self) -> None:
        if not self.enabled:
            raise InvalidAccessException(
                f"Account {self.account_id} is not subscribed to AWS Security Hub"
            )


def _severity(given: Mapping[str, Any]) -> dict[str, Any]:
    """The label is what counts, the number follows from it."""
    if "Label" not in given:
        raise RefusedError("Severity does not have Label")
    return {"Normalized": _NORMALIZED[given["Label"]], **given}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"{text} is no time") from None
    if moment.tzinfo is None:
        raise RefusedError(f"{text} has no time zone")
    return moment


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
