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
from serving.night.results import SCORED, asked_of

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
    found = pd.Series(None, index=rows.index, dtype=object)
    for group, part in rows[rows["status"] == SCORED].groupby(["outcome", "horizon_months"], sort=True):
        asked = asked_of(group)
        kept = part["probability"].to_numpy(np.float32)  # as nights keep chances, so that a request is flagged alike
        now = kept.astype(np.float64)
        officers = part["officer_id"].astype(str).tolist()
        trend = Trend.of(as_of, now, [(night.as_of, night.at(asked, officers)) for night in earlier])
        edge = bounds(asked, now)
        near = approach(trend, as_of, _texts(part["grade"]), edge.limits, rules)
        best = now < edge.commend_below
        praise = commend(trend, _texts(part["overall_grade"]), best, _texts(part["merits"]), rules)
        both = zip(near, praise, strict=True)
        found.loc[part.index] = [NO_FLAGS if one is two is None else flags_json(one, two) for one, two in both]
    return found


def _texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column]
