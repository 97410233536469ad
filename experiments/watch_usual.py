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

PLACES = ("unit_id", "post_id")  # what officers share


@dataclass(frozen=True)
class Season:
    """The forces of two days that lie as far apart as training and the watch, in the same seasons, before training."""

    earlier: pd.DataFrame
    later: pd.DataFrame


def same_season(trained_on: date, as_of: date) -> tuple[date, date]:
    """Training day and watched day, both moved back by the same whole years, the later not past training.

    >>> same_season(date(2024, 7, 1), date(2024, 9, 1))
    (datetime.date(2023, 7, 1), datetime.date(2023, 9, 1))
    >>> same_season(date(2024, 7, 1), date(2026, 1, 1))
    (datetime.date(2022, 7, 1), datetime.date(2024, 1, 1))
    """
    years = 1
    while add_months(as_of, -12 * years) > trained_on:
        years += 1
    return add_months(trained_on, -12 * years), add_months(as_of, -12 * years)


def season_of(reader: FeatureReader, history: History, days: Sequence[date]) -> Season | None:
    """The forces of two days, from their snapshots or computed again; None where the history does not reach back."""
    forces = [_force_of(reader, history, day) for day in days]
    if min(len(force) for force in forces) == 0:
        return None
    return Season(*forces)


def snapshot_of(reader: FeatureReader, day: date) -> pd.DataFrame:
    """The snapshot of a day, each officer once, with `as_of`; raises NotReady without it."""
    return _once(reader.snapshot(day), day)


def _force_of(reader: FeatureReader, history: History, day: date) -> pd.DataFrame:
    """Every officer counted at a day; worked out in a folder of its own where there is no snapshot."""
    if day in reader.snapshot_dates():
        return snapshot_of(reader, day)
    with tempfile.TemporaryDirectory() as scratch:
        list(write_snapshots(history, Path(scratch), [day]))
        return _once(read_snapshot(Path(scratch), "officers", day), day)


def _once(frame: pd.DataFrame, day: date) -> pd.DataFrame:
    return frame.drop_duplicates("officer_id").reset_index(drop=True).assign(as_of=pd.Timestamp(day))


def independent_shares(force: pd.DataFrame, columns: Mapping[str, Numbers]) -> dict[str, float]:
    """How many independent officers each column (n,) is worth, as a share of n, by what unit and post share.

    1 / (1 + (m - 1) r) with m officers a group and r the correlation within (Kish 1965), the smaller of the two.

    >>> force = pd.DataFrame({"unit_id": ["a"] * 50 + ["b"] * 50})
    >>> shares = independent_shares(force, {"unit_size": np.repeat([1.0, 2.0], 50), "own": np.tile([1.0, 2.0], 50)})
    >>> round(shares["unit_size"] * 100), round(shares["own"] * 100)
    (2, 100)
    """
    shares = dict.fromkeys(columns, 1.0)
    for place in (name for name in PLACES if name in force.columns):
        groups = pd.factorize(force[place].astype("string").fillna(""))[0].astype(np.int64)
        for name, values in columns.items():
            shares[name] = min(shares[name], _share(values, groups))
    return shares


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
