"""Which themes may be told as reasons: those that told something of a later year.

A model always finds a little in a column that means nothing. Before a theme is told to anybody, the models fitted a
horizon earlier are asked what they would have said of the year held out without it; a theme whose absence costs
nothing there is silent.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import expit

from models.base import ExplainedModel, Matrix, Numbers
from models.calibration import Platt
from models.explain import CODES, ThemeSums, theme_sums

Z_LEAST = 2.0  # standard errors by which the loss must grow without a theme


def silent_themes(
    members: Mapping[str, ExplainedModel],
    weights: Mapping[str, float],
    platt: Platt,
    held_out: tuple[Matrix, Numbers],
    names: tuple[str, ...],
) -> tuple[str, ...]:
    """Codes of the themes that are not told, of a blend of `members` that were fitted before the year held out.

    `held_out` is x (n, f) and y (n,) in [0, 1] of that year, `platt` what calibrates the blend on it.
    """
    x, y = held_out
    parts = np.sum([weight * members[name].contributions(x) for name, weight in weights.items()], axis=0)
    sums = theme_sums(platt.slope * parts, names)
    worth = theme_worth(sums, y, platt.shift)
    loudest = max(worth, key=lambda code: worth[code], default=None)  # a warning is never without any reason
    return tuple(code for code in CODES if code != loudest and worth.get(code, -np.inf) < Z_LEAST)


def theme_worth(sums: ThemeSums, y: Numbers, shift: float = 0.0) -> dict[str, float]:
    """By how many standard errors the mean log-loss grows when a theme says the same of everybody.

    `y` (n,) in [0, 1]; `shift` is added to the log-odds of `sums`. Themes that say nothing are left out.
    """
    score, themes = sums.log_odds + shift, sums.themes
    loss = _loss(score, y)
    found = {}
    for place, code in enumerate(CODES):
        said = themes[:, place]
        if np.ptp(said) == 0.0:
            continue
        more = _loss(score - said + said.mean(), y) - loss
        error = more.std(ddof=1) / np.sqrt(len(more))
        found[code] = float(more.mean() / error) if error > 0 else 0.0
    return found


def _loss(score: Numbers, y: Numbers) -> Numbers:
    """Cross-entropy of each row, (n,), for labels that may be chances."""
    chance = np.clip(expit(score), 1e-9, 1 - 1e-9)
    each: Numbers = -(y * np.log(chance) + (1 - y) * np.log(1 - chance))
    return each
