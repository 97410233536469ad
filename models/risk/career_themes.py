"""Themes of the career: its stage, moves and posts."""

from __future__ import annotations

from models.risk.facets import DAYS_PER_YEAR, Facet, Theme

CAREER_THEMES: tuple[Theme, ...] = (
    Theme(
        "career_stage",
        "从警阶段",
        "stage of the career",
        (
            Facet(
                ("rank_steps_taken", "days_since_rank_steps_taken"),  # of every ladder: job grade and police rank
                "rank_steps_taken_60m",
                "{start}以来晋升{value}次（职级与警衔合计）",
                "{value} [step|steps] up since {start}, job grade and police rank together",
                60,
                last="days_since_rank_steps_taken",
                worse="less",
            ),
            Facet(
                ("rank_code", "rank_position"),
                "rank_code",
                "现职级为{value}",
                "rank: {value}",
                named=True,
                of_zh="该职级人员",
                of_en="officers of this rank",
                last="days_in_rank",
                goes_on=True,
            ),
            Facet(
                ("months_past_least_time",),
                "months_past_least_time",
                "超过本职级最低任职年限{value}个月",
                "{value} [month|months] past the least time in the present rank",
                below_zh="距本职级最低任职年限还有{value}个月",
                below_en="{value} [month|months] to go to the least time in the present rank",
                last="days_in_rank",
                last_zh="自{day}起任现职级",
                last_en="in that rank since {day}",
                worse="more",
            ),
            Facet(
                ("days_in_rank",),
                "days_in_rank",
                "任现职级{value}年",
                "{value} [year|years] in the present rank",
                scale=DAYS_PER_YEAR,
                last="days_in_rank",  # the day that the sentence's own number counts from
                goes_on=True,
                worse="more",
            ),
            Facet(
                ("track",),
                "track",
                "从事序列为{value}",
                "track: {value}",
                named=True,
                of_zh="该序列人员",
                of_en="officers of this track",
            ),
            Facet(
                ("education",),
                "education",
                "学历为{value}",
                "education: {value}",
                named=True,
                of_zh="该学历人员",
                of_en="officers of this education",
            ),
            Facet(
                ("tenure_days",),
                "tenure_days",
                "从警{value}年",
                "{value} [year|years] of service",
                scale=DAYS_PER_YEAR,
                worse="less",
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
                "{value} [move|moves] since {start}",
                60,
                worse="more",
                moved_by=("moves",),
            ),
            Facet(
                ("days_in_", "posting_ended", "post_size"),
                "days_in_post",
                "在现岗位{value}年",
                "{value} [year|years] in the present post",
                scale=DAYS_PER_YEAR,
                worse="more",
                moved_by=("days_in_post",),
            ),
        ),
    ),
)
