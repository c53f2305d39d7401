"""The evidence object: one JSON document per release in S3, rewritten with each turn."""

from __future__ import annotations

from typing import Any

import msgspec

from release import environment
from release.aws import s3
from release.plan import Plan


def key(plan: Plan) -> str:
    """Where the evidence of a release is, in the artifact bucket."""
    return f"evidence/{plan.function}/{plan.alias}/{plan.release}.json"


def read(plan: Plan) -> dict[str, Any]:
    """The document so far; empty before the first verdict."""
    content = s3.read(environment.read().artifact_bucket, key(plan))
    return dict(msgspec.json.decode(content)) if content else {}


def write(plan: Plan, document: dict[str, object]) -> None:
    """Replace the document; earlier versions stay in the bucket."""
    content = msgspec.json.format(msgspec.json.encode(document), indent=2)
    s3.write(environment.read().artifact_bucket, key(plan), content, "application/json")
