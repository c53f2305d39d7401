"""`canary local serve`: what it prints, what it leaves behind, and how it ends."""

from __future__ import annotations

import http.client
import socket
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from canary.cli.main import main
from canary.localaws.server import profile
from tests.clients.server import eventually, serving


def test_it_serves_until_ctrl_c(tmp_path: Path) -> None:
    """One account, on the loopback interface alone, whose time passes; no trace of it remains."""
    directory = tmp_path / "a directory"
    directory.mkdir()
    config = directory / ".canary" / "aws-config"
    with serving(directory, "--speed", "3600") as shell:
        assert shell.environment["AWS_CONFIG_FILE"] == str(config)
        assert shell.environment["AWS_PROFILE"] == profile.NAME
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
        assert (directory / ".canary" / ".gitignore").read_text() == "*\n"
        port = int(shell.endpoint.rpartition(":")[2])
        with pytest.raises(OSError, match="Address already in use"):
            socket.create_server(("127.0.0.1", port))
        socket.create_server(("127.0.0.2", port)).close()

        sqs = shell.client("sqs")
        queue = sqs.create_queue(QueueName="later")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="x", DelaySeconds=900)
        assert eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))

        s3 = shell.client("s3")
        s3.create_bucket(Bucket="packages")
        s3.put_object(Bucket="packages", Key="a b/c%2F", Body=b"12345", Metadata={"my_key": "v"})
        found = s3.head_object(Bucket="packages", Key="a b/c%2F")
        assert (found["ContentLength"], found["Metadata"]) == (5, {"my_key": "v"})
        s3.close()

        connection = http.client.HTTPConnection("localhost", port)
        connection.request("POST", "/moto-api/reset")
        assert connection.getresponse().status == 404
        connection.close()
        assert len(sqs.list_queues()["QueueUrls"]) == 1
        sqs.close()
    assert not config.exists()


def test_a_later_server_keeps_its_configuration(tmp_path: Path) -> None:
    """The end of an earlier one in the same directory does not take it away."""
    with profile.written(tmp_path, "http://localhost:1", "us-east-1") as path:
        with profile.written(tmp_path, "http://localhost:2", "us-east-1"):
            later = path.read_text()
        path.write_text(later)
    assert path.read_text() == later


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--port", "65536"], "There is no port 65536: choose one from 0 to 65535"),
        (["--port", "-1"], "There is no port -1"),
        (["--speed", "0"], "Time cannot pass at speed 0"),
        (["--speed", "nan"], "Time cannot pass at speed nan"),
        (["--port", "{taken}"], "cannot be had (Address already in use)"),
    ],
)
def test_what_cannot_be_served_is_said(options: list[str], complaint: str) -> None:
    """In a sentence, with exit code 1, and nothing is left behind."""
    runner = CliRunner()
    with socket.create_server(("127.0.0.1", 0)) as taken, runner.isolated_filesystem():
        port = taken.getsockname()[1]
        arguments = [each.format(taken=port) for each in options]
        answer = runner.invoke(main, ["local", "serve", *arguments])
        assert (answer.exit_code, list(Path.cwd().iterdir())) == (1, [])
    assert answer.output.startswith("Error: ")
    assert complaint in answer.output
