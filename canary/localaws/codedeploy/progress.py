"""
How a deployment goes on: on the clock, in tasks of its own.

One task leads it from its start through hooks and shifts to its end; another polls the alarms
meanwhile. Whoever ends the deployment (one of these, or a call of StopDeployment) ends both.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from moto.cloudwatch.models import cloudwatch_backends

from canary.localaws import awslambda
from canary.localaws.account import LocalAws
from canary.localaws.codedeploy.alias import (
    AWS_ERRORS,
    INVALID_CONFIGURATION,
    VERSION_MISMATCH,
    Alias,
    Routing,
)
from canary.localaws.codedeploy.appspec import AFTER, ALLOW, BEFORE, AppSpecError, parse
from canary.localaws.codedeploy.deployments import Deployment, LifecycleEvent
from canary.localaws.codedeploy.exceptions import DeploymentFailure
from canary.localaws.codedeploy.groups import service_role

SECONDS_TO_START = 0.5
SECONDS_TO_FIRST_EVENT = 2.0
SECONDS_TO_FIRST_POLL = 0.7
SECONDS_BETWEEN_POLLS = 10.0
SECONDS_TO_FINISH = 3.0
LONGEST_HOOK_IN_SECONDS = 3600.0

ALARM_MESSAGE = (
    "One or more alarms have been activated according to the Amazon CloudWatch metrics you "
    "selected, and the affected deployments have been stopped. Activated alarms: {}"
)
HOOK_MESSAGE = (
    "The deployment failed because one or more of the lifecycle event validation functions failed."
)

End = Callable[[Deployment, str, DeploymentFailure | None], None]


class Progress:
    """The life of one deployment. `end` is called once, with its final status and what went wrong."""

    def __init__(self, aws: LocalAws, deployment: Deployment, announce_start: Callable[[], None], end: End) -> None:
        self._aws = aws
        self._clock = aws.clock
        self._deployment = deployment
        self._announce_start = announce_start
        self._end = end

    def begin(self) -> None:
        """Start its task."""
        self._spawn(self._run)

    def _spawn(self, function: Callable[[], None]) -> None:
        deployment = self._deployment
        self._clock.spawn(function, name=f"{deployment.id} {function.__name__}", group=deployment.id)

    def _run(self) -> None:
        deployment = self._deployment
        self._clock.sleep(SECONDS_TO_START)
        deployment.start(self._clock.datetime())
        self._announce_start()
        try:
            self._go()
        except DeploymentFailure as failure:
            self._end(deployment, "Failed", failure)
        else:
            self._end(deployment, "Succeeded", None)

    def _go(self) -> None:
        deployment = self._deployment
        alias = self._check()
        if not deployment.is_rollback:
            self._spawn(self._watch_alarms)
        self._clock.sleep(SECONDS_TO_FIRST_EVENT)
        self._hook(deployment.event(BEFORE))
        event = deployment.event(ALLOW)
        event.start(self._clock.datetime())
        self._shift(alias)
        event.end("Succeeded", self._clock.datetime())
        self._hook(deployment.event(AFTER))
        self._clock.sleep(SECONDS_TO_FINISH)

    # -- before traffic moves -----------------------------------------------------------------

    def _check(self) -> Alias:
        """What AWS looks at only after CreateDeployment has answered."""
        deployment = self._deployment
        if service_role(deployment.group.role) is None:
            raise DeploymentFailure("IAM_ROLE_MISSING", f"The role {deployment.group.role} is missing.")
        try:
            spec = deployment.spec = deployment.spec or parse(deployment.revision.content)
        except AppSpecError:
            raise DeploymentFailure("INVALID_LAMBDA_CONFIGURATION", INVALID_CONFIGURATION) from None
        alias = Alias(spec.function, spec.alias)
        deployment.origin = alias.read()
        alias.check_version(spec.target)
        if not deployment.is_rollback:
            _check_origin(deployment.origin, spec.current)
        return alias

    # -- moving traffic -----------------------------------------------------------------------

    def _shift(self, alias: Alias) -> None:
        deployment = self._deployment
        assert deployment.spec is not None
        assert deployment.origin is not None
        here, elapsed = deployment.origin, 0.0
        for seconds, weight in deployment.config.steps():
            self._clock.sleep(seconds - elapsed)
            elapsed = seconds
            if alias.read() != here and not deployment.is_rollback:
                raise DeploymentFailure("INVALID_LAMBDA_CONFIGURATION", VERSION_MISMATCH)
            here = _split(deployment.spec.current, deployment.spec.target, weight)
            if alias.read() != here:
                alias.write(here)
            deployment.weight = weight
            deployment.updated_at = self._clock.datetime()

    # -- hooks --------------------------------------------------------------------------------

    def _hook(self, event: LifecycleEvent) -> None:
        deployment = self._deployment
        assert deployment.spec is not None
        event.start(self._clock.datetime())
        function = deployment.spec.hooks.get(event.name)
        if function and not deployment.is_rollback:
            payload = {"DeploymentId": deployment.id, "LifecycleEventHookExecutionId": event.hook_id}
            self._clock.spawn(_invoke, function, json.dumps(payload).encode(), event, name=f"hook {function}")
            event.reported.wait(LONGEST_HOOK_IN_SECONDS)
            self._judge(event, function)
        event.end("Succeeded", self._clock.datetime())

    def _judge(self, event: LifecycleEvent, function: str) -> None:
        if event.verdict == "Succeeded":
            return
        message = "The hook function reported a failure." if event.reported.is_set() else "The hook function did not report in time."
        event.diagnostics = event.diagnostics or {"errorCode": "UnknownError", "scriptName": function, "message": message}
        raise DeploymentFailure("HOOK_EXECUTION_FAILURE", HOOK_MESSAGE)

    # -- alarms -------------------------------------------------------------------------------

    def _watch_alarms(self) -> None:
        configuration = self._deployment.alarms
        if not configuration.get("enabled"):
            return
        self._clock.sleep(SECONDS_TO_FIRST_POLL)
        while True:
            failure = self._poll()
            if failure is not None:
                self._end(self._deployment, "Stopped", failure)
                return
            self._clock.sleep(SECONDS_BETWEEN_POLLS)

    def _poll(self) -> DeploymentFailure | None:
        """Why the alarms, as they are now, stop the deployment, if they do."""
        configuration = self._deployment.alarms
        known = self._aws.backend(cloudwatch_backends).alarms
        names = [alarm["name"] for alarm in configuration["alarms"]]
        active = [name for name in names if name in known and known[name].state.value == "ALARM"]
        if active:
            return DeploymentFailure("ALARM_ACTIVE", ALARM_MESSAGE.format(" ".join(active)))
        absent = [name for name in names if name not in known]
        if absent and not configuration.get("ignorePollAlarmFailure"):
            return DeploymentFailure(
                "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND",
                f"The state of these alarms cannot be retrieved: {' '.join(absent)}",
            )
        return None


def _check_origin(origin: Routing, expected: str) -> None:
    if origin.weights:
        raise DeploymentFailure(
            "INVALID_LAMBDA_CONFIGURATION",
            f"{INVALID_CONFIGURATION} The Lambda function alias is shifting traffic between two versions.",
        )
    if origin.version != expected:
        raise DeploymentFailure("INVALID_LAMBDA_CONFIGURATION", VERSION_MISMATCH)


def _split(current: str, target: str, weight: float) -> Routing:
    return Routing(target) if weight >= 1 else Routing(current, {target: weight})


def _invoke(function: str, payload: bytes, event: LifecycleEvent) -> None:
    """Call a hook function. Its return value is no verdict; that it cannot be called is one."""
    try:
        awslambda.invoke(function, payload)
    except AWS_ERRORS as error:
        event.diagnostics = {"errorCode": "UnknownError", "scriptName": function, "message": error.message}
        event.verdict = "Failed"
        event.reported.set()
