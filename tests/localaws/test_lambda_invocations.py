"""Invocations: what a handler sees, what its caller gets, and what is logged."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from functions import ECHO, call, create, log_tail, publish, released, role, total, zipped

from canary.localaws import LocalAws, awslambda


def log_lines(aws: LocalAws, group: str = "/aws/lambda/orders") -> list[str]:
    """Everything in a log group."""
    events = aws.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def test_the_handler_sees_its_environment_and_context(aws: LocalAws) -> None:
    """Variables, names, ARN and log names are those of this version; nothing of this process's variables is there."""
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
    """Two versions' modules of one name do not meet, state stays warm within one, and this process sees neither."""
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
    """A package's `functions` is its own, though this process has imported another one."""
    import functions

    index = "import functions\ndef handler(event, context):\n    return functions.WHOSE\n"
    create(aws, {"index.py": index, "functions.py": "WHOSE = 'the package'\n"})
    assert call(aws)[0] == "the package"
    assert sys.modules["functions"] is functions


def test_the_sdk_is_shared_and_reaches_the_embedded_aws(aws: LocalAws) -> None:
    """A boto3 that the package brings along is not used; the handler's calls come here."""
    code = """
import boto3
def handler(event, context):
    return boto3.client("lambda").get_function(FunctionName=context.function_name)["Configuration"]["State"]
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
    """Prints, errors' output, logging and a logger bound to stdout at import all reach the function's log group."""
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


def test_an_exception_is_unhandled_with_awss_payload(aws: LocalAws) -> None:
    """The caller gets type, message and the package's frames; the log has the traceback; Errors counts it."""
    create(aws, "def handler(event, context):\n    raise KeyError('order')\n")
    answer, response = call(aws, LogType="Tail")
    assert (response["StatusCode"], response["FunctionError"]) == (200, "Unhandled")
    assert (answer["errorType"], answer["errorMessage"]) == ("KeyError", "'order'")
    assert answer["stackTrace"] == [
        "  File \"/var/task/index.py\", line 2, in handler\n    raise KeyError('order')\n"
    ]
    assert f"START RequestId: {answer['requestId']}" in log_tail(response)
    assert "[ERROR] KeyError: 'order'" in log_tail(response)
    assert total(aws, "Errors", FunctionName="orders") == 1


@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        ("import absent", "index.handler", "Runtime.ImportModuleError", "No module named 'absent'"),
        (ECHO, "absent.handler", "Runtime.ImportModuleError", "Unable to import module 'absent'"),
        (ECHO, "index.absent", "Runtime.HandlerNotFound", "'absent' missing on module 'index'"),
        (ECHO, "index", "Runtime.MalformedHandlerName", "Bad handler 'index'"),
        ("def handler(:", "index.handler", "Runtime.UserCodeSyntaxError", "Syntax error"),
        ("1 / 0", "index.handler", "ZeroDivisionError", "division by zero"),
        (
            "def handler(event, context):\n    return object()",
            "index.handler",
            "Runtime.MarshalError",
            "Unable to marshal response",
        ),
        (
            "import sys\ndef handler(event, context):\n    sys.exit(3)",
            "index.handler",
            "Runtime.ExitError",
            "exit status 3",
        ),
    ],
)
def test_what_fails_in_the_runtime_has_awss_name(
    aws: LocalAws, code: str, handler: str, kind: str, message: str
) -> None:
    """Each of these is a function error, counted as one, and the same again when repeated."""
    create(aws, code, Handler=handler)
    for _ in range(2):
        answer, response = call(aws)
        assert response["FunctionError"] == "Unhandled"
        assert answer["errorType"] == kind
        assert message in answer["errorMessage"]
    assert total(aws, "Errors", FunctionName="orders") == 2


def test_a_handler_is_cut_off_at_its_timeout(aws: LocalAws) -> None:
    """What follows the sleep that exceeds it never happens; the invocation takes just the timeout."""
    code = """
import boto3, time
def handler(event, context):
    before = context.get_remaining_time_in_millis()
    time.sleep(event["sleep"])
    boto3.client("s3").create_bucket(Bucket="too-late")
    return before - context.get_remaining_time_in_millis()
"""
    create(aws, code)
    began = aws.clock.now()
    answer, response = call(aws, {"sleep": 10})
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Error: Task timed out after 3.00 seconds")
    assert response["FunctionError"] == "Unhandled"
    assert aws.clock.now() - began == pytest.approx(3)
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert call(aws, {"sleep": 2})[0] == pytest.approx(2000, abs=1)
    assert total(aws, "Duration", FunctionName="orders") == pytest.approx(5000, abs=4)


