"""Code signing configs, and what they make of a package at deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from canary.localaws.account import current
from canary.localaws.awslambda.exceptions import (
    CodeVerificationFailedException,
    InvalidCodeSignatureException,
    InvalidParameterValueException,
)

if TYPE_CHECKING:
    from canary.localaws.signer import Signature

ENFORCE, WARN = "Enforce", "Warn"


@dataclass
class CodeSigningConfig:
    """Which signing profile versions may sign, and what happens where none of them did."""

    arn: str
    publishers: list[str]
    policy: str
    description: str
    last_modified: str

    def change(self, request: Mapping[str, Any], now: str) -> None:
        """Take over what a Create or Update request gives, and leave the rest."""
        if publishers := request.get("AllowedPublishers"):
            self.publishers = list(publishers["SigningProfileVersionArns"])
        if policies := request.get("CodeSigningPolicies"):
            self.policy = policies.get("UntrustedArtifactOnDeployment", WARN)
        self.description = request.get("Description", self.description)
        self.last_modified = now
        if not 1 <= len(self.publishers) <= 20:
            raise InvalidParameterValueException(
                "A code signing configuration needs between 1 and 20 signing profile versions."
            )

    def describe(self) -> dict[str, object]:
        """A CodeSigningConfig of the API."""
        return {
            "CodeSigningConfigId": self.arn.rpartition(":")[2],
            "CodeSigningConfigArn": self.arn,
            "Description": self.description,
            "AllowedPublishers": {"SigningProfileVersionArns": self.publishers},
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": self.policy},
            "LastModified": self.last_modified,
        }


def verified(archive: bytes, config: CodeSigningConfig | None, function: str) -> Signature | None:
    """
    The signature under which a package or a layer is deployed; None without a config, or if it only
    warns.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
    """
    if config is None:
        return None
    from canary.localaws.signer import TamperedError, signature_of

    try:
        signature = signature_of(archive)
    except TamperedError:
        raise InvalidCodeSignatureException(
            "The code signature failed the integrity check. If the integrity check fails, then "
            "Lambda blocks deployment, even if the code signing policy is set to WARN."
        ) from None
    objection = _objection(signature, config)
    if objection is None:
        return signature
    if config.policy == ENFORCE:
        raise CodeVerificationFailedException(
            "Lambda cannot deploy the function. The function or layer might be signed using a "
            "signature that the client is not configured to accept. Check the provided signature "
            f"for {function}. ({objection})"
        )
    _warn(function)
    return None


def _objection(signature: Signature | None, config: CodeSigningConfig) -> str | None:
    if signature is None:
        return "the package is not signed"
    if signature.profile_version_arn not in config.publishers:
        return f"{signature.profile_version_arn} is not an allowed publisher"
    if signature.expires_at <= current().clock.datetime():
        return f"the signature expired at {signature.expires_at.isoformat()}"
    if signature.revoked:
        return "the signature was revoked"
    return None


def _warn(function: str) -> None:
    from canary.localaws.cloudwatch import record

    record("AWS/Lambda", "SignatureValidationErrors", {"FunctionName": function}, 1.0, 1.0, "Count")
