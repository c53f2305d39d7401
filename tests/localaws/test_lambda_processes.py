"""Processes: each environment is one, under Lambda's runtime client, and may fail like one."""

import inspect
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import awslambdaric
import pytest
from awslambdaric import bootstrap, lambda_runtime_client
from pytest_socket import SocketConnectBlockedError

from canary.localaws import LocalAws, awslambda
from canary.localaws.awslambda import interpreters, processes
from canary.localaws.clock import Task
from tests.localaws.packages import (
    call,
    create,
    log_lines,
    log_tail,
    publish,
    run_here,
    total,
    zipped,
)

PID = "import os\ndef handler(event, context): return os.getpid()"


def reported(aws: LocalAws) -> list[str]:
    """The REPORT lines."""
    return [line for line in log_lines(aws) if line.startswith("REPORT")]


# -- warm and cold ---------------------------------------------------------------------------------


def test_an_environment_stays_warm_and_says_when_it_was_cold(aws: LocalAws) -> None:
    """One process per version; only its first call is an INIT, whose time is billed but apart."""
    create(aws, PID)
    publish(aws)
    first, second = call(aws)[0], call(aws)[0]
    assert first == second != call(aws, Qualifier="1")[0]
    lines = log_lines(aws)
    assert len([line for line in lines if line.startswith("INIT_START")]) == 2
    cold, warm, _ = reported(aws)
    assert "\tInit Duration: " in cold
    assert "Init Duration" not in warm
    assert total(aws, "Duration", FunctionName="orders") < 10


def test_an_idle_environment_ends_when_another_is_needed(aws: LocalAws) -> None:
    """After a quarter of an hour; one that is used stays."""
    create(aws, PID)
    create(aws, PID, FunctionName="used")
    idle, used = call(aws)[0], call(aws, FunctionName="used")[0]
    aws.clock.advance(600)
    assert call(aws, FunctionName="used")[0] == used
    aws.clock.advance(600)
    create(aws, PID, FunctionName="other")
    call(aws, FunctionName="other")
    os.kill(used, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(idle, 0)


def test_virtual_time_passes_in_sleeps_alone(aws: LocalAws) -> None:
    """All clocks agree; what is slept is the invocation's duration."""
    code = """
import datetime, time
when = datetime.datetime.now()
def clocks():
    return [time.time(), datetime.datetime.now().timestamp(), time.time_ns() / 1e9,
            datetime.datetime.now(datetime.timezone.utc).timestamp(), time.mktime(time.localtime()),
            datetime.datetime.utcnow().replace(tzinfo=datetime.timezone.utc).timestamp()]
def handler(event, context):
    before = clocks()
    time.sleep(1)
    time.sleep(0.5)
    return before, clocks(), time.strftime("%Y-%m-%d"), type(when) is datetime.datetime, str(when)
"""
    interpreters.find.cache_clear()
    create(aws, code)
    began = aws.clock.now()
    before, after, day, is_exact, loaded = call(aws)[0]
    assert before == pytest.approx([began] * 6, abs=0.001)
    assert after == pytest.approx([began + 1.5] * 4 + [began + 1, began + 1.5], abs=0.001)
    assert (day, is_exact, loaded) == ("2026-01-05", True, "2026-01-05 09:00:02")
    assert aws.clock.now() == pytest.approx(began + 1.5, abs=0.004)


def test_a_slow_start_counts_from_ten_seconds_on(aws: LocalAws) -> None:
    """Below, it is not the invocation's; above, AWS starts again on the invocation's time."""
    code = "import time\ntime.sleep({})\ndef handler(event, context): pass"
    create(aws, code.format(9), Timeout=3)
    assert call(aws)[0] is None
    assert "\tInit Duration: 91" in reported(aws)[0]
    assert total(aws, "Duration", FunctionName="orders") < 10
    create(aws, code.format(11), Timeout=15, FunctionName="slower")
    assert call(aws, FunctionName="slower")[0] is None
    assert total(aws, "Duration", FunctionName="slower") == pytest.approx(11100, abs=100)
    create(aws, code.format(11), Timeout=5, FunctionName="slowest")
    assert call(aws, FunctionName="slowest")[0]["errorType"] == "Sandbox.Timedout"


# -- failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(1)", "Runtime exited with error: exit status 1"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_crash_is_an_exit_error_and_the_next_call_is_cold(
    aws: LocalAws, deed: str, message: str
) -> None:
    """The caller, the log and the report say how the process ended."""
    create(aws, f"import os, sys\ndef handler(event, context):\n    if event['bad']: {deed}\n")
    answer, response = call(aws, {"bad": True}, LogType="Tail")
    assert (answer["errorType"], response["FunctionError"]) == ("Runtime.ExitError", "Unhandled")
    assert answer["errorMessage"].endswith(f"Error: {message}")
    assert answer["errorMessage"] in log_tail(response).splitlines()
    assert reported(aws)[0].endswith("Status: error\tError Type: Runtime.ExitError")
    assert call(aws, {"bad": False})[0] is None
    assert "Init Duration" in reported(aws)[1]


