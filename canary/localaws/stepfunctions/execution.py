"""An execution of a state machine: a group of clock tasks with a history."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from typing import Any, cast

from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.evaluation_details import ExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.parser.backend.execution import Execution

from canary.localaws.account import current
from canary.localaws.stepfunctions.errors import ExecutionNotRedrivable
from canary.localaws.stepfunctions.history import QUOTA, History
from canary.localaws.stepfunctions.integrations import iso
from canary.localaws.stepfunctions.logs import log_of
from canary.localaws.stepfunctions.status import announce
from canary.localaws.stepfunctions.versions import Target

REDRIVABLE_FOR = timedelta(days=14)
_BRANCHING = ("Map", "Parallel")


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
        self._redrive_tokens: list[str] = []
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

    def redrive(self, token: str | None) -> None:
        """Go on with the state that did not come to its end."""
        if token is not None and token in self._redrive_tokens:
            return
        reason = self.why_not_redrivable()
        if reason:
            raise ExecutionNotRedrivable(reason)
        if token is not None:
            self._redrive_tokens.append(token)
        first = (self._program.start_at.start_at_name, self.input_data)
        name, state_input = self.history.last_entered() or first
        self.redrive_count += 1
        self.redrive_date = current().clock.datetime()
        self.stop_date = self.error = self.cause = None
        details = {"executionRedrivenEventDetails": {"redriveCount": self.redrive_count}}
        environment = self._new_environment(self.history.add("ExecutionRedriven", details))
        environment.states.reset(state_input)
        if self.history.last_entered() and self._type_of(name) != "Fail":
            self.history.reenter()
        self._run(environment, name)

    def why_not_redrivable(self) -> str | None:
        """The reason that DescribeExecution gives, or None."""
        if self.status in ("RUNNING", "SUCCEEDED"):
            return f"Execution is {self.status} and cannot be redriven"
        if self.stop_date and current().clock.datetime() - self.stop_date > REDRIVABLE_FOR:
            return "Execution has exceeded the redrivable period and cannot be redriven"
        if len(self.history) >= QUOTA - 1:
            return "Execution has reached the history event limit and cannot be redriven"
        last = self.history.last_entered()
        if last and self._type_of(last[0]) in (None, *_BRANCHING):
            return "The embedded AWS cannot redrive an execution inside of Map or Parallel"
        return None

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

    def _type_of(self, name: str) -> str | None:
        """The type of one of the machine's own states; None for one inside of Map or Parallel."""
        definition = json.loads(self.state_machine.definition)
        state = definition["States"].get(name)
        return state and str(state["Type"])