def test_a_function_can_call_a_function(aws: LocalAws) -> None:
    """Even itself; each has its own environment, and the caller's time includes the callee's."""
    code = """
import boto3, json, time
depth = []
def handler(event, context):
    depth.append(event["left"])
    time.sleep(1)
    if event["left"]:
        event = {"left": event["left"] - 1}
        answer = boto3.client("lambda").invoke(
            FunctionName=context.function_name, Payload=json.dumps(event)
        )
        return [depth, json.load(answer["Payload"])]
    return [depth]
"""
    create(aws, code, Timeout=30)
    began = aws.clock.now()
    assert call(aws, {"left": 1})[0] == [[1], [[0]]]
    assert aws.clock.now() - began == pytest.approx(2, abs=0.1)


def test_other_kinds_of_invocation(aws: LocalAws) -> None:
    """DryRun runs nothing; a payload that is not JSON is refused; a payload may be absent."""
    create(aws, "def handler(event, context): return event")
    client = aws.client("lambda")
    assert client.invoke(FunctionName="orders", InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(client.exceptions.InvalidRequestContentException, match="parse request"):
        client.invoke(FunctionName="orders", Payload=b"{")
    assert total(aws, "Invocations", FunctionName="orders") == 0
    response = client.invoke(FunctionName="orders")
    assert (response["StatusCode"], json.load(response["Payload"])) == (200, {})
    assert response["ExecutedVersion"] == "$LATEST"


def test_an_event_is_tried_three_times_and_then_buried(aws: LocalAws) -> None:
    """Asynchronously: after one minute and after two more; then the dead-letter queue has it."""
    queue = aws.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{aws.account}:dead"
    create(aws, "1 / 0", DeadLetterConfig={"TargetArn": arn})
    client = aws.client("lambda")
    accepted = client.invoke(FunctionName="orders", InvocationType="Event", Payload=b'{"n": 1}')
    assert accepted["StatusCode"] == 202
    counts = []
    for seconds in (30, 60, 120):
        aws.clock.advance(seconds)
        counts.append(total(aws, "Errors", FunctionName="orders"))
    assert counts == [1, 2, 3]
    messages = aws.client("sqs").receive_message(
        QueueUrl=queue, MessageAttributeNames=["All"], MaxNumberOfMessages=10
    )["Messages"]
    assert [message["Body"] for message in messages] == ['{"n": 1}']
    assert "ErrorMessage" in messages[0]["MessageAttributes"]


def test_a_throttled_event_is_tried_until_there_is_room(aws: LocalAws) -> None:
    """Throttling does not use up the retries; an event for a function that is gone ends quietly."""
    create(aws)
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=0)
    awslambda.invoke_later("orders", b"{}")
    aws.clock.advance(600)
    client.delete_function_concurrency(FunctionName="orders")
    aws.clock.advance(60)
    assert total(aws, "Invocations", FunctionName="orders") == 1
    awslambda.invoke_later("orders", b"{}")
    client.delete_function(FunctionName="orders")
    aws.clock.advance(60)
    assert total(aws, "Invocations", FunctionName="orders") == 1


def test_other_runtimes_are_refused_clearly(aws: LocalAws) -> None:
    """A function that is no Python is an error, not a made-up answer."""
    create(aws, Runtime="nodejs22.x")
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.InvalidRuntimeException, match=r"not nodejs22\.x"):
        client.invoke(FunctionName="orders")


def test_layers_are_importable(aws: LocalAws) -> None:
    """What a layer has under python/ can be imported by the function."""
    client = aws.client("lambda")
    layer = client.publish_layer_version(
        LayerName="shared", Content={"ZipFile": zipped({"python/greeting.py": "TEXT = 'hello'\n"})}
    )["LayerVersionArn"]
    create(aws, "import greeting\ndef handler(e, c): return greeting.TEXT", Layers=[layer])
    assert call(aws)[0] == "hello"


def test_moto_services_reach_functions(aws: LocalAws) -> None:
    """A message on a topic is delivered to the function that subscribes to it."""
    created = create(
        aws, "def handler(event, context): print(event['Records'][0]['Sns']['Message'])"
    )
    sns = aws.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=created["FunctionArn"])
    sns.publish(TopicArn=topic, Message="released")
    aws.clock.advance(1)
    assert "released" in log_lines(aws)


def test_unpacked_packages_are_deleted_at_the_end(tmp_path: Path, monkeypatch: Any) -> None:
    """The embedded AWS leaves nothing in the temporary directory."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with LocalAws() as aws:
        released(aws, ECHO)
        call(aws, Qualifier="live")
        assert list(tmp_path.iterdir())
        assert role(aws)
    assert not list(tmp_path.iterdir())
