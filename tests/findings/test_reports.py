"""What the scanners' reports say; recorded from the real tools, and whatever else may come."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.findings import sarif
from release import correlation, reports
from release.errors import ReportUnreadableError
from release.request import ReportFormat
from tests.findings.record import HERE, RECORDED, commands

FORMATS: tuple[ReportFormat, ...] = get_args(ReportFormat)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def recorded(name: str) -> reports.Report:
    """What a recorded report says."""
    return reports.parse(format_of(name), (RECORDED / name).read_bytes())


def format_of(name: str) -> ReportFormat:
    """By its name: `checkov.json`, `bandit.sarif`."""
    if name.endswith(".sarif"):
        return "sarif"
    return next(each for each in FORMATS if name.startswith(each))


def told(name: str) -> set[str]:
    """Its findings, as people name them."""
    return {str(each) for each in recorded(name).findings}


def unreadable(report_format: ReportFormat, document: Any) -> str:
    """Why a document cannot be read."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(ReportUnreadableError) as caught:
        reports.parse(report_format, content)
    return str(caught.value)


def run(results: list[dict[str, Any]] | None = None, **members: Any) -> dict[str, Any]:
    """A SARIF report of one run."""
    tool = members.pop("tool", {"driver": {"name": "T"}})
    found = {} if results is None else {"results": results}
    return {"version": "2.1.0", "runs": [{"tool": tool, **found, **members}]}


def parsed(*results: dict[str, Any], **members: Any) -> list[reports.Finding]:
    """What a SARIF report of these results says."""
    return reports.parse("sarif", json.dumps(run(list(results), **members)).encode()).findings


def test_every_report_of_make_scanners_is_recorded() -> None:
    """And none is left over from a command that is no more."""
    assert {path.name for path in RECORDED.iterdir()} == set(commands(""))


@pytest.mark.parametrize(
    ("name", "some", "how_many"),
    [
        ("bandit.sarif", {"high B602 in app.py:14 (Bandit)", "medium B608 in app.py:10 (Bandit)",
                          "low B404 in app.py:6 (Bandit)"}, 6),
        ("semgrep.sarif", {"high sql-from-a-string in app.py:10 (Semgrep OSS)",
                           "medium subprocess-shell in app.py:14 (Semgrep OSS)"}, 2),
        ("zizmor.sarif", {"high zizmor/template-injection in workflows/ci.yml:7 (zizmor)"}, 5),
        ("checkov.json", {"medium CKV_AWS_20 in template.yaml:3 (Checkov)"}, 8),
        ("checkov.sarif", {"high CKV_AWS_20 in template.yaml:3 (Checkov)"}, 8),
        ("pip-audit.json", {"high PYSEC-2014-8 in jinja2 (pip-audit)"}, 1),
        ("npm-audit.json", {"critical GHSA-xvch-5gv4-984h in minimist (npm audit)"}, 1),
    ],
)  # fmt: skip
def test_a_recorded_report_is_read(name: str, some: set[str], how_many: int) -> None:
    """Rule, severity and place of each finding; who only depends on it is none."""
    assert told(name) >= some
    assert len(told(name)) == how_many
    prints = {(each.rule, each.path, each.fingerprint) for each in recorded(name).findings}
    assert len(prints) == how_many


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("checkov-broken.json", "could not parse 1 files"),
        ("npm-audit-down.json", "npm could not ask: 503 Service Unavailable"),
    ],
)
def test_a_recorded_failure_is_not_clean(name: str, words: str) -> None:
    """What the real tools write when they could not look."""
    assert words in unreadable(format_of(name), (RECORDED / name).read_bytes())


_ERROR = {"level": "error", "message": {"text": "no database"}}
_SKIPPED = {"dependencies": [{"name": "shop", "skip_reason": "not on PyPI"}]}
_LOOP = {"a": {"via": ["b"]}, "b": {"via": ["a"]}}


