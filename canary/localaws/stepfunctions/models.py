"""State machines and their executions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from canary.localaws.account import current
from canary.localaws.iam import resources
from canary.localaws.stepfunctions import definition as definitions
from canary.localaws.stepfunctions import logs, roles
from canary.localaws.stepfunctions.errors import (
    StateMachineAlreadyExists,
    StateMachineTypeNotSupported,
)
from canary.localaws.stepfunctions.execution import LocalExecution
from canary.localaws.stepfunctions.tokens import Tokens
from canary.localaws.stepfunctions.versions import VersionedBackend

_KEPT = timedelta(days=90)


class LocalStepFunctionsBackend(VersionedBackend):
    """The state machines of an account in a region; each start runs the machine."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.tokens = Tokens()

    @staticmethod
    def _validate_definition(definition: str) -> None:
        definitions.check(definition)

    def create_state_machine(self, name: str, definition: str, *args: Any, **options: Any) -> Any:
        if options.get("sm_type") not in (None, "STANDARD"):
            raise StateMachineTypeNotSupported("The embedded AWS runs STANDARD workflows only.")
        definitions.check(definition)
        self._check_role(options.get("roleArn"), resources.arn("states", f"stateMachine:{name}"))
        logs.check(options.get("loggingConfiguration"))
        existing = self._revision_by_name(name)
        if existing is not None and existing.definition != definition:
            raise StateMachineAlreadyExists(f"State Machine Already Exists: '{existing.arn}'")
        return super().create_state_machine(name, definition, *args, **options)

    def update_state_machine(self, arn: str, *args: Any, **options: Any) -> Any:
        self._check_role(options.get("role_arn"), arn)
        logs.check(options.get("logging_configuration"))
        machine = super().update_state_machine(arn, *args, **options)
        self.revise(machine, bool(options.get("publish")))
        return machine

    def _check_role(self, role: str | None, machine_arn: str) -> None:
        """Whether it is a role at all is for moto to say."""
        if role and self.accepted_role_arn_format.match(role):
            roles.check(role, machine_arn)

    def start_execution(  # type: ignore[override]
        self, state_machine_arn: str, name: str | None = None, execution_input: str | None = None
    ) -> LocalExecution:
        target = self.resolve(state_machine_arn)
        _forget_old(target.machine.executions)
        name, text = name or str(mock_random.uuid4()), execution_input or "{}"
        self._validate_name(name)
        target.machine._validate_execution_input(text)
        existing: Any = target.machine._handle_name_input_idempotency(name, text)
        if existing is not None:
            return cast(LocalExecution, existing)
        program = definitions.program_of(target.instance.definition)
        execution = LocalExecution(target, program, name, text)
        target.machine.executions.append(execution)  # type: ignore[arg-type]
        execution.start()
        return execution

    def executions_of(self, arn: str) -> list[LocalExecution]:
        """The executions of a machine, or those started by this version or alias, newest first."""
        target = self.resolve(arn)
        found = cast(list[LocalExecution], target.machine.executions)
        wanted = target.alias_arn or target.version_arn
        if wanted:
            found = [each for each in found if wanted in (each.alias_arn, each.version_arn)]
        return sorted(found, key=lambda each: each.start_date, reverse=True)

    def stop_execution(  # type: ignore[override]
        self, execution_arn: str, error: str | None = None, cause: str | None = None
    ) -> LocalExecution:
        execution: Any = self.describe_execution(execution_arn)
        execution.stop(utcnow(), error, cause)
        return cast(LocalExecution, execution)


def _forget_old(executions: list[Any]) -> None:
    """AWS keeps an execution, and its name, for 90 days after its end."""
    oldest = current().clock.datetime() - _KEPT
    executions[:] = [each for each in executions if not each.stop_date or each.stop_date > oldest]
