"""The embedded AWS as such: one at a time, and nobody's settings reach it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from canary.localaws import LocalAws, current

SETTINGS = {
    "AWS_PROFILE": "nobody",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_REGION": "eu-central-1",
}


def test_settings_for_real_aws_do_not_reach_it(tmp_path: Path) -> None:
    """A profile that is not there, endpoints of others, FIPS: a new process starts all the same."""
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:9\n")
    program = (
        "from canary.localaws import LocalAws\n"
        "with LocalAws() as aws:\n"
        "    print(aws.client('sqs').create_queue(QueueName='q')['QueueUrl'])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | SETTINGS | {"AWS_CONFIG_FILE": str(config)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.strip().endswith("/123456789012/q"), answer.stderr


def test_only_one_runs_at_a_time(aws: LocalAws) -> None:
    """moto's state is the process's; a second one would share it."""
    assert current() is aws
    with pytest.raises(RuntimeError, match="already running"), LocalAws():
        pass
    assert current() is aws


def test_outside_there_is_none() -> None:
    """The error says how to start one."""
    with pytest.raises(RuntimeError, match="with LocalAws"):
        current()


def test_what_it_patches_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the environment."""
    monkeypatch.setenv("AWS_PROFILE", "mine")
    with LocalAws():
        assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_PROFILE"] == "mine"
