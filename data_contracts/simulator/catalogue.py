"""The courses of the simulated bureau: electives that open job families, standing ones, mandated waves, small ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_contracts.policy import policy
from data_contracts.simulator.effects import ConductEffects
from data_contracts.simulator.families import FAMILIES, SENIORITIES
from data_contracts.simulator.fields import COMPETENCIES_OF_FIELDS, COURSES_OF_FIELDS, FIELDS
from data_contracts.simulator.months import Calendar, FloatArray, IntArray

COMPETENCIES = (
    ("law", "执法规范"), ("communication", "群众沟通"), ("fitness", "体能与警务技能"), ("investigation", "侦查办案"),
    ("data_skills", "信息化技能"), ("community_service", "社区服务"), ("analysis", "综合研判"),
    ("leadership", "组织领导"), ("firearms", "武器警械使用"),
)  # fmt: skip
FAMILY_COMPETENCIES = {
    "community": (1, 5, 0), "patrol": (2, 0, 1), "public_order": (0, 1, 2), "household": (5, 1, 6),
    "investigation": (3, 0, 4), "traffic": (0, 1, 2), "narcotics": (3, 2, 0), "special_police": (2, 0, 7),
    "detention": (0, 1, 2), "forensics": (4, 3, 6), "cyber": (4, 3, 6), "intelligence": (4, 6, 3),
    "command": (6, 1, 7), "legal": (0, 6, 3), "personnel": (6, 7, 1), "logistics": (6, 5, 4),
}  # fmt: skip
NEEDS_COURSE = ("special_police", "forensics", "cyber", "intelligence", "legal")
SMALL_HOURS = (0.5, 1.0)  # of each competency one of each, for the time between two jobs
WAVES_A_YEAR = 5
NEW_ELECTIVES_A_YEAR = 3
WAVE_TOPICS = (
    ("新法规专题培训", "New regulations"), ("政治轮训", "Rotation study"), ("警情处置规范", "Call handling"),
    ("数据安全教育", "Data safety"), ("应急救护", "First aid"), ("电信诈骗打防", "Telecom fraud"),
    ("大型活动安保", "Large events"), ("文明执法礼仪", "Courtesy on duty"),
)  # fmt: skip
Row = tuple[str, tuple[str, str], int, int, int, float]
ALWAYS = -(10**6)
"""The issue month of what was always there."""


@dataclass(frozen=True)
class Catalogue:
    """Courses by number: electives first, the standing courses (conduct first), the waves, the talent fields' courses,
    the small ones.

    `issued` is the month number of each; `family` (elective,) the job family that it opens.
    """

    ids: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    issued: IntArray
    family: IntArray
    competency: IntArray
    hours: FloatArray

    @property
    def electives(self) -> int:
        """How many electives there are."""
        return len(self.family)

    @property
    def standing(self) -> IntArray:
        """The conduct course and, after it, one course for each training rule of the policy."""
        return self.electives + np.arange(1 + len(policy().training))

    def waves(self) -> IntArray:
        """The numbers of the mandated waves."""
        return np.arange(self.electives + len(self.standing), self.of_fields()[0])

    def of_fields(self) -> IntArray:
        """The numbers of the talent fields' courses, in the order of the fields."""
        return int(self.small()[0]) - len(FIELDS) + np.arange(len(FIELDS))

    def small(self) -> IntArray:
        """The numbers of the small courses, which nobody has taken yet."""
        count = len(COMPETENCIES) * len(SMALL_HOURS)
        return len(self.ids) - count + np.arange(count)

    def required(self) -> IntArray:
        """The elective each post requires, or -1."""
        needed = [2 * number if family.key in NEEDS_COURSE else -1 for number, family in enumerate(FAMILIES)]
        return np.repeat(needed, SENIORITIES)

    def frame(self, calendar: Calendar, known_on: pd.Timestamp) -> pd.DataFrame:
        """The `courses` table."""
        numbers = np.arange(len(self.ids))
        mandated = (numbers >= self.electives) & (numbers < self.of_fields()[0])
        issued = [
            pd.Timestamp(calendar.month_of(month)) if month > ALWAYS else pd.NaT for month in self.issued.tolist()
        ]
        lasts = dict(zip(self.standing.tolist(), standing_months(), strict=True))
        return pd.DataFrame(
            {
                "course_id": self.ids,
                "name_zh": [zh for zh, _ in self.names],
                "name_en": [en for _, en in self.names],
                "competency": [COMPETENCIES[number][0] for number in self.competency.tolist()],
                "mandated": mandated,
                "hours": self.hours,
                "issued_on": issued,
                "valid_months": pd.array([lasts.get(number) for number in range(len(self.ids))], dtype="Int64"),
                "known_on": [known_on if day is pd.NaT else day for day in issued],
            }
        )

    def standards(self, posts: list[str], known_on: pd.Timestamp) -> pd.DataFrame:
        """The `competency_standards` table: three competencies a post, higher with seniority."""
        rows = [
            (post, COMPETENCIES[place][0], 2.0 + 0.5 * (number % SENIORITIES), known_on)
            for number, post in enumerate(posts)
            for place in FAMILY_COMPETENCIES[FAMILIES[number // SENIORITIES].key]
        ]
        return pd.DataFrame(rows, columns=["post_id", "competency", "standard_level", "known_on"])


def build_catalogue(calendar: Calendar, seed: int) -> Catalogue:
    """The catalogue of one simulation; the same for all its blocks."""
    rng = np.random.default_rng([seed, 7])
    rows = [*_electives(calendar, rng)]
    family = np.array([row[3] for row in rows])
    rows += [*_standing(), *_waves(calendar, rng), *_of_fields(), *_small(calendar)]
    ids, names, issued, _, competency, hours = zip(*rows, strict=True)
    return Catalogue(ids, names, np.array(issued), family, np.array(competency), np.array(hours))


def _of_fields() -> list[Row]:
    places = {key: place for place, (key, _) in enumerate(COMPETENCIES)}
    return [
        (f"t-{field}", COURSES_OF_FIELDS[field], ALWAYS, 0, places[COMPETENCIES_OF_FIELDS[field][0]], 40.0)
        for field in FIELDS
    ]


def _small(calendar: Calendar) -> list[Row]:
    """On offer from the last month: what nobody has taken changes nothing of a bureau but what it can suggest."""
    return [
        (f"s-{key}-{level}", (f"{zh}微课{level}", f"{key.replace('_', ' ').capitalize()}: small course {level}"),
         calendar.months - 1, 0, place, hours)
        for place, (key, zh) in enumerate(COMPETENCIES)
        for level, hours in enumerate(SMALL_HOURS, start=1)
    ]  # fmt: skip


def standing_months() -> list[int]:
    """How long the conduct course and the course of each training rule last."""
    return [ConductEffects().training_lasts_months, *(rule.every_months for rule in policy().training)]


def _standing() -> list[Row]:
    places = {key: place for place, (key, _) in enumerate(COMPETENCIES)}
    rules = [
        (f"k-{rule.code}", (rule.name_zh, rule.name_en), ALWAYS, 0, places.get(rule.competency, 0), rule.hours)
        for rule in policy().training
    ]
    return [("k-conduct", ("规范执法与投诉预防", "Standards of conduct"), ALWAYS, 0, 0, 8.0), *rules]


def _electives(calendar: Calendar, rng: np.random.Generator) -> list[Row]:
    rows: list[Row] = []
    for number, family in enumerate(FAMILIES):
        for level, (zh, en) in enumerate((("基础", "Basics"), ("进阶", "Advanced"))):
            competency = FAMILY_COMPETENCIES[family.key][level]
            name = (family.zh + zh, f"{family.en}: {en}")
            rows.append((f"e-{family.key}-{level + 1}", name, ALWAYS, number, competency, 40.0))
    for month in range(0, calendar.months, 12):
        for order in range(NEW_ELECTIVES_A_YEAR):
            number = int(rng.integers(len(FAMILIES)))
            family, year = FAMILIES[number], calendar.month_of(month).year
            issued = min(month + int(rng.integers(12)), calendar.months - 1)
            name = (f"{family.zh}专题{year}-{order + 1}", f"{family.en}: new topic {year}-{order + 1}")
            rows.append((f"n-{year}-{order + 1}", name, issued, number, FAMILY_COMPETENCIES[family.key][0], 24.0))
    return rows


def _waves(calendar: Calendar, rng: np.random.Generator) -> list[Row]:
    rows: list[Row] = []
    for month in range(0, calendar.months, 12):
        year = calendar.month_of(month).year
        for order, topic in enumerate(rng.permutation(len(WAVE_TOPICS))[:WAVES_A_YEAR].tolist()):
            zh, en = WAVE_TOPICS[topic]
            issued = min(month + int(rng.integers(12)), calendar.months - 1)
            rows.append((f"m-{year}-{order + 1}", (f"{zh}({year})", f"{en} {year}"), issued, 0, topic, 8.0))
    return rows
