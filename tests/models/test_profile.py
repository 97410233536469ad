"""Profiles against peers in the same post, and the capability of units up the tree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from data_contracts.asof import AsOf
from data_contracts.vocabulary import Bilingual
from models.courses.rules import OfferedCourse
from models.peers import Peers, serving
from models.talent.capability import Capabilities
from models.talent.filling import Filling, courses_for
from models.talent.profile import Profiles, profiles
from models.talent.profile_figures import growth
from tests.models.small_force import DAY, force, rows


def worked(**hours: float) -> pd.DataFrame:
    return rows("duty_months", *({"officer_id": name, "month": "2025-06-01", "hours": value, "overtime_hours": 0.0}
                                 for name, value in hours.items()))  # fmt: skip


def test_a_figure_stands_beside_the_peers_in_the_same_post() -> None:
    made = Profiles.of({**force("abc"), "duty_months": worked(a=170.0, b=160.0, c=150.0)}, DAY, 2)
    found = made.officer("a")
    assert found is not None
    figure = found.figures[0]
    assert (figure.code, figure.value, figure.median, figure.percentile, figure.peers, figure.circle) == (
        "duty_hours_12m", 170.0, 155.0, 100.0, 2, "post",
    )  # fmt: skip
    assert figure.text.zh == "近一年月均勤务时长：170小时，高于同岗位2人中的100%；其中位数为155小时"
    assert figure.text.en.endswith(
        "170 hours, higher than 100 % of 2 others in the same post, whose median is 155 hours"
    )


def test_halves_are_rounded_up_so_that_figure_and_sentence_of_a_record_agree() -> None:
    """The value 179.45 was told as 179.4, 82.15 as 82.2."""
    hours = {"a": 179.45, "b": 82.15, **dict.fromkeys("cdef", 74.85), "g": 190.0, "h": 191.0, "i": 192.0}
    made = Profiles.of({**force([*hours]), "duty_months": worked(**hours)}, DAY, 2)
    (a, b, c) = (found.figures[0] for found in map(made.officer, "abc") if found is not None)
    assert (a.value, a.median, a.percentile) == (179.45, 78.5, 62.5)
    assert a.text.zh == "近一年月均勤务时长：179.5小时，高于同岗位8人中的63%；其中位数为78.5小时"
    assert a.text.en.endswith("179.5 hours, higher than 63 % of 8 others in the same post, whose median is 78.5 hours")
    assert (b.text.en.split(" hours,")[0], c.text.en.split(" hours,")[0]) == (
        "duty hours a month, last year: 82.2", "duty hours a month, last year: 74.9",
    )  # fmt: skip
    frames = {**force("ab"), "competency_assessments": measured(("a", "law", "2025-01-05", 2.125))}
    found = Profiles.of(frames, DAY, 2).officer("a")
    assert found is not None
    assert (found.gaps[0].gap, found.gaps[0].text.en) == (
        0.13, "law and procedure: the standard is 2, 2.13 measured on 2025-01-05, 0.13 above it",
    )  # fmt: skip


def test_shares_and_gaps_of_a_unit_are_rounded_up_from_the_digits_that_are_told() -> None:
    made = capable({**dict.fromkeys("abcd", 2.0), **dict.fromkeys("ef", 1.625)}, dict.fromkeys("abcdef", "u-0"))
    top = made.unit("u-0")
    assert top is not None
    (law,) = top.competencies
    assert (law.share, law.mean_gap) == (0.625, -0.125)
    assert "an estimated 63% are at it" in law.text.en
    assert law.text.en.endswith(", 0.13 levels below it on average")
    nearly = replace(made, sums={"law": {**made.sums["law"], "gap": made.sums["law"]["gap"] + 6e-5}})
    near = nearly.unit("u-0")
    assert near is not None
    assert near.competencies[0].mean_gap > -0.125
    assert near.competencies[0].text.en.endswith(", 0.13 levels below it on average"), "the answer tells -0.125"
    sixth = Filling(OfferedCourse("k", Bilingual("法", "law"), hours=1.0), np.array([6.0]), np.array([1.12496]))
    assert courses_for([sixth], 0, 6)[0].text.en.endswith("would close about 1.13 levels of their gaps")


@pytest.mark.parametrize(("post", "circle"), [("patrol-2", "job_family"), ("traffic-1", "track"), ("other", None)])
def test_with_few_in_the_post_the_circle_widens_and_then_says_that_it_cannot_compare(
    post: str, circle: str | None
) -> None:
    frames = force("abc")
    frames["postings"].loc[0, "post_id"] = post
    frames["duty_months"] = worked(a=170.0, b=160.0, c=150.0)
    found = Profiles.of(frames, DAY, 2).officer("a")
    assert found is not None
    figure = found.figures[0]
    assert (figure.value, figure.circle) == (170.0, circle)
    if circle is None:
        assert (figure.median, figure.percentile, figure.peers) == (None, None, 0)
        assert "fewer than 2 peers" in figure.text.en
        assert "不足2人" in figure.text.zh


def test_without_a_posts_table_the_unit_is_the_post() -> None:
    frames = force("abc")
    frames["postings"]["post_id"] = None
    del frames["posts"], frames["officers"]
    assert serving(frames, DAY)["post"].tolist() == ["u-1"] * 3
    assert serving(frames, DAY)["entered_on"].tolist() == [pd.Timestamp("2020-01-01")] * 3


def test_who_left_or_holds_no_posting_is_not_profiled() -> None:
    frames = force("abc")
    frames["officers"].loc[0, "left_on"] = pd.Timestamp("2025-12-01")
    frames["postings"].loc[1, "ended_on"] = pd.Timestamp("2025-12-01")
    assert [one is None for one in profiles(frames, DAY, ["a", "b", "c", "x"])] == [True, True, False, True]


def measured(*levels: tuple[str, str, str, float]) -> pd.DataFrame:
    return rows("competency_assessments", *({"officer_id": name, "competency": what, "occurred_on": day, "level": level}
                                            for name, what, day, level in levels))  # fmt: skip


def test_gaps_are_told_against_the_posts_standard_with_the_last_level() -> None:
    frames = {**force("abc"), "competency_assessments": measured(
        ("a", "law", "2024-01-05", 3.0), ("a", "law", "2025-01-05", 1.5), ("b", "law", "2025-01-05", 2.0),
        ("c", "law", "2026-01-05", 2.5))}  # fmt: skip
    made = Profiles.of(frames, DAY, 2)
    told = {}
    for name in "abc":
        found = made.officer(name)
        assert found is not None
        told[name] = found.gaps[0]
    assert {name: (gap.level, gap.gap) for name, gap in told.items()} == {
        "a": (1.5, -0.5),
        "b": (2.0, 0.0),
        "c": (None, None),
    }
    assert told["a"].text.en == "law and procedure: the standard is 2, 1.5 measured on 2025-01-05, 0.5 below it"
    assert told["b"].text.zh == "执法规范：标准2，2025-01-05测得2，达标"
    assert told["c"].text.en == "law and procedure: the standard is 2, never measured"


def test_growth_is_between_levels_two_years_apart_and_unknown_without_both() -> None:
    rows_of = measured(
        ("a", "law", "2023-06-01", 2.0),
        ("a", "law", "2025-06-01", 2.6),
        ("b", "law", "2025-06-01", 2.0),
        ("c", "law", "2023-06-01", 2.0),
        ("a", "law", "2026-02-01", 5.0),
    )
    assert growth(rows_of, DAY).round(6).to_dict() == {"a": 0.6}


def test_no_row_is_none_done_where_the_table_is_there_and_unknown_where_not() -> None:
    frames = force("abc")
    none = Profiles.of(frames, DAY, 2).officer("a")
    assert none is not None
    assert none.figures == ()
    taken = {"officer_id": "b", "course_id": "k", "occurred_on": "2025-12-01", "hours": 8.0}
    frames["course_completions"] = rows("course_completions", taken)
    frames["honours"] = rows("honours", {"officer_id": "b", "honour": "star", "occurred_on": "2025-12-01"})
    frames["appraisals"] = rows("appraisals", {"officer_id": "b", "kind": "performance", "occurred_on": "2025-12-31",
                                               "score": 80.0})  # fmt: skip
    found = Profiles.of(frames, DAY, 2).officer("a")
    assert found is not None
    assert {one.code: one.value for one in found.figures} == {
        "performance": None, "case_quality": None, "honours_60m": 0.0, "courses_12m": 0.0, "course_hours_12m": 0.0,
        "months_since_course": None,
    }  # fmt: skip
    assert found.figures[0].text.en == "performance appraisals, three years: nothing recorded"


def test_none_among_peers_without_any_is_said_as_that_and_ties_are_above_nobody() -> None:
    """Of four officers three have no honour: "0, above 33 %" would be nonsense."""
    frames = force("abcd")
    frames["honours"] = rows("honours", {"officer_id": "b", "honour": "star", "occurred_on": "2025-12-01"})
    made = Profiles.of(frames, DAY, 2)
    none, one = (next(each for each in found.figures if each.code == "honours_60m").text
                 for found in (made.officer("a"), made.officer("b")) if found is not None)  # fmt: skip
    assert none.zh == "近五年表彰奖励：无，同岗位3人多数亦无"
    assert none.en == "honours, five years: none, as most of 3 others in the same post"
    assert one.en == "honours, five years: 1, higher than 100 % of 3 others in the same post, whose median is 0"
    each = [{"officer_id": name, "honour": "star", "occurred_on": "2025-12-01"} for name in "abc"]
    frames["honours"] = rows("honours", *each)
    told = {name: Profiles.of(frames, DAY, 2).officer(name) for name in "ad"}
    texts = {name: found.figures[0].text.en for name, found in told.items() if found is not None}
    assert texts["a"].endswith("1; the median of 3 others in the same post is the same")
    assert texts["d"].endswith("0, and none of 3 others in the same post is lower; their median is 1")


def capable(levels: dict[str, float | None], units: dict[str, str], least: int = 3) -> Capabilities:
    frames = force(list(levels))
    frames["postings"]["unit_id"] = pd.array([units[name] for name in levels], dtype="string")
    known = [(name, "law", "2025-01-05", level) for name, level in levels.items() if level is not None]
    frames["competency_assessments"] = measured(*known)
    frames["courses"] = rows(
        "courses",
        {"course_id": "old", "competency": "law", "hours": 1.0, "issued_on": "2010-01-01", "known_on": "2010-01-01"},
        {"course_id": "ends", "competency": "law", "hours": 9.0, "issued_on": "2024-01-01", "known_on": "2024-01-01"},
        {"course_id": "soon", "competency": "law", "hours": 80.0, "issued_on": "2024-01-09", "known_on": "2024-01-01"},
        {"course_id": "k", "competency": "law", "hours": 8.0, "name_zh": "法律"},
        {"course_id": "z", "competency": "law"},
    )
    return Capabilities.of(Profiles.of(frames, DAY, 2), frames, DAY, least)


def test_a_block_counts_everybody_under_it_and_names_what_would_fill_the_gap() -> None:
    made = capable({"a": 1.0, "b": 2.0, "c": 3.0, "d": None}, {"a": "u-1", "b": "u-1", "c": "u-2", "d": "u-0"})
    top = made.unit("u-0")
    assert top is not None
    (law,) = top.competencies
    assert (top.officers, law.officers, law.measured, law.below, law.mean_gap) == (4, 4, 3, 1, 0.0)
    # a flat prior and 2 of 3 at the standard
    assert law.share == pytest.approx(3 / 5)
    assert (law.low, law.high) == pytest.approx(tuple(beta.ppf([0.025, 0.975], 3, 2)))
    assert [(one.course_id, one.hours_in_all) for one in law.courses] == [("k", 8.0), ("z", None)]
    assert law.courses[1].name.zh == "代号“z”"  # as `/v1/courses` calls a course without a name
    assert law.text.en.startswith(
        "law and procedure: 1 of 3 measured is below their post's standard, an estimated 60% are at it"
    )
    assert not law.thin


def test_a_course_counts_for_those_below_who_can_still_take_it_and_what_closes_most_is_first() -> None:
    """Of four below the standard three have taken the once-only edition, one a certificate that still holds and one a
    certificate that lapsed the day before."""
    frames = force("abcde")
    levels = {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.9, "e": 3.0}
    frames["competency_assessments"] = measured(*((name, "law", "2025-01-05", one) for name, one in levels.items()))
    taught = {"competency": "law", "name_en": "Law", "name_zh": "法律"}
    frames["courses"] = rows(
        "courses",
        {"course_id": "once", **taught, "hours": 1.0, "mandated": True, "issued_on": "2025-06-01"},
        {"course_id": "again", **taught, "hours": 8.0, "mandated": True, "valid_months": 12},
        {"course_id": "had", **taught, "hours": 2.0},
    )
    took = [("once", name, "2025-07-01") for name in "abc"] + [("had", name, "2020-07-01") for name in "abcd"]
    took += [("again", "a", "2025-01-01"), ("again", "b", "2024-12-31"), ("again", "b", "2023-01-01")]
    frames["course_completions"] = rows(
        "course_completions",
        *({"course_id": course, "officer_id": name, "occurred_on": day, "hours": 1.0} for course, name, day in took),
    )
    unit = Capabilities.of(Profiles.of(frames, DAY, 2), frames, DAY, 3).unit("u-1")
    assert unit is not None
    (law,) = unit.competencies
    told = [(one.course_id, one.officers, one.hours_in_all, one.levels) for one in law.courses]
    assert law.below == 4
    # 8 hours add a quarter of a level where as much lacks; d lacks a tenth
    assert told == [("again", 3, 24.0, 0.6), ("once", 1, 1.0, pytest.approx(0.03125))]
    assert law.courses[0].text.en == (
        "3 of the 4 below the standard can take it, 1 has it already; 24 hours in all, which would close about 0.6 "
        "levels of their gaps"
    )
    assert law.courses[0].text.zh == "4名未达标人员中3人可学，其余1人已学过、无需重学；共需24学时，合计约可弥补0.6级"


def test_of_courses_that_close_nearly_as_much_the_one_of_fewest_hours_is_first() -> None:
    def filling(code: str, hours: float | None, levels: float) -> Filling:
        return Filling(OfferedCourse(code, Bilingual(code, code), hours=hours), np.ones(1), np.array([levels]))

    found = [
        filling("long", 920.0, 9.0),
        filling("short", 352.0, 8.8),
        filling("less", 8.0, 2.0),
        filling("none", None, 8.9),
    ]
    assert [one.course_id for one in courses_for(found, 0, 1)] == ["short", "long", "none"]


def test_too_few_measured_are_not_told_and_the_unit_above_stands_for_them() -> None:
    made = capable({"a": 1.0, "b": 2.0, "c": 3.0}, {"a": "u-1", "b": "u-1", "c": "u-2"})
    small = made.unit("u-1")
    assert small is not None
    assert (small.competencies, small.suppressed, small.rolled_up_to) == ((), ("law",), "u-0")
    assert made.unit("u-9") is None
    alone = capable({"a": 1.0}, {"a": "u-1"}).unit("u-1")
    assert alone is not None
    assert alone.rolled_up_to is None


def test_a_unit_leans_on_the_rest_of_the_unit_above() -> None:
    names = [f"o{number}" for number in range(40)]
    levels: dict[str, float | None] = {name: 1.0 if place < 4 else 3.0 for place, name in enumerate(names)}
    made = capable(levels, {name: "u-1" if place < 4 else "u-2" for place, name in enumerate(names)})
    small, large = made.unit("u-1"), made.unit("u-2")
    assert small is not None
    assert large is not None
    # none of 4, with ten officers' worth of the other 36 who all are: 10 * 37/38 of 14
    assert small.competencies[0].share == pytest.approx(10 * 37 / 38 / 14)
    assert large.competencies[0].share == pytest.approx(37 / 42)  # the other four weigh six
    assert large.competencies[0].courses == ()
    assert not small.competencies[0].thin


def test_a_competency_is_thin_where_surely_less_than_half_are_at_the_standard() -> None:
    names = [f"o{number}" for number in range(20)]
    top = capable(dict.fromkeys(names, 1.0), dict.fromkeys(names, "u-0")).unit("u-0")
    assert top is not None
    assert top.competencies[0].thin


def test_without_standards_or_levels_there_is_nothing_to_tell() -> None:
    frames = force("abc")
    del frames["competency_standards"], frames["units"]
    frames["competency_assessments"] = measured(("a", "law", "2025-01-05", 2.0))
    made = Profiles.of(frames, DAY, 2)
    unit = Capabilities.of(made, frames, DAY).unit("u-1")
    assert unit is not None
    assert (unit.officers, unit.competencies, unit.suppressed, unit.rolled_up_to) == (3, (), (), None)
    with_standards = force("abc")
    del with_standards["officers"]
    other = Profiles.of(with_standards, DAY, 2).officer("a")
    assert other is not None
    assert other.gaps[0].level is None


def test_nothing_known_of_later_days_enters() -> None:
    frames = {**force("abc"), "duty_months": worked(a=170.0, b=160.0, c=150.0)}
    early = Profiles.of(frames, AsOf(date(2025, 6, 1)), 2).officer("a")
    assert early is not None
    assert early.figures[0].value is None


def test_peers_leave_out_who_has_no_value() -> None:
    found = Peers.of(force("abcd"), DAY, 2).compare(pd.Series({"a": 1.0, "b": 2.0, "c": None, "x": 9.0}))
    assert found.index.tolist() == ["a", "b"]
    assert found["circle"].isna().all()


def test_the_percentile_counts_only_those_who_lie_below() -> None:
    values = pd.Series({"a": 1.0, "b": 2.0, "c": 2.0, "d": 2.0, "e": 3.0})
    found = Peers.of(force("abcde"), DAY, 2).compare(values)
    assert found["percentile"].tolist() == [0.0, 25.0, 25.0, 25.0, 100.0]


def test_an_officer_whom_nobody_is_below_is_told_so_and_equals_are_not_below() -> None:
    frames = {**force("abcde"), "duty_months": worked(a=150.0, b=150.0, c=160.0, d=160.0, e=170.0)}
    made = Profiles.of(frames, DAY, 2)
    lowest, middle = made.officer("a"), made.officer("c")
    assert lowest is not None
    assert middle is not None
    assert (lowest.figures[0].percentile, middle.figures[0].percentile) == (0.0, 50.0)
    assert "and none of 4 others" in lowest.figures[0].text.en
