"""The table: items by key, conditional writes, transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from boto3.dynamodb.conditions import Attr as Attr
from boto3.dynamodb.conditions import ConditionBase as ConditionBase
from boto3.dynamodb.conditions import ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from release import environment
from release.aws import failures
from release.aws.clients import client
from release.errors import AwsUnavailableError

Item: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ConditionFailedError(Exception):
    """A conditional write was refused; `index` is the operation of the transaction that refused."""

    def __init__(self, index: int = 0) -> None:
        super().__init__(f"condition {index} does not hold")
        self.index = index


@dataclass(frozen=True)
class Put:
    """Write a whole item, if `condition` holds for what is there now."""

    key: Key
    item: Mapping[str, object]
    condition: ConditionBase | None = None


@dataclass(frozen=True)
class Update:
    """Set attributes of an item, and remove those whose value is None."""

    key: Key
    changes: Mapping[str, object]
    condition: ConditionBase | None = None


@dataclass(frozen=True)
class Delete:
    """Remove an item, if `condition` holds."""

    key: Key
    condition: ConditionBase | None = None


@dataclass(frozen=True)
class Check:
    """Nothing is written; the transaction fails unless `condition` holds."""

    key: Key
    condition: ConditionBase


Operation: TypeAlias = Put | Update | Delete | Check


def get(key: Key) -> Item | None:
    """One item, read consistently, or None."""
    answer = client("dynamodb").get_item(
        TableName=environment.read().table_name, Key=_key(key), ConsistentRead=True
    )
    return _item(answer["Item"]) if "Item" in answer else None


def query(partition: str) -> list[Item]:
    """All items of a partition, read consistently."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=environment.read().table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
    )
    return [_item(item) for page in pages for item in page["Items"]]


def update(operation: Update) -> Item:
    """Carry out one update and return the whole item after it. ConditionFailedError if refused."""
    try:
        answer = client("dynamodb").update_item(**_request(operation), ReturnValues="ALL_NEW")
    except ClientError as error:
        if failures.code(error) == "ConditionalCheckFailedException":
            raise ConditionFailedError from error
        raise
    return _item(answer["Attributes"])


def put(operation: Put) -> None:
    """Carry out one put. ConditionFailedError if refused."""
    transact(operation)


def transact(*operations: Operation) -> None:
    """
    Carry out all operations or none.

    Raises ConditionFailedError with the index of the first operation that was refused, and
    AwsUnavailableError when only a competing transaction was in the way.
    """
    try:
        client("dynamodb").transact_write_items(
            TransactItems=[{_VERBS[type(each)]: _request(each)} for each in operations]
        )
    except ClientError as error:
        reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
        codes = [reason.get("Code", "None") for reason in reasons]
        if "ConditionalCheckFailed" in codes:
            raise ConditionFailedError(codes.index("ConditionalCheckFailed")) from error
        if any(reason != "None" for reason in codes):
            raise AwsUnavailableError(f"the transaction was cancelled: {codes}") from error
        raise


_VERBS: dict[type, str] = {
    Put: "Put",
    Update: "Update",
    Delete: "Delete",
    Check: "ConditionCheck",
}


def _request(operation: Operation) -> dict[str, Any]:
    names: dict[str, str] = {}
    values: dict[str, object] = {}
    request: dict[str, Any] = {"TableName": environment.read().table_name}
    if isinstance(operation, Put):
        whole = {"pk": operation.key[0], "sk": operation.key[1], **operation.item}
        request["Item"] = {
            name: _value(value) for name, value in whole.items() if value is not None
        }
    else:
        request["Key"] = _key(operation.key)
    if isinstance(operation, Update):
        request["UpdateExpression"] = _update_expression(operation.changes, names, values)
    if operation.condition is not None:
        built = ConditionExpressionBuilder().build_expression(operation.condition)
        request["ConditionExpression"] = built.condition_expression
        names |= built.attribute_name_placeholders
        values |= built.attribute_value_placeholders
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = {name: _value(each) for name, each in values.items()}
    return request


def _update_expression(
    changes: Mapping[str, object], names: dict[str, str], values: dict[str, object]
) -> str:
    kept, removed = [], []
    for number, (name, value) in enumerate(changes.items()):
        names[f"#u{number}"] = name
        if value is None:
            removed.append(f"#u{number}")
        else:
            values[f":u{number}"] = value
            kept.append(f"#u{number} = :u{number}")
    return " ".join(
        f"{verb} {', '.join(parts)}"
        for verb, parts in (("SET", kept), ("REMOVE", removed))
        if parts
    )


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _value(value: object) -> Any:
    return _serialize(_with_decimals(value))


def _with_decimals(value: object) -> object:
    """DynamoDB's serializer takes no float."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: _with_decimals(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_decimals(each) for each in value]
    return value


def _item(attributes: Mapping[str, Any]) -> Item:
    return {name: _plain(_deserialize(value)) for name, value in attributes.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
