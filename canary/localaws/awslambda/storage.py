"""All functions with their versions and aliases, and the rules for changing them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

from moto.awslambda.models import LambdaFunction, LambdaStorage
from moto.awslambda.utils import make_function_arn

from canary.localaws.awslambda import names
from canary.localaws.awslambda.aliases import Alias, Routing, check_routing, weights_of
from canary.localaws.awslambda.exceptions import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from canary.localaws.awslambda.functions import Function


class Storage(LambdaStorage):
    """moto's storage with Lambda's rules."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._published: Counter[str] = Counter()

    def arn(self, name: str, qualifier: str | None = None) -> str:
        """The ARN of a function, version or alias, whether it exists or not."""
        unqualified = str(make_function_arn(self.region_name, self.account_id, name))
        return f"{unqualified}:{qualifier}" if qualifier else unqualified

    def construct_unknown_function_exception(  # type: ignore[override]
        self, name_or_arn: str, qualifier: str | None = None
    ) -> ResourceNotFoundException:
        """moto raises what this returns."""
        name, qualifier = names.split(name_or_arn, qualifier)
        return ResourceNotFoundException(f"Function not found: {self.arn(name, qualifier)}")

    def get_function_by_name_or_arn_with_qualifier(
        self, name_or_arn: str, qualifier: str | None = None
    ) -> LambdaFunction:
        name, qualifier = names.split(name_or_arn, qualifier)
        return self.get_function_by_name_with_qualifier(name, qualifier)

    def get_function_by_name_or_arn_forbid_qualifier(self, name: str) -> LambdaFunction:
        plain, qualifier = names.split(name)
        if qualifier not in (None, "$LATEST"):
            raise InvalidParameterValueException(
                f"This operation does not support a qualifier, but {qualifier} was given."
            )
        return self.get_function_by_name_with_qualifier(plain)

    def find(self, name: str, qualifier: str | None = None) -> Function:
        """The function, version, or version that an alias (mainly) points to."""
        return cast(Function, self.get_function_by_name_or_arn_with_qualifier(name, qualifier))

    def latest_of(self, name: str) -> Function:
        """The function itself; a caller who names a version is refused."""
        return cast(Function, self.get_function_by_name_or_arn_forbid_qualifier(name))

    def find_alias(self, name: str, qualifier: str | None) -> Alias | None:
        """The function's alias of that name, if it is one."""
        return cast(Alias | None, self._aliases[self.arn(name)].get(qualifier or ""))

    # -- versions ----------------------------------------------------------------------------------

    def publish_version(self, name_or_arn: str, description: str = "") -> Function:
        """$LATEST as a version: the last one published, where nothing has changed since."""
        latest = self.latest_of(name_or_arn)
        versions: list[Function] = self._functions[latest.function_name]["versions"]
        if versions and versions[-1].published_from == latest.published_state():
            return versions[-1]
        self._published[latest.function_name] += 1
        version = latest.frozen(self._published[latest.function_name], description)
        versions.append(version)
        self._arns[version.function_arn] = version
        return version

    def del_function(self, name_or_arn: str, qualifier: str | None = None) -> None:
        """Delete the function with all that it has, or one version that no alias uses."""
        name, qualifier = names.split(name_or_arn, qualifier)
        if qualifier is None:
            self.get_function_by_name_with_qualifier(name)
            del self._functions[name]
            self._aliases.pop(self.arn(name), None)
        else:
            self._delete_version(name, qualifier)

    def _delete_version(self, name: str, qualifier: str) -> None:
        if qualifier == "$LATEST":
            raise InvalidParameterValueException(
                "$LATEST version cannot be deleted without deleting the function."
            )
        if not names.is_version(qualifier):
            raise InvalidParameterValueException("Deletion of aliases is not currently supported.")
        users = [alias.name for alias in self.list_aliases(name) if qualifier in alias.versions]
        if users:
            raise ResourceConflictException(
                "Unable to delete version because the following aliases reference it: "
                f"[{', '.join(users)}]"
            )
        versions = self._functions[name]["versions"]
        versions[:] = [version for version in versions if str(version.version) != qualifier]

    def all(self) -> Iterable[LambdaFunction]:
        found: list[LambdaFunction] = []
        for name in self._functions:
            found.extend(self.list_versions_by_function(name))
        return found

    def list_versions_by_function(self, name: str) -> Iterable[LambdaFunction]:
        plain, _ = names.split(name)
        latest = copy.copy(self.get_function_by_name_with_qualifier(plain))
        latest.function_arn += ":$LATEST"
        return [latest, *self._functions[plain]["versions"]]

    # -- aliases -----------------------------------------------------------------------------------

    def get_alias(self, name: str, function_name: str) -> Alias:
        plain, _ = names.split(function_name)
        self.get_function_by_name_with_qualifier(plain)
        alias = self.find_alias(plain, name)
        if alias is None:
            raise ResourceNotFoundException(f"Cannot find alias arn: {self.arn(plain, name)}")
        return alias

    def list_aliases(self, function_name: str) -> list[Alias]:
        plain, _ = names.split(function_name)
        return cast(list[Alias], super().list_aliases(plain))

    def put_alias(
        self,
        name: str,
        function_name: str,
        function_version: str,
        description: str,
        routing_config: Any,
    ) -> Alias:
        plain, _ = names.split(function_name)
        self.get_function_by_name_with_qualifier(plain)
        names.check_alias(name)
        if self.find_alias(plain, name):
            raise ResourceConflictException(f"Alias already exists: {self.arn(plain, name)}")
        self._check_routing(plain, function_version, routing_config)
        alias = Alias(
            account_id=self.account_id,
            region=self.region_name,
            name=name,
            function_name=plain,
            function_version=function_version,
            description=description,
            routing_config=routing_config,
        )
        self._aliases[self.arn(plain)][name] = alias
        return alias

    def update_alias(
        self,
        name: str,
        function_name: str,
        function_version: str | None = None,
        description: str | None = None,
        routing_config: Any = None,
        revision_id: str | None = None,
    ) -> Alias:
        alias = self.get_alias(name, function_name)
        alias.check_revision(revision_id)
        plain, _ = names.split(function_name)
        routing = alias.routing if routing_config is None else routing_config
        self._check_routing(plain, function_version or alias.function_version, routing)
        alias.update(description, function_version, routing_config)
        return alias

    def delete_alias(self, name: str, function_name: str) -> None:
        plain, _ = names.split(function_name)
        self.get_function_by_name_with_qualifier(plain)
        self._aliases[self.arn(plain)].pop(name, None)

    def _check_routing(self, function_name: str, version: str, routing: Routing) -> None:
        check_routing(
            version,
            weights_of(routing),
            lambda number: self.find(function_name, number),
        )
