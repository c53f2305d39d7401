"""The pointer: what an alias serves, as far as releases know; the next release builds on it."""

from __future__ import annotations

import msgspec

from release.aws import dynamodb
from release.aws.dynamodb import Put
from release.record import Release


class Pointer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """
    A version, the hash of its unsigned code, its signed object, and the release that brought it;
    empty where nobody knows.
    """

    stable_version: str = ""
    content_hash: str = ""
    signed_key: str = ""
    signed_version: str = ""
    release: str = ""


def get(target: str) -> Pointer:
    """The pointer of `function:alias`."""
    return msgspec.convert(dynamodb.get(_key(target)) or {}, Pointer)


def move(release: Release) -> None:
    """Remember what the alias serves after this release."""
    plan, signing = release.plan, release.signing
    if release.outcome == "promoted" and release.new_version and signing:
        pointer = Pointer(
            stable_version=release.new_version,
            content_hash=plan.source.content_hash,
            signed_key=signing.key,
            signed_version=signing.version,
            release=release.release,
        )
    elif release.outcome == "rolled_back":
        if get(plan.target).stable_version == release.version_to_restore:
            return
        pointer = Pointer(stable_version=release.version_to_restore)
    else:
        return
    dynamodb.put(Put(_key(plan.target), msgspec.to_builtins(pointer)))


def _key(target: str) -> dynamodb.Key:
    return f"target#{target}", "pointer"