@pytest.mark.parametrize(
    ("report_format", "document", "words"),
    [
        ("sarif", {"version": "2.1.0", "runs": []}, "nothing was scanned"),
        ("sarif", {"version": "2.0.0", "runs": []}, "version"),
        ("sarif", run(), "has no results"),
        ("sarif", run([], tool={"driver": {}}), "does not name its tool"),
        ("sarif", run([], invocations=[{"executionSuccessful": False}]), "did not succeed"),
        ("sarif", run([], invocations=[{"toolExecutionNotifications": [_ERROR]}]), "no database"),
        ("sarif", run([], invocations=[{"toolConfigurationNotifications": [_ERROR]}]), "no data"),
        ("npm-audit", {"error": {"code": "ENOLOCK"}}, "npm could not ask: {\"code\":\"ENOLOCK\"}"),
        ("npm-audit", {"vulnerabilities": {}}, "version 2"),
        ("npm-audit", {"auditReportVersion": 2, "vulnerabilities": _LOOP}, "a, b: vulnerable, but"),
        ("pip-audit", _SKIPPED, "skipped 1 of 1 dependencies, first shop (not on PyPI)"),
        ("pip-audit", {"dependencies": [{"name": "x", "version": "1"}]}, "no reason given"),
        ("checkov", [], "nothing was scanned"),
        ("checkov", {"passed": 0, "failed": 0, "resource_count": 0}, "scanned nothing"),
        ("checkov", {"results": {"failed_checks": [], "parsing_errors": ["/a.tf"]}}, "first /a.tf"),
        ("sarif", b"", "no sarif report"),
        ("checkov", b"[" * 100_000, "no checkov report"),
        ("sarif", b"\xff\xfe{\x00}\x00", "no sarif report"),
    ],
)  # fmt: skip
def test_what_could_not_look_is_not_clean(
    report_format: ReportFormat, document: Any, words: str
) -> None:
    """Whatever a scanner did instead of scanning, the report is unreadable and says why."""
    assert words in unreadable(report_format, document)


@given(st.sampled_from(FORMATS), JSON)
def test_any_json_is_a_report_or_unreadable(report_format: ReportFormat, document: Any) -> None:
    """Whatever arrives, the only error is ours."""
    unreadable_or_read(report_format, json.dumps(document).encode())


@given(st.sampled_from(FORMATS), st.binary(max_size=50))
def test_any_bytes_are_a_report_or_unreadable(report_format: ReportFormat, content: bytes) -> None:
    """Also what is no JSON."""
    unreadable_or_read(report_format, content)


@given(st.sampled_from(sorted(commands(""))), st.data())
def test_a_recorded_report_with_one_place_changed(name: str, data: st.DataObject) -> None:
    """Near misses too."""
    document = json.loads((RECORDED / name).read_text())
    inner = document
    while isinstance(inner, dict | list) and inner:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inner[key], dict | list) or data.draw(st.integers(0, 4)) == 0:
            inner[key] = data.draw(JSON)
            break
        inner = inner[key]
    unreadable_or_read(format_of(name), json.dumps(document).encode())


def unreadable_or_read(report_format: ReportFormat, content: bytes) -> None:
    """Findings, each with all that Security Hub wants, or the error of ours."""
    try:
        report = reports.parse(report_format, content)
    except ReportUnreadableError:
        return
    assert report.tools
    for each in report.findings:
        assert each.tool
        assert each.path
        assert each.line >= 0


# -- SARIF, as its standard has it -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "level", "severity"),
    [
        ("9.8", None, "critical"),
        ("7.0", "note", "high"),
        (6.9, None, "medium"),
        ("0.1", None, "low"),
        ("0.0", "error", "informational"),
        ("nan", "error", "high"),
        ("high", None, "medium"),
        (None, "error", "high"),
        (None, "warning", "medium"),
        (None, "note", "low"),
        (None, "none", "informational"),
        (None, None, "medium"),
    ],
)
def test_a_severity_is_the_score_or_the_level(
    score: str | float | None, level: str | None, severity: str
) -> None:
    """The rule's score goes before the level; what is no score counts as none."""
    rule = {"id": "R", "properties": {"security-severity": score}}
    result = {"ruleId": "R"} | ({"level": level} if level else {})
    (found,) = parsed(result, tool={"driver": {"name": "T", "rules": [rule]}})
    assert found.severity == severity