def test_a_crash_while_it_starts_is_reported_of_the_start(aws: LocalAws) -> None:
    """What was printed before is there, and the phase is named."""
    create(aws, "import os\nprint('so far')\nos._exit(4)\n")
    answer, _ = call(aws)
    assert answer["errorMessage"].endswith("exit status 4")
    lines = log_lines(aws)
    assert lines[1] == "so far"
    assert lines[2].startswith("INIT_REPORT Init Duration: ")
    assert lines[2].endswith("Phase: init\tStatus: error\tError Type: Runtime.ExitError")


def test_an_error_at_start_is_the_runtimes_own(aws: LocalAws) -> None:
    """The payload is what the runtime posted to init/error; paths are those of Lambda."""
    create(aws, "def fail():\n    raise KeyError('config')\nfail()\n")
    answer, response = call(aws, LogType="Tail")
    assert (answer["errorType"], answer["errorMessage"]) == ("KeyError", "'config'")
    assert answer["stackTrace"][-1].startswith('  File "/var/task/index.py", line 2, in fail')
    assert "Phase: init\tStatus: error\tError Type: KeyError" in log_tail(response)


def test_an_endless_loop_is_ended(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is silent for too long in real time has timed out."""
    monkeypatch.setattr(processes, "WATCHDOG_SECONDS", 0.5)
    create(aws, "def handler(event, context):\n    while True: pass\n", Timeout=7)
    answer, _ = call(aws)
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Task timed out after 7.00 seconds")
    assert reported(aws)[0].endswith("Status: timeout")
    assert total(aws, "Duration", FunctionName="orders") == 7000


def test_a_process_ends_with_the_embedded_aws(tmp_path: Path) -> None:
    """Even where that is killed, which closes the other end of the standard input."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = subprocess.Popen(
            [*interpreters.find("python3.13").command, "index.handler", str(tmp_path), "0", "1"],
            stdin=subprocess.PIPE,
            env={
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.getsockname()[1]}",
                "LAMBDA_TASK_ROOT": str(tmp_path),
                "LAMBDA_RUNTIME_DIR": str(Path(awslambdaric.__file__).parents[1]),
            },
        )
        (tmp_path / "index.py").write_text("while True: pass")
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=30) == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc tells of memory")
def test_memory_is_limited(aws: LocalAws) -> None:
    """Who takes more than its MemorySize is killed; with more, it works."""
    create(aws, "def handler(event, context): return len(bytearray(200 << 20))\n")
    answer, _ = call(aws)
    assert answer["errorType"] == "Runtime.OutOfMemory"
    assert answer["errorMessage"].endswith("signal: killed")
    aws.client("lambda").update_function_configuration(FunctionName="orders", MemorySize=512)
    aws.clock.advance(3)
    assert call(aws)[0] == 200 << 20


def test_a_response_has_a_limit(aws: LocalAws) -> None:
    """Six megabytes pass, more do not; the environment lives on."""
    code = "import os\ndef handler(event, context): return '.' * event['n'] or os.getpid()"
    create(aws, code)
    pid = call(aws, {"n": 0})[0]
    assert len(call(aws, {"n": 6 * 1024 * 1024})[0]) == 6 * 1024 * 1024
    answer, response = call(aws, {"n": 6 * 1024 * 1024 + 200})
    assert answer["errorType"] == "Function.ResponseSizeTooLarge"
    assert response["FunctionError"] == "Unhandled"
    assert call(aws, {"n": 0})[0] == pid


