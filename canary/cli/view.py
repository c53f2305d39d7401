"""All that is worth seeing of the newest release of an alias, read at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from canary.cli import freeze
from canary.cli.failures import UserError
from canary.cli.following import Target
from canary.cli.watch import Glance, Judgement, Watch, counts_of, last_minute, shares_of
from release import freezes, targets
from release.aws import cloudwatch
from release.freezes import Freeze
from release.record import Release


@dataclass(frozen=True)
class View:
    """What the alias serves, its newest release if there is one, that one's alarms, a freeze."""

    target: Target
    glance: Glance
    release: Release | None
    alarms: Mapping[str, str]
    frozen: Freeze | None

    @property
    def running(self) -> Release | None:
        """The newest release, if it has no outcome yet."""
        return self.release if self.release and self.release.outcome == "in_progress" else None

    @property
    def reason(self) -> str:
        """Why the release ended as it did, or what the last look at it said."""
        if self.glance.judgement:
            return self.glance.judgement.reason
        return self.release.reason if self.release else ""

    @property
    def next_look(self) -> datetime | None:
        """When a running release is judged again."""
        return self.glance.judgement.next_look if self.glance.judgement else None

    @property
    def guard_until(self) -> datetime | None:
        """Until when an alarm undoes a promoted release."""
        until = self.release.guard_until if self.release else None
        return moment(until) if until and until > self.glance.at.timestamp() else None


def view_of(target: Target, now: datetime) -> View:
    """The alias and its newest release; a UserError where there is no such alias."""
    shares = require_shares(target)
    release = targets.newest(str(target))
    if release and release.outcome == "in_progress":
        glance = watch_of(target, release).glance(now)
    else:
        glance = _of_alias(target, shares, now)
    names = release.plan.alarms if release else []
    found = {alarm.name: alarm.state for alarm in cloudwatch.get_alarms(names)}
    alarms = {name: found.get(name, "MISSING") for name in names}
    return View(target, glance, release, alarms, freezes.over(target.function))


def watch_of(target: Target, release: Release) -> Watch:
    """To follow the release's own execution."""
    return Watch(release.execution_arn, target.function, target.alias)


def require_shares(target: Target) -> dict[str, float]:
    """What the alias serves; a UserError where there is no such alias."""
    shares = shares_of(target.function, target.alias)
    if not shares:
        raise UserError(
            f"There is no function {target.function!r}, or it has no alias {target.alias!r}, in "
            "this account and region. Check the name, --alias and --environment."
        )
    return shares


def document(view: View) -> dict[str, object]:
    """The view, for machines; times in ISO 8601."""
    glance, release = view.glance, view.release
    seen = {
        "schema": 1,
        "function": view.target.function,
        "alias": view.target.alias,
        "at": glance.at.isoformat(),
        "minute": moment(glance.minute).isoformat(),
        "versions": {
            version: {"share": share, "calls": calls, "errors": errors}
            for version, share in glance.shares.items()
            for calls, errors in [glance.count(version)]
        },
        **freeze.document(view.frozen),
        "release": release.release if release else None,
    }
    if release is None:
        return seen
    return seen | {
        "executionArn": release.execution_arn,
        "outcome": release.outcome,
        "state": glance.state or None,
        "stableVersion": release.plan.stable_version,
        "newVersion": release.new_version,
        "alarms": dict(view.alarms),
        **_judged(glance.judgement),
        "reason": view.reason,
        "guardUntil": view.guard_until.isoformat() if view.guard_until else None,
    }


def _judged(judgement: Judgement | None) -> dict[str, object]:
    """The last look, its evidence as odds to 1, and when the next one is."""
    if judgement is None:
        return dict.fromkeys(("verdict", "decidedBy", "odds", "metrics", "nextLook"))
    return {
        "verdict": judgement.verdict,
        "decidedBy": judgement.decided_by,
        "odds": judgement.odds,
        "metrics": judgement.metrics,
        "nextLook": judgement.next_look.isoformat(),
    }


def moment(seconds: int) -> datetime:
    """A time of the record, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _of_alias(target: Target, shares: Mapping[str, float], now: datetime) -> Glance:
    """The alias alone, while no release runs."""
    counts = counts_of(target.function, target.alias, tuple(sorted(shares)), now)
    return Glance(now, "", "", shares, last_minute(now), counts)
