"""
What a call needs: the actions, on which resources, that AWS asks for before it answers.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from canary.localaws.admission import Call
from canary.localaws.iam import encryption
from canary.localaws.iam.also import ALSO, INSTEAD
from canary.localaws.iam.keys import keys_of
from canary.localaws.iam.needs import Need
from canary.localaws.iam.resources import Parameters, arns_of

_PREFIXES = {"stepfunctions": "states"}

# Operations whose action has another name.
_RENAMED = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:UploadPart": "s3:PutObject",
    "sns:PublishBatch": "sns:Publish",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
_OF_A_VERSION = {
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
}
# Anybody may ask who he is.
_FREE = {"sts:GetCallerIdentity"}


def needs_of(call: Call) -> list[Need]:
    """All that the caller needs; UnknownActionError, where nobody here knows."""
    service, operation = call.service, call.operation.name
    name, parameters = f"{_PREFIXES.get(service, service)}:{operation}", call.parameters
    if name in _FREE:
        return []
    if name in INSTEAD:
        return INSTEAD[name](parameters)
    needs = _ordinary(_RENAMED.get(name, name), parameters)
    return [*needs, *ALSO[name](parameters)] if name in ALSO else needs


def _ordinary(action: str, parameters: Parameters) -> list[Need]:
    if "VersionId" in parameters:
        action = _OF_A_VERSION.get(action, action)
    keys = keys_of(action, parameters)
    needs = [Need((action,), arn, keys) for arn in arns_of(action, parameters)]
    return needs + [more for need in needs for more in encryption.needs(action, need.resource)]
