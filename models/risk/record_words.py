"""What the sentences know of a record: its numbers, its days, and how others stand, told the way the chance goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from models.base import Numbers
from models.risk.code_words import code_told
from models.risk.facets import differs_by, in_number
from models.risk.themes import FACETS, LEAST_CROWD, THEMES, Facet

CODES = tuple(theme.code for theme in THEMES)
OWNER = np.array([CODES.index(theme.code) for theme, _ in FACETS])  # (facets,) place of each facet's theme
BAD = np.array([theme.bad for theme, _ in FACETS])
ONE_COUNT = np.array([theme.one_count for theme, _ in FACETS])
NAMED = np.array([facet.named for _, facet in FACETS])
SIDE = np.where(BAD, 1.0, [{"more": 1.0, "less": -1.0, None: 0.0}[facet.worse] for _, facet in FACETS])  # nought: codes
POST_SIZE = "post_size"  # officers in the post, the officer included
PEERS = ("同岗位其他人平均", "全员平均"), ("others in the same post", "all officers")
SCALES = np.array([facet.scale for _, facet in FACETS])
FINDINGS = np.array([facet.shown.startswith("complaints_sustained") for _, facet in FACETS])  # the count is of findings
SAME_THEME = np.equal.outer(OWNER, OWNER).astype(np.float64)  # (facets, facets)
CodeSigns = Mapping[str, Mapping[str, int]]  # by column and code: 1 surely more often than others, -1 less often
NO_CODES: CodeSigns = {}


@dataclass(frozen=True)
class Sizes:
    """Of each theme, (n, themes): what those of its facets that may be told add to the log-odds, and the share of that
    in all that moves the chance."""

    log_odds: NDArray[np.float64]
    share: NDArray[np.float64]


@dataclass(frozen=True)
class Record:
    """What the sentences need of a frame, by facet: value, mean of others in the post (NaN too where these are fewer
    than LEAST_CROWD with the officer), days since the last, how many the value is a mean of (NaN where it is of the
    officer alone), and how many of the complaints were sustained. `codes` hold what facets that name a code tell of,
    null where unknown."""

    days: list[date]
    value: NDArray[np.float64]
    post: NDArray[np.float64]
    last: NDArray[np.float64]
    mean: Numbers
    crowd: NDArray[np.float64]
    sustained: NDArray[np.float64]
    codes: Mapping[str, NDArray[np.object_]]
    _starts: dict[tuple[date, int], str] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pd.DataFrame, means: Mapping[str, float]) -> Record:
        """Of a frame with as_of and features; `means` are of the force."""
        value = _columns(frame, [None if facet.named else facet.shown for _, facet in FACETS])
        named = {facet.shown for _, facet in FACETS if facet.named} & {*frame.columns}
        few = _columns(frame, [POST_SIZE]) < LEAST_CROWD  # whose post is known and small: its mean is nearly a record
        return cls(
            days=pd.to_datetime(frame["as_of"]).dt.date.to_list(),
            value=value,
            post=np.where(few, np.nan, value - _columns(frame, [facet.post for _, facet in FACETS])),
            last=_columns(frame, [facet.last for _, facet in FACETS]),
            mean=np.array([means.get(facet.shown, np.nan) for _, facet in FACETS]),
            crowd=_columns(frame, [facet.crowd for _, facet in FACETS]),
            sustained=_columns(frame, [facet.sustained for _, facet in FACETS]),
            codes={name: _codes(frame[name]) for name in sorted(named)},
        )

    def fits(self, sign: float, codes: CodeSigns = NO_CODES) -> NDArray[np.bool_]:
        """Whether a facet's number is known, tells of nobody else and differs from the usual the way that is said,
        (n, facets).

        The usual is the mean of the force, or of the others in the post where that is unknown. In a theme of bad
        things, and where more is worse, a reason is more and a strength less; where less is worse it is the other way
        round. Without a usual only bad things have a side: none of them is no reason. A code has no usual: it is told
        where `codes` says that its officers surely had the outcome more often (less often) than the others. A theme
        with a finding in any of its windows is no strength, be the count as low as it may.
        """
        usual = np.where(np.isnan(self.mean), self.post, self.mean)
        apart = differs_by(usual, SCALES)
        above, below = self.value > usual + apart, self.value < usual - apart
        said = np.where(sign * SIDE > 0, above, below)
        alone = ~BAD | ((self.value > 0) if sign > 0 else (self.value <= 0))
        told: NDArray[np.bool_] = ~np.isnan(self.value) & ~(self.crowd < LEAST_CROWD)
        if sign < 0:
            told &= ~self._found()
        return (told & np.where(np.isnan(usual), alone, said)) | self._coded(sign, codes)

    def _found(self) -> NDArray[np.bool_]:
        """Whether the facet's theme counts something that was found sustained, (n, facets)."""
        counted = np.where(FINDINGS, self.value, self.sustained) > 0
        found: NDArray[np.bool_] = (counted @ SAME_THEME) > 0
        return found

    def _coded(self, sign: float, signs: CodeSigns) -> NDArray[np.bool_]:
        """Whether a facet that names a code has one of that sign to name, (n, facets)."""
        fit = np.zeros(self.value.shape, dtype=bool)
        for place in np.flatnonzero(NAMED).tolist():
            name = FACETS[place][1].shown
            codes, sure = self.codes.get(name), signs.get(name, {})
            if codes is not None:
                fit[:, place] = [sure.get(code, 0) * sign > 0 for code in codes]
        return fit

    def sentences(self, chosen: NDArray[np.intp], sizes: Sizes | None, sign: float = 0.0) -> list[list[dict[str, Any]]]:
        """What is told of each row; `sign` is 1 for reasons, -1 for strengths, 0 for a record by itself, without sizes.

        What goes against a reason or a strength is not compared with: nobody reads "fewer than others in the same
        post" as what raises a chance.
        """
        return [
            [self._told(row, place, sign) | _size(sizes, row, OWNER[place]) for place in places if place >= 0]
            for row, places in enumerate(chosen.tolist())
        ]

    def _told(self, row: int, place: int, sign: float) -> dict[str, Any]:
        theme, facet = FACETS[place]
        if facet.named:
            name, day = code_told(facet.shown, str(self.codes[facet.shown][row])), self._last(row, place)
            since_zh, since_en = facet.day_told(day)
            told = (facet.zh.format(value=name.zh), since_zh), (facet.en.format(value=name.en), since_en)
            text = {"zh": "；".join(filter(None, told[0])), "en": "; ".join(filter(None, told[1]))}
            return {"theme": theme.code, "text": text, "since": day or None}
        start = self._start(row, facet)
        last = self._last(row, place)
        words_zh, words_en, value = facet.words(self.value[row, place])
        peers = self._peers(row, place, sign)
        days = facet.day_told(last)
        note = theme.note_told(self.value[row, place], self.sustained[row, place])
        zh = (words_zh.format(value=value, start=start) + peers[0], days[0], note[0])
        en = (in_number(words_en, value).format(value=value, start=start) + peers[1], days[1], note[1])
        return {
            "theme": theme.code,
            "text": {"zh": "；".join(filter(None, zh)), "en": "; ".join(filter(None, en))},
            "since": last or start or None,
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

    def _peers(self, row: int, place: int, sign: float) -> tuple[str, str]:
        """How the others in the same post stand, and the whole force, where that is known and goes the way of what is
        said."""
        value, post, force = (float(some) for some in (self.value[row, place], self.post[row, place], self.mean[place]))
        side = sign * SIDE[place]  # above nought: a number above the others goes the way of what is said
        zh, en = [], []
        for usual, of_zh, of_en in zip((post, force), *PEERS, strict=True):
            if np.isnan(usual) or (side and side * (value - usual) <= float(differs_by(usual, SCALES[place]))):
                continue
            facet = FACETS[place][1]
            if facet.words(usual)[0] != facet.words(value)[0]:
                continue  # the words are of the other side of nought
            told = facet.words(usual)[2]
            zh.append(f"{of_zh}{told}")
            en.append(f"{of_en} {told}")
        return (f"（{'，'.join(zh)}）", f" ({', '.join(en)} on average)") if zh else ("", "")


def _size(sizes: Sizes | None, row: int, theme: int) -> dict[str, float | None]:
    if sizes is None:
        return {"strength": None, "contribution": None}
    log_odds, share = float(sizes.log_odds[row, theme]), float(sizes.share[row, theme])
    return {"strength": round(share, 3), "contribution": round(log_odds, 3)}


def _codes(column: pd.Series) -> NDArray[np.object_]:
    return np.array([None if pd.isna(code) else str(code) for code in column], dtype=object)


def _columns(frame: pd.DataFrame, names: Sequence[str | None]) -> NDArray[np.float64]:
    """(n, names); NaN where the frame lacks the column."""
    known: dict[str | None, Numbers] = {
        name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in {*names} if name in frame.columns
    }
    nothing = np.full(len(frame), np.nan)
    return np.stack([known.get(name, nothing) for name in names], axis=1)