# -- output ----------------------------------------------------------------------------------------

LOGGING = """
import logging
logger = logging.getLogger("shop")
def handler(event, context):
    print("plain", {"n": 1})
    print('{"level": "DEBUG", "message": "own debug"}')
    print('{"level": "ERROR", "message": "own error"}')
    logger.debug("debug")
    logger.warning("grüße", extra={"order": 7})
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("two\\nlines")
"""


def test_logs_can_be_json(aws: LocalAws) -> None:
    """The runtime's and the platform's messages are objects; levels that are too low stay away."""
    config = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "DEBUG"}
    create(aws, LOGGING, LoggingConfig=config)
    call(aws)
    lines = log_lines(aws)
    plain, own, warning, error = lines[4:-2]
    assert (plain, json.loads(own)["message"]) == ("plain {'n': 1}", "own error")
    assert (
        json.loads(warning).items() >= {"message": "grüße", "level": "WARNING", "order": 7}.items()
    )
    assert json.loads(error)["errorType"] == "ZeroDivisionError"
    assert json.loads(error)["message"] == "two\nlines"
    platform = [json.loads(line) for line in [*lines[:4], *lines[-2:]]]
    assert [event["type"].removeprefix("platform.") for event in platform] == [
        "initStart",
        "initRuntimeDone",
        "initReport",
        "start",
        "runtimeDone",
        "report",
    ]
    assert platform[-1]["record"]["status"] == "success"
    assert platform[-1]["record"]["metrics"]["initDurationMs"] > 0


def test_levels_of_platform_and_function_are_apart(aws: LocalAws) -> None:
    """WARN leaves of the platform only what went wrong, ERROR of the function only its errors."""
    config = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR", "SystemLogLevel": "WARN"}
    create(aws, LOGGING, LoggingConfig=config)
    call(aws)
    levels = [json.loads(line)["level"] for line in log_lines(aws) if line[0] == "{"]
    assert levels == ["ERROR", "ERROR"]
    create(aws, "1 / 0", LoggingConfig=config, FunctionName="broken")
    call(aws, FunctionName="broken")
    events = [json.loads(line) for line in log_lines(aws, "/aws/lambda/broken")]
    kinds = [event["type"] for event in events if "type" in event]
    assert kinds == [
        f"platform.{it}" for it in ("initRuntimeDone", "initReport", "runtimeDone", "report")
    ]
    assert events[-1]["record"]["errorType"] == "ZeroDivisionError"


def test_text_of_any_script_and_of_several_lines_is_one_message(aws: LocalAws) -> None:
    """An error's traceback is one event of the log, as a logged text of two lines is."""
    code = "import logging\ndef handler(event, context):\n    logging.error('a\\nж')\n    1 / 0\n"
    create(aws, code)
    answer, _ = call(aws)
    logged, error = log_lines(aws)[2:4]
    assert logged.startswith("[ERROR]\t2026-01-05T09:00:02.000Z\t")
    assert logged.endswith("\ta\nж")
    assert error.startswith("[ERROR] ZeroDivisionError: division by zero\nTraceback (most recent")
    assert error.count("/var/task/index.py") == 1
    assert answer["requestId"] in logged


def test_much_output_is_read_while_it_is_written(aws: LocalAws) -> None:
    """A function that prints more than a pipe holds is not stopped by it."""
    create(aws, "def handler(event, context):\n    for n in range(5000): print('x' * 50)\n")
    assert call(aws)[0] is None
    assert log_lines(aws).count("x" * 50) == 5000


# -- the outside world -----------------------------------------------------------------------------


