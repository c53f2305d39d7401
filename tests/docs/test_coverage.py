"""COVERAGE.md cannot lie: it is made of the code and the tests."""

from __future__ import annotations

import pytest

from docs.coverage import ROOT, SERVICES, coverage_of, page

LAMBDA = SERVICES["lambda"][1]


def test_the_page_is_what_code_and_tests_say() -> None:
    """`python docs/coverage.py` writes it anew."""
    assert (ROOT / "COVERAGE.md").read_text() == page()


def test_an_operation_is_in_one_state_alone() -> None:
    """Simplified where the service says so; absent where nothing answers; tested or not else."""
    found = coverage_of("lambda", LAMBDA, {"Invoke": "somehow"})
    assert found.simplified == {"Invoke": "somehow"}
    assert "UpdateAlias" in found.as_on_aws
    assert "InvokeWithResponseStream" in found.absent
    states = [*found.as_on_aws, *found.simplified, *found.untested, *found.absent]
    assert len(states) == len(set(states))


def test_nothing_is_said_of_what_is_not_there() -> None:
    """An operation that AWS does not have, or this AWS lacks, cannot be simplified."""
    with pytest.raises(KeyError, match="InvokeWithResponseStream"):
        coverage_of("lambda", LAMBDA, {"InvokeWithResponseStream": "somehow"})
