"""The goals of the verdict, what was measured for each, and whether it is reached."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.verdict import cells, cost
from bench.verdict.cells import Cell
from bench.verdict.running import JUDGES, Results, Tally

_CERTAIN = 1.96  # standard deviations: 95 %


@dataclass(frozen=True)
class Finding:
    """What one goal's cells show; `beside` says what the other judges did in the same run."""

    measured: str
    reached: bool
    why: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Goal:
    """A promise, the cells that show it, and who reads them."""

    key: str
    promise: str
    cells: Sequence[Cell]
    read: Callable[[Results], Finding]


def share_of(count: int, trials: int) -> str:
    """`0.35 % (7 of 2000, at most 0.72 %)`: with the upper end of Wilson's 95 % interval."""
    return f"{count / trials:.2%} ({count} of {trials}, at most {upper(count, trials):.2%})"


def _some(cells: Sequence[str]) -> str:
    """The first few of them, and how many there are."""
    more = f" and {len(cells) - 3} more cells" if len(cells) > 3 else ""
    return "; ".join(cells[:3]) + more


def upper(count: int, trials: int) -> float:
    """The upper end of Wilson's 95 % interval for a share."""
    square, share = _CERTAIN**2, count / trials
    half = _CERTAIN * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return (share + square / (2 * trials) + half) / (1 + square / trials)


def seldom(
    of: Sequence[Cell], worst: float, mean: float | None = None
) -> Callable[[Results], Finding]:
    """At most this share in every cell, and at most that on average."""

    def read(results: Results) -> Finding:
        tallies = {cell: results[cell]["verdict"] for cell in of}
        frequent = max(of, key=lambda cell: tallies[cell].ever / tallies[cell].trials)
        count, trials = tallies[frequent].ever, tallies[frequent].trials
        on_average = _mean(tallies.values())
        missed = [str(each) for each, tally in tallies.items() if tally.ever > worst * trials]
        too_often = mean is not None and on_average > mean
        return Finding(
            f"worst {share_of(count, trials)} at {frequent}; mean {on_average:.2%}",
            not missed and not too_often,
            f"more often in {_some(missed) or 'the mean'}" if missed or too_often else "",
            {
                name: f"worst {_worst(results, of, name):.0%}, mean {_mean(found):.0%}"
                for name in JUDGES[1:]
                if (found := [results[cell][name] for cell in of])[0].trials
            },
        )

    return read


def often(parts: Sequence[tuple[Sequence[Cell], int, float]]) -> Callable[[Results], Finding]:
    """For each part: in every cell, by this minute, at least in this share of the canaries."""

    def read(results: Results) -> Finding:
        said, missed = [], []
        for of, minute, least in parts:
            shares = {cell: _by(results[cell]["verdict"], minute) for cell in of}
            worst = min(of, key=lambda cell: shares[cell])
            trials = results[worst]["verdict"].trials
            said.append(f"by minute {minute}: least {shares[worst]:.1%} of {trials} at {worst}")
            missed += [f"{each} ({share:.1%})" for each, share in shares.items() if share < least]
        everything = [cell for of, _, _ in parts for cell in of]
        return Finding("; ".join(said), not missed, _some(missed), _medians(results, everything))

    return read


def soon(of: Sequence[Cell]) -> Callable[[Results], Finding]:
    """The median is near the theoretical limit in every cell."""

    def read(results: Results) -> Finding:
        missed = [
            f"{cell}: {results[cell]['verdict'].median:g} > {most(cell)} min"
            for cell in of
            if results[cell]["verdict"].median > most(cell)
        ]
        near = len(of) - len(missed)
        return Finding(
            f"{near} of {len(of)} cells, {results[of[0]]['verdict'].trials} canaries each",
            not missed,
            _some(missed),
            {
                name: f"{sum(results[cell][name].median <= most(cell) for cell in of)} cells"
                for name in JUDGES[1:]
            },
        )

    return read


def most(cell: Cell) -> int:
    """Minutes that the median may take, by goal G8."""
    return math.ceil(1.3 * cell.bound) + 1


def at_once(of: Sequence[Cell]) -> Callable[[Results], Finding]:
    """Where the limit is a quarter of a minute: in the first minute, and what that saves."""

    def read(results: Results) -> Finding:
        first = often([(of, 1, 0.97)])(results)
        quiet = [cell for cell in of if not cell.is_red_anyhow("common alarm")]
        ours, alarm = _pooled(results, quiet, "verdict"), _pooled(results, quiet, "common alarm")
        faster = min(_faster(results[cell]) for cell in quiet)
        fewer = alarm.failed / max(1, ours.failed)
        saves = faster >= 6 and fewer >= 5
        return Finding(
            f"{first.measured} ({len(of)} cells); in the {len(quiet)} in which the common alarm "
            f"is not red anyhow {faster:.1f}x faster at least, {fewer:.1f}x fewer failed calls",
            first.reached and saves,
            first.why or ("" if saves else "the alarm is nearer"),
            first.beside,
        )

    return read


