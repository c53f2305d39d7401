"""A seeded part of `make faults`, and the proof that it can fail."""

import subprocess
import sys

import pytest

from canary.localaws.sandbox import ROOT
from tests.faults.cases import Case


def faults(*arguments: str) -> str:
    """`python -m tests.faults`, in a process that nothing but it has threads in; what it prints."""
    command = [sys.executable, "-m", "tests.faults", "--processes", "1", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_sample_of_faults_violates_nothing(seed: str) -> None:
    """Every invariant holds after each of them, and each did strike."""
    printed = faults("--sample", "50", "--pairs", "30", "--seed", seed)
    assert "50 faults, 30 pairs: 0 violations (0 faults never came to strike)" in printed


def test_a_broken_rule_is_seen() -> None:
    """Each rule of the protocol, broken in turn, violates the invariant that guards it."""
    assert "0 not seen" in faults("--broken")


def test_a_violation_is_replayed_by_its_line() -> None:
    """What is printed is what replays it."""
    line = "bad lost-after@RollBack/UpdateItem:rollbackRequested/1 event-lost@events/x/2~3"
    assert str(Case.parse(line.split())) == line
