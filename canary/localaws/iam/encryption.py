"""
What else is needed where a resource is encrypted with a customer's key.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from canary.localaws.account import ACCOUNT, current
from canary.localaws.iam.needs import Need
from canary.localaws.iam.resources import key_arn

_WRITE = ("kms:GenerateDataKey", "kms:Decrypt")
_READ = ("kms:Decrypt",)
_ACTIONS = {
    "s3:GetObject": _READ,
    "s3:GetObjectVersion": _READ,
    "s3:PutObject": _WRITE,
    "sns:Publish": _WRITE,
    "sqs:ReceiveMessage": _READ,
    "sqs:SendMessage": _WRITE,
}


def needs(action: str, arn: str) -> list[Need]:
    """What the caller needs of the key; a key that AWS manages lets everybody in the account."""
    actions = _ACTIONS.get(action, ())
    key = _key_of(arn) if actions else None
    if key is None or key.split(":key/")[-1].startswith("alias/aws/"):
        return []
    service = arn.split(":")[2]
    context = {"sns": "aws:sns:topicarn", "sqs": "aws:sqs:arn", "s3": "aws:s3:arn"}[service]
    keys = {
        f"kms:encryptioncontext:{context}": (arn.partition("/")[0] if service == "s3" else arn,),
        "kms:viaservice": (f"{service}.{current().region}.amazonaws.com",),
        "kms:calleraccount": (ACCOUNT,),
    }
    return [Need((each,), key, keys) for each in actions]


def _key_of(arn: str) -> str | None:
    """The ARN of the key that a topic, a queue or a bucket is encrypted with."""
    service, name = arn.split(":")[2], arn.rpartition(":")[2]
    key_id = _READERS[service](arn, name)
    if not key_id:
        return None
    return key_id if key_id.startswith("alias/aws/") else key_arn(key_id)


def _of_topic(arn: str, _name: str) -> str | None:
    topic = current().backend(sns_backends).topics.get(arn)
    return topic.kms_master_key_id if topic is not None else None


def _of_queue(_arn: str, name: str) -> str | None:
    queue = current().backend(sqs_backends).queues.get(name)
    return queue.kms_master_key_id if queue is not None else None


def _of_bucket(_arn: str, name: str) -> str | None:
    buckets: Any = s3_backends[ACCOUNT]["aws"].buckets
    bucket = buckets.get(name.partition("/")[0])
    rules: Sequence[Any] = _rules(bucket.encryption if bucket is not None else None)
    for rule in rules:
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        if default.get("SSEAlgorithm") == "aws:kms":
            return str(default.get("KMSMasterKeyID") or "alias/aws/s3")
    return None


def _rules(encryption: Any) -> Sequence[Any]:
    rule = ((encryption or {}).get("ServerSideEncryptionConfiguration") or encryption or {}).get(
        "Rule", []
    )
    return rule if isinstance(rule, list) else [rule]


_READERS = {"s3": _of_bucket, "sns": _of_topic, "sqs": _of_queue}
