"""Which themes may be told as reasons: those that told something of later years.

A model always finds a little in a column that means nothing. Before a theme is told to anybody, the models fitted a
horizon earlier are asked about the years held out; of the themes that policy lists for the outcome those speak that go
with what came there, by themselves or by one of their sentences. In small forces a cause may hide behind the noise of
its own theme (a short tenure behind the years in a rank), so sentences are looked at one by one too. A theme that means
something does not speak for a sentence that means nothing: beside the one that tells most, each must go surely with
what came, together with the rest of its theme or without it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import expit

from data_contracts.policy import policy
from models.base import Matrix, Numbers
from models.risk.explain import CODES, ThemeSums, quiet_facets, theme_sums, unlisted
from models.risk.record_words import BAD, OWNER
from models.risk.themes import FACETS
from training.risk.choosing import Judged, Weights

PULL = 1.0  # rows' worth of belief that a theme tells nothing
NOTHING, TOLERANCE, STEPS = 1e-9, 1e-8, 50


def silent_themes(judged: Judged, weights: Weights, outcome: str) -> tuple[str, ...]:
    """What is not told of an outcome by a blend of members that were fitted before the years held out: codes of themes,
    and the shown columns of single facets in themes that are told.

    Years that do not know what they were asked about tell nothing; without any, only what policy does not list is
    silent. In a theme of bad things all facets speak: what was long ago stands there for days since.
    """
    sums, answers = list[ThemeSums](), list[Numbers]()
    for year in judged.years:
        if year.asked is not None:
            parts = [weight * year.early[name].contributions(year.asked.x) for name, weight in weights.items()]
            sums.append(theme_sums(np.sum(parts, axis=0), year.asked.names))
            answers.append(year.answers)
    if not sums:
        return unlisted(outcome)
    stacked, y = ThemeSums.stacked(sums), np.concatenate(answers)
    worth, alone, without = theme_worth(stacked, y), facet_worth(stacked, y), lone_facet_worth(stacked, y)
    least, sentence = policy().reasons.least_evidence, policy().reasons.least_sentence_evidence
    listed = policy().reasons.themes_of(outcome)
    best = {code: max([worth.get(code, -np.inf), *_of_theme(alone, code)]) for code in listed}
    loudest = max(best, key=lambda code: best[code], default=None)  # a warning is never without any reason
    themes = [code for code in CODES if code != loudest and best.get(code, -np.inf) < least]
    sure = {place: max(z, without[place]) for place, z in alone.items()}
    facets = [
        facet.shown
        for place, (theme, facet) in enumerate(FACETS)
        if theme.code not in themes
        and not theme.bad
        and sure.get(place, -np.inf) < min(sentence, max(_of_theme(sure, theme.code), default=-np.inf))
    ]
    return (*themes, *facets)


def _of_theme(alone: Mapping[int, float], code: str) -> list[float]:
    """What its sentences tell one by one; those of bad things are windows of one thing, and are taken together. A
    theme does not speak by what policy wants told of no outcome."""
    never = quiet_facets(policy().reasons.never_told)
    return [z for place, z in alone.items() if CODES[OWNER[place]] == code and not BAD[place] and not never[place]]


def facet_worth(sums: ThemeSums, y: Numbers) -> dict[int, float]:
    """The same as `theme_worth` by facet (its place in FACETS), all other facets held equal."""
    return _evidence(np.column_stack([sums.facets, sums.other]), y, len(FACETS))


def lone_facet_worth(sums: ThemeSums, y: Numbers) -> dict[int, float]:
    """The same, each facet as if it were all that its theme has, the other themes held equal: two sentences that say
    nearly the same share what `facet_worth` gives to each."""
    found: dict[int, float] = {}
    for place, theme in enumerate(OWNER.tolist()):
        others = np.delete(sums.themes, theme, axis=1)
        for z in _evidence(np.column_stack([sums.facets[:, place], others, sums.other]), y, 1).values():
            found[place] = z
    return found


def theme_worth(sums: ThemeSums, y: Numbers) -> dict[str, float]:
    """By how many standard errors what a theme adds goes with what came, the other themes held equal.

    The themes' sums are the covariates of one logistic regression on `y` (n,) in [0, 1], with a slight pull to zero:
    a theme that means something has a coefficient above zero, whether or not the model made too much of it. Themes
    that say nothing are left out.
    """
    found = _evidence(np.column_stack([sums.themes, sums.other]), y, len(CODES))
    return {CODES[place]: z for place, z in found.items()}


def _evidence(said: Matrix, y: Numbers, told_of: int) -> dict[int, float]:
    """The standard errors by which each of the first `told_of` columns of `said` (n, k) goes with `y` (n,)."""
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
    return {int(place): float(theta[row] / error[row]) for row, place in enumerate(told, 1) if place < told_of}
