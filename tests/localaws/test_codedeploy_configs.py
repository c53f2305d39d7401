"""Deployment configurations: the predefined ones and custom ones."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.deployments import code_of, prepare

PREDEFINED = {
    "LambdaCanary10Percent5Minutes": ("timeBasedCanary", 10, 5),
    "LambdaCanary10Percent10Minutes": ("timeBasedCanary", 10, 10),
    "LambdaCanary10Percent15Minutes": ("timeBasedCanary", 10, 15),
    "LambdaCanary10Percent30Minutes": ("timeBasedCanary", 10, 30),
    "LambdaLinear10PercentEvery1Minute": ("timeBasedLinear", 10, 1),
    "LambdaLinear10PercentEvery2Minutes": ("timeBasedLinear", 10, 2),
    "LambdaLinear10PercentEvery3Minutes": ("timeBasedLinear", 10, 3),
    "LambdaLinear10PercentEvery10Minutes": ("timeBasedLinear", 10, 10),
}


def canary(percentage: int, interval: int) -> dict[str, Any]:
    """A routing that shifts twice."""
    shift = {"canaryPercentage": percentage, "canaryInterval": interval}
    return {"type": "TimeBasedCanary", "timeBasedCanary": shift}


def linear(percentage: int, interval: int) -> dict[str, Any]:
    """A routing that shifts in equal parts."""
    shift = {"linearPercentage": percentage, "linearInterval": interval}
    return {"type": "TimeBasedLinear", "timeBasedLinear": shift}


def create(aws: LocalAws, routing: dict[str, Any] | None, name: str = "Slow", **more: Any) -> None:
    """Create a custom configuration."""
    request = {"deploymentConfigName": name, "computePlatform": "Lambda"} | more
    if routing is not None:
        request["trafficRoutingConfig"] = routing
    aws.client("codedeploy").create_deployment_config(**request)


@pytest.mark.parametrize(("name", "shift"), PREDEFINED.items())
def test_the_predefined_configurations_do_what_they_are_called(
    aws: LocalAws, name: str, shift: tuple[str, int, int]
) -> None:
    """Each shifts as much and as often as its name says."""
    info = aws.client("codedeploy").get_deployment_config(
        deploymentConfigName=f"CodeDeployDefault.{name}"
    )["deploymentConfigInfo"]
    assert info["computePlatform"] == "Lambda"
    member, percentage, interval = shift
    assert list(info["trafficRoutingConfig"][member].values()) == [percentage, interval]


def test_nine_configurations_for_lambda_are_predefined(aws: LocalAws) -> None:
    """The list holds the nine, and the one that CodeDeploy takes by default, which is none."""
    listed = aws.client("codedeploy").list_deployment_configs()["deploymentConfigsList"]
    for_lambda = {name for name in listed if name.startswith("CodeDeployDefault.Lambda")}
    assert for_lambda == {f"CodeDeployDefault.{name}" for name in (*PREDEFINED, "LambdaAllAtOnce")}
    info = aws.client("codedeploy").get_deployment_config(
        deploymentConfigName="CodeDeployDefault.OneAtATime"
    )["deploymentConfigInfo"]
    assert info["computePlatform"] == "Server"
    with pytest.raises(ClientError) as raised:
        aws.client("codedeploy").get_deployment_config(
            deploymentConfigName="CodeDeployDefault.Lambda10PercentEvery5Minutes"
        )
    assert code_of(raised) == "DeploymentConfigDoesNotExistException"


def test_a_custom_configuration_is_read_back_and_deleted(aws: LocalAws) -> None:
    """It is found until it is deleted."""
    create(aws, linear(10, 5))
    client = aws.client("codedeploy")
    info = client.get_deployment_config(deploymentConfigName="Slow")["deploymentConfigInfo"]
    assert info["trafficRoutingConfig"] == linear(10, 5)
    assert "Slow" in client.list_deployment_configs()["deploymentConfigsList"]
    client.delete_deployment_config(deploymentConfigName="Slow")
    with pytest.raises(ClientError) as raised:
        client.get_deployment_config(deploymentConfigName="Slow")
    assert code_of(raised) == "DeploymentConfigDoesNotExistException"


@pytest.mark.parametrize(
    "routing",
    [
        None,
        canary(0, 5),
        canary(100, 5),
        canary(10, 0),
        canary(10, 2881),
        linear(10, 321),
        {"type": "TimeBasedCanary", "timeBasedLinear": {"linearPercentage": 1}},
        {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 1}},
    ],
)
def test_routings_beyond_the_limits_are_refused(
    aws: LocalAws, routing: dict[str, Any] | None
) -> None:
    """Percentages from 1 to 99, intervals of a minute or more, two days from first to last."""
    with pytest.raises(ClientError) as raised:
        create(aws, routing)
    assert code_of(raised) == "InvalidTrafficRoutingConfigurationException"


@pytest.mark.parametrize("routing", [canary(99, 2880), linear(10, 320), {"type": "AllAtOnce"}])
def test_routings_at_the_limits_are_taken(aws: LocalAws, routing: dict[str, Any]) -> None:
    """The limits themselves are allowed, and kept."""
    create(aws, routing, "AtTheLimit")
    found = aws.client("codedeploy").get_deployment_config(deploymentConfigName="AtTheLimit")
    assert found["deploymentConfigInfo"]["trafficRoutingConfig"] == routing


def test_names_and_numbers_are_limited(aws: LocalAws) -> None:
    """No second one of a name, none of AWS's own names, none for servers, fifty in all."""
    create(aws, canary(1, 1), "C0")
    for name, more, code in (
        ("C0", {}, "DeploymentConfigAlreadyExistsException"),
        ("CodeDeployDefault.Mine", {}, "InvalidDeploymentConfigNameException"),
        ("C1", {"computePlatform": "Server"}, "InvalidComputePlatformException"),
    ):
        with pytest.raises(ClientError) as raised:
            create(aws, canary(1, 1), name, **more)
        assert code_of(raised) == code
    for number in range(1, 50):
        create(aws, canary(1, 1), f"C{number}")
    with pytest.raises(ClientError) as raised:
        create(aws, canary(1, 1), "C50")
    assert code_of(raised) == "DeploymentConfigLimitExceededException"


def test_a_configuration_in_use_is_not_deleted(aws: LocalAws) -> None:
    """Neither that of a group nor a predefined one."""
    create(aws, canary(1, 1))
    prepare(aws, deploymentConfigName="Slow")
    client = aws.client("codedeploy")
    for name, code in (
        ("Slow", "DeploymentConfigInUseException"),
        ("CodeDeployDefault.LambdaAllAtOnce", "InvalidOperationException"),
    ):
        with pytest.raises(ClientError) as raised:
            client.delete_deployment_config(deploymentConfigName=name)
        assert code_of(raised) == code
