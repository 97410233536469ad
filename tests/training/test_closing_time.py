"""What becomes of open complaints, learned from old ones: a planted difference is found, and only what was known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from training.risk.closing_time import closing_chance, traits
from training.risk.maturity import sustained_chance

DAY = date(2012, 1, 1)


def bureau(n: int = 3000, seed: int = 4) -> pd.DataFrame:
    """Complaints of ten years: those filed by an officer are sustained three times in four, others one in twenty."""
    rng = np.random.default_rng(seed)
    opened = pd.Timestamp(2002, 1, 1) + pd.to_timedelta(rng.integers(0, 3640, n), unit="D")
    filed = rng.random(n) < 0.3
    sustained = rng.random(n) < np.where(filed, 0.75, 0.05)
    closed = pd.Series(opened + pd.to_timedelta(rng.integers(30, 900, n), unit="D"))
    known = closed <= pd.Timestamp(DAY)
    rows = pd.DataFrame({"complaint_id": [f"k{i}" for i in range(n)], "officer_id": "o", "opened_on": opened})
    rows["officer_filed"] = pd.array(filed, dtype="boolean")
    rows["category"] = pd.array(np.where(filed, "operations", "traffic"), dtype="string")
    rows["closed_on"] = closed.where(known)
    rows["finding"] = pd.Series(np.where(sustained, "sustained", "unfounded"), dtype="string").where(known)
    return rows


def test_the_planted_difference_is_found_in_open_complaints() -> None:
    rows = bureau()
    chance, still_open = sustained_chance(rows, DAY), rows["closed_on"].isna().to_numpy()
    filed = rows["officer_filed"].to_numpy(bool)
    assert chance[still_open & filed].mean() == pytest.approx(0.75, abs=0.1)
    assert chance[still_open & ~filed].mean() == pytest.approx(0.05, abs=0.04)
    assert set(chance[~still_open]) <= {0.0, 1.0}


def test_the_answer_is_kept_and_cannot_be_spoiled() -> None:
    rows = bureau()
    first = sustained_chance(rows, DAY)
    first[:] = 9.0
    assert sustained_chance(rows, DAY).max() <= 1.0
    other = rows.assign(finding=rows["finding"].where(rows["finding"].isna(), "unfounded"))
    assert sustained_chance(other, DAY)[rows["closed_on"].isna()].max() < 0.2


def test_a_closing_date_after_the_day_is_not_looked_at() -> None:
    rows = bureau()
    later = rows.assign(closed_on=rows["closed_on"].fillna(pd.Timestamp(2013, 1, 1)),
                        finding=rows["finding"].fillna("sustained"))  # fmt: skip
    assert np.allclose(sustained_chance(later, DAY), sustained_chance(rows, DAY))


def test_too_few_old_complaints_teach_nothing() -> None:
    few = bureau(80)
    x = traits(few, np.full(len(few), 2000.0))
    assert closing_chance(x, np.full(len(few), 100.0), np.zeros(len(few), bool)) is None
    assert np.isnan(x[:, 3]).all()
    assert ((sustained_chance(few, DAY) >= 0) & (sustained_chance(few, DAY) <= 1)).all()
