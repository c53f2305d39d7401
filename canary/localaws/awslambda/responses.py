"""Lambda's API."""

# moto declares the strings and tuples that its operations return; it takes an ActionResult as well.
# mypy: disable-error-code="override"

from __future__ import annotations

import base64
import json
from typing import Any, cast

from botocore.exceptions import ReadTimeoutError
from moto.awslambda.responses import LambdaResponse as MotoLambdaResponse
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, EmptyResult, PaginatedResult

from canary.localaws.account import PATIENCE, current
from canary.localaws.awslambda import names
from canary.localaws.awslambda.models import LambdaBackend

_LOG_TAIL = 4096


class LambdaResponse(MotoLambdaResponse):
    """Reads the parameters of each operation and shapes its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.automated_parameter_parsing = True

    @property
    def _backend(self) -> LambdaBackend:
        return cast(LambdaBackend, self.backend)

    @property
    def _name(self) -> str:
        return str(self.params["FunctionName"])

    # -- functions ---------------------------------------------------------------------------------

    def create_function(self) -> ActionResult:
        function = self._backend.create_function(self.params)
        return ActionResult(function.get_configuration(on_create=True))

    def update_function_code(self) -> ActionResult:
        return ActionResult(self._backend.update_function_code(self._name, None, self.params))

    def update_function_configuration(self) -> ActionResult:
        return ActionResult(
            self._backend.update_function_configuration(self._name, None, self.params)
        )

    def get_function(self) -> ActionResult:
        function = self._backend.find(self._name, self._get_param("Qualifier"))
        return ActionResult(function.get_code() | {"Configuration": self._configuration()})

    def get_function_configuration(self) -> ActionResult:
        return ActionResult(self._configuration())

    def _configuration(self) -> dict[str, Any]:
        name, qualifier = names.split(self._name, self._get_param("Qualifier"))
        configuration = self._backend.find(name, qualifier).get_configuration()
        if qualifier:
            configuration["FunctionArn"] = self._backend.arn(name, qualifier)
        return configuration

    def publish_version(self) -> ActionResult:
        version = self._backend.publish_version(
            self._name,
            self._get_param("Description", ""),
            self._get_param("CodeSha256"),
            self._get_param("RevisionId"),
        )
        return ActionResult(version.get_configuration())

    def list_versions_by_function(self) -> ActionResult:
        versions = self._backend.list_versions_by_function(self._name)
        return PaginatedResult({"Versions": [version.get_configuration() for version in versions]})

    def delete_function(self) -> ActionResult:
        self._backend.delete_function(self._name, self._get_param("Qualifier"))
        return EmptyResult()

    # -- aliases -----------------------------------------------------------------------------------

    def create_alias(self) -> ActionResult:
        alias = self._backend.create_alias(
            name=self.params["Name"],
            function_name=self._name,
            function_version=self.params["FunctionVersion"],
            description=self._get_param("Description", ""),
            routing_config=self._get_param("RoutingConfig"),
        )
        return ActionResult(alias.to_json())

    def update_alias(self) -> ActionResult:
        alias = self._backend.update_alias(
            name=self.params["Name"],
            function_name=self._name,
            function_version=self._get_param("FunctionVersion"),
            description=self._get_param("Description"),
            routing_config=self._get_param("RoutingConfig"),
            revision_id=self._get_param("RevisionId"),
        )
        return ActionResult(alias.to_json())

    def get_alias(self) -> ActionResult:
        return ActionResult(self._backend.get_alias(self.params["Name"], self._name).to_json())

    def list_aliases(self) -> ActionResult:
        wanted = self._get_param("FunctionVersion")
        aliases = [
            alias.to_json()
            for alias in self._backend.list_aliases(self._name)
            if wanted is None or wanted in alias.versions
        ]
        return PaginatedResult({"Aliases": aliases})

    def delete_alias(self) -> ActionResult:
        self._backend.delete_alias(self.params["Name"], self._name)
        return EmptyResult()

    # -- code signing configs ----------------------------------------------------------------------

    def create_code_signing_config(self) -> ActionResult:
        config = self._backend.create_code_signing_config(self.params)
        return ActionResult({"CodeSigningConfig": config.describe()})

    def get_code_signing_config(self) -> ActionResult:
        config = self._backend.get_code_signing_config(self.params["CodeSigningConfigArn"])
        return ActionResult({"CodeSigningConfig": config.describe()})

    def update_code_signing_config(self) -> ActionResult:
        config = self._backend.update_code_signing_config(
            self.params["CodeSigningConfigArn"], self.params
        )
        return ActionResult({"CodeSigningConfig": config.describe()})

    def delete_code_signing_config(self) -> ActionResult:
        self._backend.delete_code_signing_config(self.params["CodeSigningConfigArn"])
        return EmptyResult()

    def list_code_signing_configs(self) -> ActionResult:
        configs = self._backend.code_signing_configs.values()
        return PaginatedResult({"CodeSigningConfigs": [config.describe() for config in configs]})

    def list_functions_by_code_signing_config(self) -> ActionResult:
        arns = self._backend.list_functions_by_code_signing_config(
            self.params["CodeSigningConfigArn"]
        )
        return PaginatedResult({"FunctionArns": arns})

    def get_function_code_signing_config(self) -> ActionResult:
        function = self._backend.latest(self._name)
        config = function.code_signing_config
        return ActionResult(
            {
                "CodeSigningConfigArn": config.arn if config else None,
                "FunctionName": function.function_name,
            }
        )

    def put_function_code_signing_config(self) -> ActionResult:
        arn = self.params["CodeSigningConfigArn"]
        function = self._backend.put_function_code_signing_config(self._name, arn)
        return ActionResult({"CodeSigningConfigArn": arn, "FunctionName": function.function_name})

    def delete_function_code_signing_config(self) -> ActionResult:
        self._backend.delete_function_code_signing_config(self._name)
        return EmptyResult()

    # -- provisioned concurrency -------------------------------------------------------------------

    @property
    def _qualified(self) -> tuple[str, str]:
        name, qualifier = names.split(self._name, self.params["Qualifier"])
        return name, str(qualifier)

    def put_provisioned_concurrency_config(self) -> TYPE_RESPONSE:
        requested = self.params["ProvisionedConcurrentExecutions"]
        provision = self._backend.provisions.put(*self._qualified, requested)
        return 202, {"status": "202"}, json.dumps(provision)

    def get_provisioned_concurrency_config(self) -> ActionResult:
        return ActionResult(self._backend.provisions.get(*self._qualified))

    def list_provisioned_concurrency_configs(self) -> ActionResult:
        name, _ = names.split(self._name)
        listed = self._backend.provisions.listed(name)
        return PaginatedResult({"ProvisionedConcurrencyConfigs": listed})

    def delete_provisioned_concurrency_config(self) -> ActionResult:
        self._backend.provisions.delete(*self._qualified)
        return EmptyResult()

    # -- invocations -------------------------------------------------------------------------------

    def invoke(self) -> TYPE_RESPONSE:
        name, qualifier = names.split(self._name, self._get_param("Qualifier"))
        target = self._backend.invoker.target(name, qualifier)
        kind = self._get_param("InvocationType", "RequestResponse")
        headers = {"x-amz-executed-version": target.version}
        if kind == "DryRun":
            return 204, {**headers, "status": "204"}, b""
        payload = self.body.encode() if isinstance(self.body, str) else self.body or b""
        if kind == "Event":
            self._backend.invoker.queue(name, qualifier, payload)
            return 202, {"status": "202"}, b""
        patience = float(self.headers.get(PATIENCE, "inf"))
        invocation = self._backend.invoker.invoke(target, payload)
        current().clock.sleep(min(invocation.seconds, patience))
        if invocation.seconds > patience:
            raise ReadTimeoutError(endpoint_url=f"https://lambda.{current().region}.amazonaws.com")
        if invocation.function_error:
            headers["x-amz-function-error"] = invocation.function_error
        if self._get_param("LogType") == "Tail":
            tail = invocation.log.encode()[-_LOG_TAIL:]
            headers["x-amz-log-result"] = base64.b64encode(tail).decode()
        return 200, headers, invocation.payload
