"""State machines and their executions."""

from __future__ import annotations

from typing import Any, cast

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.stepfunctions.exceptions import StateMachineDoesNotExist
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from canary.localaws.iam import resources
from canary.localaws.stepfunctions import definition as definitions
from canary.localaws.stepfunctions import roles
from canary.localaws.stepfunctions.errors import (
    StateMachineAlreadyExists,
    StateMachineTypeNotSupported,
)
from canary.localaws.stepfunctions.execution import LocalExecution


class LocalStepFunctionsBackend(StepFunctionsParserBackend):
    """The state machines of an account in a region; each start runs the machine."""

    @staticmethod
    def _validate_definition(definition: str) -> None:
        definitions.check(definition)

    def create_state_machine(self, name: str, definition: str, *args: Any, **options: Any) -> Any:
        if options.get("sm_type") not in (None, "STANDARD"):
            raise StateMachineTypeNotSupported("The embedded AWS runs STANDARD workflows only.")
        definitions.check(definition)
        self._check_role(options.get("roleArn"), resources.arn("states", f"stateMachine:{name}"))
        existing = self._revision_by_name(name)
        if existing is not None and existing.definition != definition:
            raise StateMachineAlreadyExists(f"State Machine Already Exists: '{existing.arn}'")
        return super().create_state_machine(name, definition, *args, **options)

    def update_state_machine(self, arn: str, *args: Any, **options: Any) -> StateMachine:
        self._check_role(options.get("role_arn"), arn)
        return super().update_state_machine(arn, *args, **options)

    def _check_role(self, role: str | None, machine_arn: str) -> None:
        """Whether it is a role at all is for moto to say."""
        if role and self.accepted_role_arn_format.match(role):
            roles.check(role, machine_arn)

    def start_execution(  # type: ignore[override]
        self, state_machine_arn: str, name: str | None = None, execution_input: str | None = None
    ) -> LocalExecution:
        machine = self.describe_state_machine(state_machine_arn)
        if not isinstance(machine, StateMachine):
            raise StateMachineDoesNotExist(
                f"The embedded AWS starts no versions of state machines: '{state_machine_arn}'"
            )
        name, text = name or str(mock_random.uuid4()), execution_input or "{}"
        self._validate_name(name)
        machine._validate_execution_input(text)
        existing: Any = machine._handle_name_input_idempotency(name, text)
        if existing is not None:
            return cast(LocalExecution, existing)
        execution = LocalExecution(machine, definitions.program_of(machine.definition), name, text)
        machine.executions.append(execution)  # type: ignore[arg-type]
        execution.start()
        return execution

    def stop_execution(  # type: ignore[override]
        self, execution_arn: str, error: str | None = None, cause: str | None = None
    ) -> LocalExecution:
        execution: Any = self.describe_execution(execution_arn)
        execution.stop(utcnow(), error, cause)
        return cast(LocalExecution, execution)