def test_a_rule_is_found_wherever_it_is_described() -> None:
    """By index, by id, in an extension; results may stand before the tool."""
    rules = [{"id": "A", "defaultConfiguration": {"level": "note"}}, {"id": "B"}]
    extension = {"name": "E", "rules": [{"id": "C", "defaultConfiguration": {"level": "error"}}]}
    tool = {"driver": {"name": "T", "rules": rules}, "extensions": [extension]}
    found = parsed(
        {"ruleIndex": 0},
        {"ruleId": "A/sub", "ruleIndex": 0},
        {"ruleId": "A", "ruleIndex": 7},
        {"rule": {"index": 0, "toolComponent": {"index": 0}}},
        {"ruleId": "C", "ruleIndex": 1},
        {"ruleId": "D"},
        {},
        tool=tool,
    )
    assert [(each.rule, each.severity) for each in found] == [
        ("A", "low"), ("A", "low"), ("A", "low"), ("C", "high"), ("C", "high"), ("D", "medium"),
        ("(no rule)", "medium"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "members",
    [
        {"suppressions": [{"kind": "inSource"}]},
        {"suppressions": [{"status": "accepted"}]},
        {"kind": "pass"},
        {"kind": "notApplicable"},
        {"baselineState": "absent"},
    ],
)
def test_what_is_no_finding_is_none(members: dict[str, Any]) -> None:
    """Dismissed, passed, or gone."""
    assert parsed({"ruleId": "R", **members}) == []


@pytest.mark.parametrize(
    "members",
    [
        {"suppressions": []},
        {"suppressions": [{"status": "accepted"}, {"status": "rejected"}]},
        {"suppressions": [{"status": "underReview"}]},
        {"kind": "review"},
        {"baselineState": "unchanged"},
    ],
)
def test_what_nobody_has_dismissed_counts(members: dict[str, Any]) -> None:
    """A suppression that was rejected, or is still to be judged, suppresses nothing."""
    assert len(parsed({"ruleId": "R", **members})) == 1


def test_a_place_is_written_alike_whoever_writes_it() -> None:
    """Decoration goes, an index is looked up, and no place is one, too."""
    places: list[dict[str, Any]] = [
        {"uri": "./a%20b.py"},
        {"uri": "file:///a%20b.py"},
        {"index": 0},
        {},
    ]
    found = parsed(
        *({"ruleId": "R", "locations": [{"physicalLocation": {"artifactLocation": each}}]}
          for each in places),
        artifacts=[{"location": {"uri": "a b.py"}}],
    )  # fmt: skip
    assert [each.path for each in found] == ["a b.py", "a b.py", "a b.py", "(nowhere)"]


# -- several reports -------------------------------------------------------------------------------


def test_what_two_scanners_report_is_one_problem() -> None:
    """By the weakness, or the rule, and the place; the gravest speaks for it."""
    found = correlation.problems(
        recorded("bandit.sarif").findings + recorded("semgrep.sarif").findings
    )
    assert len(found) == 6
    sql = next(each for each in found if len(each) == 2 and each[0].line == 10)
    assert [(each.tool, each.severity) for each in sql] == [
        ("Semgrep OSS", "high"),
        ("Bandit", "medium"),
    ]
    both = recorded("checkov.json").findings + recorded("checkov.sarif").findings
    assert [len(each) for each in correlation.problems(both)] == [2] * 8


def test_an_advisory_is_one_whatever_it_is_called() -> None:
    """Findings are joined through their aliases, also in a chain."""
    (jinja,) = recorded("pip-audit.json").findings
    other = reports.Finding(
        tool="T", rule="CVE-2014-1402", classes=("CVE-2014-1402", "OTHER-1"), severity="low",
        path="jinja2", line=0, title="t", description="d", fingerprint="f",
    )  # fmt: skip
    third = reports.Finding(
        tool="U", rule="OTHER-1", classes=("OTHER-1",), severity="critical",
        path="jinja2", line=0, title="t", description="d", fingerprint="f",
    )  # fmt: skip
    for order in ([jinja, third, other], [other, third, jinja], [third, jinja, other]):
        (problem,) = correlation.problems(order)
        assert [each.tool for each in problem] == ["U", "pip-audit", "T"]


def test_memory_grows_with_the_report_but_not_much() -> None:
    """5 MB take less than four times as much; `python -m bench.findings` measures 100 MB."""
    content = sarif(5_000_000)
    tracemalloc.start()
    try:
        found = correlation.problems(reports.parse("sarif", content).findings)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) > 1000
    assert peak < 3 * len(content)  # the content itself was there before


def test_the_samples_are_no_code_of_this_project() -> None:
    """What is wrong on purpose has a suffix that no tool of ours reads."""
    assert {path.suffix for path in (HERE / "samples").iterdir()} == {".txt"}
