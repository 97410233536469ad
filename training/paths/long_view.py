"""The long view of who moves: trees on eight years of officer-quarters whose rates of posts do not count themselves.

A rate of moves out of a post that counts the row's own move tells trees what they should find out, so they lean on it.
Here the rate that a row sees is that of the other officers, in the same four years, as posts open and close, and a
higher rate never lowers the chance; what is read later is the rate of the last four years, as everywhere.

Of the same rows come trees of one split each: what one covariate says is added to what the others say, and nothing
more. In a force of a few thousand, whose moves hang on little else than time and post, they err least; where moves go
in waves they are far behind. Which of the two orders the movers is asked of later time (`training/paths/fit.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.base import Matrix
from models.paths.dwell import COVARIATES, MOVE, PARAMS, RATES, Quarters, Turnover, covariates
from models.posts.histories import Array
from models.risk.boosting import Boosted

YEARS = 8
FOLDS = 5
PERIOD_DAYS = 4 * 365.25
RISING: Mapping[str, object] = {**PARAMS, "monotone_constraints": [int(name in RATES) for name in COVARIATES]}
ONE_SPLIT: Mapping[str, object] = {**RISING, "num_leaves": 2, "rounds": 150}


def fit_long(
    quarters: Quarters, size: int, ranks: int, seed: int = 0, params: Mapping[str, object] = RISING
) -> Boosted:
    """Chance of a move in a quarter, from officer-quarters (n rows) of `YEARS`, for `size` posts and `ranks` codes."""
    moved = (quarters.causes == MOVE).astype(np.float64)
    return Boosted(params, seed).fit(rows_of_others(quarters, size, ranks, seed), moved, COVARIATES, quarters.weight)


def rows_of_others(quarters: Quarters, size: int, ranks: int, seed: int = 0) -> Matrix:
    """(n, COVARIATES), with rates of posts and ranks from the officers of other folds in the same period."""
    fold, period = _folds(quarters.officers, seed), _periods(quarters.histories.day)
    x = np.empty((len(quarters.causes), len(COVARIATES)), np.float32)
    for one in np.unique(period):
        for number in range(FOLDS):
            mine = np.flatnonzero((period == one) & (fold == number))
            others = np.flatnonzero((period == one) & (fold != number))
            x[mine] = covariates(quarters.histories.take(mine), _turnover(quarters, others, size, ranks))
    return x


def _turnover(quarters: Quarters, rows: Array, size: int, ranks: int) -> Turnover:
    moved = quarters.causes[rows] == MOVE
    return Turnover.of(quarters.histories.take(rows), moved, quarters.weight[rows], size, ranks)


def _folds(officers: Array, seed: int) -> Array:
    """(n,) the fold of each row, the same for all rows of an officer."""
    return np.random.default_rng(seed).integers(0, FOLDS, int(officers.max(initial=0)) + 1)[officers]


def _periods(day: Array) -> Array:
    """(n,) four-year periods of the days on which quarters began, 0 the newest."""
    return np.asarray((day.max(initial=0) - day) // PERIOD_DAYS, np.int64)
