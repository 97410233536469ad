"""How good the lists of a recommender were beside its peers: as a whole, by stratum, and over the windows of the test.

Intervals are of 95 %, with officers as clusters (the linearised variance of a ratio, Cochran 1977, 6.3): who moved
twice is no two witnesses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from models.base import Numbers
from training.evaluation.shown_lists import ShownLists

Z = float(norm.ppf(0.975))
MOST_WINDOWS = 12
STEPS = ("M", "Q", "Y")  # months where they are few enough, else quarters, else years
ALL = "all"


@dataclass(frozen=True)
class Mean:
    """A mean, its 95 % interval, and of how many rows; NaN where there is none."""

    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class ListQuality:
    """Means by model over all rows, by stratum and model, and by window (its first day) and model."""

    models: Mapping[str, Mean]
    strata: Mapping[str, Mapping[str, Mean]]
    windows: Mapping[str, Mapping[str, Mean]]


def mean_of(values: Numbers, officers: NDArray[Any]) -> Mean:
    """The mean of rows (n,) whose officers are the clusters, (n,).

    >>> mean_of(np.array([1.0, 0.0, 1.0, 0.0]), np.array(["a", "b", "c", "d"])).value
    0.5
    >>> one = mean_of(np.array([1.0, 1.0, 0.0, 0.0]), np.array(["a", "a", "b", "b"]))
    >>> bool(one.high - one.low > 1.9)
    True
    """
    number = len(values)
    if not number:
        return Mean(np.nan, np.nan, np.nan, 0)
    place = pd.factorize(officers)[0]
    count, total, people = np.bincount(place), np.bincount(place, values), int(place.max()) + 1
    value = float(values.mean())
    if people < 2:
        return Mean(value, np.nan, np.nan, number)
    spread = float(((total - value * count) ** 2).sum()) * people / (people - 1)
    half = Z * np.sqrt(spread) / number
    return Mean(value, value - half, value + half, number)


def quality_of(rows: ShownLists) -> ListQuality:
    """Everything that a card draws of one recommender's lists; strata and peers as far as training kept them."""
    models = rows.models
    strata = {ALL: np.ones(len(rows.quality), dtype=bool), **rows.strata}
    windows = _windows(rows.days)
    return ListQuality(
        _means(rows, models, strata[ALL]),
        {name: _means(rows, models, inside) for name, inside in strata.items() if inside.any()},
        {name: _means(rows, models, inside) for name, inside in windows.items()} if len(windows) > 1 else {},
    )


def _means(rows: ShownLists, models: Mapping[str, Numbers], inside: NDArray[np.bool_]) -> dict[str, Mean]:
    return {name: mean_of(values[inside], rows.officers[inside]) for name, values in models.items()}


def _windows(days: NDArray[np.datetime64]) -> dict[str, NDArray[np.bool_]]:
    """Rows of each stretch of time, by its first day; at most MOST_WINDOWS where years allow."""
    if not len(days):
        return {}
    index = pd.DatetimeIndex(days)
    for step in STEPS:
        periods = index.to_period(step)
        names = periods.unique().sort_values()
        if len(names) <= MOST_WINDOWS:
            break
    return {f"{name.start_time:%Y-%m-%d}": np.asarray(periods == name) for name in names}
