"""Who goes to each post: the years of service and rank of those who moved there lately, against those of all movers.

A share of a share, so it says nothing of how many move to a post, which drifts from year to year; what kind of
officer goes where stays. It is counted, not fitted, and an officer at a stage nobody was seen at moves no score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.posts.histories import Array, Histories, Moves

STAGE_YEARS = (1.5, 3.0, 5.0, 8.0, 12.0, 17.0, 23.0)
STAGES = len(STAGE_YEARS) + 2  # the last but one is beyond the last year, the last is unknown
HALF_LIFE_DAYS = 730.5
LIKE_ALL = 40.0  # entrants who are like all movers, taken as seen at each post: a post of few entrants says little
UNSEEN = 5.0  # movers spread over the posts as all are, taken as seen at each stage: a stage of few says little
SMALL = 1e-3
YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Entrants:
    """lift: (size, stages, ranks) float32, the log of how many times likelier an entrant of a post is of that stage
    and rank than any mover; stages are spans of years of service, the last for unknown, and rank 0 is unknown."""

    lift: Array

    @classmethod
    def fit(cls, moves: Moves, size: int, ranks: int) -> Entrants:
        """Count the moves, those of two years ago half; `ranks` is how many rank codes there are, 0 included."""
        known = moves.targets < size
        age = (moves.day.max(initial=0) - moves.day[known]).astype(np.float64)
        seen = np.zeros((size, STAGES, ranks))
        where = (moves.targets[known], stages(moves.histories)[known], moves.histories.rank[known])
        np.add.at(seen, where, 0.5 ** (age / HALF_LIFE_DAYS))
        share = seen.sum((1, 2)) + SMALL
        seen += UNSEEN * (share / share.sum())[:, None, None]
        every = seen.sum(0) / seen.sum()  # (stages, ranks)
        own = (seen + LIKE_ALL * every) / (seen.sum((1, 2))[:, None, None] + LIKE_ALL)
        return cls(np.log(own / every).astype(np.float32))

    def of(self, histories: Histories) -> Array:
        """(n, size) the lift of every post for each officer."""
        return np.asarray(self.lift[:, stages(histories), histories.rank].T)


def stages(histories: Histories) -> Array:
    """(n,) the span of years of service each officer is in.

    >>> none = np.zeros(3)
    >>> stages(Histories(none, none, none, none, np.array([100.0, 4000.0, np.nan]), none)).tolist()
    [0, 4, 8]
    """
    return stages_at(histories.tenure_days)


def stages_at(tenure_days: Array) -> Array:
    """The span of years of service each number of days is in, of any shape; NaN is unknown."""
    years = tenure_days / YEAR_DAYS
    return np.where(np.isfinite(years), np.searchsorted(STAGE_YEARS, years), STAGES - 1)
