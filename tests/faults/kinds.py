"""What can go wrong at a point, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ConnectTimeoutError

from canary.localaws import codedeploy, stepfunctions
from canary.localaws.admission import acting_as
from canary.localaws.awslambda.exceptions import TooManyRequestsException
from canary.localaws.clock import OutOfTime
from tests.faults import scenarios
from tests.pipeline.faults import answer_lost, first, refused
from tests.pipeline.story import FUNCTION, Story
from tests.pipeline.watch import EVENTS, LAMBDA, Crash, Point, Site

CODEDEPLOY = "CodeDeploy"
RIVALS_VERSION = "3"  # that of the release that was rolled back
_OVERTAKEN_SECONDS = 90
_DELAYED_SECONDS = 12 * 60  # past the end of every scenario

Strike = Callable[[Story, Site], Any]


@dataclass(frozen=True)
class Kind:
    """A fault, and where it makes sense. `loses_answers`: what was done may be done again."""

    strike: Strike
    applies: Callable[[Site], bool]
    loses_answers: bool = False


def at_start(story: Story) -> None:
    """Pass the points of CodeDeploy, whose faults are set before they happen."""
    for what in ("rollback", "StopDeployment"):
        story.watch.arrive(Site(Point(CODEDEPLOY, what), lambda: None))


def _refused(code: str, status: int = 400, **members: Any) -> Strike:
    fault = refused(code, status, **members)
    return lambda _, site: fault(site)


def _no_connection(_: Story, __: Site) -> None:
    raise ConnectTimeoutError(endpoint_url="https://aws")


def _crashes(_: Story, __: Site) -> None:
    raise Crash


def _times_out(_: Story, __: Site) -> None:
    raise OutOfTime


def _after(strike: Strike) -> Strike:
    """The same, once it has happened."""

    def struck(story: Story, site: Site) -> Any:
        site()
        return strike(story, site)

    return struck


def _repeated(_: Story, site: Site) -> Any:
    """An answer is lost, and botocore asks again by itself: the second answer counts."""
    site()
    return site()


def _conflict(_: Story, site: Site) -> Any:
    """Somebody else writes at this very moment."""
    if site.operation == "TransactWriteItems":
        reasons = [{"Code": "TransactionConflict"} for _ in site.parameters["TransactItems"]]
        return refused("TransactionCanceledException", CancellationReasons=reasons)(site)
    if "RevisionId" in site.parameters:
        return refused("PreconditionFailedException", 412)(site)
    return refused("TransactionConflictException")(site)


def _rival(story: Story, site: Site) -> Any:
    """Another tool moves the alias."""
    client = story.aws.client("lambda")

    def move() -> None:
        client.update_alias(
            FunctionName=FUNCTION,
            Name="live",
            FunctionVersion=RIVALS_VERSION,
            RoutingConfig={"AdditionalVersionWeights": {}},
        )
        story.watch.chosen.add(RIVALS_VERSION)

    return first(move)(site)


def _asked(story: Story, site: Site) -> Any:
    """An operator asks for a rollback."""
    return first(lambda: scenarios.ask(story))(site)


def _stop(story: Story, execution: str) -> None:
    with acting_as(None):
        story.aws.client("stepfunctions").stop_execution(executionArn=execution)


def _abort(story: Story, site: Site) -> None:
    """Abort the execution while its handler works; that goes on, but nobody waits for it."""
    _stop(story, site.execution)
    task = story.aws.clock.current_task()
    if task:
        task.killed = True


def _aborted_before(story: Story, site: Site) -> Any:
    _abort(story, site)
    return site()


def _aborted_after(story: Story, site: Site) -> Any:
    answer = site()
    _abort(story, site)
    return answer


def _aborted_in(story: Story, site: Site) -> Any:
    """The execution is aborted in this state."""
    story.aws.clock.after(0, _stop, story, site.execution, name="an operator aborts")
    return site()


def _timed_out_in(story: Story, site: Site) -> Any:
    """The machine's time is up in this state."""
    found = stepfunctions.find_execution(site.execution)
    story.aws.clock.after(0, found._time_out, found._environment, name="time is up")
    return site()


def _throttled(_: Story, __: Site) -> None:
    raise TooManyRequestsException


def _delayed(seconds: float) -> Strike:
    def struck(story: Story, site: Site) -> None:
        story.aws.clock.after(seconds, site, name="a late event")

    return struck


def _code_deploy(**members: Any) -> Strike:
    def struck(story: Story, _: Site) -> None:
        for name, value in members.items():
            setattr(codedeploy.faults(story.aws), name, value)

    return struck


def _is_call(site: Site) -> bool:
    return bool(site.operation)


def _is_write(site: Site) -> bool:
    return site.is_write


def _is_repeatable(site: Site) -> bool:
    """Transactions carry a token by which DynamoDB knows a repeat."""
    return site.is_write and site.operation != "TransactWriteItems"


def _is_conditional(site: Site) -> bool:
    return site.operation in ("TransactWriteItems", "UpdateItem") or (
        site.is_write and "RevisionId" in site.parameters
    )


def _is_state(site: Site) -> bool:
    return bool(site.execution) and not site.operation


def _is_in_execution(site: Site) -> bool:
    return bool(site.execution and site.operation)


def _is(actor: str, *whats: str) -> Callable[[Site], bool]:
    return lambda site: site.point.actor == actor and (not whats or site.point.what in whats)


KINDS = {
    "throttled": Kind(_refused("ThrottlingException"), _is_call),
    "unavailable": Kind(_refused("InternalServerError", 500), _is_call),
    "denied": Kind(_refused("AccessDeniedException"), _is_call),
    "lost-before": Kind(_no_connection, _is_call),
    "lost-after": Kind(lambda _, site: answer_lost(site), _is_write, loses_answers=True),
    "repeated": Kind(_repeated, _is_repeatable, loses_answers=True),
    "conflict": Kind(_conflict, _is_conditional),
    "crash-before": Kind(_crashes, _is_call),
    "crash-after": Kind(_after(_crashes), _is_write, loses_answers=True),
    "time-out-before": Kind(_times_out, _is_call),
    "time-out-after": Kind(_after(_times_out), _is_write, loses_answers=True),
    "rival": Kind(_rival, _is_call),
    "asked": Kind(_asked, _is_call),
    "abort-before": Kind(_aborted_before, _is_in_execution),
    "abort-after": Kind(
        _aborted_after,
        lambda site: _is_write(site) and _is_in_execution(site),
        loses_answers=True,
    ),
    "abort-in": Kind(_aborted_in, _is_state, loses_answers=True),
    "machine-time-out-in": Kind(_timed_out_in, _is_state, loses_answers=True),
    "not-invoked": Kind(_throttled, _is(LAMBDA)),
    "event-lost": Kind(lambda *_: None, _is(EVENTS)),
    "event-doubled": Kind(_repeated, _is(EVENTS)),
    "event-delayed": Kind(_delayed(_DELAYED_SECONDS), _is(EVENTS)),
    "event-overtaken": Kind(_delayed(_OVERTAKEN_SECONDS), _is(EVENTS)),
    "rollback-fails": Kind(_code_deploy(rollback_fails=True), _is(CODEDEPLOY, "rollback")),
    "restores-another": Kind(
        _code_deploy(rollback_restores=RIVALS_VERSION), _is(CODEDEPLOY, "rollback")
    ),
    "stop-pending": Kind(_code_deploy(stop_is_pending=True), _is(CODEDEPLOY, "StopDeployment")),
}
