"""What the tests of the embedded AWS share."""

from collections.abc import Iterator

import pytest

from canary.localaws import LocalAws


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    """An embedded AWS of its own for each test."""
    with LocalAws() as running:
        yield running
