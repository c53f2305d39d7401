"""
The protocol's rules, each broken in turn: the proof that the harness can fail.

Each is a change to the handlers' own modules, and a case in which the harness must see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from moto.awslambda.models import lambda_backends

from tests.faults import running
from tests.faults.cases import Case
from tests.faults.running import Run
from tests.pipeline.story import Story


@dataclass(frozen=True)
class Break:
    """`change` gets what stands in `module.name` and gives what takes its place."""

    module: str
    name: str
    change: Callable[[Any, ModuleType], Any]


@dataclass(frozen=True)
class Broken:
    """A rule that is broken, and the case and invariant that show it."""

    breaks: tuple[Break, ...]
    case: str
    seen_by: str


def run(story: Story, name: str) -> Run:
    """Tell the case of one broken rule. Nothing is put back: run it in a fork."""
    for each in RULES[name].breaks:
        for module in _copies(story, each.module):
            setattr(module, each.name, each.change(getattr(module, each.name), module))
    return running.run(story, Case.parse(RULES[name].case.split()))


def _copies(story: Story, name: str) -> Iterator[ModuleType]:
    """Each handler's own copy of a module."""
    invoker = story.aws.backend(lambda_backends).invoker
    for environments in invoker.environments._environments.values():
        for environment in environments:
            loaded = getattr(environment, "_modules", None)
            if loaded and name in loaded._loaded:
                yield loaded._loaded[name]


def _without_conditions(original: Any, _: ModuleType) -> Any:
    def locks(*arguments: Any) -> Any:
        return [replace(each, condition=None) for each in original(*arguments)]

    return locks


def _nothing(_: Any, __: ModuleType) -> Any:
    return lambda *_, **__: None


def _always(_: Any, __: ModuleType) -> Any:
    return lambda *_, **__: True


def _unguarded(_: Any, module: ModuleType) -> Any:
    def point_alias(function: str, alias: str, version: str, _revision: str) -> Any:
        routing: dict[str, Any] = {"AdditionalVersionWeights": {}}
        changed = module.client("lambda").update_alias(
            FunctionName=function, Name=alias, FunctionVersion=version, RoutingConfig=routing
        )
        return module._alias(changed)

    return point_alias


def _any_outcome(original: Any, module: ModuleType) -> Any:
    return dict.fromkeys(original, module.Attr("pk").exists())


def _overwrites(original: Any, module: ModuleType) -> Any:
    def look(before: Any, release: Any, alias: Any, deployment_id: Any) -> Any:
        if alias.is_whole and alias.version != release.plan.stable_version:
            plan, revision = release.plan, alias.revision_id
            module.awslambda.point_alias(plan.function, plan.alias, plan.stable_version, revision)
            return before
        return original(before, release, alias, deployment_id)

    return look


def _believes(_: Any, module: ModuleType) -> Any:
    return lambda before, *_: module.replace(before, outcome="rolled_back")


def _publishes(original: Any, module: ModuleType) -> Any:
    def step(before: Any, release: Any) -> Any:
        plan = release.plan
        try:
            module.awslambda.publish_version(plan.function, "", "", "")
        except Exception:  # refused; it was tried
            return original(before, release)
        return original(before, release)

    return step


RULES = {
    "the lock is taken whoever holds it": Broken(
        (
            Break("release.lock", "require_free", _nothing),
            Break("release.lock", "_locks", _without_conditions),
        ),
        "second",
        "protocol_is_kept",
    ),
    "PublishVersion does not hold the lock": Broken(
        (Break("release.lock", "hold", _nothing),), "stale", "protocol_is_kept"
    ),
    "RollBack writes the alias of others": Broken(
        (Break("release.rollback", "_look", _overwrites),),
        "operator rival@rollback.RollBack/StopDeployment/1",
        "protocol_is_kept",
    ),
    "the alias is written whatever its revision": Broken(
        (Break("release.aws.awslambda", "point_alias", _unguarded),),
        "operator rival@rollback.RollBack/UpdateAlias/1",
        "protocol_is_kept",
    ),
    "a release is promoted although a rollback was asked for": Broken(
        (
            Break("release.shifting", "decide_promote", _always),
            Break("release.record", "_FROM", _any_outcome),
        ),
        "good asked@EvaluateCanary/UpdateItem:latest/1~8 throttled@FinishRelease/GetItem:release/1",
        "protocol_is_kept",
    ),
    "RollBack does not look at the alias": Broken(
        (Break("release.rollback", "_look", _believes),), "operator", "alias_is_whole"
    ),
    "RollBack publishes": Broken(
        (Break("release.rollback", "_step", _publishes),),
        "operator",
        "automatic_actors_only_go_back",
    ),
    "FinishRelease tells nobody": Broken(
        (Break("release.finishing", "_notify", _nothing),), "good", "the story broke off"
    ),
    "a deployment that was created is not kept": Broken(
        (Break("release.shifting", "note_deployment", _nothing),), "good", "records_are_final"
    ),
}
