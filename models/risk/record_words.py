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
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.risk.code_rates import NO_CODES, CodeRates
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
PEERS = Bilingual("同岗位其他人", "others in the same post"), Bilingual("全员", "all officers")
SCALES = np.array([facet.scale for _, facet in FACETS])
FINDINGS = np.array([facet.shown.startswith("complaints_sustained") for _, facet in FACETS])  # the count is of findings
SAME_THEME = np.equal.outer(OWNER, OWNER).astype(np.float64)  # (facets, facets)


@dataclass(frozen=True)
class Sizes:
    """Of each theme, (n, themes): what those of its facets that may be told add to the log-odds, and the share of that
    in all that moves the chance.

    `raising` (n,) is all that raises the chance, told or not, and `raising_share` (n,) its share.
    """

    log_odds: NDArray[np.float64]
    share: NDArray[np.float64]
    raising: Numbers
    raising_share: Numbers


@dataclass(frozen=True)
class CodesSaid:
    """What is said of codes: how many of their officers had `what`, the outcome within its months."""

    rates: CodeRates = field(default_factory=lambda: NO_CODES)
    what: Bilingual = field(default_factory=lambda: Bilingual("", ""))


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

    def fits(self, sign: float, codes: CodeRates = NO_CODES) -> NDArray[np.bool_]:
        """Whether a facet's number is known, tells of nobody else and differs from the usual the way that is said,
        (n, facets).

        The usual is the mean of the force, or of the others in the post where that is unknown. In a theme of bad
        things, and where more is worse, a reason is more and a strength less; where less is worse it is the other way
        round. Without a usual only what is worse in number has a side: none of a bad thing is no reason, and some of
        what is worse where there is more reads as a fault until it is told that others have more. A code has no usual:
        it is told where `codes` says that its officers surely had the outcome more often (less often) than the others,
        and how often.
        A theme with a finding in any of its windows is no strength, be the count as low as it may.
        """
        usual = np.where(np.isnan(self.mean), self.post, self.mean)
        apart = differs_by(usual, SCALES)
        above, below = self.value > usual + apart, self.value < usual - apart
        said = np.where(sign * SIDE > 0, above, below)
        alone = (~BAD | (self.value > 0)) if sign > 0 else ((SIDE <= 0) | (self.value <= 0))
        told: NDArray[np.bool_] = ~np.isnan(self.value) & ~(self.crowd < LEAST_CROWD)
        if sign < 0:
            told &= ~self._found()
        return (told & np.where(np.isnan(usual), alone, said)) | self._coded(sign, codes)

    def _found(self) -> NDArray[np.bool_]:
        """Whether the facet's theme counts something that was found sustained, (n, facets)."""
        counted = np.where(FINDINGS, self.value, self.sustained) > 0
        found: NDArray[np.bool_] = (counted @ SAME_THEME) > 0
        return found

    def _coded(self, sign: float, rates: CodeRates) -> NDArray[np.bool_]:
        """Whether a facet that names a code has one of that sign to name, (n, facets)."""
        fit = np.zeros(self.value.shape, dtype=bool)
        for place in np.flatnonzero(NAMED).tolist():
            name = FACETS[place][1].shown
            codes, sure = self.codes.get(name), rates.get(name, {})
            if codes is not None:
                fit[:, place] = [code in sure and sure[code].sign * sign > 0 for code in codes]
        return fit

    def sentences(
        self, chosen: NDArray[np.intp], sizes: Sizes | None, sign: float = 0.0, said: CodesSaid | None = None
    ) -> list[list[dict[str, Any]]]:
        """What is told of each row; `sign` is 1 for reasons, -1 for strengths, 0 for a record by itself, without sizes.
        `said` is what codes are compared by; none is among the `chosen` without it.

        What goes against a reason or a strength is not compared with: nobody reads "fewer than others in the same
        post" as what raises a chance. Of a strength the comparison comes first, for without it the number would read
        as a fault: one course missing is a strength only where others miss more.
        """
        return [
            [
                self._told(row, place, sign, said or CodesSaid()) | _size(sizes, row, OWNER[place])
                for place in places
                if place >= 0
            ]
            for row, places in enumerate(chosen.tolist())
        ]

    def _told(self, row: int, place: int, sign: float, codes: CodesSaid) -> dict[str, Any]:
        theme, facet = FACETS[place]
        if facet.named:
            return {"theme": theme.code} | self._code_told(row, place, codes)
        start = self._start(row, facet)
        last = self._last(row, place)
        words_zh, words_en, value = facet.words(self.value[row, place])
        days = facet.day_told(last)
        note = theme.note_told(self.value[row, place], self.sustained[row, place])
        said = Bilingual(
            words_zh.format(value=value, start=start), in_number(words_en, value).format(value=value, start=start)
        )
        if peers := self._peers(row, place, sign):
            unsigned = bool(facet.below_zh) and self.value[row, place] < 0  # told as a number above nought
            above = (SIDE[place] < 0) != unsigned
            said = _compared_first(said, peers, above) if sign < 0 else _compared_after(said, peers)
        zh, en = (said.zh, days[0], note[0]), (said.en, days[1], note[1])
        return {
            "theme": theme.code,
            "text": {"zh": "；".join(filter(None, zh)), "en": "; ".join(filter(None, en))},
            "since": last or start or None,
        }

    def _code_told(self, row: int, place: int, codes: CodesSaid) -> dict[str, Any]:
        facet = FACETS[place][1]
        code, day = str(self.codes[facet.shown][row]), self._last(row, place)
        name, since = code_told(facet.shown, code), facet.day_told(day)
        peers = codes.rates[facet.shown][code].told(Bilingual(facet.of_zh, facet.of_en), codes.what)
        zh, en = (f"{facet.zh.format(value=name.zh)}（{peers.zh}）", f"{facet.en.format(value=name.en)} ({peers.en})")
        text = {"zh": "；".join(filter(None, (zh, since[0]))), "en": "; ".join(filter(None, (en, since[1])))}
        return {"text": text, "since": day or None}

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

    def _peers(self, row: int, place: int, sign: float) -> list[Peers]:
        """How the others in the same post stand, and the whole force, where that is known and goes the way of what is
        said."""
        value, post, force = (float(some) for some in (self.value[row, place], self.post[row, place], self.mean[place]))
        side = sign * SIDE[place]  # above nought: a number above the others goes the way of what is said
        found = []
        for usual, who in zip((post, force), PEERS, strict=True):
            if np.isnan(usual) or (side and side * (value - usual) <= float(differs_by(usual, SCALES[place]))):
                continue
            facet = FACETS[place][1]
            if facet.words(usual)[0] != facet.words(value)[0]:
                continue  # the words are of the other side of nought
            found.append(Peers(who, facet.words(usual)[2]))
        return found


