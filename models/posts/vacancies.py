"""Which vacancies are open on a day: one rule for suggestions, fit and matching."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def open_on(vacancies: pd.DataFrame, as_of: date, units: pd.DataFrame | None) -> NDArray[np.bool_]:
    """(n,) whether each vacancy was announced by a day, is not closed before it, and its unit still stands.

    `units` is the table of units as known on the day, None where there is none.

    >>> days = {"opened_on": ["2026-01-01", "2026-01-01", "2026-03-01"], "closes_on": [None, "2026-01-31", None]}
    >>> rows = pd.DataFrame({name: pd.to_datetime(some) for name, some in days.items()}).assign(unit_id="u")
    >>> open_on(rows, date(2026, 2, 1), None).tolist()
    [True, False, False]
    """
    day = pd.Timestamp(as_of)
    still = (vacancies["opened_on"] <= day) & (vacancies["closes_on"].isna() | (vacancies["closes_on"] >= day))
    return still.fillna(False).to_numpy(bool) & ~of_dissolved_units(vacancies, as_of, units)


def of_dissolved_units(vacancies: pd.DataFrame, as_of: date, units: pd.DataFrame | None) -> NDArray[np.bool_]:
    """(n,) whether the unit of each vacancy is dissolved by a day; a unit that the table does not know stands.

    >>> units = pd.DataFrame({"unit_id": ["u"], "closed_on": pd.to_datetime(["2026-02-01"])})
    >>> rows = pd.DataFrame({"unit_id": ["u", "v"]})
    >>> [of_dissolved_units(rows, date(2026, month, 1), units).tolist() for month in (1, 2)]
    [[False, False], [True, False]]
    """
    if units is None or "closed_on" not in units:
        return np.zeros(len(vacancies), dtype=bool)
    dissolved = units.loc[(units["closed_on"] <= pd.Timestamp(as_of)).fillna(False).to_numpy(bool), "unit_id"]
    return vacancies["unit_id"].isin(dissolved).to_numpy(bool)
