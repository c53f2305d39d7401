"""Each test that asks for `machine` runs over both."""

import pytest

from tests.statemachine import machines


@pytest.fixture(params=machines.NAMES)
def machine(request: pytest.FixtureRequest) -> machines.Machine:
    """One definition after the other."""
    return machines.load(request.param)


@pytest.fixture
def release() -> machines.Machine:
    """The release machine's definition."""
    return machines.load("release")


@pytest.fixture
def rollback() -> machines.Machine:
    """The rollback machine's definition."""
    return machines.load("rollback")
