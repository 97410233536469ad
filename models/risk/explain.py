"""Reasons: what columns add to the log-odds, summed by theme, told in words with numbers, days and peers.

What raises the chance are reasons; what lowers it are strengths, which an officer may see and a leader commend.
The sums of all themes, of the columns of none, and the base are together the log-odds of the chance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from models.base import Numbers
from models.risk.facets import differs_by, in_number
from models.risk.themes import FACETS, LEAST_CROWD, SHOWN, THEMES, Facet, facet_of, theme_of

SMALLEST = 0.02  # log-odds; less than two per cent either way is no reason
CODES = tuple(theme.code for theme in THEMES)
OWNER = np.array([CODES.index(theme.code) for theme, _ in FACETS])  # (facets,) place of each facet's theme
OF_THEME = np.eye(len(CODES))[OWNER]  # (facets, themes)
SEVERAL = 0.5  # log-odds above the base that are owed an explanation, be it that nothing stands out
MANY_SMALL: dict[str, Any] = {
    "theme": "several",
    "text": {
        "zh": "多项因素各有少许影响，没有单一主因",
        "en": "several things add a little each; none stands out",
    },
    "since": None,
    "strength": None,
}
BAD = np.array([theme.bad for theme, _ in FACETS])
MORE, LESS = (np.array([facet.worse == side for _, facet in FACETS]) for side in ("more", "less"))
SCALES = np.array([facet.scale for _, facet in FACETS])


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
    spread = np.zeros((len(names) + 1, len(FACETS) + 2))
    spread[-1, -1] = 1.0
    for place, name in enumerate(names):
        facet = facet_of(name)
        spread[place, -2 if facet is None else facet] = 1.0
    parts = contributions @ spread
    return ThemeSums(parts[:, :-2], parts[:, -2], parts[:, -1])


@dataclass(frozen=True)
class Told:
    """Turns sums into sentences.

    `means` are of everybody the model was trained on last; themes in `silent` (they told nothing of later years
    when the model was checked) are never told.
    """

    means: Mapping[str, float]
    silent: Sequence[str] = ()

    def both(self, frame: pd.DataFrame, sums: ThemeSums, top: int) -> tuple[list[str], list[str]]:
        """(reasons, strengths): for each row the JSON of at most `top` of each, strongest first.

        `frame` has as_of and the features of the rows of `sums`. A facet without a known value is not told; where
        nothing can be told of a chance well above the usual, that is what is said.
        """
        record = _Record.of(frame, self.means)
        raising = _choose(sums, record.fits(1.0), 1.0, top, self.silent)
        lowering = _choose(sums, record.fits(-1.0), -1.0, top, self.silent)
        reasons = record.sentences(raising, sums.strength)
        unexplained = (raising < 0).all(axis=1) & (sums.log_odds - sums.base >= SEVERAL)
        several = json.dumps([MANY_SMALL], ensure_ascii=False)
        told = [several if alone else reason for reason, alone in zip(reasons, unexplained, strict=True)]
        return told, record.sentences(lowering, sums.strength)

    def reasons(self, frame: pd.DataFrame, sums: ThemeSums, top: int) -> list[str]:
        """Only what raises the chance."""
        return self.both(frame, sums, top)[0]


def record_told(frame: pd.DataFrame, means: Mapping[str, float]) -> list[str]:
    """For each row the JSON of everything that the sentences know of the record, whatever it adds to a chance.

    What is not known, and means of so few people that they would tell of one, are not told; `strength` is null.
    """
    record = _Record.of(frame, means)
    told = ~np.isnan(record.value) & ~(record.crowd < LEAST_CROWD)
    places = np.where(told, np.arange(len(FACETS)), -1)
    found = record.sentences(places, np.zeros((len(frame), len(CODES))))
    return [json.dumps([{**one, "strength": None} for one in json.loads(text)], ensure_ascii=False) for text in found]


def _choose(sums: ThemeSums, fits: NDArray[np.bool_], sign: float, top: int, silent: Sequence[str]) -> NDArray[np.intp]:
    """(n, top) places in FACETS of what is told, strongest theme first; -1 for nothing.

    Of a theme the facet that adds most is told, among those whose number fits what is said. Only in a theme of bad
    things may it be one that adds nothing itself: what was long ago then stands for what is added by days since.
    """
    parts = np.where(fits & (BAD | (sign * sums.facets > 0)), sign * sums.facets, -np.inf)
    spoken = np.stack([parts[:, theme == OWNER].max(axis=1) for theme in range(len(CODES))], axis=1)
    worth = np.where(np.isfinite(spoken), sign * sums.themes, -np.inf)
    worth[:, [CODES.index(code) for code in silent if code in CODES]] = -np.inf
    order = np.argsort(-worth, axis=1, kind="stable")[:, :top]
    facet = np.stack([np.where(theme == OWNER, parts, -np.inf).argmax(axis=1) for theme in range(len(CODES))], axis=1)
    rows = np.arange(len(order))[:, None]
    return np.where(worth[rows, order] >= SMALLEST, facet[rows, order], -1)


@dataclass(frozen=True)
class _Record:
    """What the sentences need of a frame, by facet: value, mean of others in the post, days since the last, and how
    many the value is a mean of (NaN where it is of the officer alone)."""

    days: list[date]
    value: NDArray[np.float64]
    post: NDArray[np.float64]
    last: NDArray[np.float64]
    mean: Numbers
    crowd: NDArray[np.float64]
    _starts: dict[tuple[date, int], str] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pd.DataFrame, means: Mapping[str, float]) -> _Record:
        value = _columns(frame, [facet.shown for _, facet in FACETS])
        return cls(
            days=pd.to_datetime(frame["as_of"]).dt.date.to_list(),
            value=value,
            post=value - _columns(frame, [facet.post for _, facet in FACETS]),
            last=_columns(frame, [facet.last for _, facet in FACETS]),
            mean=np.array([means.get(facet.shown, np.nan) for _, facet in FACETS]),
            crowd=_columns(frame, [facet.crowd for _, facet in FACETS]),
        )

    def fits(self, sign: float) -> NDArray[np.bool_]:
        """Whether a facet's number is known, tells of nobody else and differs from the usual the way that is said,
        (n, facets).

        The usual is the mean of the force, or of the others in the post where that is unknown. In a theme of bad
        things, and where more is worse, a reason is more and a strength less; where less is worse it is the other way
        round; elsewhere either will do. Without a usual only bad things have a side: none of them is no reason.
        """
        usual = np.where(np.isnan(self.mean), self.post, self.mean)
        apart = differs_by(usual, SCALES)
        above, below = self.value > usual + apart, self.value < usual - apart
        more, less = (above, below) if sign > 0 else (below, above)
        said = np.where(BAD | MORE, more, np.where(LESS, less, above | below))
        alone = ~BAD | ((self.value > 0) if sign > 0 else (self.value <= 0))
        told: NDArray[np.bool_] = ~np.isnan(self.value) & ~(self.crowd < LEAST_CROWD)
        return told & np.where(np.isnan(usual), alone, said)

    def sentences(self, chosen: NDArray[np.intp], strength: NDArray[np.float64]) -> list[str]:
        """The JSON of each row."""
        return [
            json.dumps([self._told(row, place, strength) for place in places if place >= 0], ensure_ascii=False)
            for row, places in enumerate(chosen.tolist())
        ]

    def _told(self, row: int, place: int, strength: NDArray[np.float64]) -> dict[str, Any]:
        theme, facet = FACETS[place]
        start = self._start(row, facet)
        last = self._last(row, place)
        value = number_told(self.value[row, place] / facet.scale)
        peers = self._peers(row, place, facet)
        days = facet.day_told(last)
        zh = (facet.zh.format(value=value, start=start) + peers[0], days[0], theme.note_zh)
        en = (in_number(facet.en, value).format(value=value, start=start) + peers[1], days[1], theme.note_en)
        return {
            "theme": theme.code,
            "text": {"zh": "；".join(filter(None, zh)), "en": "; ".join(filter(None, en))},
            "since": last or start or None,
            "strength": round(float(strength[row, OWNER[place]]), 3),
        }

    def _start(self, row: int, facet: Facet) -> str:
        if facet.months is None:
            return ""
        key = (self.days[row], facet.months)
        if key not in self._starts:
            self._starts[key] = add_months(key[0], -facet.months).isoformat()
        return self._starts[key]

    def _last(self, row: int, place: int) -> str:
        days = self.last[row, place]
        return "" if np.isnan(days) else date.fromordinal(self.days[row].toordinal() - int(days)).isoformat()

    def _peers(self, row: int, place: int, facet: Facet) -> tuple[str, str]:
        """How the others in the same post stand, where that is known, and the whole force."""
        post, force = self.post[row, place] / facet.scale, self.mean[place] / facet.scale
        zh, en = [], []
        if not np.isnan(post):
            zh.append(f"同岗位其他人平均{number_told(post)}")
            en.append(f"others in the same post {number_told(post)}")
        if not np.isnan(force):
            zh.append(f"全员平均{number_told(force)}")
            en.append(f"all officers {number_told(force)}")
        return (f"（{'，'.join(zh)}）", f" ({', '.join(en)} on average)") if zh else ("", "")


def _columns(frame: pd.DataFrame, names: Sequence[str | None]) -> NDArray[np.float64]:
    """(n, names); NaN where the frame lacks the column."""
    known: dict[str | None, Numbers] = {
        name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in {*names} if name in frame.columns
    }
    nothing = np.full(len(frame), np.nan)
    return np.stack([known.get(name, nothing) for name in names], axis=1)


def number_told(value: float) -> str:
    """Short for people: whole numbers whole, others with one or two digits.

    >>> number_told(3.0), number_told(0.128), number_told(11.46), number_told(-0.001)
    ('3', '0.13', '11.5', '0.00')
    """
    if float(value).is_integer():
        return str(int(value))
    told = f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"
    return told.removeprefix("-") if float(told) == 0 else told


__all__ = ["CODES", "SHOWN", "SMALLEST", "THEMES", "ThemeSums", "Told", "number_told", "theme_of", "theme_sums"]
