"""The job families of the simulated bureau, and the posts in them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

TRACKS = ("enforcement", "technical", "general")
LEVELS = ("bureau", "sub_bureau", "station", "community")
GRADES_ZH = ("民警", "骨干民警", "副队长", "队长")
GRADES_EN = ("officer", "senior officer", "deputy head", "head")
LEAST_POSITION = (0, 2, 3, 5)
"""The lowest position on the ladder with which an officer may hold a post of each seniority."""


@dataclass(frozen=True)
class Family:
    """A job family: where its posts sit and how its work feels; heats are added to the log-hazards.

    `share` is its part of the recruits; families that policy opens only to the experienced take none.
    """

    key: str
    zh: str
    en: str
    track: str
    unit_level: str
    share: float
    conduct_heat: float
    force_heat: float
    nights: float
    overtime_hours: float


FAMILIES = (
    Family("community", "社区警务", "Community policing", "enforcement", "community", 0.18, 0.0, 0.0, 3.0, 18.0),
    Family("patrol", "巡逻防控", "Patrol", "enforcement", "station", 0.24, 0.5, 1.0, 7.0, 26.0),
    Family("public_order", "治安管理", "Public order", "enforcement", "station", 0.15, 0.3, 0.6, 5.0, 24.0),
    Family("household", "户籍管理", "Household registration", "enforcement", "station", 0.05, -0.5, -1.5, 1.0, 8.0),
    Family("investigation", "刑事侦查", "Investigation", "enforcement", "sub_bureau", 0.0, 0.3, 0.3, 5.0, 32.0),
    Family("traffic", "交通管理", "Traffic", "enforcement", "sub_bureau", 0.10, 0.3, -0.5, 4.0, 20.0),
    Family("narcotics", "禁毒", "Narcotics", "enforcement", "sub_bureau", 0.0, 0.3, 0.6, 5.0, 30.0),
    Family("special_police", "特警", "Special police", "enforcement", "sub_bureau", 0.06, 0.2, 1.1, 6.0, 24.0),
    Family("detention", "监所管理", "Detention", "enforcement", "sub_bureau", 0.04, 0.2, 0.2, 6.0, 18.0),
    Family("forensics", "刑事技术", "Forensics", "technical", "sub_bureau", 0.06, -0.6, -1.5, 3.0, 22.0),
    Family("cyber", "网络安全", "Cyber security", "technical", "bureau", 0.0, -0.6, -2.0, 2.0, 24.0),
    Family("intelligence", "情报信息", "Intelligence", "technical", "bureau", 0.0, -0.7, -2.0, 3.0, 22.0),
    Family("command", "指挥调度", "Command centre", "general", "sub_bureau", 0.03, -0.4, -1.5, 6.0, 16.0),
    Family("legal", "法制", "Legal affairs", "general", "sub_bureau", 0.02, -0.9, -2.0, 1.0, 18.0),
    Family("personnel", "政工人事", "Personnel", "general", "sub_bureau", 0.02, -1.0, -2.0, 1.0, 14.0),
    Family("logistics", "警务保障", "Logistics", "general", "sub_bureau", 0.02, -0.9, -2.0, 1.0, 10.0),
)
SENIORITIES = len(GRADES_ZH)


def family_index(key: str) -> int:
    """The number of a family.

    >>> family_index("patrol")
    1
    """
    return [family.key for family in FAMILIES].index(key)


def post_ids() -> list[str]:
    """The ids of all posts; post number = family number * 4 + seniority.

    >>> post_ids()[:3]
    ['community-1', 'community-2', 'community-3']
    """
    return [f"{family.key}-{grade + 1}" for family in FAMILIES for grade in range(SENIORITIES)]


def posts_frame(steps: dict[str, list[str]], required: dict[int, str], known_on: pd.Timestamp) -> pd.DataFrame:
    """The `posts` table; `steps` are the ladders' step names by track, `required` the course of a post number."""
    rows = []
    for number, post_id in enumerate(post_ids()):
        family, grade = FAMILIES[number // SENIORITIES], number % SENIORITIES
        rows.append(
            {
                "post_id": post_id,
                "name_zh": f"{family.zh}{GRADES_ZH[grade]}",
                "name_en": f"{family.en} {GRADES_EN[grade]}",
                "job_family": family.key,
                "track": family.track,
                "unit_level": family.unit_level,
                "min_rank_step": steps[family.track][LEAST_POSITION[grade]] if grade else None,
                "headcount_per_unit": (12, 6, 2, 1)[grade],
                "required_course_id": required.get(number),
                "known_on": known_on,
            }
        )
    return pd.DataFrame(rows)
