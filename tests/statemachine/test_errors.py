"""Errors by name: what the machines retry and catch is what the handlers raise."""

import inspect
from pathlib import Path

from release import errors
from release.errors import ReleaseError
from tests.statemachine.machines import NAMES, load, states

# Raised before traffic moves: the execution fails with it, and redrive resumes at that Task.
ENDS_THE_EXECUTION = {
    "FindingsBlockedError",
    "FindingsNotImportedError",
    "InvalidRequestError",
    "NothingToReleaseError",
    "NothingToRollBackError",
    "PackageInvalidError",
    "ProbeFailedError",
    "PublishFailedError",
    "ReleaseInProgressError",
    "ReportUnreadableError",
    "SigningFailedError",
    "TargetNotReadyError",
}
# Raised once traffic may have moved: caught with everything else.
CAUGHT_WITH_ALL = {
    "AliasMovedError",
    "DeploymentFailedError",
    "UnreadableError",
}
OF_AWS = ("Lambda.", "Runtime.", "Sandbox.", "States.")


def _ours() -> set[str]:
    """The name of every error of ours, but not their base's."""
    classes = inspect.getmembers(errors, inspect.isclass)
    return {name for name, each in classes if issubclass(each, ReleaseError)} - {"ReleaseError"}


def _named() -> set[str]:
    """Every error that a Retry or a Catch of either machine names and that is not AWS's."""
    return {
        error
        for machine in NAMES
        for task in states(load(machine), "Task").values()
        for each in (*task["Retry"], *task.get("Catch", ()))
        for error in each["ErrorEquals"]
        if not error.startswith(OF_AWS)
    }


def test_every_error_that_is_named_exists() -> None:
    """Nothing is retried or caught under a name that no handler can raise."""
    assert _named() - _ours() == set()


def test_every_error_is_named_or_known_to_end_the_execution() -> None:
    """Whoever adds an error decides what becomes of it; nothing that went is still listed."""
    assert _ours() - _named() == ENDS_THE_EXECUTION | CAUGHT_WITH_ALL


def test_every_error_is_used() -> None:
    """No class is left over from a condition that nobody meets any more."""
    package = Path(errors.__file__).parent
    code = "".join(path.read_text() for path in package.rglob("*.py") if path.stem != "errors")
    assert {
        name for name in _ours() if f"{name}(" not in code and f", {name})" not in code
    } == set()
