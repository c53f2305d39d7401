"""Colours are for terminals that want them."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal
from tests.pipeline.story import FUNCTION

COLOUR = "\x1b["


def test_a_file_gets_plain_lines(terminal: Terminal) -> None:
    """Nothing but text where nobody looks."""
    assert COLOUR not in terminal.type("status", FUNCTION).stdout


def test_colours_can_be_refused(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """By --no-color, and by the environment variable that every program knows."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal.story.when_released("bad").when_traffic_shifts().after(seconds=90)
    coloured = "\x1b[31m"
    arguments = ("status", FUNCTION)
    assert coloured in terminal.type(*arguments).stdout
    assert coloured not in terminal.type(*arguments, "--no-color").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured not in terminal.type(*arguments).stdout
