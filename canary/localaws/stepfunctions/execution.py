"""An execution of a state machine: a group of clock tasks with a history."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any, cast

from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.fail.state_fail import StateFail
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.evaluation_details import ExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.parser.backend.execution import Execution

from canary.localaws.account import current
from canary.localaws.admission import acting_as
from canary.localaws.stepfunctions import roles
from canary.localaws.stepfunctions.branches import Branches
from canary.localaws.stepfunctions.errors import ExecutionNotRedrivable
from canary.localaws.stepfunctions.history import Entered, History
from canary.localaws.stepfunctions.integrations import iso
from canary.localaws.stepfunctions.logs import log_of
from canary.localaws.stepfunctions.redrive import Redrives, why_not
from canary.localaws.stepfunctions.status import announce
from canary.localaws.stepfunctions.versions import Target

DATA_LIMIT = "States.DataLimitExceeded"


class LocalExecution(Execution):
    """
    Runs in tasks of one group, named by its ARN, so that all it does ends when it ends. It has one
    `history` through all redrives; each run has an environment of moto's interpreter of its own.
    """

    def __init__(self, target: Target, program: Program, name: str, text: str) -> None:
        aws = current()
        machine = target.machine
        super().__init__(
            name=name,
            sm_type=StateMachineType.STANDARD,
            role_arn=target.instance.roleArn,
            exec_arn=f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}",
            account_id=aws.account,
            region_name=aws.region,
            state_machine=cast(
                Any, copy.copy(target.instance)
            ),  # out of UpdateStateMachine's reach
            start_date=aws.clock.datetime(),
            cloud_watch_logging_session=None,
            activity_store={},
            input_data=text,
        )
        self.state_machine_arn = machine.arn
        self.version_arn = target.version_arn
        self.alias_arn = target.alias_arn
        self.history = History(log_of(self))
        self.redrive_count = 0
        self.redrive_date: datetime | None = None
        self.branches = Branches(self.history)
        self._redrives = Redrives()
        self._program = program
        self._environment: Environment | None = None  # of the run that goes on, or was the last

    # -- its life --

    def start(self) -> None:
        self.exec_worker = self._get_start_execution_worker()
        started: dict[str, Any] = {
            "input": self.execution_input,
            "inputDetails": {"truncated": False},
        }
        if self.version_arn:
            started["stateMachineVersionArn"] = self.version_arn
        if self.alias_arn:
            started["stateMachineAliasArn"] = self.alias_arn
        details = {"executionStartedEventDetails": started | {"roleArn": self.role_arn}}
        self.history.add("ExecutionStarted", details)
        # As on AWS, the first state follows no event.
        self._run(self._new_environment(0), self._program.start_at.start_at_name)

    def stop(self, stop_date: datetime, error: str | None, cause: str | None) -> None:  # noqa: ARG002
        if self.exec_status == ExecutionStatus.RUNNING:
            details = {"error": error, "cause": cause}
            self.history.add("ExecutionAborted", {"executionAbortedEventDetails": details}, 0)
            self._end(ExecutionStatus.ABORTED, error, cause)

    def redrive(self, token: str | None) -> datetime:
        """Go on with the state that did not come to its end; the same token does it once."""
        if earlier := self._redrives.get(token):
            return earlier
        if reason := why_not(self):
            raise ExecutionNotRedrivable(reason)
        last = self._last_entered()
        self.redrive_count += 1
        self.redrive_date = current().clock.datetime()
        self._redrives.add(token, self.redrive_date)
        # After States.DataLimitExceeded AWS repeats all branches.
        self.branches.resume(self._program, None if self.error == DATA_LIMIT else last)
        self.stop_date = self.error = self.cause = None
        details = {"executionRedrivenEventDetails": {"redriveCount": self.redrive_count}}
        environment = self._new_environment(self.history.add("ExecutionRedriven", details))
        if last is None:
            self._run(environment, self._program.start_at.start_at_name)
            return self.redrive_date
        environment.states.reset(last.input)
        is_fail = isinstance(self._program.states.states[last.name], StateFail)
        self.history.resume(environment.event_history_context, last, is_anew=is_fail)
        self._run(environment, last.name)
        return self.redrive_date

    def _last_entered(self) -> Entered | None:
        """The machine's own state that was entered last, in this run or the one before."""
        context = cast(Environment, self._environment).event_history_context
        return self.history.entered_in(context)

    # -- its runs --

    def get_start_execution_details(self) -> ExecutionDetails:
        return ExecutionDetails(
            arn=self.exec_arn,
            name=self.name,
            role_arn=self.role_arn,
            inpt=self.input_data,
            start_time=iso(self.start_date),
        )

    def _new_environment(self, previous_event: int) -> Environment:
        worker: Any = self.exec_worker
        environment: Any = worker._get_evaluation_environment()
        environment.event_manager = self.history
        environment.event_history_context = EventHistoryContext(previous_event)
        context = environment.states.context_object.context_object_data["Execution"]
        context["RedriveCount"] = self.redrive_count
        if self.redrive_date:
            context["RedriveTime"] = iso(self.redrive_date)
        return cast(Environment, environment)

    def _run(self, environment: Environment, state_name: str) -> None:
        clock = current().clock
        self.exec_status = ExecutionStatus.RUNNING
        self.exec_worker.env = self._environment = environment  # type: ignore[union-attr]
        environment.next_state_name = state_name
        announce(self)
        clock.spawn(self._interpret, environment, name=self.exec_arn, group=self.exec_arn)
        limit = self._program.timeout_seconds
        if limit is not None:
            name = f"time-out of {self.exec_arn}"
            clock.after(limit.timeout_seconds, self._time_out, environment, name=name)

    def _interpret(self, environment: Environment) -> None:
        with acting_as(self.role_arn, roles.session_of(self.exec_arn)):
            self._program._eval_body(environment)
        outcome: Any = environment.program_state()
        if isinstance(outcome, ProgramEnded):
            self.output = environment.states.get_input()
            self._end(ExecutionStatus.SUCCEEDED)
        else:
            error = outcome.error or {}
            self._end(ExecutionStatus.FAILED, error.get("error"), error.get("cause"))

    def _time_out(self, environment: Environment) -> None:
        if self._environment is environment and self.exec_status == ExecutionStatus.RUNNING:
            self.history.add("ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
            self._end(ExecutionStatus.TIMED_OUT)

    def _end(
        self, status: ExecutionStatus, error: str | None = None, cause: str | None = None
    ) -> None:
        self.exec_status, self.error, self.cause = status, error, cause
        self.stop_date = current().clock.datetime()
        current().clock.kill(self.exec_arn)
        announce(self)
