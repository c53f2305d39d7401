"""Every story is followed by the invariants: whatever happened, the alias ends whole."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from canary.localaws import LocalAws
from tests.pipeline.invariants import check
from tests.pipeline.story import Story

Tell = Callable[..., Story]


@pytest.fixture
def tell() -> Iterator[Tell]:
    """Begins a story, with what `Story` takes; its invariants are checked at the end."""
    told: list[Story] = []
    with ExitStack() as worlds:

        def begin(*arguments: object, **members: object) -> Story:
            world = worlds.enter_context(LocalAws())
            told.append(Story(world, *arguments, **members))  # type: ignore[arg-type]
            return told[-1]

        yield begin
        for story in told:
            check(story)


@pytest.fixture
def story(tell: Tell) -> Story:
    """A deployed stack with one function to release."""
    return tell()
