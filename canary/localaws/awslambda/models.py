"""The Lambda backend: moto's, made to answer as AWS does where a release depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from moto.awslambda.models import LambdaBackend as MotoLambdaBackend
from moto.moto_api._internal import mock_random

from canary.localaws.awslambda import names
from canary.localaws.awslambda.aliases import Alias
from canary.localaws.awslambda.archive import read_archive
from canary.localaws.awslambda.exceptions import (
    CodeSigningConfigNotFoundException,
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from canary.localaws.awslambda.functions import Function, timestamp
from canary.localaws.awslambda.invocation import Invoker
from canary.localaws.awslambda.provisioned import Provisions
from canary.localaws.awslambda.signing import WARN, CodeSigningConfig, verified
from canary.localaws.awslambda.storage import Storage


class LambdaBackend(MotoLambdaBackend):
    """Functions, versions, aliases, code signing configs, and invocations."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._lambdas: Storage = Storage(region_name, account_id)
        self.code_signing_configs: dict[str, CodeSigningConfig] = {}
        self.invoker = Invoker(self)
        self.provisions = Provisions(self._lambdas)

    # -- finding -----------------------------------------------------------------------------------

    def find(self, name: str, qualifier: str | None) -> Function:
        """The function, version, or version that an alias (mainly) points to."""
        return self._lambdas.find(name, qualifier)

    def arn(self, name: str, qualifier: str | None = None) -> str:
        """The ARN of a function, version or alias, whether it exists or not."""
        return self._lambdas.arn(name, qualifier)

    def find_alias(self, name: str, qualifier: str | None) -> Alias | None:
        """The alias, where the qualifier is one."""
        return self._lambdas.find_alias(name, qualifier)

    def latest(self, name: str) -> Function:
        """The function itself; a caller who names a version is refused."""
        return self._lambdas.latest_of(name)

    def layer_archives(self, function: Function) -> list[bytes]:
        """The packages of the function's layers."""
        versions = [self.layers_versions_by_arn(layer["Arn"]) for layer in function.layers]
        return [version.code_bytes for version in versions if version is not None]

    # -- functions ---------------------------------------------------------------------------------

    def create_function(self, spec: dict[str, Any]) -> Function:
        name = str(spec["FunctionName"]).rpartition(":")[2]
        if name in self._lambdas._functions:
            raise ResourceConflictException(f"Function already exist: {name}")
        arn = spec.get("CodeSigningConfigArn")
        signing = self._attachable(arn) if arn else None
        self._verify_layers(spec.get("Layers", []), signing, name)
        function = Function(  # type: ignore[abstract] # as moto's own
            self.account_id, {**spec, "FunctionName": name}, self.region_name, signing
        )
        self._lambdas.put_function(function)
        return self._lambdas.publish_version(name) if spec.get("Publish") else function

    def update_function_code(
        self,
        function_name: str,
        qualifier: str | None,  # noqa: ARG002 - moto's signature
        body: Mapping[str, Any],
    ) -> dict[str, Any]:
        function = self._changeable(function_name, body.get("RevisionId"))
        if body.get("DryRun"):
            read_archive(body, self.account_id, self.partition)
            return function.get_configuration()
        layers = [layer["Arn"] for layer in function.layers]
        self._verify_layers(layers, function.code_signing_config, function.function_name)
        function.update_function_code(body)
        if body.get("Publish"):
            function = self._lambdas.publish_version(function_name)
        return function.get_configuration()

    def update_function_configuration(
        self,
        function_name: str,
        qualifier: str | None,  # noqa: ARG002 - moto's signature
        body: Mapping[str, Any],
    ) -> dict[str, Any]:
        function = self._changeable(function_name, body.get("RevisionId"))
        layers = body.get("Layers", [])
        self._verify_layers(layers, function.code_signing_config, function.function_name)
        return function.update_configuration(body)

    def publish_version(
        self,
        function_name: str,
        description: str = "",
        code_sha256: str | None = None,
        revision_id: str | None = None,
    ) -> Function:
        function = self._changeable(function_name, revision_id)
        if code_sha256 and code_sha256 != function.code_sha_256:
            raise InvalidParameterValueException(
                f"CodeSHA256 ({code_sha256}) is different from current CodeSHA256 in $LATEST "
                f"({function.code_sha_256}). Please try again with the CodeSHA256 in $LATEST."
            )
        return self._lambdas.publish_version(function_name, description)

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        super().delete_function(function_name, qualifier)
        self.provisions.forget(*names.split(function_name, qualifier))

    def _changeable(self, name: str, revision: str | None) -> Function:
        function = self.latest(name)
        function.check_revision(revision)
        function.check_settled()
        return function

    def tag_resource(self, resource_arn: str, tags: dict[str, str]) -> None:
        if ":function:" in resource_arn:
            self.latest(resource_arn).check_settled()
        super().tag_resource(resource_arn, tags)

    def put_function_event_invoke_config(
        self, function_name: str, config: dict[str, Any]
    ) -> dict[str, Any]:
        if any((config.get("DestinationConfig") or {}).values()):
            raise InvalidParameterValueException(
                "The embedded AWS does not support DestinationConfig: use DeadLetterConfig."
            )
        self.latest(function_name).event_invoke_config.clear()
        return super().put_function_event_invoke_config(function_name, config)

    # -- aliases -----------------------------------------------------------------------------------

    def get_alias(self, name: str, function_name: str) -> Alias:
        return self._lambdas.get_alias(name, function_name)

    def list_aliases(self, function_name: str) -> list[Alias]:
        return self._lambdas.list_aliases(function_name)

    def update_alias(
        self,
        name: str,
        function_name: str,
        function_version: str | None = None,
        description: str | None = None,
        routing_config: Any = None,
        revision_id: str | None = None,
    ) -> Alias:
        plain, _ = names.split(function_name)
        if function_version and self.provisions.has(plain, name):
            self.provisions.check_alone(plain, name, function_version)
        alias = self._lambdas.update_alias(
            name, function_name, function_version, description, routing_config, revision_id
        )
        self.provisions.follow(plain, name, alias.function_version)
        return alias

    def delete_alias(self, name: str, function_name: str) -> None:
        super().delete_alias(name, function_name)
        self.provisions.forget(names.split(function_name)[0], name)

    # -- code signing configs ----------------------------------------------------------------------

    def create_code_signing_config(self, request: Mapping[str, Any]) -> CodeSigningConfig:
        arn = (
            f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:"
            f"code-signing-config:csc-{mock_random.get_random_hex(17)}"
        )
        config = CodeSigningConfig(arn, [], WARN, "", "")
        config.change(request, timestamp())
        self.code_signing_configs[arn] = config
        return config

    def get_code_signing_config(self, arn: str) -> CodeSigningConfig:
        config = self.code_signing_configs.get(arn)
        if config is None:
            raise ResourceNotFoundException(
                f"The code signing configuration {arn} cannot be found."
            )
        return config

    def update_code_signing_config(self, arn: str, request: Mapping[str, Any]) -> CodeSigningConfig:
        config = self.get_code_signing_config(arn)
        config.change(request, timestamp())
        return config

    def delete_code_signing_config(self, arn: str) -> None:
        config = self.get_code_signing_config(arn)
        if self.list_functions_by_code_signing_config(arn):
            raise ResourceConflictException(
                f"The code signing configuration {config.arn} is attached to functions "
                "and cannot be deleted."
            )
        del self.code_signing_configs[arn]

    def list_functions_by_code_signing_config(self, arn: str) -> list[str]:
        config = self.get_code_signing_config(arn)
        functions = cast(Iterable[Function], self._lambdas.latest())
        return [
            function.function_arn
            for function in functions
            if function.code_signing_config is config
        ]

    def put_function_code_signing_config(self, function_name: str, arn: str) -> Function:
        function = self.latest(function_name)
        function.code_signing_config = self._attachable(arn)
        return function

    def delete_function_code_signing_config(self, function_name: str) -> None:
        self.latest(function_name).code_signing_config = None

    def _verify_layers(
        self, arns: Iterable[str], config: CodeSigningConfig | None, function: str
    ) -> None:
        """Layers of a function under a config are checked as its code is."""
        for version in map(self.layers_versions_by_arn, arns):
            if version is not None:
                verified(version.code_bytes, config, function)

    def _attachable(self, arn: str) -> CodeSigningConfig:
        config = self.code_signing_configs.get(arn)
        if config is None:
            raise CodeSigningConfigNotFoundException(
                f"The code signing configuration cannot be found. Check that the provided "
                f"configuration is not deleted: {arn}."
            )
        return config

    # -- invocations by moto's other services ------------------------------------------------------

    def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,  # noqa: ARG002 - moto's signature
        response_headers: Any,
    ) -> bytes:
        """For moto's event sources, which look for an error among the headers."""
        from canary.localaws.awslambda import invoke

        payload = body.encode() if isinstance(body, str) else body or b""
        invocation = invoke(function_name, payload, qualifier)
        if invocation.function_error:
            response_headers["x-amz-function-error"] = invocation.function_error
        return invocation.payload
