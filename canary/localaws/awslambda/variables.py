"""The environment variables that Lambda gives a function's process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from canary.localaws.account import current
from canary.localaws.awslambda.functions import Function
from canary.localaws.awslambda.packages import Places

# Nothing listens there: a client fails at once, with this address in its message.
_NOWHERE = "http://127.0.0.1:9/this-embedded-aws-has-no-endpoint"


def credentials(role_arn: str) -> Mapping[str, str]:  # noqa: ARG001 - whose they are
    """The credentials with which a function calls AWS."""
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
    }


def of_function(function: Function, root: Path, log_stream: str) -> dict[str, str]:
    """What a function finds wherever it runs: first its own, which may replace the first three.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    config = function.logging
    levels = (
        {"AWS_LAMBDA_LOG_LEVEL": config["ApplicationLogLevel"]}
        if "ApplicationLogLevel" in config
        else {}
    )
    return {
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
        **function.environment_vars,
        **credentials(str(function.role)),
        **levels,
        "_HANDLER": str(function.handler),
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": config["LogFormat"],
        "AWS_LAMBDA_LOG_GROUP_NAME": config["LogGroup"],
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_REGION": function.region,
        "LAMBDA_TASK_ROOT": str(root),
    }


def of_process(own: Mapping[str, str], places: Places, scratch: Path) -> dict[str, str]:
    """
    And what only a process needs: layers, libraries, and the way to this embedded AWS alone.

    `HOME` and `TMPDIR` are its own, so that it finds no settings of a person and leaves nothing.
    """
    layers = {
        "LD_LIBRARY_PATH": f"{places.task}:{places.task}/lib:{places.opt}/lib",
        "NODE_PATH": f"{places.opt}/nodejs/node_modules",
    }
    way = {"AWS_ENDPOINT_URL": current().endpoint or _NOWHERE}
    if current().endpoint is None:
        way["AWS_MAX_ATTEMPTS"] = "1"
    return {
        **layers,
        **own,
        **way,
        "PATH": f"{own['PATH']}:{places.opt}/bin",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(scratch),
        "LAMBDA_RUNTIME_DIR": str(places.runtime),
        "TMPDIR": str(scratch),
    }
