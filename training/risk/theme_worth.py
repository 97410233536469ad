"""Which themes may be told as reasons: those that told something of later years.

A model always finds a little in a column that means nothing. Before a theme is told to anybody, the models fitted a
horizon earlier are asked about the years held out; a theme that does not go with what came there is silent.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from models.base import Numbers
from models.risk.explain import CODES, ThemeSums, theme_sums
from training.risk.choosing import Judged, Weights

Z_LEAST = 2.0  # standard errors by which what a theme adds must go with what came
PULL = 1.0  # rows' worth of belief that a theme tells nothing
NOTHING, TOLERANCE, STEPS = 1e-9, 1e-8, 50


def silent_themes(judged: Judged, weights: Weights) -> tuple[str, ...]:
    """Codes of the themes that are not told, of a blend of members that were fitted before the years held out.

    Years that do not know what they were asked about tell nothing; without any, no theme is silent.
    """
    sums, answers = list[ThemeSums](), list[Numbers]()
    for year in judged.years:
        if year.asked is not None:
            parts = [weight * year.early[name].contributions(year.asked.x) for name, weight in weights.items()]
            sums.append(theme_sums(np.sum(parts, axis=0), year.asked.names))
            answers.append(year.answers)
    if not sums:
        return ()
    worth = theme_worth(ThemeSums.stacked(sums), np.concatenate(answers))
    loudest = max(worth, key=lambda code: worth[code], default=None)  # a warning is never without any reason
    return tuple(code for code in CODES if code != loudest and worth.get(code, -np.inf) < Z_LEAST)


def theme_worth(sums: ThemeSums, y: Numbers) -> dict[str, float]:
    """By how many standard errors what a theme adds goes with what came, the other themes held equal.

    The themes' sums are the covariates of one logistic regression on `y` (n,) in [0, 1], with a slight pull to zero:
    a theme that means something has a coefficient above zero, whether or not the model made too much of it. Themes
    that say nothing are left out.
    """
    said = np.column_stack([sums.themes, sums.other])
    spread = said.std(axis=0)
    told = np.flatnonzero(spread > NOTHING)
    z = np.column_stack([np.ones(len(y)), (said[:, told] - said[:, told].mean(axis=0)) / spread[told]])
    pull = np.array([0.0] + [PULL] * len(told))
    theta = np.zeros(z.shape[1])
    for _ in range(STEPS):
        chance = expit(z @ theta)
        curve = (z * (chance * (1 - chance))[:, None]).T @ z + np.diag(pull + NOTHING)
        step = np.linalg.solve(curve, z.T @ (chance - y) + pull * theta)
        theta = theta - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < TOLERANCE:
            break
    error = np.sqrt(np.diag(np.linalg.inv(curve)))
    return {CODES[place]: float(theta[row] / error[row]) for row, place in enumerate(told, 1) if place < len(CODES)}
