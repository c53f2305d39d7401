"""What is sent to Security Hub, and what of an exceptions file counts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.findings import sarif
from release import asff, environment, exceptions, findings, plan, record, reports
from release.aws import s3, securityhub
from release.environment import Environment
from release.errors import FindingsBlockedError, ReportUnreadableError
from release.plan import Execution, State
from release.reports import Finding
from release.request import Change, Configuration
from release.scanned import Findings, ReportObject, Scans
from tests.findings.test_reports import JSON
from tests.release.test_baseline import POLICY

OWNER = asff.Owner("aws", "eu-west-1", "123456789012", "checkout", "live", "release-1")
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()
FINDING = Finding(
    tool="T", rule="R", classes=("R", "CWE-1"), severity="high", path="a.py", line=3,
    title="t", description="d", fingerprint="f",
)  # fmt: skip


def count(**entry: Any) -> tuple[int, list[str]]:
    """How many exceptions of a file with this one count, and which do not."""
    whole = {"rule": "R", "reason": "because", "expires": "2026-01-05"} | entry
    document = {"schema": 1, "exceptions": [whole]}
    counting, void = exceptions.parse(json.dumps(document).encode(), NOW)
    return len(counting), void


def test_an_exception_counts_on_its_last_day() -> None:
    """A day later it is only named."""
    assert count() == (1, [])
    assert count(expires="2026-01-04") == (0, ["exception 1 (R): it expired on 2026-01-04"])


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"reason": ""}, "no reason"),
        ({"rule": " "}, "names no rule"),
        ({"expires": "never"}, "expires"),
        ({"expires": None}, "expires"),
        ({"file": "a.py"}, "unknown field `file`"),
        ({"rule": 7}, "rule"),
    ],
)
def test_an_exception_that_is_not_whole_does_not_count(entry: dict[str, Any], words: str) -> None:
    """A slip never makes an exception wider; it is named."""
    number, (said,) = count(**entry)
    assert number == 0
    assert words in said


@given(JSON)
def test_any_exceptions_are_read_or_refused(document: Any) -> None:
    """As a whole file, and as one entry of it."""
    for each in (document, {"schema": 1, "exceptions": [document]}):
        try:
            counting, _ = exceptions.parse(json.dumps(each).encode(), NOW)
        except ReportUnreadableError:
            continue
        assert counting == []


@pytest.mark.parametrize(
    ("rule", "path", "covers"),
    [
        ("R", "", True),
        ("CWE-1", "", True),
        ("R", "a.py", True),
        ("R", "a.py:3", True),
        ("R", "a.py:4", False),
        ("R", "b.py", False),
        ("r", "", False),
        ("CWE-12", "", False),
    ],
)
def test_an_exception_means_a_rule_at_a_place(rule: str, path: str, covers: bool) -> None:
    """Exactly; a prefix is another file or rule."""
    one = exceptions.Exemption(
        rule=rule, path=path, reason="because", expires=datetime(2026, 1, 5).date()
    )
    assert one.covers([FINDING]) is covers


@given(st.builds(Finding, line=st.integers(0), severity=st.sampled_from(["high", "low"])))
def test_any_finding_fits_into_security_hub(finding: Finding) -> None:
    """Lengths, and no text that is blank, whatever a scanner wrote."""
    (made,) = asff.of(OWNER, [finding], "", {}, NOW)
    for name, most in (("Id", 512), ("GeneratorId", 512), ("Title", 256), ("Description", 1024)):
        assert 0 < len(made[name]) <= most
        assert re.search(r"\S", made[name])
    assert len(json.dumps(made)) < 240 * 1024


def test_a_finding_keeps_its_id_while_its_lines_move() -> None:
    """Neither line nor severity nor release makes it another one; its rule and text do."""

    def identity(**changed: Any) -> str:
        return asff.identity(OWNER, msgspec.structs.replace(FINDING, **changed))

    assert identity(line=9, severity="low", title="new") == identity()
    others = [identity(**{name: "other"}) for name in ("tool", "rule", "path", "fingerprint")]
    assert len({identity(), *others}) == 5


def test_the_gravest_are_imported_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are judged; and what is gone is archived, if its tool was asked this time."""
    content = sarif(200_000)
    sent: list[list[dict[str, Any]]] = []
    kept: list[Findings] = []

    def take(batch: list[dict[str, Any]]) -> dict[str, str]:
        sent.append(batch)
        return {}

    monkeypatch.setattr(findings, "MOST_IMPORTED", 150)
    monkeypatch.setattr(securityhub, "import_findings", take)
    known = [
        {"Id": tool, "Title": "t", "Workflow": {}, "ProductFields": {asff.TOOL: tool}}
        for tool in ("Bench", "Other")
    ]
    monkeypatch.setattr(securityhub, "active_findings", lambda *_: known)
    monkeypatch.setattr(record, "note_findings", lambda _, noted: kept.append(noted))
    monkeypatch.setattr(s3, "download", lambda _: content)
    monkeypatch.setattr(environment, "read", lambda: Environment(table_name="t"))
    report = ReportObject(format="sarif", key="reports/x", version="1", size=len(content))
    state = State(plan=made(Scans(reports=[report])))
    arn = "arn:aws:states:eu-west-1:123456789012:execution:machine:release-1"
    with pytest.raises(FindingsBlockedError, match=r"and \d+ more"):
        findings.import_findings(Execution(arn=arn, redrive_count=0), state)
    total = len(reports.parse("sarif", content).findings)
    (noted,) = kept
    assert [len(each) for each in sent] == [100, 51]
    gone = sent[-1][-1]
    assert (gone["Id"], gone["RecordState"], "Workflow" in gone) == ("Bench", "ARCHIVED", False)
    assert noted.archived == 1
    assert (noted.imported, noted.left_out, noted.blocked) == (150, total - 150, total)


def made(scans: Scans) -> plan.Plan:
    """A plan with these reports."""
    return plan.Plan(
        schema=1, release="release-1", function="checkout", alias="live", stable_version="1",
        source=plan.Source(bucket="b", key="k", version="v", content_hash="h"),
        configuration=Configuration(), policy=POLICY, alarms=[], alarm_window_seconds=60,
        traffic=plan.Traffic(application="a", group="g", config="c", minutes=5),
        code_signing=plan.CodeSigning(profile="p", profile_version_arn="v", config_arn="c"),
        warnings=[], change=Change(), planned_at=0, dry_run=False, scans=scans,
    )  # fmt: skip
