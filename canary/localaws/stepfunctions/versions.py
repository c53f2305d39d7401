"""
Versions and aliases of state machines.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-cd-aliasing-versioning.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.exceptions import StateMachineDoesNotExist, ValidationException
from moto.stepfunctions.models import (
    StateMachine,
    StateMachineAlias,
    StateMachineInstance,
    StateMachineVersion,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from canary.localaws.account import current
from canary.localaws.stepfunctions.errors import ConflictException

INITIAL = "INITIAL"


@dataclass(frozen=True)
class Target:
    """What the ARN that an execution is started by means: a machine, and which state of it."""

    machine: StateMachine
    instance: StateMachineInstance
    version_arn: str | None = None
    alias_arn: str | None = None


class VersionedBackend(StepFunctionsParserBackend):
    """Machines whose states can be published, and aliases that route to them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._revisions: dict[str, str] = {}  # of machines and of versions, by ARN
        self._routing = current().random("state machine aliases")

    def resolve(self, arn: str) -> Target:
        """The machine, version or alias of this ARN; an alias chooses by its weights."""
        head, qualifier = _split(arn)
        machine = self.describe_state_machine(head)
        if not qualifier:
            return Target(machine, machine)
        if qualifier.isdigit():
            return Target(machine, self.describe_state_machine(arn), version_arn=arn)
        alias = machine.aliases.get(qualifier)
        if alias is None:
            raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{arn}'")
        version = self._routed(alias)
        return Target(machine, self.describe_state_machine(version), version, arn)

    def _routed(self, alias: StateMachineAlias) -> str:
        routes = alias.routing_configuration
        arns = [str(route["stateMachineVersionArn"]) for route in routes]
        return self._routing.choices(arns, [route["weight"] for route in routes])[0]

    # -- versions ---------------------------------------------------------------------------------

    def revision_of(self, arn: str) -> str | None:
        """The revision id of a machine or version; a machine that was never updated has none."""
        return self._revisions.get(arn)

    def revise(self, machine: StateMachine, is_published: bool) -> None:
        """Give an updated machine a new revision, which a version published with it shares."""
        self._revisions[machine.arn] = str(mock_random.uuid4())
        if is_published and machine.latest_version:
            self._revisions[machine.latest_version.arn] = self._revisions[machine.arn]

    def publish_state_machine_version(
        self, arn: str, description: str | None, revision_id: str | None
    ) -> StateMachineVersion:
        """A version of the machine as it is; the latest one, if that is the same."""
        machine = self._machine(arn)
        revision = self._revisions.get(arn, INITIAL)
        if revision_id and revision_id != revision:
            raise ConflictException(
                f"Failed to publish the State Machine version for revision {revision_id}. "
                f"The current State Machine revision is {revision}."
            )
        latest = machine.latest_version
        if latest and self._revisions.get(latest.arn, INITIAL) == revision:
            if description and description != latest.description:
                raise ConflictException(
                    "The resource could not be created as another version with a different "
                    f"description already exists for revision {revision}: '{latest.arn}'"
                )
            return latest
        machine.publish(description)
        published = machine.latest_version
        if revision != INITIAL:
            self._revisions[published.arn] = revision  # type: ignore[union-attr]
        return published  # type: ignore[return-value]

    def list_state_machine_versions(self, arn: str) -> list[StateMachineVersion]:
        """The versions, the newest first."""
        return [version for _, version in sorted(self._machine(arn).versions.items(), reverse=True)]

    def delete_state_machine_version(self, arn: str) -> None:
        """Delete a version to which no alias routes."""
        head, number = _split(arn)
        machine = self._machine(head)
        users = [
            alias.arn
            for alias in machine.aliases.values()
            if any(route["stateMachineVersionArn"] == arn for route in alias.routing_configuration)
        ]
        if users:
            raise ConflictException(
                f"Version to be deleted must not be referenced by an alias. "
                f"Current list of aliases referencing this version: [{', '.join(users)}]"
            )
        deleted = machine.versions.pop(int(number or 0), None)
        if deleted is not None and machine.latest_version is deleted:
            machine.latest_version = None

    # -- aliases ----------------------------------------------------------------------------------

    def create_state_machine_alias(
        self, name: str, routing_configuration: list[dict[str, Any]], description: str | None
    ) -> StateMachineAlias:
        self._check_routes(routing_configuration)
        machine = self._machine(_split(routing_configuration[0]["stateMachineVersionArn"])[0])
        existing = machine.aliases.get(name)
        if existing is None:
            return super().create_state_machine_alias(name, routing_configuration, description)
        if (existing.routing_configuration, existing.description) == (
            routing_configuration,
            description,
        ):
            return existing
        raise ConflictException(
            f"Failed to create alias because an alias with the same name and a different routing "
            f"configuration already exists: '{existing.arn}'"
        )

    def update_state_machine_alias(
        self,
        arn: str,
        description: str | None,
        routing_configuration: list[dict[str, Any]] | None,
    ) -> StateMachineAlias:
        self._check_routes(routing_configuration or [])
        for route in routing_configuration or []:
            if _split(route["stateMachineVersionArn"])[0] != _split(arn)[0]:
                raise ValidationException(
                    "The versions of an alias must belong to the state machine of the alias."
                )
        return super().update_state_machine_alias(arn, description, routing_configuration)

    def _check_routes(self, routes: list[dict[str, Any]]) -> None:
        for route in routes:
            version = self.describe_state_machine(route["stateMachineVersionArn"])
            if not isinstance(version, StateMachineVersion):
                raise ValidationException(
                    f"An alias routes to versions, which '{route['stateMachineVersionArn']}' "
                    "is not."
                )

    def _machine(self, arn: str) -> StateMachine:
        """The machine of an ARN without a qualifier."""
        machine = self.describe_state_machine(arn)
        if not isinstance(machine, StateMachine):
            raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{arn}'")
        return machine


def _split(arn: str) -> tuple[str, str | None]:
    """The ARN of the machine, and what names a version or an alias of it."""
    parts = arn.split(":")
    return ":".join(parts[:7]), parts[7] if len(parts) == 8 else None
