"""The configuration of the new version: the stable one's, overlaid with the request's."""

from typing import Any

import pytest

from release import configuration
from release.errors import TargetNotReadyError
from release.request import Configuration

STABLE: dict[str, Any] = {
    "Runtime": "python3.13",
    "Handler": "app.handler",
    "MemorySize": 128,
    "Timeout": 3,
    "Role": "arn:aws:iam::1:role/r",
    "Layers": [{"Arn": "arn:layer:1", "CodeSize": 5}],
    "Environment": {"Variables": {"A": "1"}},
    "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""},
}


def test_nothing_asked_for_is_the_stable_configuration() -> None:
    """An equal $LATEST needs no change."""
    wanted = configuration.intended(STABLE, Configuration())
    assert configuration.changes(STABLE, wanted) == {}


def test_what_is_asked_for_wins() -> None:
    """The request's members replace the stable ones, in Lambda's names."""
    wanted = configuration.intended(STABLE, Configuration(memory_size=512, environment={"B": "2"}))
    assert configuration.changes(STABLE, wanted) == {
        "MemorySize": 512,
        "Environment": {"Variables": {"B": "2"}},
    }


def test_drift_is_set_back() -> None:
    """What $LATEST has otherwise than the stable version becomes a change."""
    latest = STABLE | {"Timeout": 60, "Layers": [], "Environment": None}
    wanted = configuration.intended(STABLE, Configuration())
    assert configuration.changes(latest, wanted) == {
        "Timeout": 3,
        "Layers": ["arn:layer:1"],
        "Environment": {"Variables": {"A": "1"}},
    }


def test_absent_and_empty_are_the_same() -> None:
    """Lambda leaves out what is not set, or says it empty."""
    latest = {name: value for name, value in STABLE.items() if name != "VpcConfig"}
    configuration.refuse_what_weights_forbid("f", "7", STABLE, latest)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Role", "arn:aws:iam::1:role/other"),
        ("DeadLetterConfig", {"TargetArn": "arn:aws:sqs:r:1:q"}),
        ("VpcConfig", {"SubnetIds": ["s-1"]}),
        ("Architectures", ["arm64"]),
    ],
)
def test_what_a_release_cannot_set_must_be_equal(member: str, value: object) -> None:
    """The error names the member and both sides."""
    with pytest.raises(TargetNotReadyError, match=member):
        configuration.refuse_what_weights_forbid("f", "7", STABLE, STABLE | {member: value})
