"""Which vacancies are open on a day: one rule for suggestions, fit and matching."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def open_on(vacancies: pd.DataFrame, as_of: date) -> NDArray[np.bool_]:
    """(n,) whether each vacancy was announced by a day and is not closed before it.

    >>> days = {"opened_on": ["2026-01-01", "2026-01-01", "2026-03-01"], "closes_on": [None, "2026-01-31", None]}
    >>> rows = pd.DataFrame({name: pd.to_datetime(some) for name, some in days.items()})
    >>> open_on(rows, date(2026, 2, 1)).tolist()
    [True, False, False]
    """
    day = pd.Timestamp(as_of)
    still = (vacancies["opened_on"] <= day) & (vacancies["closes_on"].isna() | (vacancies["closes_on"] >= day))
    return still.fillna(False).to_numpy(bool)
