"""What every AWS call passes before it is answered: who calls, and whether AWS would say no."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel

_session: ContextVar[tuple[str | None, str]] = ContextVar("session", default=(None, ""))


@dataclass(frozen=True)
class Call:
    """
    One call of AWS's API, as a client makes it.

    `principal` is the ARN of the role that calls; None is the account itself, which may do
    everything, as the owner of a laptop's AWS does. `session` is the name of the role's session.
    """

    operation: OperationModel
    parameters: Mapping[str, Any]
    principal: str | None
    session: str = ""

    @property
    def service(self) -> str:
        """The service, by botocore's name: `lambda`, `stepfunctions`."""
        return str(self.operation.service_model.service_name)


Check = Callable[[Call], None]
"""Raises the error that AWS would answer (botocore's ClientError), or lets the call pass."""


@contextmanager
def acting_as(role_arn: str | None, session: str = "") -> Iterator[None]:
    """Within it, calls of AWS are made by this role, in a session of this name."""
    token = _session.set((role_arn, session))
    try:
        yield
    finally:
        _session.reset(token)


def acting_principal() -> str | None:
    """The role that calls now; None is the account itself."""
    return _session.get()[0]


def acting_session() -> str:
    """The name of the session in which the role calls now."""
    return _session.get()[1]
