"""Step Functions' API: what differs from moto's, and what it lacks."""

from __future__ import annotations

from typing import Any, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.models import StateMachineVersion, stepfunctions_backends
from moto.stepfunctions.responses import StepFunctionResponse

from canary.localaws.stepfunctions.definition import diagnostics
from canary.localaws.stepfunctions.execution import LocalExecution
from canary.localaws.stepfunctions.history import offset_of, token_of
from canary.localaws.stepfunctions.models import LocalStepFunctionsBackend
from canary.localaws.stepfunctions.status import description_of, machine_of

_LISTED = (
    *("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate"),
    *("redriveCount", "redriveDate", "stateMachineVersionArn", "stateMachineAliasArn"),
)


class LocalStepFunctionResponse(StepFunctionResponse):
    """moto's operations over our executions, and redrive."""

    @property
    def stepfunction_backend(self) -> LocalStepFunctionsBackend:
        return stepfunctions_backends[self.current_account][self.region]  # type: ignore[return-value]

    def _execution(self) -> LocalExecution:
        arn = self._get_param("executionArn")
        return cast(LocalExecution, self.stepfunction_backend.describe_execution(arn))

    def describe_execution(self) -> ActionResult:
        return ActionResult(description_of(self._execution()))

    def list_executions(self) -> ActionResult:
        wanted = self._get_param("statusFilter")
        executions = [
            {name: value for name, value in description_of(execution).items() if name in _LISTED}
            for execution in self.stepfunction_backend.executions_of(
                self._get_param("stateMachineArn")
            )
            if wanted in (None, execution.status)
        ]
        return ActionResult(self._page("executions", executions))

    def describe_state_machine_for_execution(self) -> ActionResult:
        return ActionResult(machine_of(self._execution()))

    def stop_execution(self) -> ActionResult:
        execution = self.stepfunction_backend.stop_execution(
            self._get_param("executionArn"), self._get_param("error"), self._get_param("cause")
        )
        return ActionResult({"stopDate": execution.stop_date})

    def redrive_execution(self) -> ActionResult:
        date = self._execution().redrive(self._get_param("clientToken"))
        return ActionResult({"redriveDate": date})

    def get_execution_history(self) -> ActionResult:
        execution = self._execution()
        page = execution.history.page(
            self._get_int_param("maxResults"),
            self._get_param("nextToken"),
            self._get_param("reverseOrder", False),
            self._get_param("includeExecutionData", True),
        )
        return ActionResult(page)

    def send_task_success(self) -> EmptyResult:
        tokens = self.stepfunction_backend.tokens
        tokens.succeed(self._get_param("taskToken"), self._get_param("output"))
        return EmptyResult()

    def send_task_failure(self) -> EmptyResult:
        tokens = self.stepfunction_backend.tokens
        tokens.fail(
            self._get_param("taskToken"), self._get_param("error"), self._get_param("cause")
        )
        return EmptyResult()

    def send_task_heartbeat(self) -> EmptyResult:
        self.stepfunction_backend.tokens.beat(self._get_param("taskToken"))
        return EmptyResult()

    # -- versions -----------------------------------------------------------------------------

    def describe_state_machine(self) -> ActionResult:
        answer = super().describe_state_machine()
        self._add_revision(answer, self._get_param("stateMachineArn"))
        return answer

    def update_state_machine(self) -> ActionResult:
        answer = super().update_state_machine()
        self._add_revision(answer, self._get_param("stateMachineArn"))
        return answer

    def _add_revision(self, answer: ActionResult, arn: str) -> None:
        revision = self.stepfunction_backend.revision_of(arn)
        if revision is not None:
            cast(dict[str, Any], answer.result)["revisionId"] = revision

    def publish_state_machine_version(self) -> ActionResult:
        version = self.stepfunction_backend.publish_state_machine_version(
            self._get_param("stateMachineArn"),
            self._get_param("description"),
            self._get_param("revisionId"),
        )
        return ActionResult(_listed(version))

    def list_state_machine_versions(self) -> ActionResult:
        versions = self.stepfunction_backend.list_state_machine_versions(
            self._get_param("stateMachineArn")
        )
        return ActionResult(
            self._page("stateMachineVersions", [_listed(each) for each in versions])
        )

    def delete_state_machine_version(self) -> ActionResult:
        arn = self._get_param("stateMachineVersionArn")
        self.stepfunction_backend.delete_state_machine_version(arn)
        return EmptyResult()

    def validate_state_machine_definition(self) -> ActionResult:
        found = diagnostics(self._get_param("definition"))
        return ActionResult(
            {"result": "FAIL" if found else "OK", "diagnostics": found, "truncated": False}
        )

    def _page(self, name: str, items: list[Any]) -> dict[str, Any]:
        """One page of a list, with the token of the next one."""
        start = offset_of(self._get_param("nextToken"))
        end = start + (self._get_int_param("maxResults") or 100)
        return {name: items[start:end]} | (token_of(end) if end < len(items) else {})


def _listed(version: StateMachineVersion) -> dict[str, Any]:
    return {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
