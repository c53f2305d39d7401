"""ValidateRelease: find every reason not to release before anything changes, then take the lock."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import msgspec

from release import (
    alarms,
    configuration,
    environment,
    lock,
    pointer,
    policy,
    request,
    scans,
    sources,
    waiting,
)
from release.alarms import Watched
from release.aws import awslambda, cloudwatch, codedeploy, signer
from release.environment import Environment
from release.errors import (
    AlarmCoverageError,
    InvalidRequestError,
    NothingToReleaseError,
    ReleaseInProgressError,
    ReleaseStaleError,
    TargetNotReadyError,
)
from release.plan import (
    CodeSigning,
    Execution,
    Plan,
    Policy,
    Traffic,
)
from release.request import Request
from release.waiting import Validation


class Validated(msgspec.Struct, frozen=True, omit_defaults=True):
    """ValidateRelease's result, the state that all others build on; no plan while it waits."""

    validation: Validation
    plan: Plan | None = None


def validate(execution: Execution, document: object, started_at: str) -> Validated:
    """
    The plan of a release, with its lock taken; a dry run's plan without. No plan yet while another
    release holds the lock and the policy says to wait; what that one does to alias and alarms is no
    reason to refuse.

    Reads only, until the lock is taken as the last act; then the alias is read once more.
    """
    asked = request.parse(document)
    stack = environment.read()
    in_force = policy.in_force(asked, stack)
    started = datetime.fromisoformat(started_at).timestamp()
    try:
        if not asked.dry_run:
            lock.require_free(_place(asked, stack), execution)
        plan = _plan(execution, asked, stack, in_force, started)
        if not plan.dry_run:
            _take_lock(plan, execution)
    except ReleaseInProgressError as busy:
        if in_force.when_busy == "refuse":
            raise
        return Validated(validation=waiting.wait(execution, _place(asked, stack), started, busy))
    return Validated(validation=Validation(status="SUCCEEDED", wait_seconds=0), plan=plan)


def _place(asked: Request, stack: Environment) -> lock.Place:
    return lock.Place(
        function=asked.function,
        alias=asked.alias,
        application=asked.deployment.application or stack.application,
        group=asked.deployment.group or f"{asked.function}-{asked.alias}",
    )


def _plan(
    execution: Execution, asked: Request, stack: Environment, in_force: Policy, started_at: float
) -> Plan:
    stable, latest = _stable(asked)
    traffic = _traffic(asked, stack)
    watched = _watched(asked.function, traffic, in_force, stack)
    code_signing = _code_signing(asked.function, stack)
    plan = Plan(
        schema=1,
        release=execution.name,
        function=asked.function,
        alias=asked.alias,
        stable_version=stable["Version"],
        source=sources.find(asked, code_signing, stable, latest),
        configuration=asked.configuration,
        traffic=traffic,
        policy=in_force,
        code_signing=code_signing,
        alarms=watched.names,
        alarm_window_seconds=watched.window_seconds,
        warnings=watched.warnings,
        change=asked.change,
        planned_at=int(time.time()),
        started_at=started_at,
        dry_run=asked.dry_run,
        probe=asked.probe,
        scans=scans.find(asked, stack),
    )
    _refuse_no_change(plan, stable)
    return plan


