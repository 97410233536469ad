"""Approach and commend flags of many results at once, the same for the night and for a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.decisions import GradePolicy
from models.base import Numbers
from models.risk.flags import Trend, approach, best_below, commend, flags_json
from models.risk.grades import cut_offs, limits
from serving.night.past import Asked, Chances
from serving.night.results import SCORED, places_by_asked

NO_FLAGS = "[]"


@dataclass(frozen=True)
class Bounds:
    """Of one outcome and horizon: the least chance of each grade, and the chance below which the best share lies."""

    limits: Mapping[str, float]
    commend_below: float


def bounds_of_force(asked: Asked, chances: Numbers, rules: GradePolicy) -> Bounds:
    """From the chances (n,) of a whole force."""
    return Bounds(limits(cut_offs(chances, rules), rules, *asked), best_below(chances, rules.unit.commend_share))


def flags_of(
    rows: pd.DataFrame,
    as_of: date,
    earlier: Sequence[Chances],
    rules: GradePolicy,
    bounds: Callable[[Asked, Numbers], Bounds],
) -> pd.Series:
    """The JSON of each row's flags, index as given; null where an outcome was not scored.

    `rows` have officer_id, outcome, horizon_months, status, probability, grade, overall_grade and merits.
    """
    found = np.full(len(rows), None, object)
    officers = rows["officer_id"].astype(str).to_numpy(object)
    chances = rows["probability"].to_numpy(np.float32)  # as nights keep chances, so that a request is flagged alike
    grades, overall, merits = (np.array(_texts(rows[name]), object) for name in ("grade", "overall_grade", "merits"))
    for asked, some in places_by_asked(rows, (rows["status"] == SCORED).tolist()):
        now = chances[some].astype(np.float64)
        ids = officers[some].tolist()
        trend = Trend.of(as_of, now, [(night.as_of, night.at(asked, ids)) for night in earlier])
        edge = bounds(asked, now)
        near = approach(trend, as_of, grades[some].tolist(), edge.limits, rules)
        best = now < edge.commend_below
        praise = commend(trend, overall[some].tolist(), best, merits[some].tolist(), rules)
        both = zip(near, praise, strict=True)
        found[some] = [NO_FLAGS if one is two is None else flags_json(one, two) for one, two in both]
    return pd.Series(found, rows.index, object)


def _texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column]
