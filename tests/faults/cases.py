"""Cases: a scenario and the faults in it, written so that one line replays it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from tests.faults.kinds import KINDS
from tests.pipeline.watch import Point, Site


@dataclass(frozen=True)
class Place:
    """A fault at a passage of a point: `kind@actor/what/number`, and `~n` after n passages."""

    kind: str
    point: Point
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.kind}@{self.point}" + (f"~{self.skip}" if self.skip else "")

    @classmethod
    def parse(cls, text: str) -> Place:
        """What `str` has written."""
        kind, _, rest = text.partition("@")
        path, _, skip = rest.partition("~")
        actor, what, number = path.split("/")
        return cls(kind, Point(actor, what, int(number)), int(skip or 0))


@dataclass(frozen=True)
class Case:
    """One run: a scenario with its faults."""

    scenario: str
    places: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.scenario, *map(str, self.places)])

    @classmethod
    def parse(cls, words: Iterable[str]) -> Case:
        """What `str` has written, as words."""
        scenario, *places = words
        return cls(scenario, tuple(Place.parse(each) for each in places))


@dataclass(frozen=True)
class Recording:
    """A scenario without faults: each point once, with the kinds of fault that apply there, and how
    often it was passed."""

    kinds: Mapping[Point, tuple[str, ...]]
    passages: Mapping[Point, int]

    @classmethod
    def of(cls, sites: Iterable[Site]) -> Recording:
        """Of what a watch has seen."""
        sites = list(sites)
        kinds = {
            site.point: tuple(name for name, kind in KINDS.items() if kind.applies(site))
            for site in sites
        }
        return cls(kinds, Counter(site.point for site in sites))


def singles(recordings: Mapping[str, Recording]) -> Iterator[Case]:
    """Every fault at every point, at its first passage."""
    for scenario, recording in recordings.items():
        for point, kinds in recording.kinds.items():
            for kind in kinds:
                yield Case(scenario, (Place(kind, point),))


def pairs(recordings: Mapping[str, Recording], number: int, random: Random) -> Iterator[Case]:
    """Two faults at any passages of one scenario."""
    scenarios = list(recordings)
    for _ in range(number):
        scenario = random.choice(scenarios)
        yield Case(scenario, tuple(_any(recordings[scenario], random) for _ in range(2)))


def _any(recording: Recording, random: Random) -> Place:
    point = random.choice([point for point, kinds in recording.kinds.items() if kinds])
    skip = random.randrange(recording.passages[point])
    return Place(random.choice(recording.kinds[point]), point, skip)
