"""`canary local serve` in a process of its own, and a shell that uses it."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import boto3

BIN = Path(sys.executable).parent
PATIENCE = 120  # real seconds, for the busiest machine


@dataclass(frozen=True)
class Shell:
    """A shell in which the printed line was typed."""

    directory: Path
    environment: Mapping[str, str]
    endpoint: str

    def run(self, *command: str, **environment: str) -> str:
        """What the command writes; an AssertionError with all of it where it fails."""
        answer = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.directory,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, f"{command}: {answer.stdout}\n{answer.stderr}"
        return answer.stdout

    def aws(self, *arguments: str) -> Any:
        """What the AWS CLI answers."""
        written = self.run("aws", *arguments)
        return json.loads(written) if written.strip() else None

    def client(self, service: str) -> Any:
        """boto3 in this process, which a LocalAws of another test does not catch."""
        session: Any = boto3.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1"
        )
        return session.client(service, endpoint_url=self.endpoint)


NO_RUNTIME = "its packages run under"  # a warning, where the exact interpreter is not installed


@contextmanager
def serving(directory: Path, *options: str) -> Iterator[Shell]:
    """A server until the end of the block, where Ctrl-C must end it without a word."""
    command = [str(BIN / "canary"), "local", "serve", "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=directory, env=_without_aws(), stdout=PIPE, stderr=PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready, export = process.stdout.readline(), process.stdout.readline()
            assert export, process.communicate()[1]
            exported = dict(each.split("=", 1) for each in shlex.split(export)[1:])
            (endpoint,) = re.findall(r"http://localhost:\d+", ready)
            yield Shell(directory, {**_without_aws(), **exported}, endpoint)
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=PATIENCE)
            unexpected = [each for each in complaints.splitlines() if NO_RUNTIME not in each]
            assert (process.returncode, unexpected) == (0, [])
        finally:
            process.kill()


def _without_aws() -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return mine | {"SAM_CLI_TELEMETRY": "0", "AWS_EC2_METADATA_DISABLED": "true"}


def eventually(look: Callable[[], Any]) -> Any:
    """What `look` gives as soon as it is true: the server's time passes by itself."""
    deadline = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {PATIENCE} s"
        time.sleep(0.2)
    return seen
