"""Application revisions: AppSpec files, known by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from canary.localaws.codedeploy.exceptions import CodeDeployException

_CONTENT_MEMBERS = {"AppSpecContent": "appSpecContent", "String": "string"}


@dataclass
class Revision:
    """One AppSpec of one application, and where it was used."""

    kind: str
    content: str
    registered_at: datetime
    description: str | None = None
    first_used_at: datetime | None = None
    last_used_at: datetime | None = None
    groups: list[str] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content.encode()).hexdigest()

    def use(self, group: str, now: datetime) -> None:
        """A deployment group deploys it."""
        self.first_used_at, self.last_used_at = self.first_used_at or now, now
        if group not in self.groups:
            self.groups.append(group)

    def location(self) -> dict[str, Any]:
        """With its content."""
        body = {"content": self.content, "sha256": self.sha256}
        return {"revisionType": self.kind, _CONTENT_MEMBERS[self.kind]: body}

    def reference(self) -> dict[str, Any]:
        """As a deployment shows it: of an AppSpecContent, AWS gives the hash only."""
        if self.kind == "String":
            return self.location()
        return {"revisionType": self.kind, "appSpecContent": {"sha256": self.sha256}}

    def info(self) -> dict[str, Any]:
        """The revisionInfo of GetApplicationRevision."""
        return {
            "description": self.description,
            "deploymentGroups": self.groups,
            "firstUsedTime": self.first_used_at,
            "lastUsedTime": self.last_used_at,
            "registerTime": self.registered_at,
        }


class Revisions:
    """The revisions of one application."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Revision] = {}

    def register(self, location: Mapping[str, Any], now: datetime) -> Revision:
        """The revision at this location, registered if it is new."""
        kind, given = _read(location)
        content = given.get("content")
        if content is None:
            return self.find(location)
        revision = Revision(kind, content, now)
        if given.get("sha256") not in (None, revision.sha256):
            raise _invalid("The SHA256 of the revision does not match its content.")
        return self._known.setdefault((kind, revision.sha256), revision)

    def find(self, location: Mapping[str, Any]) -> Revision:
        """The revision at this location, which must be known."""
        kind, given = _read(location)
        content = given.get("content")
        sha256 = given.get("sha256") or hashlib.sha256((content or "").encode()).hexdigest()
        if (kind, sha256) not in self._known:
            raise CodeDeployException(
                "RevisionDoesNotExistException", "The specified revision does not exist."
            )
        return self._known[kind, sha256]


def _read(location: Mapping[str, Any] | None) -> tuple[str, Mapping[str, Any]]:
    if not location:
        raise CodeDeployException("RevisionRequiredException", "The revision was not specified.")
    kind = location.get("revisionType", "")
    if kind not in _CONTENT_MEMBERS:
        raise _invalid(f"Revisions of type {kind or 'none'} are not deployed to Lambda here.")
    given = location.get(_CONTENT_MEMBERS[kind]) or {}
    if not given.get("content") and not given.get("sha256"):
        raise _invalid("The revision has no content.")
    return kind, given


def _invalid(message: str) -> CodeDeployException:
    return CodeDeployException("InvalidRevisionException", message)
