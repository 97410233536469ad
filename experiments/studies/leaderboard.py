"""Models compared on the very same officers: figures, and how far each is from the one it is held against.

Intervals are 95 %, by drawing officers, the same draws for all models: an officer tested on several days is drawn with
all of them or with none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.errors import InvalidInput
from experiments.studies.kind import Kind
from experiments.studies.scores import DAY, KEYS, OFFICER, PART, Cost, common
from models.base import Numbers
from training.evaluation.bootstrap import (
    Difference,
    OfficerDraws,
    difference,
    weighted_precisions,
    weighted_top_precisions,
)
from training.evaluation.risk_metrics import average_precision, precision_at

BEST, BASELINE = "best", "baseline"
SCORE, TRUTH = "score", "y"
Measure = tuple[Callable[[Numbers, Numbers], float], Callable[..., dict[str, Numbers]]]
RANKED: Mapping[str, Measure] = {
    "average_precision": (average_precision, weighted_precisions),
    "precision_at_5pct": (precision_at, weighted_top_precisions),
}


@dataclass(frozen=True)
class Entry:
    """One model as it stands for comparison: what it said, and what it took over all its tests."""

    name: str
    rows: pd.DataFrame
    cost: Cost


@dataclass(frozen=True)
class Figure:
    """A figure with its own 95 % interval; NaN where it is not defined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Standing:
    """One model's place: its figures pooled, the ranking figure by day, how far it is from the reference (None: it is
    the reference), and what it took."""

    name: str
    figures: Mapping[str, Figure]
    by_day: Mapping[str, Figure]
    behind: Difference | None
    cost: Cost

    @property
    def sure(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return self.behind is not None and (self.behind.low > 0 or self.behind.high < 0)


@dataclass(frozen=True)
class Board:
    """The leaderboard of one outcome or stratum, best first."""

    part: str
    kind: Kind
    reference: str
    officers: int
    rows: int
    events: float | None
    days: tuple[str, ...]
    standings: tuple[Standing, ...]


def boards(entries: Sequence[Entry], kind: Kind, against: str) -> list[Board]:
    """A board for each part that all of them were tested on; `against` is `best` or the name of a model.

    Raises InvalidInput where they share no row, or where two say that another thing came of the same officer.
    """
    if not entries:
        raise InvalidInput("nothing is compared; name a study, or some of its models")
    frames = common([one.rows for one in entries])
    if frames[0].empty:
        raise InvalidInput(
            f"{entries[0].name} and the others share no officer at any test day; compare models of one study, or "
            "studies of the same records and days"
        )
    _check_truth(entries, frames)
    parts = [str(part) for part in dict.fromkeys(frames[0][PART])]
    found = [_board(part, entries, [frame[frame[PART] == part] for frame in frames], kind, against) for part in parts]
    return sorted(found, key=lambda board: -board.rows)


def _check_truth(entries: Sequence[Entry], frames: Sequence[pd.DataFrame]) -> None:
    for one, frame in zip(entries, frames, strict=True):
        if TRUTH in frame and not np.array_equal(frame[TRUTH], frames[0][TRUTH]):
            raise InvalidInput(
                f"{entries[0].name} and {one.name} were held to different outcomes of the same officers; compare "
                "studies that look as many months ahead, on the same records"
            )


def _board(
    part: str, entries: Sequence[Entry], frames: Sequence[pd.DataFrame], kind: Kind, against: str
) -> Board:  # fmt: skip
    rows = frames[0]
    values = _Values(kind, [one.name for one in entries], list(frames))
    every = np.ones(len(rows), dtype=bool)
    pooled = {name: values.figures(name, every) for name in kind.measures}
    ranked = pooled[kind.measure]
    order = sorted(entries, key=lambda one: -np.nan_to_num(ranked.exact[one.name], nan=-np.inf))
    reference = order[0].name if against == BEST else against
    days = sorted(rows[DAY].astype(str).unique())
    by_day = {day: values.figures(kind.measure, (rows[DAY].astype(str) == day).to_numpy()) for day in days}
    standings = [
        Standing(
            one.name,
            {name: found.of(one.name) for name, found in pooled.items()},
            {day: found.of(one.name) for day, found in by_day.items()},
            None if one.name == reference else ranked.against(one.name, reference),
            one.cost,
        )
        for one in order
    ]
    events = float(rows[TRUTH].sum()) if TRUTH in rows else None
    officers = int(rows[OFFICER].nunique())
    return Board(part, kind, reference, officers, len(rows), events, tuple(days), tuple(standings))


@dataclass(frozen=True)
class _Drawn:
    """A figure of each model, exactly and in each draw."""

    exact: Mapping[str, float]
    drawn: Mapping[str, Numbers]

    def of(self, name: str) -> Figure:
        known = self.drawn[name][~np.isnan(self.drawn[name])]
        low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
        return Figure(self.exact[name], float(low), float(high))

    def against(self, name: str, reference: str) -> Difference:
        if reference not in self.exact:
            raise InvalidInput(f"--against {reference!r} is not compared; name one of {', '.join(self.exact)}")
        return difference((self.exact[name], self.exact[reference]), (self.drawn[name], self.drawn[reference]))


@dataclass(frozen=True)
class _Values:
    """The rows of every model in one order."""

    kind: Kind
    names: Sequence[str]
    frames: Sequence[pd.DataFrame]

    def figures(self, measure: str, rows: NDArray[np.bool_]) -> _Drawn:
        """Of these rows (n,), the same draws of officers for every model."""
        draws = OfficerDraws(self.frames[0].loc[rows, OFFICER].tolist())
        if not self.kind.ranks:
            told = self._column(measure, rows)
            once = _means_where_asked(told, np.ones((1, int(rows.sum())), dtype=np.int32))
            return _Drawn({name: float(value[0]) for name, value in once.items()},
                          draws.each(partial(_means_where_asked, told)))  # fmt: skip
        score, (exactly, weighted) = self._column(SCORE, rows), RANKED[measure]
        y = self.frames[0].loc[rows, TRUTH].to_numpy(np.float64)
        exact = {name: exactly(y, value) for name, value in score.items()}
        return _Drawn(exact, draws.each(lambda times: weighted(y, score, times)))

    def _column(self, column: str, rows: NDArray[np.bool_]) -> dict[str, Numbers]:
        return {
            name: frame.loc[rows, column].to_numpy(np.float64)
            for name, frame in zip(self.names, self.frames, strict=True)
        }


def _means_where_asked(values: Mapping[str, Numbers], times: NDArray[np.int32]) -> dict[str, Numbers]:
    """The mean of each (n,) over the rows drawn that have a value, (draws,) by name; NaN where none has.

    >>> drawn = np.array([[1, 1, 1], [2, 0, 0], [0, 3, 0]], dtype=np.int32)
    >>> _means_where_asked({"a": np.array([1.0, np.nan, 4.0])}, drawn)["a"].tolist()
    [2.5, 1.0, nan]
    """
    drawn = times.astype(np.float64)
    found: dict[str, Numbers] = {}
    for name, value in values.items():
        asked = ~np.isnan(value)
        total = drawn @ asked
        summed = drawn @ np.where(asked, value, 0.0)
        found[name] = np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)
    return found


__all__ = ["BASELINE", "BEST", "KEYS", "Board", "Entry", "Figure", "Standing", "boards"]
