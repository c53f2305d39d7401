"""Where the code of a release comes from: its package, or the version that the alias serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from release import configuration, environment, packages, pointer
from release.errors import InvalidRequestError, TargetNotReadyError
from release.plan import CodeSigning, Source
from release.request import Package, Request


def find(
    asked: Request, signing: CodeSigning, stable: Mapping[str, Any], latest: Mapping[str, Any]
) -> Source:
    """The code that is to be released; `stable` is the alias's version, `latest` is `$LATEST`."""
    if asked.package:
        wanted = configuration.intended(stable, asked.configuration)
        return _of_package(asked.package, str(wanted["Runtime"]), str(wanted["Handler"]))
    _refuse_other_signer(signing, stable)
    job = str(stable["SigningJobArn"]).rpartition("/")[2]
    known = pointer.get(f"{asked.function}:{asked.alias}")
    if known.stable_version == stable["Version"] and known.signed_key:
        return Source(
            bucket=environment.read().artifact_bucket,
            key=known.signed_key,
            version=known.signed_version,
            content_hash=known.content_hash,
            signing_job=job,
        )
    if latest["CodeSha256"] != stable["CodeSha256"]:
        raise TargetNotReadyError(
            f"version {stable['Version']} of {asked.function} was not released from here, and "
            "$LATEST has other code by now. Give a package, or put the code of that version back "
            "into $LATEST. Nothing changed."
        )
    return Source(bucket="", key="", version="", content_hash="", signing_job=job)


def _of_package(package: Package, runtime: str, handler: str) -> Source:
    artifacts = environment.read().artifact_bucket
    bucket = package.bucket or artifacts
    if bucket != artifacts:
        raise InvalidRequestError(
            f"package.bucket is {bucket}, but packages are read from {artifacts} only. "
            "Upload the package there. Nothing changed."
        )
    found = packages.find(bucket, package.key, package.version)
    content = packages.inspect(found, runtime, handler)
    return Source(bucket=bucket, key=found.key, version=found.version, content_hash=content)


def _refuse_other_signer(signing: CodeSigning, stable: Mapping[str, Any]) -> None:
    """What is released again must be what this stack signs, as any release."""
    signed_by = stable.get("SigningProfileVersionArn")
    if signed_by != signing.profile_version_arn:
        raise TargetNotReadyError(
            f"version {stable['Version']} of {stable['FunctionName']} is signed by "
            f"{signed_by or 'nobody'}, not by {signing.profile_version_arn}: its code cannot be "
            "released again. Give a package, which is signed anew. Nothing changed."
        )
