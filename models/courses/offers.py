"""Which courses of a table can still be taken on a day: the same rule as `OfferedCourse.offered_on`, for a table."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.policy import policy


def on_offer(courses: pd.DataFrame, as_of: date) -> NDArray[np.bool_]:
    """Which courses are on offer, (courses,): an edition that everybody takes once is over sooner than others."""
    advice = policy().courses
    oldest = pd.Timestamp(add_months(as_of, -advice.offered_months))
    oldest_edition = pd.Timestamp(add_months(as_of, -advice.edition_months))
    issued = courses["issued_on"]
    if {"mandated", "valid_months"} <= set(courses.columns):
        edition = courses["mandated"].fillna(False).astype(bool) & courses["valid_months"].isna()
    else:
        edition = pd.Series(False, index=courses.index)
    out = issued <= pd.Timestamp(as_of)  # announced is not yet on offer
    return np.asarray(issued.isna() | (out & (issued >= oldest) & (~edition | (issued >= oldest_edition))), dtype=bool)
