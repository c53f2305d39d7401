"""Whether a version that an operator chooses may serve again."""

from __future__ import annotations

from release.aws import awslambda, signer


def problem(function: str, version: str) -> str:
    """
    Why the version may not serve; empty if it may. Where the function's code signing config says
    Enforce it must be signed by a publisher that the config allows, and not be revoked: Lambda
    looks at signatures only when code is put in.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
    """
    found = awslambda.find_version(function, version)
    if found is None:
        return f"function {function} has no version {version}"
    config = awslambda.get_code_signing_config(function)
    if config is None or not _is_enforcing(config):
        return ""
    signed_by = found.get("SigningProfileVersionArn")
    if signed_by not in config["AllowedPublishers"]["SigningProfileVersionArns"]:
        return (
            f"version {version} of {function} is signed by {signed_by or 'nobody'}, which its code "
            "signing config does not allow"
        )
    job = signer.get_job(str(found["SigningJobArn"]).rpartition("/")[2])
    return f"the signature of version {version} of {function} is revoked" if job.is_revoked else ""


def _is_enforcing(config: dict[str, dict[str, str]]) -> bool:
    return config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"] == "Enforce"
