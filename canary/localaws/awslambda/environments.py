"""Where packages are unpacked, and which environments are warm."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from canary.localaws.account import current
from canary.localaws.awslambda.environment import Environment
from canary.localaws.awslambda.exceptions import InvalidRuntimeException
from canary.localaws.awslambda.functions import Function


class Environments:
    """All execution environments: those of each state of a version, warm until they fail."""

    def __init__(self) -> None:
        self.sources: dict[str, Path] = {}
        self._environments: dict[tuple[str, str], list[Environment]] = {}
        self._unpacked: dict[str, Path] = {}
        self._directory: Path | None = None
        self._random = current().random("lambda environments")

    def take(self, function: Function, layers: Sequence[bytes]) -> Environment:
        """An environment of the function that is free: a warm one, or else a new one."""
        environments = self._environments.setdefault(
            (function.function_arn, function.revision_id), []
        )
        for environment in environments:
            if not environment.is_busy:
                return environment
        environments.append(self._start(function, layers))
        return environments[-1]

    def discard(self, function: Function, environment: Environment) -> None:
        """What failed in its runtime is not used again."""
        self._environments[function.function_arn, function.revision_id].remove(environment)

    def close(self) -> None:
        """Delete what was unpacked."""
        if self._directory:
            shutil.rmtree(self._directory)
            self._directory = None

    def _start(self, function: Function, layers: Sequence[bytes]) -> Environment:
        kind = "images" if function.package_type == "Image" else str(function.run_time)
        if not kind.startswith("python"):
            raise InvalidRuntimeException(
                f"The embedded AWS runs zip packages of Python only, not {kind}."
            )
        root = self.sources.get(function.code_sha_256) or self._unpack(
            function.code_digest, function.code_bytes
        )
        roots = [root, *(self._unpack_layer(layer) for layer in layers)]
        day = current().clock.datetime().strftime("%Y/%m/%d")
        stream = f"{day}/[{function.version}]{self._random.getrandbits(128):032x}"
        return Environment(roots, str(function.handler), _variables(function, root, stream), stream)

    def _unpack_layer(self, archive: bytes) -> Path:
        python = self._unpack(hashlib.sha256(archive).hexdigest(), archive) / "python"
        python.mkdir(exist_ok=True)
        return python

    def _unpack(self, name: str, archive: bytes) -> Path:
        if name not in self._unpacked:
            if self._directory is None:
                self._directory = Path(tempfile.mkdtemp(prefix="canary-lambda-"))
            with zipfile.ZipFile(io.BytesIO(archive)) as package:
                package.extractall(self._directory / name)
            self._unpacked[name] = self._directory / name
        return self._unpacked[name]


def _variables(function: Function, root: Path, log_stream: str) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": "UTC",
        **function.environment_vars,
        "_HANDLER": str(function.handler),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_REGION": function.region,
        "LAMBDA_TASK_ROOT": str(root),
    }
