"""Reasons: what columns add to the log-odds, summed by theme, told in words with numbers, days and peers.

What raises the chance are reasons; what lowers it are strengths, which an officer may see and a leader commend.
The sums of all themes, of the columns of none, and the base are together the log-odds of the chance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.policy import policy
from models.base import Numbers
from models.risk.record_words import BAD, CODES, OWNER, Record, number_told
from models.risk.themes import FACETS, LEAST_CROWD, SHOWN, THEMES, facet_of, theme_of

SMALLEST = 0.02  # log-odds; less than two per cent either way is no reason
OF_THEME = np.eye(len(CODES))[OWNER]  # (facets, themes)
SEVERAL = 0.5  # log-odds above the base that are owed an explanation, be it that nothing stands out
MANY_SMALL: dict[str, Any] = {
    "theme": "several",
    "text": {
        "zh": "多项因素合在一起，其中没有一项可以单独说成原因",
        "en": "several things together; none of them can be told as a reason by itself",
    },
    "since": None,
    "strength": None,
}


@dataclass(frozen=True)
class ThemeSums:
    """Parts of the log-odds: by facet (n, facets), of columns of no theme (n,), and the base (n,)."""

    facets: NDArray[np.float64]
    other: Numbers
    base: Numbers

    @classmethod
    def stacked(cls, several: Sequence[ThemeSums]) -> ThemeSums:
        """Several of them, one under the other."""
        facets, other, base = (
            np.concatenate([getattr(one, name) for one in several]) for name in ("facets", "other", "base")
        )
        return cls(facets, other, base)

    @property
    def themes(self) -> NDArray[np.float64]:
        """By theme, (n, themes) in the order of THEMES."""
        summed: NDArray[np.float64] = self.facets @ OF_THEME
        return summed

    @property
    def log_odds(self) -> Numbers:
        """Everything together, (n,)."""
        return np.asarray(self.facets.sum(axis=1) + self.other + self.base, dtype=np.float64)

    @property
    def strength(self) -> NDArray[np.float64]:
        """The share of each theme in all that moves a chance from the base, (n, themes), between 0 and 1."""
        size = np.abs(self.themes)
        whole = size.sum(axis=1, keepdims=True) + np.abs(self.other)[:, None]
        share: NDArray[np.float64] = np.divide(size, whole, out=np.zeros_like(size), where=whole > 0)
        return share


def theme_sums(contributions: Numbers, names: Sequence[str]) -> ThemeSums:
    """From (n, f + 1) contributions, the base last, and the f column names.

    >>> sums = theme_sums(np.array([[0.5, -0.2, 0.1, -3.0]]), ["complaints_12m", "honours_60m", "xyz"])
    >>> float(sums.log_odds[0].round(3)), dict(zip(CODES, sums.themes[0].tolist()))["honours"]
    (-2.6, -0.2)
    """
    parts = contributions @ _spread(tuple(names))
    return ThemeSums(parts[:, :-2], parts[:, -2], parts[:, -1])


@lru_cache(maxsize=64)
def _spread(names: tuple[str, ...]) -> NDArray[np.float64]:
    """(f + 1, facets + 2) which column adds to which facet, to no theme, or is the base; the same for every request."""
    spread = np.zeros((len(names) + 1, len(FACETS) + 2))
    spread[-1, -1] = 1.0
    for place, name in enumerate(names):
        facet = facet_of(name)
        spread[place, -2 if facet is None else facet] = 1.0
    return spread


@lru_cache(maxsize=64)
def quiet_facets(silent: tuple[str, ...]) -> NDArray[np.bool_]:
    """(facets,) whether a facet is not told, by the code of its theme or by the column that it shows.

    >>> bool(quiet_facets(("honours",)).sum() == 1), int(quiet_facets(("tenure_days",)).sum())
    (True, 1)
    """
    return np.array([theme.code in silent or facet.shown in silent for theme, facet in FACETS], dtype=bool)


def unlisted(outcome: str) -> tuple[str, ...]:
    """The themes that policy does not list for an outcome.

    >>> "supervisor" in unlisted("strain"), "workload" in unlisted("strain")
    (True, False)
    """
    listed = policy().reasons.themes_of(outcome)
    return tuple(code for code in CODES if code not in listed)


@dataclass(frozen=True)
class Told:
    """Turns sums into sentences.

    `means` are of everybody the model was trained on last. What is in `silent`, themes or single facets by the column
    they show, is never told: policy does not list the theme for the outcome, or it told nothing of later years.
    """

    means: Mapping[str, float]
    silent: Sequence[str] = ()

    def both(self, frame: pd.DataFrame, sums: ThemeSums, top: int) -> tuple[list[str], list[str]]:
        """(reasons, strengths): for each row the JSON of at most `top` of each, strongest first.

        `frame` has as_of and the features of the rows of `sums`. A facet without a known value is not told; where
        nothing can be told of a chance well above the usual, that is what is said.
        """
        return self.both_of(Record.of(frame, self.means), sums, top)

    def both_of(self, record: Record, sums: ThemeSums, top: int) -> tuple[list[str], list[str]]:
        """The same of a record that was read from its frame already."""
        quiet = quiet_facets(tuple(self.silent))
        raising = _choose(sums, record.fits(1.0), 1.0, top, quiet)
        lowering = _choose(sums, record.fits(-1.0), -1.0, top, quiet)
        reasons = record.sentences(raising, sums.strength, 1.0)
        unexplained = (raising < 0).all(axis=1) & (sums.log_odds - sums.base >= SEVERAL)
        several = json.dumps([MANY_SMALL], ensure_ascii=False)
        told = [several if alone else reason for reason, alone in zip(reasons, unexplained, strict=True)]
        return told, record.sentences(lowering, sums.strength, -1.0)

    def reasons(self, frame: pd.DataFrame, sums: ThemeSums, top: int) -> list[str]:
        """Only what raises the chance."""
        return self.both(frame, sums, top)[0]


def record_told(frame: pd.DataFrame, means: Mapping[str, float]) -> list[str]:
    """For each row the JSON of everything that the sentences know of the record, whatever it adds to a chance.

    What is not known, and means of so few people that they would tell of one, are not told; `strength` is null.
    """
    record = Record.of(frame, means)
    told = ~np.isnan(record.value) & ~(record.crowd < LEAST_CROWD)
    places = np.where(told, np.arange(len(FACETS)), -1)
    found = record.sentences(places, np.zeros((len(frame), len(CODES))))
    return [json.dumps([{**one, "strength": None} for one in json.loads(text)], ensure_ascii=False) for text in found]


def _choose(
    sums: ThemeSums, fits: NDArray[np.bool_], sign: float, top: int, quiet: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """(n, top) places in FACETS of what is told, strongest theme first; -1 for nothing.

    Of a theme the facet that adds most is told, among those whose number fits what is said. Only in a theme of bad
    things may it be one that adds nothing itself: what was long ago then stands for what is added by days since.
    """
    added = sign * sums.facets
    parts = np.where(fits & ~quiet & (BAD | (added > 0)), added, -np.inf)
    spoken = np.stack([parts[:, theme == OWNER].max(axis=1) for theme in range(len(CODES))], axis=1)
    worth = np.where(np.isfinite(spoken), np.where(quiet, 0.0, added) @ OF_THEME, -np.inf)
    order = np.argsort(-worth, axis=1, kind="stable")[:, :top]
    facet = np.stack([np.where(theme == OWNER, parts, -np.inf).argmax(axis=1) for theme in range(len(CODES))], axis=1)
    rows = np.arange(len(order))[:, None]
    return np.where(worth[rows, order] >= SMALLEST, facet[rows, order], -1)


__all__ = ["CODES", "SHOWN", "SMALLEST", "THEMES", "ThemeSums", "Told", "number_told", "theme_of", "theme_sums"]
