"""
Findings as Security Hub takes them: the AWS Security Finding Format.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from release.correlation import Problem
from release.reports import Finding

Asff = dict[str, Any]

TARGET, TOOL = "lambda-canary/target", "lambda-canary/tool"  # among ProductFields
_ADVISORIES = ("CVE-", "GHSA-", "PYSEC-", "npm-")
_OURS = (  # what BatchImportFindings takes of what GetFindings gives
    "SchemaVersion",
    "Id",
    "ProductArn",
    "GeneratorId",
    "AwsAccountId",
    "CreatedAt",
    "Title",
    "Description",
    "Resources",
    "ProductFields",
    "FindingProviderFields",
)


class Owner(msgspec.Struct, frozen=True):
    """Whose findings: the function and alias, in which account, found in which release."""

    partition: str
    region: str
    account: str
    function: str
    alias: str
    release: str

    @property
    def product(self) -> str:
        """The account's own product, by which it imports findings."""
        return f"{self._arn('securityhub')}:product/{self.account}/default"

    @property
    def target(self) -> str:
        """`function:alias`."""
        return f"{self.function}:{self.alias}"

    @property
    def resource(self) -> str:
        """The ARN of the function."""
        return f"{self._arn('lambda')}:function:{self.function}"

    def _arn(self, service: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}"


def identity(owner: Owner, finding: Finding) -> str:
    """The same for what is found again, wherever its lines have moved to."""
    parts = [finding.tool, finding.rule, finding.path, finding.fingerprint]
    digest = hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
    return f"lambda-canary/{owner.target}/{digest}"


def of(
    owner: Owner, problem: Problem, accepted: str, known: Mapping[str, Asff], now: float
) -> Iterator[Asff]:
    """The findings of a problem, which name each other; `known` is what was imported before."""
    ids = [identity(owner, each) for each in problem]
    for id_, finding in zip(ids, problem, strict=True):
        related = [{"ProductArn": owner.product, "Id": each} for each in ids if each != id_][:10]
        yield _finding(owner, finding, accepted, now) | {
            "Id": id_,
            "CreatedAt": known.get(id_, {}).get("CreatedAt", _time(now)),
            "FindingProviderFields": {
                "Severity": {"Label": finding.severity.upper()},
                "Types": [_type(finding)],
                **({"RelatedFindings": related} if related else {}),
            },
        }


def archived(finding: Asff, now: float) -> Asff:
    """The same finding, gone."""
    kept = {name: finding[name] for name in _OURS if name in finding}
    return kept | {"RecordState": "ARCHIVED", "UpdatedAt": _time(now)}


def _finding(owner: Owner, finding: Finding, accepted: str, now: float) -> Asff:
    return {
        "SchemaVersion": "2018-10-08",
        "ProductArn": owner.product,
        "GeneratorId": _cut(f"{finding.tool}/{finding.rule}", 512),
        "AwsAccountId": owner.account,
        "UpdatedAt": _time(now),
        "RecordState": "ACTIVE",
        "Title": _cut(finding.title, 256),
        "Description": _cut(f"{finding.place}: {finding.description}", 1024),
        "Resources": [{"Type": "AwsLambdaFunction", "Id": owner.resource}],
        "ProductFields": {
            TARGET: owner.target,
            TOOL: _cut(finding.tool, 2048),
            "lambda-canary/release": owner.release,
            "lambda-canary/place": _cut(finding.place, 2048),
            **({"lambda-canary/exception": _cut(accepted, 2048)} if accepted else {}),
        },
        **(
            {"Remediation": {"Recommendation": {"Url": finding.url}}}
            if finding.url.startswith("https://")
            else {}
        ),
    }


def _type(finding: Finding) -> str:
    is_advisory = any(each.startswith(_ADVISORIES) for each in finding.classes)
    kind = "Software and Configuration Checks/Vulnerabilities"
    return f"{kind}/CVE" if is_advisory else kind


def _time(moment: float) -> str:
    """In microseconds: Security Hub ignores what is no newer."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _cut(text: str, most: int) -> str:
    """AWS wants at least one character that is no space."""
    shown = text.strip()[:most]
    return shown or "(none)"