@dataclass(frozen=True)
class Peers:
    """Others who are compared with: what they are called, and their mean as it is told."""

    who: Bilingual
    told: str


def _compared_after(said: Bilingual, peers: Sequence[Peers]) -> Bilingual:
    """A sentence, and behind it how others stand."""
    zh = "，".join(f"{one.who.zh}平均{one.told}" for one in peers)
    en = ", ".join(f"{one.who.en} {one.told}" for one in peers)
    return Bilingual(f"{said.zh}（{zh}）", f"{said.en} ({en} on average)")


def _compared_first(said: Bilingual, peers: Sequence[Peers], above: bool) -> Bilingual:
    """That the number, as it is told, lies above (or below) that of others, all of them on one side; then the sentence.

    >>> others = [Peers(PEERS[0], "2"), Peers(PEERS[1], "0.30")]
    >>> _compared_first(Bilingual("收到投诉0件", "0 complaints"), others, above=False).en
    'below the average of others in the same post (2) and of all officers (0.30): 0 complaints'
    """
    zh = "与".join(f"{one.who.zh}平均（{one.told}）" for one in peers)
    en = " and ".join(f"of {one.who.en} ({one.told})" for one in peers)
    way = Bilingual("高于", "above") if above else Bilingual("低于", "below")
    return Bilingual(f"{way.zh}{zh}：{said.zh}", f"{way.en} the average {en}: {said.en}")


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
