"""What an officer has done against peers in the same post: work, competency, growth and learning, figure by figure.

Every figure stands beside the median and the percentile of officers in the same post; where these are too few the
circle widens to the job family, then to the track, and beyond that there is no comparison and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from data_contracts.asof import AsOf
from data_contracts.figures import half_up
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.peers import CIRCLE_WORDS, Frames, Peers
from models.talent.profile_figures import FIGURES, competency_gaps, figure_values

COMPARED_WITH = ("post", "job_family", "track")
LEAST_PEERS = 10
TOO_FEW = Bilingual("同岗位、同类别、同序列可比人数均不足{least}人，不作比较",
                    "fewer than {least} peers in the post, job family and track, so no comparison")  # fmt: skip
NOTHING = Bilingual("无记录", "nothing recorded")


@dataclass(frozen=True)
class Figure:
    """One figure: `value` is null where nothing is recorded; the comparison is null where peers are too few."""

    theme: str
    code: str
    name: Bilingual
    value: float | None
    median: float | None
    percentile: float | None
    peers: int
    circle: str | None
    text: Bilingual


@dataclass(frozen=True)
class Gap:
    """A competency that the post asks for: the standard, the last measured level (null: never measured) and its day."""

    competency: str
    name: Bilingual
    standard: float
    level: float | None
    gap: float | None
    measured_on: str | None
    text: Bilingual


@dataclass(frozen=True)
class OfficerProfile:
    """An officer's post and unit on the day, figures in the order of `FIGURES`, gaps largest first."""

    officer_id: str
    post_id: str
    unit_id: str
    figures: tuple[Figure, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Profiles:
    """The figures of the whole force on a day, made once; asked officer by officer."""

    peers: Peers
    compared: Mapping[str, pd.DataFrame]
    gaps: pd.DataFrame

    @classmethod
    def of(cls, frames: Frames, as_of: AsOf, least_peers: int = LEAST_PEERS) -> Self:
        """`frames` hold the rows of contract tables as they stood on the day; absent tables leave their figures out."""
        peers = Peers.of(frames, as_of, least_peers)
        gaps = competency_gaps(frames, peers, as_of)
        values = figure_values(frames, peers, gaps, as_of)
        compared = {code: peers.compare(column, COMPARED_WITH) for code, column in values.items()}
        return cls(peers, compared, gaps.set_index("officer_id"))

    def officer(self, officer_id: str) -> OfficerProfile | None:
        """The profile, or None for somebody not in service on the day."""
        if officer_id not in self.peers.places.index:
            return None
        place = self.peers.places.loc[officer_id]
        figures = tuple(self._figure(code, officer_id) for code in FIGURES if code in self.compared)
        gaps = self.gaps.loc[[officer_id]] if officer_id in self.gaps.index else self.gaps.iloc[:0]
        ordered = gaps.sort_values(["gap", "competency"], na_position="last", kind="stable")
        told = tuple(_gap({str(key): value for key, value in row.items()}) for row in ordered.to_dict("records"))
        return OfficerProfile(officer_id, str(place["post"]), str(place["unit_id"]), figures, told)

    def _figure(self, code: str, officer_id: str) -> Figure:
        kind, found = FIGURES[code], self.compared[code]
        if officer_id not in found.index:
            return Figure(kind.theme, code, kind.name, None, None, None, 0, None, _named(kind.name, NOTHING))
        row: Any = found.loc[officer_id].to_dict()
        value = half_up(float(row["value"]), 2)
        own = _measured(value, kind.unit)
        if row["circle"] is None or pd.isna(row["circle"]):
            few = Bilingual(TOO_FEW.zh.format(least=self.peers.least), TOO_FEW.en.format(least=self.peers.least))
            text = _named(kind.name, Bilingual(f"{own.zh}；{few.zh}", f"{own.en}; {few.en}"))
            return Figure(kind.theme, code, kind.name, value, None, None, 0, None, text)
        median, percentile, others = half_up(float(row["median"]), 2), float(row["percentile"]), int(row["peers"])
        circle = CIRCLE_WORDS[str(row["circle"])]
        beside = _beside(value, median, percentile, (others, circle), kind.unit)
        return Figure(kind.theme, code, kind.name, value, median, half_up(percentile, 1), others,
                      str(row["circle"]), _named(kind.name, beside))  # fmt: skip


def _beside(value: float, median: float, percentile: float, peers: tuple[int, Bilingual], unit: Bilingual) -> Bilingual:
    """A value beside its peers; a value that is the median is not above anybody, and none is none.

    >>> _beside(0.0, 0.0, 45.0, (20, CIRCLE_WORDS["post"]), Bilingual("次", "")).en
    'none, as most of 20 others in the same post'
    >>> _beside(100.0, 66.7, 79.0, (38, CIRCLE_WORDS["post"]), Bilingual("%", "%")).zh
    '100%，高于同岗位38人中的79%；其中位数为66.7%'
    """
    own, typical, (others, circle) = _measured(value, unit), _measured(median, unit), peers
    if value == median == 0.0:
        return Bilingual(f"无，{circle.zh}{others}人多数亦无", f"none, as most of {others} others {circle.en}")
    peers_en = f"{others} others {circle.en}"
    if value == median:
        return Bilingual(
            f"{own.zh}，{circle.zh}{others}人的中位数与此相同", f"{own.en}; the median of {peers_en} is the same"
        )
    above = int(half_up(half_up(percentile, 1)))  # of the percentile as it is told
    if 0.0 < percentile < 100.0:
        above = min(99, max(1, above))
    if above == 0:
        zh, en = f"{circle.zh}{others}人中无人更低", f"and none of {peers_en} is lower; their median is {typical.en}"
    else:
        zh = f"高于{circle.zh}{others}人中的{above}%"
        en = f"higher than {above} % of {peers_en}, whose median is {typical.en}"
    return Bilingual(f"{own.zh}，{zh}；其中位数为{typical.zh}", f"{own.en}, {en}")


def _measured(value: float, unit: Bilingual) -> Bilingual:
    return Bilingual(f"{_number(value)}{unit.zh}", f"{_number(value)} {unit.en}".strip())


def _number(value: float) -> str:
    """As people write it: one digit after the point where there are two before it, else two.

    >>> _number(179.45), _number(0.254), _number(3.0)
    ('179.5', '0.25', '3')
    """
    return f"{half_up(value, 1 if abs(value) >= 10 else 2):.10g}"


def _named(name: Bilingual, text: Bilingual) -> Bilingual:
    return Bilingual(f"{name.zh}：{text.zh}", f"{name.en}: {text.en}")


def _gap(row: Mapping[str, Any]) -> Gap:
    code, standard = str(row["competency"]), float(row["standard"])
    name, asked = policy().names.competency_named(code), _number(standard)
    if pd.isna(row["level"]):
        never = Bilingual(f"标准{asked}，尚未测评", f"the standard is {asked}, never measured")
        return Gap(code, name, standard, None, None, None, _named(name, never))
    level, day = float(row["level"]), f"{row['measured_on']:%Y-%m-%d}"
    gap = half_up(round(level - standard, 6), 2)  # the difference of two floats ends in digits that nobody wrote
    size, own = _number(abs(gap)), _number(level)
    zh, en = (f"高出{size}", f"{size} above it") if gap > 0 else ("达标", "at it")
    if gap < 0:
        zh, en = f"差{size}", f"{size} below it"
    told = Bilingual(f"标准{asked}，{day}测得{own}，{zh}",
                     f"the standard is {asked}, {own} measured on {day}, {en}")  # fmt: skip
    return Gap(code, name, standard, level, gap, day, _named(name, told))


def profiles(frames: Frames, as_of: AsOf, officers: Sequence[str]) -> list[OfficerProfile | None]:
    """The profiles of some officers against the whole force in `frames`, in order."""
    made = Profiles.of(frames, as_of)
    return [made.officer(officer) for officer in officers]
