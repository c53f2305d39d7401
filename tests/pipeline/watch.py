"""
Watches the pipeline at work: every call of its handlers, every event on its way, every state that
its machines enter; and lets any of them go wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import moto.awslambda.models
import moto.dynamodb.models
from botocore.client import BaseClient

from canary.localaws import LocalAws
from canary.localaws.admission import acting_principal
from canary.localaws.awslambda.aliases import Alias
from canary.localaws.awslambda.handlers import OwnHandler
from canary.localaws.awslambda.invocation import Invoker
from canary.localaws.awslambda.outcomes import Outcome, ended
from canary.localaws.events.delivery import Delivery
from canary.localaws.stepfunctions.history import History

EVENTS, LAMBDA = "events", "Lambda"
FORWARD = {"CreateDeployment", "PublishVersion", "UpdateFunctionCode"}
"""What only the release that holds the lock may do."""
_READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query")


class Crash(BaseException):
    """
    The handler's process ends here.

    A BaseException, so that no handler mistakes it for a failure.
    """


@dataclass(frozen=True, order=True)
class Point:
    """
    Where something can go wrong: a handler's call of AWS (its `number`th of this kind in one
    invocation), an event, an invocation of a handler, a state that is entered.
    """

    actor: str
    what: str
    number: int = 1

    def __str__(self) -> str:
        return f"{self.actor}/{self.what}/{self.number}"


@dataclass(frozen=True)
class Site:
    """One passage of a point; to call it lets happen what is to happen there."""

    point: Point
    action: Callable[[], Any]
    operation: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    execution: str = ""

    def __call__(self) -> Any:
        """Let it happen; gives what AWS answers."""
        return self.action()

    @property
    def is_write(self) -> bool:
        """Whether this call of AWS changes anything."""
        return bool(self.operation) and not self.operation.startswith(_READS)


Fault = Callable[[Site], Any]


@dataclass
class Rule:
    """Which of the passages that `matches` chooses go through `fault`: the `left` next ones, after
    `skip` of them."""

    matches: Callable[[Site], bool]
    fault: Fault
    left: int = 1
    skip: int = 0


class Watch:
    """
    What was seen of the pipeline in one embedded AWS.

    `sites` are all points in the order of their passages; `served` are the versions that an alias
    ever had; `outcomes` are those of each release, in their order, with its redrive count. `wrongs`
    are offences against the protocol, seen at the moment of a handler's write.
    """

    def __init__(self, aws: LocalAws) -> None:
        self.sites: list[Site] = []
        self.served: set[str] = set()
        self.outcomes: dict[str, list[tuple[str, int]]] = {}
        self.wrongs: list[str] = []
        self.chosen: set[str] = set()
        self.rules: list[Rule] = []
        self._aws = aws
        self._acting: tuple[str, Counter[str]] | None = None
        for owner, name, watched in (
            (BaseClient, "_make_api_call", self._calls),
            (OwnHandler, "answer", self._invocations),
            (Invoker, "admit", self._admissions),
            (Delivery, "carry", self._events),
            (History, "add_event", self._states),
            (Alias, "update", self._aliases),
        ):
            aws.patch(owner, name, watched(vars(owner)[name]))

    # -- what is watched ---------------------------------------------------------------------------

    def _calls(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
            if self._acting is None or acting_principal() is None:
                return original(client, operation, parameters)
            actor, numbers = self._acting
            what = _named(operation, parameters)
            numbers[what] += 1

            point = Point(actor, what, numbers[what])
            execution = self._execution()

            def proceed() -> Any:
                served = self._versions(parameters) if operation == "UpdateAlias" else set()
                answer = original(client, operation, dict(parameters))
                if operation in ("UpdateItem", "TransactWriteItems"):
                    self._note_outcomes()
                if served & self.chosen - self._stable():
                    self.wrongs.append(f"{point} overwrote {served}, which is not ours")
                if operation in FORWARD and execution not in self._holders():
                    self.wrongs.append(f"{point} without the lock")
                return answer

            return self.arrive(Site(point, proceed, operation, parameters, execution))

        return call

    def _invocations(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def answer(handler: OwnHandler, request: Any) -> Outcome:
            before, self._acting = self._acting, (self._actor(handler._function), Counter())
            try:
                return original(handler, request)  # type: ignore[no-any-return]
            except Crash:
                return ended(request, "Runtime.ExitError", "Runtime exited without a reason", 0.1)
            finally:
                self._acting = before

        return answer

    def _admissions(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def admit(invoker: Invoker, target: Any, *arguments: Any) -> Any:
            handler = _handler(target.function.function_name)
            if not handler:
                return original(invoker, target, *arguments)
            point = Point(LAMBDA, self._actor(target.function))
            return self.arrive(Site(point, lambda: original(invoker, target, *arguments)))

        return admit

    def _events(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def carry(delivery: Delivery, parcel: Any) -> Any:
            detail = parcel.event["detail"]
            said = detail.get("status") or detail.get("state", {}).get("value", "")
            what = f"{parcel.event['detail-type']} {said}".strip().replace(" ", "-")
            return self.arrive(Site(Point(EVENTS, what), lambda: original(delivery, parcel)))

        return carry

    def _states(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_event(
            history: History, context: Any, event_type: Any, event_details: Any = None, **rest: Any
        ) -> Any:
            number = original(history, context, event_type, event_details, **rest)
            if event_type.value in ("TaskStateEntered", "WaitStateEntered"):
                arn = self._execution()
                point = Point(_machine(arn), event_details["stateEnteredEventDetails"]["name"])
                self.arrive(Site(point, lambda: None, execution=arn))
            return number

        return add_event

    def _aliases(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def update(alias: Alias, *arguments: Any) -> None:
            original(alias, *arguments)
            self.served |= set(alias.versions)

        return update

    # -- how ---------------------------------------------------------------------------------------

    def arrive(self, site: Site) -> Any:
        """Note a passage, and let it go well or wrong."""
        self.sites.append(site)
        for rule in self.rules:
            if rule.left and rule.matches(site):
                if rule.skip:
                    rule.skip -= 1
                    continue
                rule.left -= 1
                return rule.fault(site)
        return site()

    def _execution(self) -> str:
        """The execution on whose behalf all this happens: the group of the clock's task."""
        task = self._aws.clock.current_task()
        return str(task.group) if task and task.group else ""

    def _actor(self, function: Any) -> str:
        """The handler, and where it works elsewhere than in the release machine."""
        handler = _handler(function.function_name)
        return f"rollback.{handler}" if _machine(self._execution()) == "rollback" else handler

    def _items(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Partition, sort key and attributes of all items there are now."""
        backend = self._aws.backend(moto.dynamodb.models.dynamodb_backends)
        for table in backend.tables.values():
            for partition, items in table.items.items():
                for key, item in items.items():
                    yield partition.value, key.value, item.attrs

    def _holders(self) -> set[str]:
        """The executions that hold a lock now."""
        return {
            item["executionArn"].value
            for partition, key, item in self._items()
            if key == "lock" or partition == "locks"
        }

    def _stable(self) -> set[str]:
        """The versions that were stable when some release began."""
        plans = [item["plan"].value for _, key, item in self._items() if key == "release"]
        return {json.loads(plan)["stableVersion"] for plan in plans}

    def _versions(self, parameters: Mapping[str, Any]) -> set[str]:
        """The versions that the alias of this call serves now."""
        functions = self._aws.backend(moto.awslambda.models.lambda_backends)
        return set(functions.get_alias(parameters["Name"], parameters["FunctionName"]).versions)

    def _note_outcomes(self) -> None:
        """A release that is in progress beside another one has passed the lock."""
        in_progress = []
        for partition, key, item in self._items():
            if key == "release":
                self._note_outcome(partition.partition("#")[2], item)
                in_progress += [partition] if item["outcome"].value == "in_progress" else []
        if len(in_progress) > 1:
            self.wrongs.append(f"in progress at once: {', '.join(in_progress)}")

    def _note_outcome(self, release: str, attributes: Mapping[str, Any]) -> None:
        seen = self.outcomes.setdefault(release, [])
        now = attributes["outcome"].value, int(attributes["redriveCount"].value)
        if seen and seen[-1][0] == now[0]:
            return
        seen.append(now)
        if now[0] == "promoted" and "rollbackRequested" in attributes:
            self.wrongs.append(f"{release} is promoted although a rollback was asked for")


def _handler(function_name: str) -> str:
    found = re.search(r"-([A-Za-z]+)Function-", function_name)
    return found[1] if found else ""


def _machine(execution: str) -> str:
    """`release` or `rollback`; empty where no machine acts."""
    found = re.search(r":execution:[^:]*?(Release|Rollback)StateMachine", execution)
    return found[1].lower() if found else ""


def _named(operation: str, parameters: Mapping[str, Any]) -> str:
    """The operation, and of calls to DynamoDB and S3 what they are about."""
    about: list[str] = []
    if operation == "TransactWriteItems":
        for each in parameters["TransactItems"]:
            about += [f"{verb.lower()}-{_sort_key(each[verb])}" for verb in each]
    elif operation == "UpdateItem":
        names = parameters["ExpressionAttributeNames"]
        about = [name for mark, name in names.items() if mark.startswith("#u")]
    elif operation == "GetItem":
        about = [_sort_key(parameters)]
    elif operation in ("GetObject", "PutObject", "HeadObject"):
        about = [parameters["Key"].partition("/")[0]]
    return f"{operation}:{'+'.join(dict.fromkeys(about))}" if about else operation


def _sort_key(request: Mapping[str, Any]) -> str:
    """Of which kind an item is: its sort key, or that of its partition."""
    key = request.get("Key") or request["Item"]
    partition, kind = key["pk"]["S"], key["sk"]["S"]
    if "#" not in kind:
        return str(kind)
    return "guard" if partition.startswith("alarm#") else str(partition).removesuffix("s")
