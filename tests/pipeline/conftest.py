"""Every story is followed by the invariants: whatever happened, the alias ends whole."""

from collections.abc import Iterator

import pytest

from canary.localaws import LocalAws
from tests.pipeline.invariants import check
from tests.pipeline.story import Story


@pytest.fixture
def story() -> Iterator[Story]:
    """A deployed stack with one function to release; its invariants are checked at the end."""
    with LocalAws() as aws:
        told = Story(aws)
        yield told
        check(told)
