"""
Provisioned concurrency: environments kept ready for a version or an alias.

https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from canary.localaws.account import current
from canary.localaws.awslambda import names
from canary.localaws.awslambda.exceptions import (
    InvalidParameterValueException,
    ProvisionedConcurrencyConfigNotFoundException,
)
from canary.localaws.awslambda.functions import Function, timestamp
from canary.localaws.awslambda.storage import Storage

SECONDS_TO_PROVISION = 90.0


@dataclass
class Provision:
    """What is kept ready, for which version, and since when it is being made ready."""

    requested: int
    version: str
    since: float
    last_modified: str
    failure: str | None

    def describe(self) -> dict[str, Any]:
        """The structure of GetProvisionedConcurrencyConfig."""
        is_over = current().clock.now() >= self.since + SECONDS_TO_PROVISION
        ready = self.requested if is_over and not self.failure else 0
        done = "FAILED" if self.failure else "READY"
        return {
            "RequestedProvisionedConcurrentExecutions": self.requested,
            "AvailableProvisionedConcurrentExecutions": ready,
            "AllocatedProvisionedConcurrentExecutions": ready,
            "Status": done if is_over else "IN_PROGRESS",
            "StatusReason": self.failure if is_over else None,
            "LastModified": self.last_modified,
        }


class Provisions:
    """
    All provisioned concurrency, by function and qualifier. A test sets `failure` to let the next
    provisioning fail for this reason.
    """

    def __init__(self, storage: Storage) -> None:
        self.failure: str | None = None
        self._storage = storage
        self._provisions: dict[tuple[str, str], Provision] = {}

    def put(self, name: str, qualifier: str, requested: int) -> dict[str, Any]:
        """PutProvisionedConcurrencyConfig."""
        function = self._manageable(name, qualifier)
        reserved = self._storage.latest_of(name).reserved_concurrency
        if reserved is not None and requested > int(reserved):
            raise InvalidParameterValueException(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        self.check_alone(name, qualifier, str(function.version))
        provision = self._started(requested, str(function.version))
        self._provisions[name, qualifier] = provision
        return provision.describe()

    def get(self, name: str, qualifier: str) -> dict[str, Any]:
        """GetProvisionedConcurrencyConfig."""
        self._storage.find(name, qualifier)
        return self._found(name, qualifier).describe()

    def listed(self, name: str) -> list[dict[str, Any]]:
        """ListProvisionedConcurrencyConfigs."""
        self._storage.latest_of(name)
        return [
            provision.describe() | {"FunctionArn": self._storage.arn(name, qualifier)}
            for (function, qualifier), provision in self._provisions.items()
            if function == name
        ]

    def delete(self, name: str, qualifier: str) -> None:
        """DeleteProvisionedConcurrencyConfig."""
        self._manageable(name, qualifier)
        self._found(name, qualifier)
        del self._provisions[name, qualifier]

    def check_alone(self, name: str, qualifier: str, version: str) -> None:
        """Refuse to provision a version both by itself and by an alias that points to it."""
        for (function, other), provision in self._provisions.items():
            are_both = names.is_version(other) != names.is_version(qualifier)
            if function == name and provision.version == version and are_both:
                raise InvalidParameterValueException(
                    f"Version {version} already has Provisioned Concurrency by {other}: it cannot "
                    "be configured on a version and on an alias that points to it."
                )

    def follow(self, name: str, alias: str, version: str) -> None:
        """The alias points to this version: what it has provisioned is made ready there."""
        provision = self._provisions.get((name, alias))
        if provision is not None and provision.version != version:
            self._provisions[name, alias] = self._started(provision.requested, version)

    def has(self, name: str, qualifier: str) -> bool:
        """Whether anything is provisioned by this qualifier."""
        return (name, qualifier) in self._provisions

    def forget(self, name: str, qualifier: str | None = None) -> None:
        """The function, version or alias is gone."""
        for function, known in list(self._provisions):
            if function == name and qualifier in (None, known):
                del self._provisions[function, known]

    def _manageable(self, name: str, qualifier: str) -> Function:
        function = self._storage.find(name, qualifier)
        if str(function.version) == "$LATEST":
            raise InvalidParameterValueException(
                "Provisioned Concurrency Configs cannot be applied to unpublished function "
                "versions."
            )
        alias = self._storage.find_alias(name, qualifier)
        if alias is not None and alias.weights:
            raise InvalidParameterValueException(
                "Alias with weights can not be used with Provisioned Concurrency"
            )
        return function

    def _started(self, requested: int, version: str) -> Provision:
        failure, self.failure = self.failure, None
        return Provision(requested, version, current().clock.now(), timestamp(), failure)

    def _found(self, name: str, qualifier: str) -> Provision:
        provision = self._provisions.get((name, qualifier))
        if provision is None:
            raise ProvisionedConcurrencyConfigNotFoundException(
                "No Provisioned Concurrency Config found for this function"
            )
        return provision
