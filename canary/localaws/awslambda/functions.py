"""A function: its $LATEST or one published version, and what it goes through when it is changed."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.policy import Policy
from moto.awslambda.utils import make_function_ver_arn
from moto.moto_api._internal import mock_random

from canary.localaws.account import current
from canary.localaws.awslambda.archive import read_archive
from canary.localaws.awslambda.exceptions import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
)
from canary.localaws.awslambda.signing import CodeSigningConfig, verified

CREATING_SECONDS = 1.5
UPDATING_SECONDS = 2.0

# Kept and given back as they are; moto's class does not know them.
_SETTINGS = ("DeadLetterConfig", "FileSystemConfigs", "LoggingConfig", "SnapStart")
_UNSUPPORTED = ("CapacityProviderConfig", "DurableConfig", "TenancyConfig")
_MOMENTARY = frozenset(
    {
        "FunctionArn",
        "LastModified",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "RevisionId",
        "State",
        "StateReason",
        "StateReasonCode",
        "Version",
    }
)


def timestamp() -> str:
    """Now, as Lambda writes it."""
    return current().clock.datetime().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


class Function(LambdaFunction):
    """moto's function with revision ids, with states that take time, and with verified packages."""

    def __init__(
        self,
        account_id: str,
        spec: Mapping[str, Any],
        region: str,
        signing: CodeSigningConfig | None = None,
    ) -> None:
        _refuse_unsupported(spec)
        self.settings = {name: spec[name] for name in _SETTINGS if name in spec}
        self.code_signing_config = signing
        self.published_from: dict[str, Any] = {}
        self._replaced: Function | None = None
        super().__init__(account_id, dict(spec), region, "$LATEST")
        self._begin(CREATING_SECONDS)

    # -- changes that take time --------------------------------------------------------------------

    def _begin(self, seconds: float, replaced: Function | None = None) -> None:
        """
        Be Pending, or InProgress where something was there before, for so long. The end of it
        changes the revision once more.
        """
        self._settled_at = current().clock.now() + seconds
        self._revisions = str(mock_random.uuid4()), str(mock_random.uuid4())
        self._replaced = replaced
        self.last_modified = timestamp()

    @property
    def is_settled(self) -> bool:
        """Whether its creation or last update is complete."""
        return current().clock.now() >= self._settled_at

    @property
    def is_pending(self) -> bool:
        """Whether it is still being created."""
        return self._replaced is None and not self.is_settled

    @property
    def revision_id(self) -> str:
        """Changes with each change, and once more when that is complete."""
        return self._revisions[self.is_settled]

    @property
    def serving(self) -> Function:
        """What answers invocations: while an update is in progress, what was there before."""
        return self if self._replaced is None or self.is_settled else self._replaced

    def check_revision(self, revision: str | None) -> None:
        """Refuse a caller who has not seen the latest revision."""
        if revision and revision != self.revision_id:
            raise PreconditionFailedException

    def check_settled(self) -> None:
        """Refuse while a creation or an update is under way."""
        if self.is_pending:
            raise ResourceConflictException(
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending"
            )
        if not self.is_settled:
            raise ResourceConflictException(
                "The operation cannot be performed at this time. "
                f"An update is in progress for resource: {self.function_arn}"
            )

    def update_function_code(self, updated_spec: Mapping[str, Any]) -> dict[str, Any]:
        """Take other code; whatever is wrong with it is found before anything is changed."""
        before = self._without_past()
        self._set_function_code(updated_spec)
        if updated_spec.get("Architectures"):
            self.architectures = updated_spec["Architectures"]
        self._begin(UPDATING_SECONDS, before)
        return self.get_configuration()

    def update_configuration(self, config_updates: Mapping[str, Any]) -> dict[str, Any]:
        """Take another configuration; members that are not given stay."""
        _refuse_unsupported(config_updates)
        before = self._without_past()
        layers = self._get_layers_data(config_updates.get("Layers", []))
        environment = {"Variables": {}} | config_updates.get("Environment", {})
        ordinary = {name: value for name, value in config_updates.items() if name != "Layers"}
        super().update_configuration(
            ordinary | ({"Environment": environment} if "Environment" in ordinary else {})
        )
        self.layers = layers if "Layers" in config_updates else self.layers
        self.settings = self.settings | {
            name: config_updates[name] for name in _SETTINGS if name in config_updates
        }
        self.kms_key_arn = config_updates.get("KMSKeyArn", self.kms_key_arn)
        self.tracing_config = config_updates.get("TracingConfig", self.tracing_config)
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        self._begin(UPDATING_SECONDS, before)
        return self.get_configuration()

    def _without_past(self) -> Function:
        before = copy.copy(self)
        before._replaced, before._settled_at = None, 0.0
        return before

    def _set_function_code(self, updated_spec: Mapping[str, Any]) -> None:
        if "ImageUri" in updated_spec:
            self._set_image(updated_spec["ImageUri"])
            return
        archive = read_archive(updated_spec, self.account_id, self.partition)
        signature = verified(archive, self.code_signing_config, self.function_name)
        digest = hashlib.sha256(archive)
        self.code_bytes = archive
        self.code_size = len(archive)
        self.code_sha_256 = base64.b64encode(digest.digest()).decode()
        self.code_digest = digest.hexdigest()
        self.code = {
            "S3Key": f"snapshots/{self.account_id}/{self.function_name}-{mock_random.uuid4()}"
        }
        self.signing_profile_version_arn = signature.profile_version_arn if signature else None
        self.signing_job_arn = signature.job_arn if signature else None

    def _set_image(self, uri: str) -> None:
        """Keep which image it is; images can be described here, not run."""
        self.code = {"ImageUri": uri}
        self.code_bytes, self.code_size = b"", 0
        self.code_digest = hashlib.sha256(uri.encode()).hexdigest()
        self.code_sha_256 = self.code_digest
        self.signing_profile_version_arn = self.signing_job_arn = None

    def invoke(self, body: str, request_headers: Any, response_headers: Any) -> bytes:  # noqa: ARG002
        """For moto's other services: they send an event and do not wait for what comes of it."""
        from canary.localaws.awslambda import invoke_later

        invoke_later(self.function_arn, body.encode())
        return b""

    # -- versions ----------------------------------------------------------------------------------

    def frozen(self, number: int, description: str | None) -> Function:
        """Freeze this $LATEST as a numbered version."""
        version = copy.copy(self)
        version.version = number
        version.function_arn = make_function_ver_arn(
            self.region, self.account_id, self.function_name, number
        )
        version.policy = Policy(version)
        version.description = description or self.description
        version.published_from = self.published_state()
        version._begin(CREATING_SECONDS)
        return version

    def published_state(self) -> dict[str, Any]:
        """What a version freezes: publishing again makes a new version only if this differs."""
        configuration = self.get_configuration()
        return {name: value for name, value in configuration.items() if name not in _MOMENTARY}

    # -- as the API shows it -----------------------------------------------------------------------

    @property
    def logging(self) -> dict[str, str]:
        """Its LoggingConfig, complete."""
        config: dict[str, str] = {
            "LogFormat": "Text",
            "LogGroup": f"/aws/lambda/{self.function_name}",
        } | self.settings.get("LoggingConfig", {})
        if config["LogFormat"] == "JSON":
            config = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} | config
        return config

    @property
    def log_group(self) -> str:
        """Where its output goes."""
        return self.logging["LogGroup"]

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        configuration = super().get_configuration(on_create) | {
            name: self.settings[name] for name in _SETTINGS if self.settings.get(name)
        }
        configuration["RevisionId"] = self.revision_id
        configuration["LoggingConfig"] = self.logging
        configuration["SnapStart"] = self._snap_start()
        return {
            name: value
            for name, value in (configuration | self._states()).items()
            if value is not None
        }

    def _snap_start(self) -> dict[str, str]:
        wanted = self.settings.get("SnapStart", {}).get("ApplyOn", "None")
        on = wanted == "PublishedVersions" and self.version != "$LATEST"
        return {"ApplyOn": wanted, "OptimizationStatus": "On" if on else "Off"}

    def _states(self) -> dict[str, str | None]:
        if self.is_pending:
            reason = "The function is being created."
            return {
                "State": "Pending",
                "StateReason": reason,
                "StateReasonCode": "Creating",
                "LastUpdateStatus": None,
            }
        if self.is_settled:
            return {"State": "Active", "LastUpdateStatus": "Successful"}
        return {
            "State": "Active",
            "LastUpdateStatus": "InProgress",
            "LastUpdateStatusReason": "The function is being created.",
            "LastUpdateStatusReasonCode": "Creating",
        }


def _refuse_unsupported(spec: Mapping[str, Any]) -> None:
    for name in _UNSUPPORTED:
        if spec.get(name):
            raise InvalidParameterValueException(f"The embedded AWS does not support {name}.")