def _stable(asked: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """The version that the alias serves alone, and `$LATEST`."""
    name, target = asked.function, f"{asked.function}:{asked.alias}"
    latest = awslambda.get_function(name)
    if latest is None:
        raise TargetNotReadyError(
            f"there is no function {name} in this account and region. Create it, or correct the "
            "request. Nothing changed."
        )
    if latest.get("PackageType", "Zip") != "Zip":
        raise TargetNotReadyError(
            f"{name} is packaged as a container image, which AWS Signer cannot sign. Releases take "
            "zip packages. Nothing changed."
        )
    alias = awslambda.get_alias(name, asked.alias)
    if alias is None:
        raise TargetNotReadyError(
            f"{name} has no alias {asked.alias!r}. Create it on a published version. "
            "Nothing changed."
        )
    if not alias.is_whole:
        raise TargetNotReadyError(
            f"alias {target} is split: {alias}. Finish or roll back what split it. Nothing changed."
        )
    if alias.version == "$LATEST":
        raise TargetNotReadyError(
            f"alias {target} points to $LATEST, from which traffic cannot be shifted. Publish a "
            "version and point the alias to it. Nothing changed."
        )
    stable = awslambda.get_version(name, alias.version)
    configuration.refuse_what_weights_forbid(name, alias.version, stable, latest)
    return stable, latest


def _traffic(asked: Request, stack: Environment) -> Traffic:
    name = asked.deployment.config or stack.deployment_config
    minutes = codedeploy.shifting_minutes(name)
    if minutes is None:
        raise InvalidRequestError(
            f"deployment.config {name!r} is no deployment config for Lambda. Name a predefined one "
            "such as CodeDeployDefault.LambdaCanary10Percent5Minutes, or create it. "
            "Nothing changed."
        )
    place = _place(asked, stack)
    return Traffic(
        application=place.application,
        group=place.group,
        config=name,
        minutes=minutes,
    )


def _watched(function: str, traffic: Traffic, policy: Policy, stack: Environment) -> Watched:
    """Which of the group's alarms watch this release."""
    where = f"deployment group {traffic.group} of application {traffic.application}"
    group = codedeploy.get_group(traffic.application, traffic.group)
    if group is None:
        raise TargetNotReadyError(f"there is no {where}. Create it. Nothing changed.")
    if group.compute_platform != "Lambda":
        raise TargetNotReadyError(
            f"{where} deploys to {group.compute_platform}, not to Lambda. Nothing changed."
        )
    names = group.alarms if group.alarms_enabled else []
    watched = _covered(names, function, traffic, policy, stack)
    if watched.warnings and policy.alarms == "strict":
        raise AlarmCoverageError(
            f"{'; '.join(watched.warnings)} (policy alarms: strict). Nothing changed."
        )
    active = codedeploy.active_deployments(traffic.application, traffic.group)
    if active:
        raise TargetNotReadyError(
            f"{where} has the active deployment {', '.join(active)}. Wait for it to end, or stop "
            "it. Nothing changed."
        )
    return watched


def _covered(
    names: list[str], function: str, traffic: Traffic, policy: Policy, stack: Environment
) -> Watched:
    watching = alarms.watching(names, policy.fix_forward)
    passed_over = [f"alarm {name} is passed over" for name in policy.fix_forward]
    if policy.fix_forward and not watching:
        return Watched([], 0, [*passed_over, "no other alarm watches: evidence alone judges"])
    seconds = (traffic.minutes + policy.bake_minutes) * 60
    found = cloudwatch.get_alarms(watching)
    warnings = alarms.coverage(
        traffic.group, watching, found, stack.alarm_name_prefix, function, seconds
    )
    window = max(alarm.window_seconds for alarm in found)
    return Watched(watching, window, warnings + passed_over)


def _code_signing(function: str, stack: Environment) -> CodeSigning:
    config = awslambda.get_code_signing_config(function)
    if config is None:
        raise TargetNotReadyError(
            f"{function} has no code signing config, so unsigned code could be deployed to it. "
            "Attach the stack's (output CodeSigningConfigArn). Nothing changed."
        )
    profile = signer.get_profile(stack.signing_profile)
    if profile is None or profile.status != "Active":
        raise TargetNotReadyError(
            f"signing profile {stack.signing_profile} is "
            f"{profile.status if profile else 'not there'}. Update the stack. Nothing changed."
        )
    if profile.version_arn not in config["AllowedPublishers"]["SigningProfileVersionArns"]:
        raise TargetNotReadyError(
            f"the code signing config of {function} does not allow {profile.version_arn}, which "
            "signs releases. Add it to the config. Nothing changed."
        )
    return CodeSigning(
        profile=stack.signing_profile,
        profile_version_arn=profile.version_arn,
        config_arn=config["CodeSigningConfigArn"],
    )


def _refuse_no_change(plan: Plan, stable: dict[str, Any]) -> None:
    """Re-signed code has another hash, so the unsigned content is compared."""
    known = pointer.get(plan.target)
    same_code = plan.source.is_signed or (
        known.stable_version == plan.stable_version
        and known.content_hash == plan.source.content_hash
    )
    wanted = configuration.intended(stable, plan.configuration)
    if same_code and not configuration.changes(stable, wanted):
        raise NothingToReleaseError(
            f"alias {plan.target} already serves this code and configuration as version "
            f"{plan.stable_version}. Nothing changed."
        )


def _take_lock(plan: Plan, execution: Execution) -> None:
    lock.take(plan, execution)
    try:
        lock.require_alias_as_planned(plan)
    except ReleaseStaleError as error:
        lock.free(plan, execution.arn, execution.redrive_count)
        raise TargetNotReadyError(f"{error} The lock is free again.") from error
