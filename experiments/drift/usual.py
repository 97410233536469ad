"""How much a force moves when nothing is wrong: the same seasons some years earlier, and officers who move together.

Appraisals come once a year, and so does a leap in "days since the last one"; counts "ever" grow; the officers of one
unit share its size. A watch that did not know this would alert every month.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from features.history import History
from features.offline_files import read_snapshot
from features.snapshots import write_snapshots
from features.store import FeatureReader
from models.base import Numbers
from training.risk.spreads import DECIMALS

MOST_SEASONS = 3  # before training; a wave of courses comes in some years and not in others
PLACES = ("unit_id", "post_id")  # what officers share


@dataclass(frozen=True)
class Season:
    """The forces of two days that lie as far apart as training and the watch, in the same seasons, before training."""

    earlier: pd.DataFrame
    later: pd.DataFrame


def same_seasons(trained_on: date, as_of: date) -> list[tuple[date, date]]:
    """Training day and watched day, both moved back by the same whole years, the later not past training; newest first.

    >>> same_seasons(date(2024, 7, 1), date(2024, 9, 1))[0]
    (datetime.date(2023, 7, 1), datetime.date(2023, 9, 1))
    >>> same_seasons(date(2024, 7, 1), date(2026, 1, 1))[0]
    (datetime.date(2022, 7, 1), datetime.date(2024, 1, 1))
    """
    years = 1
    while add_months(as_of, -12 * years) > trained_on:
        years += 1
    return [
        (add_months(trained_on, -12 * back), add_months(as_of, -12 * back))
        for back in range(years, years + MOST_SEASONS)
    ]


def seasons_of(reader: FeatureReader, history: History, pairs: Sequence[tuple[date, date]]) -> tuple[Season, ...]:
    """The forces at both ends of each pair, from snapshots or worked out again; without those before the history."""
    days = sorted({day for pair in pairs for day in pair})
    forces = _forces(reader, history, days)
    return tuple(
        Season(forces[one], forces[other]) for one, other in pairs if min(len(forces[one]), len(forces[other]))
    )


def snapshot_of(reader: FeatureReader, day: date) -> pd.DataFrame:
    """The snapshot of a day, each officer once, with `as_of`; raises NotReady without it."""
    return _once(reader.snapshot(day), day)


def _forces(reader: FeatureReader, history: History, days: Sequence[date]) -> dict[date, pd.DataFrame]:
    """Every officer counted at each day; worked out in a folder of its own where there is no snapshot."""
    there = set(reader.snapshot_dates())
    found = {day: snapshot_of(reader, day) for day in days if day in there}
    with tempfile.TemporaryDirectory() as scratch:
        for done in write_snapshots(history, Path(scratch), [day for day in days if day not in there]):
            found[done.as_of] = _once(read_snapshot(Path(scratch), "officers", done.as_of), done.as_of)
    return found


def _once(frame: pd.DataFrame, day: date) -> pd.DataFrame:
    return frame.drop_duplicates("officer_id").reset_index(drop=True).assign(as_of=pd.Timestamp(day))


def independent_shares(force: pd.DataFrame, columns: Mapping[str, Numbers]) -> dict[str, float]:
    """How many independent officers each column (n,) is worth, as a share of n, by what unit and post share.

    1 / (1 + (m - 1) r) with m officers a group and r the correlation within (Kish 1965), the smaller of the two.
    Officers of a group with one value that is no whole number (their distance to the others' mean) move as one, too.

    >>> force = pd.DataFrame({"unit_id": ["a"] * 50 + ["b"] * 50})
    >>> shares = independent_shares(force, {"unit_size": np.repeat([1.0, 2.0], 50), "own": np.tile([1.0, 2.0], 50)})
    >>> round(shares["unit_size"] * 100), round(shares["own"] * 100)
    (2, 100)
    """
    shares = dict.fromkeys(columns, 1.0)
    for place in (name for name in PLACES if name in force.columns):
        groups = pd.factorize(force[place].astype("string").fillna(""))[0].astype(np.int64)
        for name, values in columns.items():
            shares[name] = min(shares[name], _share(values, groups), _in_lumps(values, groups))
    return shares


def _in_lumps(values: Numbers, groups: NDArray[np.int64]) -> float:
    """n over the sum of squared sizes of lumps: officers of one group with one value; 1 for counts.

    >>> _in_lumps(np.array([0.5, 0.5, 0.5, 0.5]), np.array([0, 0, 1, 1]))
    0.5
    """
    known = np.isfinite(values)
    rounded = np.round(values[known], DECIMALS)
    if not len(rounded) or (rounded == np.round(rounded)).all():
        return 1.0
    _, value = np.unique(rounded, return_inverse=True)
    _, sizes = np.unique(groups[known] * (value.max() + 1) + value, return_counts=True)
    return float(len(rounded) / np.sum(sizes.astype(np.float64) ** 2))


def _share(values: Numbers, groups: NDArray[np.int64]) -> float:
    known = np.isfinite(values)
    ranks = pd.Series(values[known]).rank().to_numpy(np.float64)
    _, place = np.unique(groups[known], return_inverse=True)
    sizes = np.bincount(place).astype(np.float64)
    n, k = len(ranks), len(sizes)
    if k < 2 or n <= k or ranks.std() == 0:
        return 1.0
    means = np.bincount(place, ranks) / sizes
    between = float(np.sum(sizes * (means - ranks.mean()) ** 2)) / (k - 1)
    within = max(float(np.sum((ranks - means[place]) ** 2)) / (n - k), 1e-12)
    usual_size = (n - float(np.sum(sizes**2)) / n) / (k - 1)
    together = max(0.0, (between - within) / (between + (usual_size - 1) * within))
    return 1.0 / (1.0 + (n / k - 1.0) * together)
