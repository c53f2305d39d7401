"""Lambda functions and what belongs to them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import lambda_backends

from canary.localaws.account import current
from canary.localaws.stack.resource import Properties, Resource, tag_map

_CONFIGURATION = (
    "Handler Runtime Role Environment TracingConfig LoggingConfig Timeout MemorySize Description "
    "Layers EphemeralStorage DeadLetterConfig"
)
_CODE = ("Code", "Architectures")
# What a property means that the template no longer sets: the API would leave it as it was.
_DEFAULTS: Properties = {
    "Environment": {"Variables": {}},
    "TracingConfig": {"Mode": "PassThrough"},
    "Timeout": 3,
    "MemorySize": 128,
    "Description": "",
    "Layers": [],
    "EphemeralStorage": {"Size": 512},
}


class Function(Resource):
    """AWS::Lambda::Function."""

    kind = "AWS::Lambda::Function"
    supported = (
        f"{_CONFIGURATION} FunctionName Code Architectures ReservedConcurrentExecutions Tags "
        "CodeSigningConfigArn KmsKeyArn PackageType"
    )
    named_by = "FunctionName"
    replacing = "FunctionName PackageType"

    def create(self) -> None:
        properties = self.given(
            *_CONFIGURATION.split(), "Architectures", "CodeSigningConfigArn", "PackageType"
        )
        if "KmsKeyArn" in self.properties:
            properties["KMSKeyArn"] = self.properties["KmsKeyArn"]
        made = self.call(
            "lambda",
            "create_function",
            properties,
            FunctionName=self.name,
            Code=self._code(),
            Tags=tag_map(self.properties.get("Tags")),
        )
        self.physical_resource_id = self.name
        self.attributes = {"Arn": made["FunctionArn"]}
        if "ReservedConcurrentExecutions" in self.properties:
            self._reserve()

    def update(self, old: Properties) -> None:
        name = self.physical_resource_id
        self.settle()
        self._guard(old)
        code, new_code = ({n: p.get(n) for n in _CODE} for p in (old, self.properties))
        if code != new_code:
            architectures = {"Architectures": new_code["Architectures"] or ["x86_64"]}
            self.call(
                "lambda", "update_function_code", self._code(), architectures, FunctionName=name
            )
            self.settle()
        wanted = {**_DEFAULTS, **self.given(*_CONFIGURATION.split())}
        wanted["KMSKeyArn"] = self.properties.get("KmsKeyArn", "")
        self.call("lambda", "update_function_configuration", wanted, FunctionName=name)
        self.settle()
        self._tag(tag_map(old.get("Tags")), tag_map(self.properties.get("Tags")))
        self._reserve()

    def delete(self) -> None:
        self.call("lambda", "delete_function", FunctionName=self.physical_resource_id)

    def settle(self) -> None:
        wait_for_function(self.physical_resource_id)

    def _guard(self, old: Properties) -> None:
        """Attach another code signing config, before any other code comes."""
        name, config = self.physical_resource_id, self.given("CodeSigningConfigArn")
        if config.get("CodeSigningConfigArn") == old.get("CodeSigningConfigArn"):
            return
        if config:
            self.call("lambda", "put_function_code_signing_config", config, FunctionName=name)
        else:
            self.call("lambda", "delete_function_code_signing_config", FunctionName=name)

    def _tag(self, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        arn = self.attributes["Arn"]
        if gone := [key for key in old if key not in new]:
            self.call("lambda", "untag_resource", Resource=arn, TagKeys=gone)
        if new and new != old:
            self.call("lambda", "tag_resource", Resource=arn, Tags=new)

    def _reserve(self) -> None:
        name = self.physical_resource_id
        reserved = self.given("ReservedConcurrentExecutions")
        if reserved:
            self.call("lambda", "put_function_concurrency", reserved, FunctionName=name)
        else:
            self.call("lambda", "delete_function_concurrency", FunctionName=name)

    def _code(self) -> dict[str, Any]:
        code = dict(self.properties["Code"])
        if "ZipFile" in code:
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                entry = zipfile.ZipInfo("index.py", (1980, 1, 1, 0, 0, 0))
                archive.writestr(entry, code["ZipFile"])
            code["ZipFile"] = buffer.getvalue()
        return code


def wait_for_function(name: str) -> None:
    """Let time pass until the function can be used and changed."""
    aws = current()
    function = aws.backend(lambda_backends).latest(name)
    while not function.is_settled:
        aws.clock.sleep(1)


class Version(Resource):
    """AWS::Lambda::Version."""

    kind = "AWS::Lambda::Version"
    supported = "FunctionName Description CodeSha256"

    def create(self) -> None:
        wait_for_function(self.properties["FunctionName"])
        version = self.call("lambda", "publish_version", self.properties)
        self.physical_resource_id = version["FunctionArn"]
        self.attributes = {"Version": version["Version"], "FunctionArn": version["FunctionArn"]}

    def update(self, old: Properties) -> None:  # noqa: ARG002
        """One more version: an alias may still point to the earlier one."""
        self.create()

    def delete(self) -> None:
        name, version = self.physical_resource_id.rsplit(":", 1)
        self.call("lambda", "delete_function", FunctionName=name, Qualifier=version)


class Alias(Resource):
    """AWS::Lambda::Alias."""

    kind = "AWS::Lambda::Alias"
    supported = "FunctionName FunctionVersion Name Description RoutingConfig"
    replacing = "FunctionName Name"

    def create(self) -> None:
        made = self.call("lambda", "create_alias", self._wanted())
        self.physical_resource_id = made["AliasArn"]
        self.attributes = {"AliasArn": made["AliasArn"]}

    def update(self, old: Properties) -> None:  # noqa: ARG002
        self.call("lambda", "update_alias", self._wanted())

    def delete(self) -> None:
        self.call("lambda", "delete_alias", self.given("FunctionName", "Name"))

    def _wanted(self) -> dict[str, Any]:
        listed = self.properties.get("RoutingConfig", {}).get("AdditionalVersionWeights", [])
        weights = {weight["FunctionVersion"]: weight["FunctionWeight"] for weight in listed}
        return {
            **self.given("FunctionName", "FunctionVersion", "Name", "Description"),
            "RoutingConfig": {"AdditionalVersionWeights": weights},
        }


class Permission(Resource):
    """AWS::Lambda::Permission."""

    kind = "AWS::Lambda::Permission"
    supported = "FunctionName Action Principal SourceArn SourceAccount"
    replacing = supported

    def create(self) -> None:
        self.call("lambda", "add_permission", self.properties, StatementId=self.generated_name)
        self.physical_resource_id = self.generated_name
        self.attributes = {"Id": self.generated_name}

    def delete(self) -> None:
        name = self.given("FunctionName")
        self.call("lambda", "remove_permission", name, StatementId=self.physical_resource_id)


class CodeSigningConfig(Resource):
    """AWS::Lambda::CodeSigningConfig."""

    kind = "AWS::Lambda::CodeSigningConfig"
    supported = "AllowedPublishers CodeSigningPolicies Description"

    def create(self) -> None:
        made = self.call("lambda", "create_code_signing_config", self.properties)
        config = made["CodeSigningConfig"]
        self.physical_resource_id = config["CodeSigningConfigArn"]
        self.attributes = {
            "CodeSigningConfigArn": config["CodeSigningConfigArn"],
            "CodeSigningConfigId": config["CodeSigningConfigId"],
        }

    def update(self, old: Properties) -> None:  # noqa: ARG002
        self.call(
            "lambda",
            "update_code_signing_config",
            self.properties,
            CodeSigningConfigArn=self.physical_resource_id,
        )

    def delete(self) -> None:
        arn = self.physical_resource_id
        self.call("lambda", "delete_code_signing_config", CodeSigningConfigArn=arn)


class EventInvokeConfig(Resource):
    """AWS::Lambda::EventInvokeConfig."""

    kind = "AWS::Lambda::EventInvokeConfig"
    supported = (
        "FunctionName Qualifier MaximumEventAgeInSeconds MaximumRetryAttempts DestinationConfig"
    )
    replacing = "FunctionName Qualifier"

    def create(self) -> None:
        self.call("lambda", "put_function_event_invoke_config", self.properties)
        self.physical_resource_id = self.generated_name

    def delete(self) -> None:
        where = self.given("FunctionName", "Qualifier")
        self.call("lambda", "delete_function_event_invoke_config", where)