def near_the_limit(of: Sequence[Cell]) -> Callable[[Results], Finding]:
    """Call by call: the mean number of calls beside the limit."""

    def read(results: Results) -> Finding:
        ratios = {cell: results[cell]["verdict"].mean / cells.fewest_calls(cell) for cell in of}
        missed = [
            f"{cell}: {ratio:.2f}" for cell, ratio in ratios.items() if ratio > _farthest(cell)
        ]
        said = [
            f"{cell.change.name} at {cell.traffic.error_rate:.1%}: {ratio:.2f}"
            for cell, ratio in ratios.items()
        ]
        trials = results[of[0]]["verdict"].trials
        return Finding(f"{', '.join(said)} ({trials} each)", not missed, "; ".join(missed))

    return read


def promoted(results: Results) -> Finding:
    """False promotions at the margin, and healthy canaries that are promoted in time."""
    false = seldom(cells.MARGIN_CELLS, 0.025)(results)
    tally = results[cells.PROMOTED_CELL]["verdict"]
    healthy = _by(tally, 10)
    return Finding(
        f"false: {false.measured}; healthy within 10 min: {healthy:.1%} of {tally.trials}",
        false.reached and healthy >= 0.8,
        false.why or ("" if healthy >= 0.8 else "too few healthy ones"),
    )


def _farthest(cell: Cell) -> float:
    return 1.7 if cell.change.plus else 1.35


def _faster(found: Mapping[str, Tally]) -> float:
    return found["common alarm"].median / found["verdict"].median


def _by(tally: Tally, minute: float) -> float:
    return tally.by(minute) / tally.trials


def _mean(tallies: Iterable[Tally]) -> float:
    found = list(tallies)
    return sum(each.ever for each in found) / sum(each.trials for each in found)


def _worst(results: Results, of: Sequence[Cell], name: str) -> float:
    return max(_by(results[cell][name], math.inf) for cell in of)


def _pooled(results: Results, of: Sequence[Cell], name: str) -> Tally:
    pooled = Tally()
    for cell in of:
        pooled.acted += results[cell][name].acted
        pooled.failed += results[cell][name].failed
    return pooled


def _medians(results: Results, of: Sequence[Cell]) -> dict[str, str]:
    found = {name: sorted(results[cell][name].median for cell in of) for name in JUDGES[1:]}
    return {name: f"median {each[0]:g} to {each[-1]:g} min" for name, each in found.items()}


_SLOW_BROKEN = [cell for cell in cells.BROKEN_CELLS if cell.traffic.calls_per_minute == 60]
_FAST_BROKEN = [cell for cell in cells.BROKEN_CELLS if cell.traffic.calls_per_minute > 60]
_AT_ONCE = [cell for cell in cells.DETECTED_CELLS if cell.bound <= 0.25]
_SLIGHT, _SMALL = cells.SLIGHT_CELLS, cells.SMALL_CELLS

GOALS = (
    Goal(
        "G1",
        "false rollback, all metrics, 10 min: ≤ 1 % in every cell, mean ≤ 0.3 %",
        cells.HEALTHY_CELLS,
        seldom(cells.HEALTHY_CELLS, 0.01, 0.003),
    ),
    Goal(
        "G2",
        "false rollback over 60 min, errors, threshold 50: ≤ 0.5 %",
        cells.HOUR_CELLS,
        seldom(cells.HOUR_CELLS, 0.005),
    ),
    Goal(
        "G3",
        "20 % errors on both versions for 2 min: ≤ 0.5 %",
        cells.OUTAGE_CELLS,
        seldom(cells.OUTAGE_CELLS, 0.005),
    ),
    Goal(
        "G4",
        "bursts of 2 to 6 errors inside one version, ≥ 10 calls/s: ≤ 1.5 %",
        cells.BURST_CELLS,
        seldom(cells.BURST_CELLS, 0.015),
    ),
    Goal("G5", "a canary of 1.05x: ≤ 0.5 %", _SLIGHT, seldom(_SLIGHT, 0.005)),
    Goal("G5b", "a canary of 1.1x: ≤ 0.75 %", _SMALL, seldom(_SMALL, 0.0075)),
    Goal(
        "G6",
        "+50 pp: in minute 1 ≥ 99 % at ≥ 10 calls/s, by minute 2 ≥ 90 % at 1 call/s",
        cells.BROKEN_CELLS,
        often([(_FAST_BROKEN, 1, 0.99), (_SLOW_BROKEN, 2, 0.9)]),
    ),
    Goal(
        "G7",
        "limit ≤ 0.25 min: in minute 1 ≥ 97 %, ≥ 6x faster, ≥ 5x fewer failed calls",
        _AT_ONCE,
        at_once(_AT_ONCE),
    ),
    Goal(
        "G8",
        "limit B < 45 min: median ≤ ceil(1.3 B) + 1 min in every cell",
        cells.DETECTED_CELLS,
        soon(cells.DETECTED_CELLS),
    ),
    Goal(
        "G9",
        "call by call, mean ≤ 1.35 x limit (2x, 5x), ≤ 1.7 x (+50 pp)",
        cells.REQUEST_CELLS,
        near_the_limit(cells.REQUEST_CELLS),
    ),
    Goal(
        "G10",
        "false promotion at the margin ≤ 2.5 %; healthy promoted in 10 min ≥ 80 % (10/s, 0.1 %)",
        (*cells.MARGIN_CELLS, cells.PROMOTED_CELL),
        promoted,
    ),
    Goal("G11", "a decision ≤ 5 ms CPU, standard library only, ≤ 150 lines", (), cost.read),
)
