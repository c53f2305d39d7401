"""`canary local`: the embedded AWS for AWS's own tools."""

from __future__ import annotations

import math
import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from canary.cli.demo import FUNCTION, example
from canary.localaws import LocalAws
from canary.localaws.clock import RealTimeDriver
from canary.localaws.server import PortError, profile, served


@click.group()
def local() -> None:
    """The embedded AWS, for the tools that you would use with AWS."""


@local.command()
@click.option("--port", default=4566, show_default=True, help="On the loopback; 0: any free one.")
@click.option("--speed", default=1.0, show_default=True, help="Seconds there for each one here.")
@click.option("--example", "with_example", is_flag=True, help="Begin with a stack and a function.")
def serve(port: int, speed: float, with_example: bool) -> None:
    """
    Serve an AWS account on this machine until Ctrl-C.

    The account is empty, and forgotten at the end; with --example template.yaml is deployed in it,
    and a function `checkout` with traffic can be released. The line that is printed leads the tools
    of a shell there: aws, boto3, sam, terraform.

    \b
    Examples:
      canary local serve
      canary local serve --port 5000 --speed 60 --example
    """
    if not 0 < speed < math.inf:
        raise click.ClickException(f"Time cannot pass at speed {speed:g}: choose one above 0.")
    with LocalAws(start=datetime.now(UTC)) as aws:
        if with_example:
            example(aws).traffic(FUNCTION, calls_per_minute=120).start()
        try:
            _serve(aws, port, speed)
        except (PortError, OSError) as error:
            raise click.ClickException(str(error)) from error


def _serve(aws: LocalAws, port: int, speed: float) -> None:
    driver = RealTimeDriver(aws.clock, speed)
    with (
        _ended_by_signals(driver.stop),
        served(aws, port) as endpoint,
        profile.written(Path(".canary"), endpoint, aws.region) as path,
    ):
        click.echo(
            f"The embedded AWS is at {endpoint} until Ctrl-C ({speed:g} s for each real one):\n"
            f"export AWS_CONFIG_FILE={shlex.quote(str(path.resolve()))} AWS_PROFILE={profile.NAME}"
        )
        driver.run()


@contextmanager
def _ended_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C, and what ends services; neither leaves a trace. A second one does not wait."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, _: object) -> None:
        stop()
        signal.signal(number, before[signal.Signals(number)])

    for each in before:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
