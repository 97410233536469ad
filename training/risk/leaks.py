"""A feature that tells the outcome ahead far better than the same outcome behind looked ahead: refuse to learn from it.

What a record holds of the past says as much of the months before an as-of as of those after it, or more. A column
that only later facts can explain tells what is to come and little of what was.

What it promises has limits, and lies beside `known_on`, the embargo and the forbidden names, not in their place:
- Where events are few, only a column that is ahead for certain is refused: with 20 on either side .767 against .617
  is chance.
- A column is let in that tells no more of the months ahead than an area of .75, whatever it knows. The outcome itself
  with noise of one standard deviation has about .76 and lies at the edge; with noise of 1.5 it has .68 and passes.
- Where an outcome lasts, what is to come tells of what was too: of stagnation, such a column of one standard deviation
  had .75 ahead and .64 behind, and passes.
- An outcome that ends service (departure) has nothing behind; there only a column that separates it is refused.

A stricter rule would refuse honest columns. In a simulated bureau (3,000 officers, 14,886 rows of five years) hours of
duty had .68 ahead of strain and .56 behind, for load comes before strain, and overtime's trend .59 and .46: the
difference allowed, .15, is no wider than it must be. That of conduct and stagnation was .07 at most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from data_contracts.errors import ForbiddenFeature
from models.base import Matrix, Numbers

Truth = NDArray[np.bool_]
TELLS_ALL = 0.999  # area under the ROC curve of one column; an honest one told .996 of stagnation, which lasts
TELLS_MUCH, AHEAD = 0.75, 0.15  # so much of the months ahead, and so much less of those behind
LEAST = 20  # of either class, or chance alone may reach it
SURE = 2.0  # standard errors: of a hundred honest columns of a small force one is far ahead by chance
ROWS = 20_000


def refuse_leaks(x: Matrix, y: Numbers, names: Sequence[str], behind: Numbers | None = None, seed: int = 0) -> None:
    """Raise ForbiddenFeature when one column of x (n, f) knows what is to come, y (n,); chances by their larger side.

    Noise beyond about one standard deviation hides such a column (see above).

    `behind` (n,) is the same outcome in as many months before the as-of; without it, or with too few events there,
    only a column that separates y is refused.

    >>> came = np.arange(100) % 2.0
    >>> refuse_leaks(came[:, None].astype(np.float32), came, ["complaints_of_tomorrow"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    data_contracts.errors.ForbiddenFeature: feature 'complaints_of_tomorrow' alone tells the outcome ...
    """
    some = np.random.default_rng(seed).permutation(len(y))[:ROWS]
    came = y[some] >= 0.5
    if not _enough(came):
        return
    was = None if behind is None else behind[some] >= 0.5
    for name, column in zip(names, x[some].T, strict=True):
        known = ~np.isnan(column)
        _judge(name, np.where(known, column, -np.inf), came, was)
        if not known.all():
            _judge(name, column[known], came[known], None if was is None else was[known])


def _judge(name: str, values: Matrix, came: Truth, was: Truth | None) -> None:
    """Refuse one column, (n,), by what it tells of the months ahead and of those behind."""
    if not _enough(came):
        return
    ranks = rankdata(values)
    ahead = _area(ranks, came)
    tells = max(ahead, 1.0 - ahead)
    back = None if was is None or not _enough(was) else _area(ranks, was)
    told = None if back is None else back if ahead >= 0.5 else 1.0 - back
    more = False
    if told is not None and was is not None and tells > TELLS_MUCH:
        error = float(np.hypot(_error(tells, came), _error(told, was)))
        more = tells - told - SURE * error > AHEAD
    if tells > TELLS_ALL or more:
        raise ForbiddenFeature(
            f"feature {name!r} alone tells the outcome (area under the curve {tells:.3f}"
            + (f", {told:.3f} of the months behind" if more else "")
            + "), which only something known later can; take it out or mend its known_on",
            zh=f"特征{name}单独即可判定该结局（曲线下面积 {tells:.3f}），只有事后才知道的事实才会如此；"
            "请去除该特征或更正其 known_on",
        )


def _error(area: float, came: Truth) -> float:
    """The most that the standard error of an area can be (Birnbaum and Klose, 1957), by the smaller class."""
    return float(np.sqrt(area * (1.0 - area) / min(int(came.sum()), int((~came).sum()))))


def _enough(came: Truth) -> bool:
    return min(int(came.sum()), int((~came).sum())) >= LEAST


def _area(ranks: Numbers, came: Truth) -> float:
    """Area under the ROC curve of ranks (n,), more meaning more likely."""
    positives, negatives = int(came.sum()), int((~came).sum())
    return float((ranks[came].sum() - positives * (positives + 1) / 2) / (positives * negatives))
