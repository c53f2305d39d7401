"""Signing profiles."""

from __future__ import annotations

from canary.localaws.stack.resource import Resource, tag_map


class SigningProfile(Resource):
    """AWS::Signer::SigningProfile."""

    kind = "AWS::Signer::SigningProfile"
    supported = "ProfileName PlatformId SignatureValidityPeriod Tags"
    named_by = "ProfileName"
    replacing = "ProfileName PlatformId SignatureValidityPeriod"
    fixed = "Tags"

    def create(self) -> None:
        # A profile's name takes no hyphens.
        name = self.name.replace("-", "_")
        made = self.call(
            "signer",
            "put_signing_profile",
            self.given("PlatformId", "SignatureValidityPeriod"),
            profileName=name,
            tags=tag_map(self.properties.get("Tags")),
        )
        self.physical_resource_id = made["arn"]
        self.attributes = {
            "Arn": made["arn"],
            "ProfileName": name,
            "ProfileVersion": made["profileVersion"],
            "ProfileVersionArn": made["profileVersionArn"],
        }

    def delete(self) -> None:
        name = self.attributes["ProfileName"]
        self.call("signer", "cancel_signing_profile", profileName=name)
