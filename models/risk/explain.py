"""Reasons: what columns add to the log-odds, summed by theme, told in words with numbers, days and peers.

What raises the chance are reasons; what lowers it are strengths, which an officer may see and a leader commend.
The sums of all themes, of the columns of none, and the base are together the log-odds of the chance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.risk.facets import number_told
from models.risk.record_words import CODES, ONE_COUNT, OWNER, CodesSaid, Record, Sizes
from models.risk.themes import FACETS, LEAST_CROWD, SHOWN, THEMES, facet_of, theme_of

SMALLEST = 0.02  # log-odds; less than two per cent either way is no reason
OF_THEME = np.eye(len(CODES))[OWNER]  # (facets, themes)
SEVERAL = 0.5  # log-odds above the base that are owed an explanation, be it that nothing stands out
NO_FIGURE = "several"  # the code of a line that no single figure can speak for
MANY_SMALL = Bilingual(
    "多项因素合在一起，其中没有一项可以单独说成原因",
    "several things together; none of them can be told as a reason by itself",
)
MOST = 0.5  # of what a facet adds, that the columns of its figure must add before the figure is told


@dataclass(frozen=True)
class ThemeSums:
    """Parts of the log-odds: by facet (n, facets), of columns of no theme (n,), and the base (n,).

    `figures` (n, facets) are the parts of those columns of each facet that say the same as the figure it tells.
    """

    facets: NDArray[np.float64]
    figures: NDArray[np.float64]
    other: Numbers
    base: Numbers

    @classmethod
    def stacked(cls, several: Sequence[ThemeSums]) -> ThemeSums:
        """Several of them, one under the other."""
        names = ("facets", "figures", "other", "base")
        return cls(*(np.concatenate([getattr(one, name) for one in several]) for name in names))

    @property
    def themes(self) -> NDArray[np.float64]:
        """By theme, (n, themes) in the order of THEMES."""
        summed: NDArray[np.float64] = self.facets @ OF_THEME
        return summed

    @property
    def log_odds(self) -> Numbers:
        """Everything together, (n,)."""
        return np.asarray(self.facets.sum(axis=1) + self.other + self.base, dtype=np.float64)

    def sizes(self, quiet: NDArray[np.bool_]) -> Sizes:
        """What each theme adds by its facets that are not `quiet` (facets,).

        Its share, between 0 and 1, is in all that moves a chance from the base: spoken, quiet and of no theme.
        """
        spoken, silent = (np.where(some, self.facets, 0.0) @ OF_THEME for some in (~quiet, quiet))
        whole = (np.abs(spoken) + np.abs(silent)).sum(axis=1, keepdims=True) + np.abs(self.other)[:, None]
        share = np.divide(np.abs(spoken), whole, out=np.zeros_like(spoken), where=whole > 0)
        raising = (np.maximum(spoken, 0.0) + np.maximum(silent, 0.0)).sum(axis=1) + np.maximum(self.other, 0.0)
        whole = whole[:, 0]
        return Sizes(spoken, share, raising, np.divide(raising, whole, out=np.zeros_like(whole), where=whole > 0))


def theme_sums(contributions: Numbers, names: Sequence[str]) -> ThemeSums:
    """From (n, f + 1) contributions, the base last, and the f column names.

    >>> sums = theme_sums(np.array([[0.5, -0.2, 0.1, -3.0]]), ["complaints_12m", "honours_60m", "xyz"])
    >>> float(sums.log_odds[0].round(3)), dict(zip(CODES, sums.themes[0].tolist()))["honours"]
    (-2.6, -0.2)
    """
    parts = contributions @ _spread(tuple(names))
    figures = contributions[:, :-1] @ _figures(tuple(names))
    return ThemeSums(parts[:, :-2], figures, parts[:, -2], parts[:, -1])


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
def _figures(names: tuple[str, ...]) -> NDArray[np.float64]:
    """(f, facets) which columns say the same as the figure of their facet."""
    same = np.zeros((len(names), len(FACETS)))
    for place, name in enumerate(names):
        facet = facet_of(name)
        if facet is not None and FACETS[facet][1].moves(name):
            same[place, facet] = 1.0
    return same


@lru_cache(maxsize=64)
def quiet_facets(silent: tuple[str, ...]) -> NDArray[np.bool_]:
    """(facets,) whether a facet is not told, by the code of its theme or by the column that it shows.

    >>> bool(quiet_facets(("honours",)).sum() == 1), int(quiet_facets(("tenure_days",)).sum())
    (True, 1)
    """
    return np.array([theme.code in silent or facet.shown in silent for theme, facet in FACETS], dtype=bool)


def unlisted(outcome: str) -> tuple[str, ...]:
    """The themes that policy does not list for an outcome, and the columns that it wants told of none.

    >>> "supervisor" in unlisted("strain"), "workload" in unlisted("strain"), "education" in unlisted("strain")
    (True, False, True)
    """
    rules = policy().reasons
    listed = rules.themes_of(outcome)
    return (*(code for code in CODES if code not in listed), *rules.never_told)


@dataclass(frozen=True)
class Told:
    """Turns sums into sentences.

    `means` are of everybody the model was trained on last. What is in `silent`, themes or single facets by the column
    they show, is never told: policy does not list the theme for the outcome, or it told nothing of later years. Of
    codes those of `codes` are told, with the sign and the figures that they have there.
    """

    means: Mapping[str, float]
    silent: Sequence[str] = ()
    codes: CodesSaid = field(default_factory=CodesSaid)

    def both(self, frame: pd.DataFrame, sums: ThemeSums, top: int) -> tuple[list[str], list[str]]:
        """(reasons, strengths): for each row the JSON of at most `top` of each, strongest first.

        `frame` has as_of and the features of the rows of `sums`. A facet without a known value is not told, nor one
        whose figure is not what moved the chance: such themes are named after the others, with what they add together.
        Where nothing can be told of a chance well above the usual, that is what is said, with all that raises it.
        """
        return self.both_of(Record.of(frame, self.means), sums, top)

    def both_of(self, record: Record, sums: ThemeSums, top: int) -> tuple[list[str], list[str]]:
        """The same of a record that was read from its frame already."""
        quiet = quiet_facets(tuple(self.silent))
        sizes = sums.sizes(quiet)
        reasons, strengths = (
            self._one_way(record, sizes, _choose(sums, record.fits(sign, self.codes.rates), sign, top, quiet), sign)
            for sign in (1.0, -1.0)
        )
        above = sums.log_odds - sums.base >= SEVERAL
        told = [
            [_many_small(sizes, row)] if high and not some else some
            for row, (some, high) in enumerate(zip(reasons, above, strict=True))
        ]
        return [_text(some) for some in told], [_text(some) for some in strengths]

    def _one_way(self, record: Record, sizes: Sizes, chosen: Chosen, sign: float) -> list[list[dict[str, Any]]]:
        told = record.sentences(chosen.facets, sizes, sign, self.codes)
        return [
            [*some, *_left_out(np.flatnonzero(left).tolist(), sizes, row, sign)]
            for row, (some, left) in enumerate(zip(told, chosen.left_out, strict=True))
        ]

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
    return [_text(some) for some in record.sentences(places, None)]


@dataclass(frozen=True)
class Chosen:
    """(n, top) places in FACETS of what is told, strongest theme first, -1 for nothing.

    `left_out` (n, themes) is whether a theme is not told because no figure of it is what moved the chance.
    """

    facets: NDArray[np.intp]
    left_out: NDArray[np.bool_]


def _choose(sums: ThemeSums, fits: NDArray[np.bool_], sign: float, top: int, quiet: NDArray[np.bool_]) -> Chosen:
    """Of a theme the facet that adds most is told, among those whose number fits what is said.

    The columns of its figure must add the greater part of it, the same way. Only where the facets of a theme are
    windows of one count may it be one that adds nothing itself: what was long ago then stands for what is added by
    days since.
    """
    added, worth = sign * sums.facets, np.where(quiet, 0.0, sign * sums.facets) @ OF_THEME
    fit = fits & ~quiet & (ONE_COUNT | (added >= SMALLEST))
    stands = ONE_COUNT | (sign * sums.figures >= MOST * added)
    parts = np.where(fit & stands, added, -np.inf)
    each = [np.where(theme == OWNER, parts, -np.inf) for theme in range(len(CODES))]
    spoken, facet = (np.stack([getattr(one, how)(axis=1) for one in each], axis=1) for how in ("max", "argmax"))
    told = np.where(np.isfinite(spoken), worth, -np.inf)
    order = np.argsort(-told, axis=1, kind="stable")[:, :top]
    rows = np.arange(len(order))[:, None]
    silent = (worth >= SMALLEST) & ~np.isfinite(spoken) & ((fit & ~stands) @ OF_THEME > 0)
    return Chosen(np.where(told[rows, order] >= SMALLEST, facet[rows, order], -1), silent)


def _left_out(themes: Sequence[int], sizes: Sizes, row: int, sign: float) -> list[dict[str, Any]]:
    """What is said of themes that are left out, by their places in THEMES, the heaviest first; nothing without any."""
    if not themes:
        return []
    heaviest = sorted(themes, key=lambda theme: -abs(sizes.log_odds[row, theme]))
    named = [Bilingual(THEMES[theme].zh, THEMES[theme].en) for theme in heaviest]
    return [_together(_left_out_told(named, sign), sizes.log_odds[row, themes].sum(), sizes.share[row, themes].sum())]


def _left_out_told(named: Sequence[Bilingual], sign: float) -> Bilingual:
    """That the figures of these themes move the chance together.

    >>> _left_out_told([Bilingual("考核", "appraisals")], 1.0).en
    'appraisals: its figures together raise the chance; no single one of them is surely what does'
    """
    way = Bilingual("推高", "raise") if sign > 0 else Bilingual("拉低", "lower")
    whose = "its" if len(named) == 1 else "their"
    return Bilingual(
        f"{'、'.join(one.zh for one in named)}：其各项数字合在一起{way.zh}概率，没有哪一项能确定是单独起作用的",
        f"{', '.join(one.en for one in named)}: {whose} figures together {way.en} the chance; "
        "no single one of them is surely what does",
    )


def _many_small(sizes: Sizes, row: int) -> dict[str, Any]:
    """What is said of a chance well above the usual of which nothing can be told by itself."""
    return _together(MANY_SMALL, sizes.raising[row], sizes.raising_share[row])


def _together(words: Bilingual, log_odds: float, share: float) -> dict[str, Any]:
    return {
        "theme": NO_FIGURE,
        "text": {"zh": words.zh, "en": words.en},
        "since": None,
        "strength": round(min(float(share), 1.0), 3),
        "contribution": round(float(log_odds), 3),
    }


def _text(told: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(told, ensure_ascii=False)


__all__ = ["CODES", "SHOWN", "SMALLEST", "THEMES", "ThemeSums", "Told", "number_told", "theme_of", "theme_sums"]
