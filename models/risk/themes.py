"""Themes of a reason: which features speak of one thing, and the sentence in which people read of it.

A theme has facets: the recent past and the long one, overtime and nights. What a person reads is one column of the
record with its number, its day, and how others in the same post stand; never the model's inside, never anybody's
name. Of the people around an officer only numbers are told, and means only of so many that they tell of nobody;
a supervisor is never named, nor is what he or she did.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

OTHER = "other"
DAYS_PER_YEAR = 365.25
LEAST_CROWD = 5  # the officer and four others: the mean of fewer would soon be somebody's record
RECENT = ("_3m", "_6m", "_12m", "_24m", "_trend_3m", "_trend_12m")


@dataclass(frozen=True)
class Facet:
    """One sentence, told of column `shown`; it stands for columns that begin with `begins` (and end with `ends`).

    `zh` and `en` hold {value} and {start}, the first day of the look-back of `months`. `post` is the column with the
    difference to the mean of the others in the same post; `last` the days since it last happened; `scale` divides
    the value for people (days to years). `worse` says on which side of the usual the number speaks against an officer;
    None where it may be either. `crowd` is the column with how many people share what the mean is of, the
    officer included: where there are fewer than LEAST_CROWD the sentence is not told.
    """

    begins: tuple[str, ...]
    shown: str
    zh: str
    en: str
    months: int | None = None
    ends: tuple[str, ...] = ("",)
    post: str | None = None
    last: str | None = None
    scale: float = 1.0
    crowd: str | None = None
    worse: Literal["more", "less"] | None = None

    def covers(self, column: str) -> bool:
        """Whether what this column adds is told by this sentence."""
        return column.startswith(self.begins) and column.partition("=")[0].endswith(self.ends)


@dataclass(frozen=True)
class Theme:
    """`bad` themes speak against an officer only where their number is not below the usual, and for one only where
    it is not above: nobody reads "no complaint" as a reason to worry. `note` follows every sentence."""

    code: str
    zh: str
    en: str
    facets: tuple[Facet, ...]
    bad: bool = False
    note_zh: str = ""
    note_en: str = ""


THEMES: tuple[Theme, ...] = (
    Theme(
        "sustained_complaints",
        "查实投诉",
        "sustained complaints",
        (
            Facet(
                ("complaints_sustained",),
                "complaints_sustained_24m",
                "{start}以来查实投诉{value}件",
                "{value} sustained complaints since {start}",
                24,
                RECENT,
                last="days_since_complaints_sustained",
            ),
            Facet(
                ("complaints_sustained", "days_since_complaints_sustained"),
                "complaints_sustained_60m",
                "{start}以来查实投诉{value}件",
                "{value} sustained complaints since {start}",
                60,
                post="complaints_sustained_60m_minus_post_others",
                last="days_since_complaints_sustained",
            ),
        ),
        bad=True,
    ),
    Theme(
        "force_complaints",
        "使用武力类投诉",
        "use-of-force complaints",
        (
            Facet(
                ("complaints_use_of_force",),
                "complaints_use_of_force_24m",
                "{start}以来使用武力类投诉{value}件",
                "{value} use-of-force complaints since {start}",
                24,
                RECENT,
                last="days_since_complaints_use_of_force",
            ),
            Facet(
                ("complaints_use_of_force", "days_since_complaints_use_of_force"),
                "complaints_use_of_force_60m",
                "{start}以来使用武力类投诉{value}件",
                "{value} use-of-force complaints since {start}",
                60,
                last="days_since_complaints_use_of_force",
            ),
        ),
        bad=True,
        note_zh="投诉不等于查实",
        note_en="an allegation is no finding",
    ),
    Theme(
        "complaints",
        "投诉",
        "complaints",
        (
            Facet(
                ("complaints",),
                "complaints_24m",
                "{start}以来收到投诉{value}件",
                "{value} complaints since {start}",
                24,
                (*RECENT, "_24m_minus_post_others", "_24m_over_post_others"),
                post="complaints_24m_minus_post_others",
                last="days_since_complaints",
            ),
            Facet(
                ("complaints", "days_since_complaints"),
                "complaints_60m",
                "{start}以来收到投诉{value}件",
                "{value} complaints since {start}",
                60,
                last="days_since_complaints",
            ),
        ),
        bad=True,
        note_zh="投诉不等于查实",
        note_en="a complaint is no finding",
    ),
    Theme(
        "force_reports",
        "使用武力报告",
        "reports of force used",
        (
            Facet(
                ("force_reports",),
                "force_reports_24m",
                "{start}以来使用武力报告{value}次",
                "{value} reports of force used since {start}",
                24,
                (*RECENT, "_24m_minus_post_others", "_24m_over_post_others"),
                post="force_reports_24m_minus_post_others",
                last="days_since_force_reports",
            ),
            Facet(
                ("force_reports", "days_since_force_reports"),
                "force_reports_60m",
                "{start}以来使用武力报告{value}次",
                "{value} reports of force used since {start}",
                60,
                last="days_since_force_reports",
            ),
        ),
        bad=True,
        note_zh="报告是履职记录，不是过错",
        note_en="a report is a record of duty, not a fault",
    ),
    Theme(
        "people_around",
        "周围同事",
        "people around",
        (
            Facet(
                ("co_accused",),
                "co_accused_24m",
                "{start}以来的投诉同时涉及{value}名同事",
                "complaints since {start} named {value} colleagues as well",
                24,
            ),
            Facet(
                ("unit_others", "unit_size"),
                "unit_others_mean_complaints_24m",
                "{start}以来所在单位其他人平均收到投诉{value}件",
                "others of the unit had {value} complaints each since {start}",
                24,
                crowd="unit_size",
            ),
            Facet(
                ("shift_others", "shift_size"),
                "shift_others_mean_complaints_24m",
                "{start}以来所在单位同班次其他人平均收到投诉{value}件",
                "others on the same shift of the unit had {value} complaints each since {start}",
                24,
                crowd="shift_size",
            ),
            Facet(
                ("span_others",),
                "span_others_mean_complaints_24m",
                "{start}以来同一直接上级的其他人平均收到投诉{value}件",
                "others under the same supervisor had {value} complaints each since {start}",
                24,
                crowd="span_size",
            ),
        ),
        bad=True,
        note_zh="只用汇总数，不涉及任何他人身份",
        note_en="numbers only, nobody else is identified",
    ),
    Theme(
        "supervisor",
        "直接上级",
        "supervisor",
        (
            Facet(
                ("supervisor_changes",),
                "supervisor_changes_24m",
                "{start}以来更换直接上级{value}次",
                "{value} changes of supervisor since {start}",
                24,
            ),
            Facet(
                ("days_under_supervisor",),
                "days_under_supervisor",
                "由现任直接上级带领{value}年",
                "{value} years under the present supervisor",
                scale=DAYS_PER_YEAR,
            ),
            Facet(
                ("span_size",),
                "span_size",
                "现任直接上级带领{value}人",
                "{value} officers under the present supervisor",
            ),
        ),
    ),
    Theme(
        "workload",
        "勤务负荷",
        "workload",
        (
            Facet(
                ("nights",),
                "nights_per_duty_month_12m",
                "{start}以来平均每月夜班{value}个",
                "{value} nights a month since {start}",
                12,
                worse="more",
            ),
            Facet(
                ("leave_days",),
                "leave_days_per_duty_month_12m",
                "{start}以来平均每月休假{value}天",
                "{value} days of leave a month since {start}",
                12,
                worse="less",
            ),
            Facet(
                ("duty_", "exposure_hours"),
                "duty_hours_per_duty_month_12m",
                "{start}以来平均每月执勤{value}小时",
                "{value} hours of duty a month since {start}",
                12,
                worse="more",
            ),
            Facet(
                ("overtime_", "sick_days"),
                "overtime_hours_12m",
                "{start}以来加班共{value}小时",
                "{value} hours of overtime since {start}",
                12,
                post="overtime_hours_12m_minus_post_others",
                worse="more",
            ),
        ),
    ),
    Theme(
        "training",
        "培训与能力",
        "training and competency",
        (
            Facet(
                ("competency", "days_since_competency"),
                "competency_level_mean_60m",
                "{start}以来能力测评平均{value}级",
                "competencies assessed at level {value} on average since {start}",
                60,
                last="days_since_competency_assessments",
                worse="less",
            ),
            Facet(
                ("course_score",),
                "course_score_mean_60m",
                "{start}以来培训成绩平均{value}分",
                "courses since {start} passed with {value} points on average",
                60,
                last="days_since_courses",
                worse="less",
            ),
            Facet(
                ("mandated_", "days_since_mandated", "training_rules"),
                "mandated_courses_lacking",
                "有{value}门必训课程未修或已过有效期",
                "{value} mandated courses not taken or no longer valid",
                last="days_since_mandated_course",
                worse="more",
            ),
            Facet(
                ("courses", "course_", "days_since_courses"),
                "courses_12m",
                "{start}以来完成培训{value}门",
                "{value} courses completed since {start}",
                12,
                post="courses_12m_minus_post_others",
                last="days_since_courses",
                worse="less",
            ),
        ),
    ),
    Theme(
        "appraisals",
        "考核",
        "appraisals",
        (
            Facet(
                ("appraisal_case_quality",),
                "appraisal_case_quality_score_mean_12m",
                "{start}以来执法质量考核平均{value}分",
                "case quality appraised at {value} points on average since {start}",
                12,
                last="days_since_appraisals",
                worse="less",
            ),
            Facet(
                ("appraisal_supervision",),
                "appraisal_supervision_score_mean_12m",
                "{start}以来督察监察考核平均{value}分",
                "supervision appraised at {value} points on average since {start}",
                12,
                last="days_since_appraisals",
                worse="less",
            ),
            Facet(
                ("appraisal", "days_since_appraisals"),
                "appraisal_performance_score_mean_12m",
                "{start}以来工作绩效考核平均{value}分",
                "performance appraised at {value} points on average since {start}",
                12,
                last="days_since_appraisals",
                worse="less",
            ),
        ),
    ),
    Theme(
        "honours",
        "表彰奖励",
        "honours",
        (
            Facet(
                ("honours", "days_since_honours"),
                "honours_60m",
                "{start}以来受表彰{value}次",
                "{value} honours since {start}",
                60,
                last="days_since_honours",
                worse="less",
            ),
        ),
    ),
    Theme(
        "career_stage",
        "从警阶段",
        "stage of the career",
        (
            Facet(
                ("rank_", "days_in_rank", "days_since_rank_steps", "months_past_least_time"),
                "days_in_rank",
                "任现职级{value}年",
                "{value} years in the present rank",
                scale=DAYS_PER_YEAR,
                last="days_since_rank_steps_taken",
            ),
            Facet(
                ("tenure_days", "track", "education"),
                "tenure_days",
                "从警{value}年",
                "{value} years of service",
                scale=DAYS_PER_YEAR,
            ),
        ),
    ),
    Theme(
        "moves",
        "岗位变动",
        "moves and posts",
        (
            Facet(
                ("moves", "days_since_first_posting"),
                "moves_60m",
                "{start}以来调动{value}次",
                "{value} moves since {start}",
                60,
            ),
            Facet(
                ("days_in_", "posting_ended", "post_size"),
                "days_in_post",
                "在现岗位{value}年",
                "{value} years in the present post",
                scale=DAYS_PER_YEAR,
            ),
        ),
    ),
)
FACETS: tuple[tuple[Theme, Facet], ...] = tuple((theme, facet) for theme in THEMES for facet in theme.facets)
SHOWN: frozenset[str] = frozenset(facet.shown for _, facet in FACETS)
# the means of the force that sentences compare with, and that a what-if may bring a record to
FORCE_MEANS = SHOWN | {f"{name}_per_duty_month_12m" for name in ("overtime_hours", "nights", "leave_days")}


@cache
def facet_of(column: str) -> int | None:
    """The place in FACETS of the sentence that speaks for a column; None for a column of no theme.

    >>> FACETS[facet_of("complaints_sustained_12m")][1].shown, FACETS[facet_of("complaints_sustained_ever")][1].shown
    ('complaints_sustained_24m', 'complaints_sustained_60m')
    """
    return next((place for place, (_, facet) in enumerate(FACETS) if facet.covers(column)), None)


def theme_of(column: str) -> str:
    """The code of a column's theme; codes of text columns (`rank_code=...`) follow their column.

    >>> theme_of("complaints_sustained_24m"), theme_of("complaints_24m"), theme_of("rank_code=SERGEANT")
    ('sustained_complaints', 'complaints', 'career_stage')
    """
    place = facet_of(column)
    return OTHER if place is None else FACETS[place][0].code