@pytest.fixture
def endpoint(aws: LocalAws) -> Iterator[list[Task]]:
    """An HTTP server on which any POST invokes `inner`; the tasks that it made."""
    tasks: list[Task] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            done = threading.Event()
            answers: list[bytes] = []

            def invoke() -> None:
                invocation = awslambda.invoke("inner", b"{}")
                aws.clock.sleep(invocation.seconds)
                answers.append(invocation.payload)
                done.set()

            tasks.append(aws.clock.submit(invoke))
            done.wait(10)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answers[0])))
            self.end_headers()
            self.wfile.write(answers[0])

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    aws.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield tasks
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("endpoint")
def test_who_is_killed_while_it_waits_leaves_no_half_answered_process(aws: LocalAws) -> None:
    """Its environment is not used again: the next call is cold, and gets its own answer."""
    killer = (
        "from canary.localaws import current\n"
        "def handler(event, context): current().clock.kill('execution')\n"
    )
    run_here(aws, zipped(killer))
    create(aws, killer, FunctionName="inner")
    code = """
import os
from urllib.request import urlopen
def handler(event, context):
    if event:
        urlopen(os.environ["AWS_ENDPOINT_URL"], data=b"{}")
    return event
"""
    create(aws, code)
    done: list[object] = []
    aws.clock.spawn(lambda: done.append(awslambda.invoke("orders", b"[1]")), group="execution")
    aws.clock.advance(1)
    assert done == []
    assert call(aws)[0] == {}
    assert "Init Duration" in reported(aws)[0]


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize("is_task", [True, False])
def test_a_package_can_call_back(aws: LocalAws, is_task: bool) -> None:
    """While its process runs the embedded AWS answers it; the callee's time is the caller's too."""
    code = """
import boto3, json, os, time
from botocore import UNSIGNED
from urllib.request import Request, urlopen
def handler(event, context):
    time.sleep(1)
    return json.load(urlopen(Request(os.environ["AWS_ENDPOINT_URL"], data=b"{}")))
"""
    create(
        aws,
        "import time\ndef handler(event, context): time.sleep(2); return 'inner'",
        FunctionName="inner",
    )
    create(aws, code, Timeout=30)
    invocations = []
    if is_task:
        aws.clock.spawn(lambda: invocations.append(awslambda.invoke("orders", b"{}")))
        aws.clock.advance(1)
    else:
        invocations.append(awslambda.invoke("orders", b"{}"))
    assert invocations[0].payload == b'"inner"'
    assert invocations[0].seconds == pytest.approx(3, abs=0.01)


def test_only_this_machine_can_be_reached_from_tests() -> None:
    """The tests' guard lets loopback pass, and nothing else."""
    with pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


# -- interpreters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("minor", [9, 10, 12, 13])
def test_the_exact_python_runs_a_package(aws: LocalAws, minor: int) -> None:
    """Where it is installed; the runtime client and the clock are the project's."""
    command = interpreters.find(f"python3.{minor}").command[0]
    if f"3.{minor}" not in command:
        pytest.skip(f"Python 3.{minor} is not installed here")
    code = """
import datetime, sys
def handler(event, context):
    return [sys.version_info[1], str(datetime.datetime.now()), str(datetime.datetime.utcnow())]
"""
    create(aws, code, Runtime=f"python3.{minor}")
    assert call(aws)[0] == [minor, "2026-01-05 09:00:02", "2026-01-05 09:00:02"]


def test_another_python_takes_the_place_of_one_that_is_missing(
    aws: LocalAws, caplog: pytest.LogCaptureFixture
) -> None:
    """The project's own, and a warning says so, once."""
    interpreters.find.cache_clear()
    code = "import sys\ndef handler(event, context): return sys.version_info[:2]"
    for name in ("orders", "payments"):
        create(aws, code, Runtime="python3.8", FunctionName=name)
        with caplog.at_level(logging.WARNING):
            assert call(aws, FunctionName=name)[0] == list(sys.version_info[:2])
    assert [record.getMessage() for record in caplog.records] == [
        f"no python3.8 to be found here: its packages run under Python 3.{sys.version_info[1]}, "
        "which runs the project"
    ]


def has_node() -> bool:
    """Whether any Node.js is here."""
    try:
        return bool(interpreters.find("nodejs20.x"))
    except Exception:
        return False


