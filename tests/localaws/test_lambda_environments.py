"""Environments: what a handler sees of the world, and that the world sees nothing of it."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from canary.localaws import LocalAws, awslambda
from tests.localaws.packages import (
    ECHO,
    call,
    create,
    log_lines,
    log_tail,
    publish,
    released,
    role,
    run_here,
    zipped,
)

SEEN = """
import os, sys
def handler(event, context):
    return {
        "env": dict(os.environ),
        "context": {k: str(v) for k, v in vars(context).items()},
        "path": sys.path,
        "here": os.getcwd(),
    }
"""


def test_the_handler_sees_its_environment_and_context(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables, ARN and log names are this version's; of this process's there is none."""
    monkeypatch.setenv("ONLY_IN_THIS_PROCESS", "1")
    create(aws, SEEN, Environment={"Variables": {"STAGE": "test"}}, MemorySize=256)
    publish(aws)
    seen = call(aws, Qualifier="1")[0]
    env, context = seen["env"], seen["context"]
    assert env["STAGE"] == "test"
    assert env["AWS_LAMBDA_FUNCTION_NAME"] == context["function_name"] == "orders"
    assert env["AWS_LAMBDA_FUNCTION_VERSION"] == context["function_version"] == "1"
    assert env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == context["memory_limit_in_mb"] == "256"
    assert env["AWS_REGION"] == env["AWS_DEFAULT_REGION"] == "us-east-1"
    assert env["_HANDLER"] == "index.handler"
    assert context["invoked_function_arn"].endswith(":function:orders:1")
    assert env["AWS_LAMBDA_LOG_STREAM_NAME"] == context["log_stream_name"]
    assert context["log_group_name"] == "/aws/lambda/orders"
    assert seen["here"] == env["LAMBDA_TASK_ROOT"] == seen["path"][0]
    assert len([path for path in seen["path"] if "-packages" in path]) == 1  # the layers' own
    assert env["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert env["TZ"] == ":UTC"
    assert env.keys() - {"LC_CTYPE"} == _LAMBDAS | {"STAGE"}  # Python itself sets LC_CTYPE


# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, and what keeps a process
# of this machine to itself.
_LAMBDAS = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "LD_LIBRARY_PATH",
    "NODE_PATH",
    "PATH",
    "TZ",
} | {"AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL", "AWS_MAX_ATTEMPTS", "HOME", "TMPDIR"}


def test_each_version_has_modules_of_its_own(aws: LocalAws) -> None:
    """Modules of one name do not meet, stay warm in their version, and are not in this process."""
    helper = (
        "calls = []\ndef note():\n    calls.append(1)\n    return NAME, len(calls)\nNAME = {!r}\n"
    )
    index = "from parts import helper\ndef handler(event, context):\n    return helper.note()\n"

    def package(name: str) -> dict[str, str]:
        return {"index.py": index, "parts/__init__.py": "", "parts/helper.py": helper.format(name)}

    create(aws, package("a"))
    publish(aws)
    client = aws.client("lambda")
    client.update_function_code(FunctionName="orders", ZipFile=zipped(package("b")))
    aws.clock.advance(2)
    publish(aws)
    answers = [call(aws, Qualifier=version)[0] for version in "1212"]
    assert answers == [["a", 1], ["b", 1], ["a", 2], ["b", 2]]
    assert not {"index", "parts", "parts.helper"} & sys.modules.keys()


def test_a_package_finds_what_lambda_has_and_nothing_else(aws: LocalAws) -> None:
    """The SDK is there; what is installed for the project is not; the package's own come first."""
    code = """
import importlib.util, boto3
def handler(event, context):
    return [bool(importlib.util.find_spec(name)) for name in event], boto3.__file__
"""
    create(aws, code)
    names = ["botocore", "moto", "canary", "release", "pytest", "cryptography", "index"]
    found, place = call(aws, names)[0]
    assert found == [True, False, False, False, False, False, True]
    create(aws, {"index.py": code, "boto3.py": ""}, FunctionName="own")
    assert call(aws, [], FunctionName="own")[0][1] != place


def test_without_an_endpoint_a_package_reaches_no_aws(aws: LocalAws) -> None:
    """Its calls fail at once, and say which address was tried."""
    code = """
import boto3
def handler(event, context):
    boto3.client("s3").list_buckets()
"""
    create(aws, code, Timeout=10)
    answer, _ = call(aws)
    assert answer["errorType"] == "EndpointConnectionError"
    assert "http://127.0.0.1:9/this-embedded-aws-has-no-endpoint" in answer["errorMessage"]


