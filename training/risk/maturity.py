"""The chance that a complaint still open will be sustained, from complaints old enough to have been closed.

Labels that wait for findings lose the newest years, and labels that call open complaints unfounded learn that
recent years were mild. A chance in between keeps both honest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.base import Numbers
from training.risk.closing_time import closing_chance, traits

AGE_EDGES = (0, 60, 180, 365, 545, 730, 1095, 1460, 2200, 4000)  # days open
OLD_DAYS = 4 * 365  # by then nearly all are closed
YOUNGEST_OLD_DAYS = 365  # where a data set is too short for OLD_DAYS
SHRINK = 20.0  # complaints' worth of belief in the wider group
LEAST = 50
TOLD = (
    "complaint_id",
    "officer_id",
    "opened_on",
    "closed_on",
    "finding",
    "category",
    "officer_filed",
    "complainant_type",
)


@dataclass(frozen=True)
class _Past:
    """What is known at a day of the complaints opened before it, one row a complaint and officer, as arrays (n,)."""

    age: NDArray[np.float64]  # days since it was opened
    open_for: NDArray[np.float64]  # days until it was closed, infinite while open
    sustained: NDArray[np.bool_]
    filed: NDArray[np.bool_]  # by an officer
    category: NDArray[np.object_]

    @property
    def is_open(self) -> NDArray[np.bool_]:
        return ~np.isfinite(self.open_for)

    def take(self, rows: NDArray[np.bool_]) -> _Past:
        return _Past(self.age[rows], self.open_for[rows], self.sustained[rows], self.filed[rows], self.category[rows])


def sustained_chance(complaints: pd.DataFrame, day: date) -> Numbers:
    """The chance (n,) that each complaint is sustained in the end, as known at `day`.

    `complaints` holds one version each, the one in force at `day` (complaint_id, officer_id, opened_on, closed_on,
    finding, category, officer_filed, complainant_type where there is one). A closed one has 0 or 1. The same question
    is asked for every as-of of a training, so the last answers are kept.
    """
    rows = complaints[[name for name in TOLD if name in complaints]]
    return _chances(_Known(day, int(pd.util.hash_pandas_object(rows, index=False).sum()), len(rows), rows)).copy()


@dataclass(frozen=True)
class _Known:
    """Complaints as known at a day; the same when the day and the rows are."""

    day: date
    digest: int
    size: int
    rows: pd.DataFrame = field(compare=False)


@lru_cache(maxsize=4)
def _chances(known: _Known) -> Numbers:
    """By trees (training/risk/closing_time.py) where there is enough to learn from, else by the table below."""
    past = _past(known.rows, known.day)
    chance = past.sustained.astype(np.float64)
    learned = closing_chance(traits(known.rows, past.age), past.open_for, past.sustained) if known.size else None
    if learned is not None:
        chance[past.is_open] = learned[past.is_open]
        return chance
    band = np.searchsorted(AGE_EDGES, past.age, side="right") - 1
    for number in np.unique(band[past.is_open]):
        rows = past.is_open & (band == number)
        chance[rows] = _band_chances(past, past.take(rows), _middle(int(number)))
    return chance


def _past(complaints: pd.DataFrame, day: date) -> _Past:
    moment = pd.Timestamp(day)
    closed = complaints["closed_on"].notna() & (complaints["closed_on"] <= moment)
    open_for = (complaints["closed_on"] - complaints["opened_on"]).dt.days.astype("float64")
    return _Past(
        age=np.maximum((moment - complaints["opened_on"]).dt.days.to_numpy(np.float64), 0.0),
        open_for=np.where(closed, open_for, np.inf),
        sustained=(closed & (complaints["finding"] == "sustained").fillna(False)).to_numpy(bool),
        filed=complaints["officer_filed"].fillna(False).to_numpy(bool),
        category=complaints["category"].astype(object).where(complaints["category"].notna(), "").to_numpy(object),
    )


def _middle(band: int) -> float:
    last = AGE_EDGES[-1]
    return (AGE_EDGES[band] + (AGE_EDGES[band + 1] if band + 1 < len(AGE_EDGES) else last)) / 2


def _band_chances(past: _Past, asked: _Past, age: float) -> Numbers:
    """Chances of complaints open for about `age` days: by source and category, each shrunk to the wider group."""
    like = past.take(_comparable(past, age))
    everyone = (like.sustained.sum() + 1.0) / (len(like.age) + SHRINK)
    by_source = {filed: _shrunk(like.sustained[like.filed == filed], everyone) for filed in (False, True)}
    cells: dict[tuple[str, bool], float] = {}
    for key in set(zip(asked.category.tolist(), asked.filed.tolist(), strict=True)):
        same = (like.category == key[0]) & (like.filed == key[1])
        cells[key] = _shrunk(like.sustained[same], by_source[key[1]])
    return np.array([cells[key] for key in zip(asked.category.tolist(), asked.filed.tolist(), strict=True)])


def _comparable(past: _Past, age: float) -> NDArray[np.bool_]:
    """Complaints that were still open at `age` and are old enough that their end is known."""
    for least in (max(OLD_DAYS, age + 730), OLD_DAYS, YOUNGEST_OLD_DAYS, 0):
        rows = (past.age >= least) & (past.open_for > min(age, least))
        if rows.sum() >= LEAST:
            return rows
    return np.ones(len(past.age), dtype=bool)


def _shrunk(sustained: NDArray[np.bool_], towards: float) -> float:
    return float((sustained.sum() + SHRINK * towards) / (len(sustained) + SHRINK))
