"""Who calls: the account itself, a session of a role, or a service for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from canary.localaws.account import ACCOUNT
from canary.localaws.iam import grants
from canary.localaws.iam.needs import Keys
from canary.localaws.iam.policy import Caller, Statement, parse

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
_EVERYTHING = parse(
    "the account", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
)


@dataclass(frozen=True)
class Principal:
    """The caller, its own policies, and the condition keys that speak of it."""

    caller: Caller
    keys: Keys
    identity: Sequence[Statement] = ()
    boundary: Sequence[Statement] | None = None
    tags: Sequence[Mapping[str, str]] = ()

    @property
    def is_service(self) -> bool:
        """A service has no policies of its own: each resource has to agree."""
        return not self.caller.arn.startswith("arn:")


def principal(name: str | None, session: str) -> Principal:
    """By the ARN of a role, by the name of a service, or None for the account."""
    if name is None:
        return _ACCOUNT
    return _role(name, session) if name.startswith("arn:") else _service(name)


def _role(arn: str, session: str) -> Principal:
    """Of a role that is gone, nothing is left to allow anything."""
    name = arn.rpartition("/")[2]
    session_arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session or 'session'}"
    caller = Caller(session_arn, frozenset({session_arn, arn}), ROOT)
    keys = {
        "aws:principalaccount": (ACCOUNT,),
        "aws:principalarn": (arn,),
        "aws:principalisawsservice": ("false",),
        "aws:principaltype": ("AssumedRole",),
    }
    role = grants.find_role(arn)
    if role is None:
        return Principal(caller, keys)
    return Principal(caller, keys, grants.of_role(role), grants.boundary_of(role), role.tags)


def _service(name: str) -> Principal:
    keys = {"aws:principalisawsservice": ("true",), "aws:principalservicename": (name,)}
    return Principal(Caller(name, frozenset({name})), keys)


_ACCOUNT = Principal(
    Caller(ROOT, frozenset({ROOT})),
    {"aws:principalarn": (ROOT,), "aws:principaltype": ("Account",)},
    _EVERYTHING,
)
