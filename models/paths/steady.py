"""Who moves sooner over years: one log-linear rate of moving for each officer, from long follow-up.

The trees of `dwell` follow the last four years closely, and a year of many moves can mislead them about the next four.
A rate that is the same all along, learned from states a year apart over eight years, errs less then and says less when
little changes; the order of movers takes both. Penalised maximum likelihood of an exponential time with censoring, by
Newton steps (McCullagh and Nelder 1989, chapter 13: a Poisson count of moves with the months followed as exposure).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Matrix, Numbers
from models.posts.histories import Array

PENALTY = 100.0
STEPS, LONGEST_STEP = 25, 1.0
WIDEST = 4.0  # standard deviations: nobody is further out
SPREAD = 1e-6


@dataclass(frozen=True)
class SteadyRate:
    """Weights (f,) of standardised terms; centre, scale (f,), an infinite scale for a term that is always the same."""

    centre: Numbers
    scale: Numbers
    weights: Numbers

    @classmethod
    def fit(cls, terms: Matrix, months: Array, seen: Array) -> SteadyRate:
        """From terms (n, f) at a state, months followed (n,) and whether a move ended them; NaN counts as the median.

        >>> terms = np.repeat(np.array([[0.0], [1.0]]), 400, 0)
        >>> months = np.where(terms[:, 0] > 0, 10.0, 20.0)
        >>> found = SteadyRate.fit(terms, months, np.ones(800, bool))
        >>> bool(np.diff(found.score(np.array([[0.0], [1.0]])))[0] > 0.4)  # twice the rate, drawn towards none
        True
        """
        known = ~np.isnan(terms).all(0)
        centre, scale = np.zeros(terms.shape[1]), np.full(terms.shape[1], np.inf)
        centre[known] = np.nanmedian(terms[:, known], axis=0)
        scale[known] = np.nanstd(terms[:, known], axis=0)
        scale[~(scale > SPREAD)] = np.inf
        plain = cls(centre, scale, np.zeros(terms.shape[1]))
        x = np.concatenate([np.ones((len(terms), 1)), plain._standard(terms)], 1)
        return cls(centre, scale, _newton(x, months.astype(np.float64), seen.astype(np.float64))[1:])

    def score(self, terms: Matrix) -> Numbers:
        """(n,) log of the rate against that of the middle officer."""
        return np.asarray(self._standard(terms) @ self.weights, np.float64)

    def _standard(self, terms: Matrix) -> Matrix:
        filled = np.where(np.isnan(terms), self.centre, terms)
        return np.asarray(np.clip((filled - self.centre) / self.scale, -WIDEST, WIDEST), np.float64)


def _newton(x: Matrix, months: Numbers, moves: Numbers) -> Numbers:
    """Weights of x (n, 1 + f), whose first column is 1 and is not penalised."""
    weights = np.zeros(x.shape[1])
    weights[0] = np.log(max(moves.sum(), 0.5) / months.sum())
    penalty = np.append(0.0, np.full(x.shape[1] - 1, PENALTY))
    for _ in range(STEPS):
        expected = months * np.exp(np.clip(x @ weights, -30.0, 5.0))
        slope = x.T @ (moves - expected) - penalty * weights
        bend = (x * expected[:, None]).T @ x + np.diag(penalty)
        step = np.clip(np.linalg.solve(bend, slope), -LONGEST_STEP, LONGEST_STEP)
        weights = weights + step
        if np.abs(step).max() < SPREAD:
            break
    return np.asarray(weights)