@pytest.mark.skipif(not has_node(), reason="Node.js is not installed here")
def test_node_runs_a_package(aws: LocalAws) -> None:
    """Handlers of all kinds; context, environment, console and errors are as on Lambda."""
    code = """
exports.handler = async (event, context) => {
  console.log("got %j", event);
  if (event.bad) throw new RangeError("no luck");
  return { name: context.functionName, stage: process.env.STAGE, id: context.awsRequestId };
};
exports.old = (event, context, callback) => callback(null, "old");
"""
    files = {"index.js": code, "mod.mjs": "export const handler = async () => 'module';"}
    variables = {"Variables": {"STAGE": "test"}}
    create(aws, files, Runtime="nodejs20.x", Environment=variables)
    answer, response = call(aws, {"n": 1}, LogType="Tail")
    assert (answer["name"], answer["stage"]) == ("orders", "test")
    assert f'\t{answer["id"]}\tINFO\tgot {{"n":1}}\n' in log_tail(response)
    failed, response = call(aws, {"bad": True})
    assert (failed["errorType"], failed["errorMessage"]) == ("RangeError", "no luck")
    assert response["FunctionError"] == "Unhandled"
    for handler, wanted in (("index.old", "old"), ("mod.handler", "module")):
        aws.client("lambda").update_function_configuration(FunctionName="orders", Handler=handler)
        aws.clock.advance(3)
        assert call(aws)[0] == wanted


@pytest.mark.skipif(not has_node(), reason="Node.js is not installed here")
@pytest.mark.parametrize(
    ("code", "handler", "kind"),
    [
        ("", "absent.handler", "Runtime.ImportModuleError"),
        ("require('absent')", "index.handler", "Runtime.ImportModuleError"),
        ("", "index.absent", "Runtime.HandlerNotFound"),
        ("", "index", "Runtime.MalformedHandlerName"),
        ("exports.handler = (", "index.handler", "Runtime.UserCodeSyntaxError"),
        ("exports.handler = async () => process.exit(3)", "index.handler", "Runtime.ExitError"),
    ],
)
def test_what_fails_in_node_has_awss_name(
    aws: LocalAws, code: str, handler: str, kind: str
) -> None:
    """Each is a function error."""
    create(aws, {"index.js": code}, Handler=handler, Runtime="nodejs20.x")
    assert call(aws)[0]["errorType"] == kind


def test_a_language_without_interpreter_is_an_error(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to install."""
    monkeypatch.setattr(interpreters, "_nodes", lambda: iter(()))
    interpreters.find.cache_clear()
    create(aws, {"index.js": ""}, Runtime="nodejs22.x")
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.InvalidRuntimeException, match=r"Node\.js .* install it"):
        client.invoke(FunctionName="orders")
    interpreters.find.cache_clear()


def test_the_runtime_client_is_what_we_rely_on() -> None:
    """Awslambdaric keeps the names that our bootstrap calls and that it calls of us."""
    assert list(inspect.signature(bootstrap.run).parameters) == ["handler", "lambda_runtime_client"]
    made = inspect.signature(lambda_runtime_client.LambdaRuntimeClient)
    assert next(iter(made.parameters)) == "lambda_runtime_address"
    source = inspect.getsource(lambda_runtime_client)
    for used in (
        "runtime_client.initialize_client(_user_agent())",
        "response_body, headers = runtime_client.next()",
        "runtime_client.post_invocation_result(",
        "runtime_client.post_error(",
        '"/2018-06-01/runtime/init/error"',
    ):
        assert used in source
    assert '"_LAMBDA_TELEMETRY_LOG_FD"' in inspect.getsource(bootstrap.create_log_sink)
    frame = inspect.getsource(bootstrap.FramedTelemetryLogSink.log)
    assert "to_bytes(4" in frame
    assert "to_bytes(8" in frame


def test_the_same_seed_gives_the_same_log() -> None:
    """Real processes change nothing in it: neither their ids nor how long they took."""

    def log() -> list[str]:
        with LocalAws(7) as aws:
            create(aws, LOGGING)
            for _ in range(3):
                call(aws)
            return log_lines(aws)

    assert log() == log()
