"""The pointer: what an alias serves, as far as releases know; the next release builds on it."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from release.aws import dynamodb
from release.aws.dynamodb import Attr, Put, Update
from release.record import Release

_POINTERS = "pointers"  # one partition, so that one Query finds what has been released


class Pointer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """
    A version, the hash of its unsigned code, its signed object, and the release that brought it;
    empty where nobody knows. `release` is the last one that ended with traffic; `reported` the move
    of the alias that was told last.
    """

    stable_version: str = ""
    content_hash: str = ""
    signed_key: str = ""
    signed_version: str = ""
    brought_by: str = ""
    release: str = ""
    reported: str = ""


def get(target: str) -> Pointer:
    """The pointer of `function:alias`."""
    return msgspec.convert(dynamodb.get(_key(target)) or {}, Pointer)


def every() -> dict[str, Pointer]:
    """The pointers of all aliases that have had a release, by `function:alias`."""
    items = dynamodb.query(_POINTERS)
    return {item["sk"]: msgspec.convert(item, Pointer) for item in items}


def note_reported(target: str, move: str) -> None:
    """Remember which move of the alias by someone else was told last."""
    dynamodb.update(Update(_key(target), {"reported": move}, Attr("pk").exists()))


def move(release: Release) -> None:
    """Remember what the alias serves after this release."""
    plan, signing = release.plan, release.signing
    if release.outcome == "promoted" and release.new_version and signing:
        pointer = Pointer(
            stable_version=release.new_version,
            content_hash=plan.source.content_hash,
            signed_key=signing.key,
            signed_version=signing.version,
            brought_by=release.release,
            release=release.release,
        )
    elif release.outcome == "rolled_back":
        known = get(plan.target)
        if known.stable_version != release.version_to_restore:
            known = Pointer(stable_version=release.version_to_restore)
        pointer = replace(known, release=release.release)
    elif release.outcome == "rollback_failed":
        pointer = replace(get(plan.target), release=release.release)
    else:
        return
    dynamodb.put(Put(_key(plan.target), msgspec.to_builtins(pointer)))


def _key(target: str) -> dynamodb.Key:
    return _POINTERS, target