def test_a_registered_source_is_run_in_place(aws: LocalAws, tmp_path: Path) -> None:
    """An archive with a registered hash is loaded from its directory, apart for each function; its
    calls of AWS come here."""
    (tmp_path / "index.py").write_text(
        "import boto3\ncalls = []\ndef handler(event, context):\n    calls.append(1)\n"
        "    found = boto3.client('lambda').get_function(FunctionName=context.function_name)\n"
        "    state = found['Configuration']['State']\n"
        "    return {'file': __file__, 'calls': len(calls), 'state': state}\n"
    )
    created = create(aws)
    awslambda.register_source(created["CodeSha256"], tmp_path)
    create(aws, FunctionName="payments")
    for name in ("orders", "payments"):
        answer = call(aws, FunctionName=name)[0]
        assert answer == {"file": str(tmp_path / "index.py"), "calls": 1, "state": "Active"}


def test_in_place_too_a_handler_has_its_own_variables_and_modules(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module of this process is hidden and comes back; so do the variables."""
    from tests.localaws import packages

    monkeypatch.setenv("ONLY_IN_THIS_PROCESS", "1")
    code = (
        "import os, tests\ndef handler(event, context):\n"
        "    return [tests.WHOSE, os.environ['STAGE'], 'ONLY_IN_THIS_PROCESS' in os.environ]\n"
    )
    files = {"index.py": code, "tests.py": "WHOSE = 'the package'\n"}
    run_here(aws, zipped(files))
    create(aws, files, Environment={"Variables": {"STAGE": "test"}})
    assert call(aws)[0] == ["the package", "test", False]
    assert sys.modules["tests.localaws.packages"] is packages
    assert "STAGE" not in os.environ


@pytest.mark.parametrize("is_here", [True, False])
def test_output_goes_to_the_log_and_never_to_the_terminal(
    aws: LocalAws, capfd: pytest.CaptureFixture[str], is_here: bool
) -> None:
    """Prints, logging, and a stream bound at import reach the function's log group."""
    code = """
import logging, sys
logging.getLogger().setLevel("INFO")
bound = logging.StreamHandler(sys.stdout)
def handler(event, context):
    print("printed ✓")
    print("to stderr", file=sys.stderr)
    logging.getLogger("shop").info("logged")
    bound.stream.write("bound\\n")
"""
    if is_here:
        run_here(aws, zipped(code))
    create(aws, code)
    call(aws)
    before = len(log_lines(aws))
    _, response = call(aws, LogType="Tail")
    lines = log_lines(aws)[before:]
    assert lines[0].startswith("START RequestId: ")
    assert lines[1:3] == ["printed ✓", "to stderr"]
    assert lines[3].startswith("[INFO]\t2026-01-05T09:00:02.")
    assert lines[3].endswith("\tlogged")
    assert lines[4] == "bound"
    assert lines[6].startswith("REPORT RequestId: ")
    assert log_tail(response).splitlines() == lines
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger().level != logging.INFO


def test_two_functions_with_a_logger_of_one_name_keep_their_logs_apart(aws: LocalAws) -> None:
    """In this process too, Powertools' Logger writes into the log of the function that uses it."""
    code = """
from aws_lambda_powertools import Logger
logger = Logger(service="shop")
def handler(event, context):
    logger.info("from " + context.function_name)
"""
    run_here(aws, zipped(code))
    create(aws, code)
    create(aws, code, FunctionName="payments", LoggingConfig={"LogGroup": "/shop/payments"})
    for name in ("orders", "payments", "orders"):
        call(aws, FunctionName=name)

    def messages(group: str) -> list[str]:
        return [json.loads(line)["message"] for line in log_lines(aws, group) if line[0] == "{"]

    assert messages("/aws/lambda/orders") == ["from orders", "from orders"]
    assert messages("/shop/payments") == ["from payments"]


def test_layers_are_importable(aws: LocalAws) -> None:
    """What layers have under python/ can be imported by the function; a later one lies on top."""
    client = aws.client("lambda")
    layers = [
        client.publish_layer_version(LayerName=name, Content={"ZipFile": zipped(files)})[
            "LayerVersionArn"
        ]
        for name, files in (
            ("below", {"python/greeting.py": "TEXT = 'bye'\n", "python/other.py": "TEXT = 'o'\n"}),
            ("above", {"python/greeting.py": "TEXT = 'hello'\n", "bin/tool": ""}),
        )
    ]
    code = """
import greeting, other, os
def handler(event, context):
    tools = os.listdir(os.environ["PATH"].rpartition(":")[2])
    return greeting.TEXT, other.TEXT, tools
"""
    create(aws, code, Layers=layers)
    assert call(aws)[0] == ["hello", "o", ["tool"]]


def test_nothing_is_left_at_the_end(tmp_path: Path, monkeypatch: Any) -> None:
    """Neither files in the temporary directory nor processes."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = "import os\ndef handler(event, context): return os.getpid()"
    with LocalAws() as aws:
        released(aws, code, ECHO)
        process = call(aws, Qualifier="live")[0]
        os.kill(process, 0)
        assert list(tmp_path.iterdir())
        assert role(aws)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
