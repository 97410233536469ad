"""The capability picture of a unit: which competency is thin in it and what training would fill it, up the unit tree.

A share of officers at the post's standard has exact beta limits after a pull towards the unit above (a beta prior worth
`PRIOR_OFFICERS` of its officers), so that a small unit does not swing; a unit with fewer than `least` measured officers
is not told at all, for its figures would tell of each of them. The unit above stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import betaincinv

from data_contracts.asof import AsOf
from data_contracts.counting import counted, noun
from data_contracts.figures import half_up, percent_told
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.peers import Frames
from models.talent.filling import TOLD_DIGITS, CourseFor, Filling, courses_for, fillings
from models.talent.profile import Profiles
from models.units.tree import ABOVE, UnitTree

LEAST_OFFICERS, PRIOR_OFFICERS = 10, 10.0
THIN = 0.5  # a competency is thin where surely fewer than this share is at the standard


@dataclass(frozen=True)
class Capability:
    """One competency in one block: `officers` are asked for it, `measured` of them were, `below` lack the standard.

    `share` of those measured who are at the standard, pulled towards the unit above, with its 95 % limits; `mean_gap`
    in levels over the measured; `thin` where even the upper limit lies below the line.
    """

    competency: str
    name: Bilingual
    officers: int
    measured: int
    below: int
    share: float
    low: float
    high: float
    mean_gap: float
    thin: bool
    courses: tuple[CourseFor, ...]
    text: Bilingual


@dataclass(frozen=True)
class UnitCapability:
    """A block's competencies, thinnest first; `suppressed` competencies have too few measured officers."""

    unit_id: str
    officers: int
    competencies: tuple[Capability, ...]
    suppressed: tuple[str, ...]
    rolled_up_to: str | None


@dataclass(frozen=True)
class Capabilities:
    """Sums up the tree, (units,) by competency: asked, measured, at the standard, and the sum of gaps; `courses` that
    would fill the gaps, by competency."""

    tree: UnitTree
    officers: Numbers
    sums: Mapping[str, Mapping[str, Numbers]]
    courses: Mapping[str, Sequence[Filling]]
    least: int

    @classmethod
    def of(cls, profiles: Profiles, frames: Frames, as_of: AsOf, least: int = LEAST_OFFICERS) -> Self:
        """From the profiles of the force; `frames` name the tree of units and the courses on offer, if they do."""
        gaps, units = profiles.gaps, profiles.peers.places["unit_id"]
        tree = UnitTree.of(sorted(set(units.astype(str))), _parents(frames))
        sums = {}
        for competency, rows in gaps.groupby("competency"):
            where, known = tree.places(rows["unit_id"].astype(str).tolist()), rows["gap"].notna().to_numpy(float)
            columns = {
                "asked": np.ones(len(rows)),
                "measured": known,
                "met": (rows["gap"] >= 0).to_numpy(float),
                "gap": rows["gap"].fillna(0.0).to_numpy(float),
            }
            sums[str(competency)] = {name: tree.block(tree.own(where, value)) for name, value in columns.items()}
        officers = tree.block(tree.own(tree.places(units.astype(str).tolist()), np.ones(len(units))))
        courses = fillings(gaps[gaps["gap"] < 0].reset_index(), frames, tree, as_of)
        return cls(tree, officers, sums, courses, least)

    def unit(self, unit_id: str) -> UnitCapability | None:
        """The picture of a unit with everything under it; None for a unit that nobody serves in or under."""
        if unit_id not in self.tree.units:
            return None
        place = self.tree.units.index(unit_id)
        asked = sorted(name for name, sums in self.sums.items() if sums["asked"][place] > 0)
        told = [name for name in asked if self.sums[name]["measured"][place] >= self.least]
        found = sorted((self._capability(name, place) for name in told), key=lambda one: (one.share, one.competency))
        hidden = tuple(name for name in asked if name not in told)
        return UnitCapability(unit_id, int(self.officers[place]), tuple(found), hidden, self._above(place, hidden))

    def _capability(self, name: str, place: int) -> Capability:
        sums = {key: float(values[place]) for key, values in self.sums[name].items()}
        share, low, high = self._share(name, place)
        below = int(sums["measured"] - sums["met"])
        thin, gap = high < THIN, sums["gap"] / sums["measured"]
        courses = courses_for(self.courses.get(name, ()), place, below)
        measured = int(sums["measured"])
        said = policy().names.competency_named(name)
        zh, en = _on_average(gap)
        at, least, most = (percent_told(half_up(part, TOLD_DIGITS), estimated=True) for part in (share, low, high))
        text = Bilingual(
            f"{said.zh}：{measured}人测评，{below}人未达岗位标准，达标率估计为{at.zh}（{least.zh}至{most.zh}），{zh}",
            f"{said.en}: {below} of {measured} measured {noun(below, 'is', 'are')} below their post's standard, an "
            f"estimated {at.en} are at it ({least.en} to {most.en}), {en}",
        )
        return Capability(name, said, int(sums["asked"]), measured, below, share, low, high, gap, thin, courses, text)

    def _share(self, name: str, place: int) -> tuple[float, float, float]:
        """Share at the standard with 95 % limits: a beta posterior whose prior is the unit above without this one; the
        prior at the top is flat (Gelman et al. 2013, section 2.4)."""
        met, measured = self.sums[name]["met"], self.sums[name]["measured"]
        prior = (1.0, 1.0)
        parent = int(self.tree.parent[place])
        if parent != ABOVE:
            others = measured[parent] - measured[place]
            centre = (met[parent] - met[place] + 1.0) / (others + 2.0)
            worth = min(PRIOR_OFFICERS, others + 2.0)
            prior = (worth * centre, worth * (1.0 - centre))
        a, b = prior[0] + float(met[place]), prior[1] + float(measured[place] - met[place])
        return a / (a + b), float(betaincinv(a, b, 0.025)), float(betaincinv(a, b, 0.975))

    def _above(self, place: int, hidden: Sequence[str]) -> str | None:
        """The nearest unit above where every hidden competency can be told."""
        if not hidden:
            return None
        line = self.tree.line(place)[1:]
        return next(
            (self.tree.units[up] for up in line if all(self.sums[one]["measured"][up] >= self.least for one in hidden)),
            None,
        )


def _on_average(gap: float) -> tuple[str, str]:
    """How far from the standard on average, in Chinese and in English.

    >>> _on_average(-0.125), _on_average(0.0)[1]
    (('平均低0.13级', '0.13 levels below it on average'), 'at it on average')
    """
    size = abs(half_up(half_up(gap, TOLD_DIGITS), 2))
    if not size:
        return "平均与标准持平", "at it on average"
    way_zh, way_en = ("高", "above") if gap > 0 else ("低", "below")
    return f"平均{way_zh}{size:g}级", f"{counted(f'{size:g}', 'level')} {way_en} it on average"


def _parents(frames: Frames) -> dict[str, str]:
    if "units" not in frames:
        return {}
    rows = frames["units"].dropna(subset=["parent_unit_id"])
    return dict(zip(rows["unit_id"].astype(str), rows["parent_unit_id"].astype(str), strict=True))
