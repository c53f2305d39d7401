"""An alias: a name for a version, or for two of them by weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, cast

from moto.awslambda.models import LambdaAlias
from moto.moto_api._internal import mock_random

from canary.localaws.awslambda.exceptions import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ValidationException,
)
from canary.localaws.awslambda.functions import Function
from canary.localaws.awslambda.names import is_version

Routing = Mapping[str, Any] | None


def weights_of(routing: Routing) -> dict[str, float]:
    """The additional versions of a RoutingConfig with their weights."""
    return dict((routing or {}).get("AdditionalVersionWeights") or {})


class Alias(LambdaAlias):
    """moto's alias with revision ids and with routing that counts."""

    @property
    def routing(self) -> Routing:
        """The RoutingConfig, which moto takes for a string."""
        return cast(Routing, self.routing_config)

    @property
    def weights(self) -> dict[str, float]:
        """The additional version with its weight, if there is one."""
        return weights_of(self.routing)

    @property
    def versions(self) -> list[str]:
        """All versions that the alias may send a call to."""
        return [self.function_version, *self.weights]

    def check_revision(self, revision: str | None) -> None:
        """Refuse a caller who has not seen the latest revision."""
        if revision and revision != self.revision_id:
            raise PreconditionFailedException

    def update(
        self, description: str | None, function_version: str | None, routing_config: Any
    ) -> None:
        """Change what is given. An empty routing config ends the split; none at all leaves it."""
        super().update(description, function_version, routing_config)
        self.revision_id = str(mock_random.uuid4())

    def choose(self, random: Random) -> str:
        """The version that the next call goes to."""
        for version, weight in self.weights.items():
            if random.random() < weight:
                return version
        return str(self.function_version)

    def to_json(self) -> dict[str, Any]:
        weights = self.weights
        described = super().to_json()
        described["RoutingConfig"] = {"AdditionalVersionWeights": weights} if weights else None
        return {name: value for name, value in described.items() if value is not None}


def check_routing(
    version: str, weights: Mapping[str, float], get: Callable[[str], Function]
) -> None:
    """
    Refuse what AWS refuses; `get` finds a version or raises.
    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    if version != "$LATEST" and not is_version(version):
        raise InvalidParameterValueException(
            f"Invalid function version {version}. An alias points to a version, not to an alias."
        )
    function = get(version)
    if len(weights) > 1:
        raise InvalidParameterValueException(
            "Number of items in AdditionalVersionWeights cannot be greater than 1"
        )
    for other, weight in weights.items():
        _check_weight(other, weight)
        if version == "$LATEST":
            raise InvalidParameterValueException(
                "$LATEST is not supported for an alias pointing to more than 1 version"
            )
        if other == version:
            raise InvalidParameterValueException(
                f"Invalid function version {version}. Function version {version} is already "
                "included in routing configuration."
            )
        _check_compatible(function, get(other))


def _check_weight(version: str, weight: float) -> None:
    if not is_version(version):
        constraint = (
            "Map keys must satisfy constraint: "
            "[Member must have length less than or equal to 1024, "
            "Member must have length greater than or equal to 1, "
            "Member must satisfy regular expression pattern: [0-9]+, Member must not be null]"
        )
    elif not 0.0 <= weight <= 1.0:
        constraint = (
            "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
            "Member must have value greater than or equal to 0.0, Member must not be null]"
        )
    else:
        return
    raise ValidationException(
        f"1 validation error detected: Value '{{{version}={weight}}}' at "
        f"'routingConfig.additionalVersionWeights' failed to satisfy constraint: {constraint}"
    )


def _check_compatible(one: Function, other: Function) -> None:
    pair = f"Function versions {one.version} and {other.version}"
    if one.role != other.role:
        raise InvalidParameterValueException(f"{pair} must have the same execution role.")
    if _dead_letters(one) != _dead_letters(other):
        raise InvalidParameterValueException(f"{pair} must have the same dead-letter queue.")


def _dead_letters(function: Function) -> str | None:
    target = function.settings.get("DeadLetterConfig", {}).get("TargetArn")
    return str(target) if target else None
