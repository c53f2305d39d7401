"""S3 buckets and their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from canary.localaws.account import REGION
from canary.localaws.stack.resource import Properties, Resource, UnsupportedPropertyError

_RULE = (
    "Id Status Prefix ExpirationInDays NoncurrentVersionExpiration "
    "NoncurrentVersionExpirationInDays AbortIncompleteMultipartUpload"
)


class Bucket(Resource):
    """AWS::S3::Bucket."""

    kind = "AWS::S3::Bucket"
    supported = (
        "BucketName VersioningConfiguration BucketEncryption PublicAccessBlockConfiguration "
        "LifecycleConfiguration OwnershipControls Tags"
    )
    named_by = "BucketName"
    replacing = "BucketName"

    def create(self) -> None:
        name = self.name
        self.call("s3", "create_bucket", Bucket=name)
        self.physical_resource_id = name
        self.attributes = {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{REGION}.amazonaws.com",
        }
        self._configure({})

    def update(self, old: Properties) -> None:
        gone = {
            "BucketEncryption": "delete_bucket_encryption",
            "PublicAccessBlockConfiguration": "delete_public_access_block",
            "LifecycleConfiguration": "delete_bucket_lifecycle",
            "OwnershipControls": "delete_bucket_ownership_controls",
            "Tags": "delete_bucket_tagging",
        }
        for name, operation in gone.items():
            if name in old and name not in self.properties:
                self.call("s3", operation, Bucket=self.physical_resource_id)
        if "VersioningConfiguration" in old and "VersioningConfiguration" not in self.properties:
            self._put("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})
        self._configure(old)

    def delete(self) -> None:
        self.call("s3", "delete_bucket", Bucket=self.physical_resource_id)

    def _configure(self, old: Properties) -> None:
        """Put what is new or different."""
        for name, (operation, configuration) in _PUT.items():
            value = self.properties.get(name)
            if value and value != old.get(name):
                self._put(operation, **configuration(value))

    def _put(self, operation: str, **configuration: Any) -> None:
        self.call("s3", operation, configuration, Bucket=self.physical_resource_id)


def _encryption(given: Properties) -> dict[str, Any]:
    rules = []
    for rule in given["ServerSideEncryptionConfiguration"]:
        renamed = dict(rule)
        renamed["ApplyServerSideEncryptionByDefault"] = renamed.pop("ServerSideEncryptionByDefault")
        rules.append(renamed)
    return {"Rules": rules}


def _lifecycle(given: Properties) -> dict[str, Any]:
    return {"Rules": [_lifecycle_rule(rule) for rule in given["Rules"]]}


def _lifecycle_rule(given: Properties) -> dict[str, Any]:
    for name in given:
        if name not in _RULE.split():
            raise UnsupportedPropertyError(
                f"AWS::S3::Bucket: the embedded AWS does not support {name} in a lifecycle rule"
            )
    rule: dict[str, Any] = {
        "ID": given.get("Id", "rule"),
        "Status": given["Status"],
        "Filter": {"Prefix": given.get("Prefix", "")},
    }
    if "ExpirationInDays" in given:
        rule["Expiration"] = {"Days": given["ExpirationInDays"]}
    if "NoncurrentVersionExpirationInDays" in given:
        days = given["NoncurrentVersionExpirationInDays"]
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in given:
            rule[name] = given[name]
    return rule


# For each property: the operation that puts it, and what the operation is given.
_PUT: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "VersioningConfiguration": (
        "put_bucket_versioning",
        lambda given: {"VersioningConfiguration": given},
    ),
    "BucketEncryption": (
        "put_bucket_encryption",
        lambda given: {"ServerSideEncryptionConfiguration": _encryption(given)},
    ),
    "PublicAccessBlockConfiguration": (
        "put_public_access_block",
        lambda given: {"PublicAccessBlockConfiguration": given},
    ),
    "LifecycleConfiguration": (
        "put_bucket_lifecycle_configuration",
        lambda given: {"LifecycleConfiguration": _lifecycle(given)},
    ),
    "OwnershipControls": (
        "put_bucket_ownership_controls",
        lambda given: {"OwnershipControls": given},
    ),
    "Tags": ("put_bucket_tagging", lambda given: {"Tagging": {"TagSet": given}}),
}


class BucketPolicy(Resource):
    """AWS::S3::BucketPolicy."""

    kind = "AWS::S3::BucketPolicy"
    supported = "Bucket PolicyDocument"

    def create(self) -> None:
        bucket = self.properties["Bucket"]
        document = self.properties["PolicyDocument"]
        self.call("s3", "put_bucket_policy", Bucket=bucket, Policy=document)
        self.physical_resource_id = bucket

    def delete(self) -> None:
        self.call("s3", "delete_bucket_policy", Bucket=self.physical_resource_id)
