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
    zipped,
)


def test_the_handler_sees_its_environment_and_context(aws: LocalAws) -> None:
    """Variables, ARN and log names are this version's; of this process's there is none."""
    os.environ["ONLY_IN_THIS_PROCESS"] = "1"
    code = """
import os
def handler(event, context):
    return {"env": dict(os.environ), "context": {k: str(v) for k, v in vars(context).items()}}
"""
    create(aws, code, Environment={"Variables": {"STAGE": "test"}}, MemorySize=256)
    publish(aws)
    seen = call(aws, Qualifier="1")[0]
    del os.environ["ONLY_IN_THIS_PROCESS"]
    env, context = seen["env"], seen["context"]
    assert "ONLY_IN_THIS_PROCESS" not in env
    assert env["STAGE"] == "test"
    assert env["AWS_LAMBDA_FUNCTION_NAME"] == context["function_name"] == "orders"
    assert env["AWS_LAMBDA_FUNCTION_VERSION"] == context["function_version"] == "1"
    assert env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == context["memory_limit_in_mb"] == "256"
    assert env["AWS_REGION"] == env["AWS_DEFAULT_REGION"] == "us-east-1"
    assert env["_HANDLER"] == "index.handler"
    assert context["invoked_function_arn"].endswith(":function:orders:1")
    assert env["AWS_LAMBDA_LOG_STREAM_NAME"] == context["log_stream_name"]
    assert context["log_group_name"] == "/aws/lambda/orders"
    assert "STAGE" not in os.environ


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


def test_a_module_of_this_process_is_hidden_and_restored(aws: LocalAws) -> None:
    """A package's `tests` is its own, though this process has imported another one."""
    from tests.localaws import packages

    index = "import tests\ndef handler(event, context):\n    return tests.WHOSE\n"
    create(aws, {"index.py": index, "tests.py": "WHOSE = 'the package'\n"})
    assert call(aws)[0] == "the package"
    assert sys.modules["tests.localaws.packages"] is packages


def test_the_sdk_is_shared_and_reaches_the_embedded_aws(aws: LocalAws) -> None:
    """A boto3 that the package brings along is not used; the handler's calls come here."""
    code = """
import boto3
def handler(event, context):
    found = boto3.client("lambda").get_function(FunctionName=context.function_name)
    return found["Configuration"]["State"]
"""
    create(aws, {"index.py": code, "boto3/__init__.py": "raise ImportError('the copy')\n"})
    assert call(aws)[0] == "Active"


def test_a_registered_source_is_run_in_place(aws: LocalAws, tmp_path: Path) -> None:
    """An archive with a registered hash is loaded from its directory, apart for each function."""
    (tmp_path / "index.py").write_text(
        "calls = []\ndef handler(event, context):\n    calls.append(1)\n"
        "    return {'file': __file__, 'calls': len(calls)}\n"
    )
    created = create(aws)
    awslambda.register_source(created["CodeSha256"], tmp_path)
    create(aws, FunctionName="payments")
    for name in ("orders", "payments"):
        answer = call(aws, FunctionName=name)[0]
        assert answer == {"file": str(tmp_path / "index.py"), "calls": 1}


def test_output_goes_to_the_log_and_never_to_the_terminal(
    aws: LocalAws, capfd: pytest.CaptureFixture[str]
) -> None:
    """Prints, logging, and a stream bound at import reach the function's log group."""
    code = """
import logging, sys
logging.getLogger().setLevel("INFO")
bound = logging.StreamHandler(sys.stdout)
def handler(event, context):
    print("printed")
    print("to stderr", file=sys.stderr)
    logging.getLogger("shop").info("logged")
    bound.stream.write("bound\\n")
"""
    create(aws, code)
    _, response = call(aws, LogType="Tail")
    lines = log_lines(aws)
    assert lines[0].startswith("START RequestId: ")
    assert lines[1:3] == ["printed", "to stderr"]
    assert lines[3].startswith("[INFO]\t2026-01-05T09:00:02.000Z\t")
    assert lines[3].endswith("\tlogged")
    assert lines[4] == "bound"
    assert lines[6].startswith("REPORT RequestId: ")
    assert log_tail(response).splitlines() == lines
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger().level != logging.INFO


def test_two_functions_with_a_logger_of_one_name_keep_their_logs_apart(aws: LocalAws) -> None:
    """Powertools' Logger of the same service writes into the log of the function that uses it."""
    code = """
from aws_lambda_powertools import Logger
logger = Logger(service="shop")
def handler(event, context):
    logger.info("from " + context.function_name)
"""
    create(aws, code)
    create(aws, code, FunctionName="payments", LoggingConfig={"LogGroup": "/shop/payments"})
    for name in ("orders", "payments", "orders"):
        call(aws, FunctionName=name)

    def messages(group: str) -> list[str]:
        return [json.loads(line)["message"] for line in log_lines(aws, group) if line[0] == "{"]

    assert messages("/aws/lambda/orders") == ["from orders", "from orders"]
    assert messages("/shop/payments") == ["from payments"]


def test_layers_are_importable(aws: LocalAws) -> None:
    """What a layer has under python/ can be imported by the function."""
    client = aws.client("lambda")
    layer = client.publish_layer_version(
        LayerName="shared", Content={"ZipFile": zipped({"python/greeting.py": "TEXT = 'hello'\n"})}
    )["LayerVersionArn"]
    create(aws, "import greeting\ndef handler(e, c): return greeting.TEXT", Layers=[layer])
    assert call(aws)[0] == "hello"


def test_unpacked_packages_are_deleted_at_the_end(tmp_path: Path, monkeypatch: Any) -> None:
    """The embedded AWS leaves nothing in the temporary directory."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with LocalAws() as aws:
        released(aws, ECHO)
        call(aws, Qualifier="live")
        assert list(tmp_path.iterdir())
        assert role(aws)
    assert not list(tmp_path.iterdir())
