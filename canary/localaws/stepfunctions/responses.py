"""Step Functions' API: what differs from moto's, and what it lacks."""

from __future__ import annotations

from typing import cast

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.responses import StepFunctionResponse

from canary.localaws.stepfunctions.execution import LocalExecution
from canary.localaws.stepfunctions.models import LocalStepFunctionsBackend
from canary.localaws.stepfunctions.status import description_of

_LISTED = (
    *("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate"),
    *("redriveCount", "redriveDate"),
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
        backend = self.stepfunction_backend
        page, token = backend.list_executions(
            self._get_param("stateMachineArn"),
            status_filter=self._get_param("statusFilter"),
            max_results=self._get_int_param("maxResults"),
            next_token=self._get_param("nextToken"),
        )
        executions = [
            {name: value for name, value in description_of(execution).items() if name in _LISTED}
            for execution in cast(list[LocalExecution], page)
        ]
        return ActionResult({"executions": executions, "nextToken": token})

    def stop_execution(self) -> ActionResult:
        execution = self.stepfunction_backend.stop_execution(
            self._get_param("executionArn"), self._get_param("error"), self._get_param("cause")
        )
        return ActionResult({"stopDate": execution.stop_date})

    def redrive_execution(self) -> ActionResult:
        execution = self._execution()
        execution.redrive(self._get_param("clientToken"))
        return ActionResult({"redriveDate": execution.redrive_date})

    def get_execution_history(self) -> ActionResult:
        execution = self._execution()
        page = execution.history.page(
            self._get_int_param("maxResults"),
            self._get_param("nextToken"),
            self._get_param("reverseOrder", False),
            self._get_param("includeExecutionData", True),
        )
        return ActionResult(page)

    def send_task_failure(self) -> EmptyResult:
        self.stepfunction_backend.send_task_failure(
            self._get_param("taskToken"), self._get_param("error"), self._get_param("cause")
        )
        return EmptyResult()
