"""
How a deployment goes on: on the clock, in tasks of its own.

One task leads it from its start through hooks and shifts to its end; another polls the alarms
meanwhile. Whoever ends the deployment (one of these, or a call of StopDeployment) ends both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from canary.localaws import awslambda
from canary.localaws.account import LocalAws
from canary.localaws.codedeploy import permissions
from canary.localaws.codedeploy.alias import (
    AWS_ERRORS,
    VERSION_MISMATCH,
    Alias,
    Routing,
    invalid_configuration,
)
from canary.localaws.codedeploy.appspec import AFTER, ALLOW, BEFORE, AppSpec, AppSpecError, parse
from canary.localaws.codedeploy.deployments import Deployment, LifecycleEvent
from canary.localaws.codedeploy.exceptions import DeploymentFailedError
from canary.localaws.codedeploy.groups import ROLLBACK_ON_ALARM, ROLLBACK_ON_FAILURE
from canary.localaws.iam.grants import find_role
from canary.localaws.iam.resources import arn

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

Announce = Callable[[Deployment], None]
End = Callable[[Deployment, str, DeploymentFailedError | None, bool], None]


class Progress:
    """
    The life of one deployment. `announce` is called when it starts, `end` once: with its final
    status, what went wrong, and whether that is to be rolled back.
    """

    def __init__(self, aws: LocalAws, deployment: Deployment, announce: Announce, end: End) -> None:
        self._aws = aws
        self._clock = aws.clock
        self._deployment = deployment
        self._announce = announce
        self._end = end

    def begin(self) -> None:
        """Start its task."""
        self._spawn(self._run)

    def _spawn(self, function: Callable[[], None]) -> None:
        deployment = self._deployment
        self._clock.spawn(
            function, name=f"{deployment.id} {function.__name__}", group=deployment.id
        )

    def _run(self) -> None:
        deployment = self._deployment
        self._clock.sleep(SECONDS_TO_START)
        deployment.start(self._clock.datetime())
        self._announce(deployment)
        try:
            self._go()
        except DeploymentFailedError as failure:
            self._end(deployment, "Failed", failure, deployment.rolls_back_on(ROLLBACK_ON_FAILURE))
        else:
            self._end(deployment, "Succeeded", None, False)

    def _go(self) -> None:
        deployment = self._deployment
        spec, alias, origin = self._check()
        if deployment.alarms.get("enabled"):
            self._spawn(self._watch_alarms)
        self._clock.sleep(SECONDS_TO_FIRST_EVENT)
        self._hook(BEFORE, spec)
        event = deployment.event(ALLOW)
        event.start(self._clock.datetime())
        self._shift(spec, alias, origin)
        event.end("Succeeded", self._clock.datetime())
        self._hook(AFTER, spec)
        self._clock.sleep(SECONDS_TO_FINISH)

    def _check(self) -> tuple[AppSpec, Alias, Routing]:
        """What AWS looks at only after CreateDeployment has answered."""
        deployment = self._deployment
        role = deployment.group.role
        if find_role(role) is None:
            raise DeploymentFailedError("IAM_ROLE_MISSING", f"The role {role} is missing.")
        try:
            spec = deployment.spec = deployment.spec or parse(deployment.revision.content)
        except AppSpecError:
            raise invalid_configuration() from None
        alias = Alias(spec.function, spec.alias, role)
        origin = deployment.origin = alias.read()
        alias.check_version(spec.target)
        if deployment.is_doomed:
            raise DeploymentFailedError("INTERNAL_ERROR", "CodeDeploy had an internal error.")
        if not deployment.is_rollback and origin.weights:
            raise invalid_configuration("The Lambda function alias has two versions.")
        if not deployment.is_rollback and origin.version != spec.current:
            raise invalid_configuration(VERSION_MISMATCH)
        return spec, alias, origin

    def _shift(self, spec: AppSpec, alias: Alias, origin: Routing) -> None:
        deployment = self._deployment
        here, elapsed = origin, 0.0
        for seconds, weight in deployment.config.steps():
            self._clock.sleep(seconds - elapsed)
            elapsed = seconds
            if alias.read() != here and not deployment.is_rollback:
                raise invalid_configuration(VERSION_MISMATCH)
            there = Routing(spec.current, {spec.target: weight})
            here = there if weight < 1 else Routing(spec.target)
            if alias.read() != here:
                alias.write(here)
            deployment.weight = weight
            deployment.updated_at = self._clock.datetime()

    # -- hooks --------------------------------------------------------------------------------

    def _hook(self, name: str, spec: AppSpec) -> None:
        deployment = self._deployment
        event = deployment.event(name)
        event.start(self._clock.datetime())
        if name in spec.hooks:
            function = spec.hooks[name]
            permissions.require(
                deployment.group.role,
                "lambda:InvokeFunction",
                permissions.function_arn(function),
            )
            payload = json.dumps(
                {"DeploymentId": deployment.id, "LifecycleEventHookExecutionId": event.hook_id}
            )
            self._clock.spawn(_invoke, function, payload.encode(), event, name=f"hook {function}")
            event.reported.wait(LONGEST_HOOK_IN_SECONDS)
            _judge(event, function)
        event.end("Succeeded", self._clock.datetime())

    # -- alarms -------------------------------------------------------------------------------

    def _watch_alarms(self) -> None:
        deployment = self._deployment
        self._clock.sleep(SECONDS_TO_FIRST_POLL)
        while (failure := self._poll(deployment.alarms, deployment.group.role)) is None:
            self._clock.sleep(SECONDS_BETWEEN_POLLS)
        self._end(deployment, "Stopped", failure, deployment.rolls_back_on(ROLLBACK_ON_ALARM))

    def _poll(self, configuration: Mapping[str, Any], role: str) -> DeploymentFailedError | None:
        """Why the alarms, as they are now, stop the deployment, if they do."""
        known = self._aws.backend(cloudwatch_backends).alarms
        names = [alarm["name"] for alarm in configuration["alarms"]]
        failure = _unreadable(names, role)
        if failure is None:
            active = [name for name in names if name in known and _is_active(known[name])]
            if active:
                return DeploymentFailedError("ALARM_ACTIVE", ALARM_MESSAGE.format(" ".join(active)))
            failure = _absent([name for name in names if name not in known])
        return None if configuration.get("ignorePollAlarmFailure") else failure


def _is_active(alarm: Any) -> bool:
    return bool(alarm.state.value == "ALARM")


def _absent(names: Sequence[str]) -> DeploymentFailedError | None:
    if not names:
        return None
    return DeploymentFailedError(
        "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND",
        f"The state of these alarms cannot be retrieved: {' '.join(names)}",
    )


def _unreadable(alarms: Sequence[str], role: str) -> DeploymentFailedError | None:
    """Why the state of these alarms cannot be read as the service role, if it cannot."""
    try:
        for name in alarms:
            resource = arn("cloudwatch", f"alarm:{name}")
            permissions.require(role, "cloudwatch:DescribeAlarms", resource)
    except DeploymentFailedError as failure:
        return failure
    return None


def _invoke(function: str, payload: bytes, event: LifecycleEvent) -> None:
    """Call a hook function. What it returns is no verdict; that it cannot be called is one."""
    try:
        awslambda.invoke(function, payload)
    except AWS_ERRORS as error:
        event.report("Failed", error.message)


def _judge(event: LifecycleEvent, function: str) -> None:
    if event.verdict == "Succeeded":
        return
    message = event.message if event.verdict else "The hook function did not report in time."
    event.diagnostics = {
        "errorCode": "UnknownError",
        "scriptName": function,
        "message": message,
    }
    raise DeploymentFailedError("HOOK_EXECUTION_FAILURE", HOOK_MESSAGE)
