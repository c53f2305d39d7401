"""ImportFindings: what scanners found goes to Security Hub; grave findings end the release."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TypeAlias

from release import asff, correlation, environment, exceptions, record, reports
from release.asff import Asff, Owner
from release.aws import s3, securityhub
from release.correlation import Problem
from release.errors import (
    FindingsBlockedError,
    FindingsNotImportedError,
    ReleaseStaleError,
    ReportUnreadableError,
)
from release.exceptions import Exemption
from release.plan import Execution, Plan, State
from release.reports import Report
from release.scanned import Accepted, Findings, ReportObject, Scans
from release.severity import SEVERITIES, is_at_least

MOST_IMPORTED = 10_000  # in the time that the function has, at Security Hub's ten calls a second
_ATTEMPTS, _PAUSE_SECONDS = 4, 2
_NAMED, _KEPT, _SHOWN = 5, 50, 300

Judged: TypeAlias = tuple[Problem, Exemption | None]


def import_findings(execution: Execution, state: State) -> Findings:
    """Read, import, archive what is gone; then FindingsBlockedError if anything grave is left."""
    plan = state.plan
    if plan.scans is None:
        raise ReleaseStaleError("ImportFindings needs a plan with scan reports")
    now = time.time()
    counting, void = _exceptions(plan.scans, now)
    report = _read(plan.scans)
    found = correlation.problems(report.findings)
    judged = [(each, _exemption(each, counting)) for each in found]
    imported = _import(_owner(plan, execution), report.tools, judged, now)
    findings = _summary(plan, judged, void, *imported)
    record.note_findings(plan.release, findings)
    if findings.blocked:
        raise _blocked(plan, findings)
    return findings


# -- reading ---------------------------------------------------------------------------------------


def _read(scans: Scans) -> Report:
    """All reports as one; none of them is kept in memory longer than it is read."""
    tools: frozenset[str] = frozenset()
    findings = []
    for each in scans.reports:
        try:
            report = reports.parse(each.format, _content(each))  # type: ignore[arg-type]
        except ReportUnreadableError as error:
            raise _unreadable(each, error) from error
        tools |= report.tools
        findings += report.findings
    return Report(tools, findings)


def _exceptions(scans: Scans, now: float) -> tuple[list[Exemption], list[str]]:
    if scans.exceptions is None:
        return [], []
    try:
        return exceptions.parse(_content(scans.exceptions), now)
    except ReportUnreadableError as error:
        raise _unreadable(scans.exceptions, error) from error


def _content(report: ReportObject) -> bytearray:
    bucket = environment.read().artifact_bucket
    content = s3.download(s3.Object(bucket, report.key, report.version, report.size))
    if content is None:
        raise ReportUnreadableError("it is no longer there")
    return content


def _unreadable(report: ReportObject, error: ReportUnreadableError) -> ReportUnreadableError:
    return ReportUnreadableError(
        f"{report.key} (version {report.version}): {error}. No finding is known, so none can be "
        "passed. Scan again, upload the report and start a new execution."
    )


# -- importing -------------------------------------------------------------------------------------


def _import(
    owner: Owner, tools: frozenset[str], judged: list[Judged], now: float
) -> tuple[int, int, int]:
    """How many findings were imported, archived, and left out, the least grave ones."""
    ids = {asff.identity(owner, each) for problem, _ in judged for each in problem}
    try:
        known = {each["Id"]: each for each in securityhub.active_findings(*_ours(owner))}
        gone = _gone(known, ids, tools, now)
        to_send = chain(islice(_found(owner, judged, known, now), MOST_IMPORTED), gone)
        while batch := list(islice(to_send, securityhub.MOST_AT_ONCE)):
            _send(batch)
    except securityhub.NotEnabledError as error:
        raise FindingsNotImportedError(
            f"Security Hub does not take findings: {error}. Enable Security Hub CSPM in this "
            "account and region, and redrive the execution."
        ) from error
    imported = min(len(ids), MOST_IMPORTED)
    return imported, len(gone), len(ids) - imported


def _ours(owner: Owner) -> tuple[str, str, str]:
    return owner.product, asff.TARGET, owner.target


def _found(
    owner: Owner, judged: list[Judged], known: Mapping[str, Asff], now: float
) -> Iterator[Asff]:
    for problem, exemption in judged:
        yield from asff.of(owner, problem, _accepted(exemption), known, now)


def _gone(
    known: Mapping[str, Asff], ids: set[str], tools: frozenset[str], now: float
) -> list[Asff]:
    """What these tools had found, and do not find any more; others were not asked this time."""
    return [
        asff.archived(each, now)
        for id_, each in known.items()
        if id_ not in ids and each["ProductFields"].get(asff.TOOL) in tools
    ]


def _send(batch: list[Asff]) -> None:
    """Ask again for those that were not taken, a few times."""
    failed: dict[str, str] = {}
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE_SECONDS * attempt)
        failed = securityhub.import_findings(batch)
        batch = [each for each in batch if each["Id"] in failed]
        if not batch:
            return
    id_, sentence = next(iter(failed.items()))
    raise FindingsNotImportedError(
        f"Security Hub did not take {len(failed)} findings, asked {_ATTEMPTS} times; first {id_}: "
        f"{sentence}. Redrive the execution to try again."
    )


def _owner(plan: Plan, execution: Execution) -> Owner:
    _, partition, _, region, account, *_ = execution.arn.split(":")
    return Owner(partition, region, account, plan.function, plan.alias, plan.release)


# -- judging ---------------------------------------------------------------------------------------


def _exemption(problem: Problem, counting: Sequence[Exemption]) -> Exemption | None:
    return next((each for each in counting if each.covers(problem)), None)


def _accepted(exemption: Exemption | None) -> str:
    return f"{exemption.reason} (until {exemption.expires})" if exemption else ""


def _summary(
    plan: Plan, judged: list[Judged], void: list[str], imported: int, archived: int, left_out: int
) -> Findings:
    grave = [
        problem[0]
        for problem, exemption in judged
        if exemption is None and is_at_least(problem[0].severity, plan.policy.block_on)
    ]
    counts = Counter(problem[0].severity for problem, _ in judged)
    used = Counter(exemption for _, exemption in judged if exemption)
    return Findings(
        problems={each: counts[each] for each in SEVERITIES},
        blocked=len(grave),
        blocking=[str(each)[:_SHOWN] for each in grave[:_NAMED]],
        exceptions=[
            Accepted(
                rule=each.rule,
                path=each.path,
                reason=each.reason[:_SHOWN],
                expires=str(each.expires),
                problems=count,
            )
            for each, count in used.most_common(_KEPT)
        ],
        void_exceptions=void[:_KEPT],
        imported=imported,
        archived=archived,
        left_out=left_out,
    )


def _blocked(plan: Plan, findings: Findings) -> FindingsBlockedError:
    more = findings.blocked - len(findings.blocking)
    void = "; ".join(findings.void_exceptions[:_NAMED])
    return FindingsBlockedError(
        f"{findings.blocked} problems are {plan.policy.block_on} or graver and accepted by nobody: "
        f"{'; '.join(findings.blocking)}{f'; and {more} more' if more else ''}. "
        f"{f'Not counted: {void}. ' if void else ''}"
        "Mend them, or put each with its reason and an expiry into the exceptions file; then "
        "start a new execution. No user has met the new version."
    )
