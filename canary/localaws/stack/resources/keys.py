"""KMS keys and their aliases."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import moto.kms.models
from moto.kms.utils import KeySpec, generate_private_key

from canary.localaws.account import LocalAws
from canary.localaws.stack.resource import Properties, Resource


def install(aws: LocalAws) -> None:
    """
    Spare symmetric keys the RSA key that moto makes for each and that none ever uses: it is a tenth
    of a stack's time.
    """
    aws.patch(moto.kms.models, "generate_private_key", _private_key)


def _private_key(key_spec: str) -> Any:
    if key_spec == KeySpec.SYMMETRIC_DEFAULT:
        return _unused()
    return generate_private_key(key_spec)


@lru_cache(maxsize=1)
def _unused() -> Any:
    return generate_private_key(KeySpec.SYMMETRIC_DEFAULT)


class Key(Resource):
    """AWS::KMS::Key."""

    kind = "AWS::KMS::Key"
    supported = "Description EnableKeyRotation KeyPolicy KeySpec KeyUsage PendingWindowInDays Tags"
    replacing = "KeySpec KeyUsage"
    fixed = "Tags"

    def create(self) -> None:
        properties = self.given("Description", "KeySpec", "KeyUsage")
        if "KeyPolicy" in self.properties:
            properties["Policy"] = self.properties["KeyPolicy"]
        properties["Tags"] = [
            {"TagKey": tag["Key"], "TagValue": tag["Value"]}
            for tag in self.properties.get("Tags", [])
        ]
        key = self.call("kms", "create_key", properties)["KeyMetadata"]
        self.physical_resource_id = key["KeyId"]
        self.attributes = {"Arn": key["Arn"], "KeyId": key["KeyId"]}
        if self._rotates(self.properties):
            self.call("kms", "enable_key_rotation", KeyId=key["KeyId"])

    def update(self, old: Properties) -> None:
        key = {"KeyId": self.physical_resource_id}
        new = self.properties
        self.call("kms", "update_key_description", key, Description=new.get("Description", ""))
        if new.get("KeyPolicy") != old.get("KeyPolicy") and "KeyPolicy" in new:
            self.call("kms", "put_key_policy", key, PolicyName="default", Policy=new["KeyPolicy"])
        if self._rotates(new) != self._rotates(old):
            verb = "enable" if self._rotates(new) else "disable"
            self.call("kms", f"{verb}_key_rotation", key)

    def delete(self) -> None:
        self.call(
            "kms",
            "schedule_key_deletion",
            self.given("PendingWindowInDays"),
            KeyId=self.physical_resource_id,
        )

    @staticmethod
    def _rotates(properties: Properties) -> bool:
        return str(properties.get("EnableKeyRotation", False)).lower() == "true"


class Alias(Resource):
    """AWS::KMS::Alias."""

    kind = "AWS::KMS::Alias"
    supported = "AliasName TargetKeyId"
    replacing = "AliasName"

    def create(self) -> None:
        self.call("kms", "create_alias", self.properties)
        self.physical_resource_id = self.properties["AliasName"]

    def delete(self) -> None:
        self.call("kms", "delete_alias", AliasName=self.physical_resource_id)
