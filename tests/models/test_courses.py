"""Advice in its order: each course once, with every reason, never a repeat, never more than a month bears."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from data_contracts.asof import add_months
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.courses.advice import Learner, advise_courses, fitting
from models.courses.crowd import RANKED, CrowdCourse
from models.courses.gaps import GOAL, PRESENT, Gap, closing_courses
from models.courses.goals import GoalPosts
from models.courses.learners import Readings, learner_of, offered_courses
from models.courses.months import SuggestedCourse, planned
from models.courses.rules import Counted, CourseReason, OfferedCourse, PostNeed, Standing

DAY = date(2025, 6, 10)
RULES = policy().courses


def course(code: str, competency: str | None = None, hours: float | None = 8.0, **more: object) -> OfferedCourse:
    return replace(OfferedCourse(code, Bilingual(code, code), competency, hours=hours), **more)  # type: ignore[arg-type]


class Colleagues:
    """Says what it was told to."""

    def __init__(self, likely: tuple[str, ...] = (), waves: tuple[str, ...] = ()) -> None:
        self._likely, self._waves = likely, waves

    def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
        return [CrowdCourse(one, 1.0, (CourseReason("same_way", Bilingual("同路", "way")),)) for one in self._likely]

    def waves(self, officer_id: str, most: int) -> list[CrowdCourse]:
        return [CrowdCourse(one, 0.5, (CourseReason("wave", Bilingual("推广", "wave")),)) for one in self._waves]


def learner(taken: dict[str, date] | None = None, **more: object) -> Learner:
    known = Learner("o", Standing(DAY, None, taken or {}, policy().training))
    return replace(known, **more)  # type: ignore[arg-type]


def kinds(found: list[SuggestedCourse]) -> list[tuple[str, str]]:
    return [(one.kind, one.course.course_id) for one in found]


def test_kinds_come_in_order_and_a_course_is_told_once_with_all_its_reasons() -> None:
    courses = [course("must", "other", mandated=True, valid_months=12), course("law", "law"), course("tiny", "x", 0.5),
               course("roll", "y"), course("way", "z")]  # fmt: skip
    crowd = Colleagues(("law", "way"), ("must", "roll"))
    found = advise_courses(learner(levels={"law": 2.0}, present={"law": 3.0}), courses, crowd, RULES, spare_hours=0.5)
    assert kinds(found) == [("required", "must"), ("gap", "law"), ("next", "way"), ("wave", "roll"), ("small", "tiny")]
    assert [reason.code for reason in found[0].reasons] == ["never_taken", "wave"]
    assert [reason.code for reason in found[1].reasons] == ["gap_present", "same_way"]
    assert "0.5" in found[4].reasons[0].text.en


def test_a_small_course_is_of_what_the_post_asks_for_and_says_what_it_closes() -> None:
    courses = [course(f"s-{name}", name, 0.5) for name in ("analysis", "leadership", "law", "fitness", "firearms")]
    able: dict[str, Any] = {"levels": {"leadership": 0.3, "law": 1.0, "fitness": 0.5, "firearms": 2.0},
                            "present": {"leadership": 2.0}, "goal": {"law": 4.0}}  # fmt: skip
    assert [one.course_id for one in fitting(learner(**able), courses, RULES, 0.5)] == [
        "s-leadership", "s-law", "s-fitness", "s-firearms", "s-analysis",
    ], "the post's, the goal's, the lowest, and last what was never assessed"  # fmt: skip
    rules = replace(RULES, most=replace(RULES.most, gap=0, small=4))
    found = advise_courses(learner(**able), courses, Colleagues(("s-law",)), rules, spare_hours=0.5)
    told = {one.course.course_id: [reason.code for reason in one.reasons] for one in found}
    assert told == {"s-law": ["same_way", "fits", "gap_goal"], "s-leadership": ["fits", "gap_present"],
                    **{f"s-{name}": ["fits", "level"] for name in ("fitness", "firearms", "analysis")}}  # fmt: skip
    text = {one.course.course_id: one.reasons[-1].text.en for one in found}
    assert text["s-leadership"].startswith("closes 0.02 of the gap in leadership in 0.5 hours (level 0.3")
    assert text["s-firearms"] == "the level in use of weapons is 2.0, and your post does not ask for it"
    assert text["s-analysis"] == "analysis was never assessed, and your post does not ask for it"


def test_spare_time_is_filled_unless_a_shorter_course_closes_as_much() -> None:
    courses = [course(f"{name}-{hours:g}", name, hours) for name in ("law", "fitness") for hours in (0.5, 1.0, 2.0)]
    able = learner(levels={"law": 1.0, "fitness": 2.0}, present={"law": 4.0})

    def order(one: Learner, hours: float) -> list[str]:
        return [each.course_id for each in fitting(one, courses, RULES, hours)]

    assert order(able, 2.0) == ["law-2", "law-1", "law-0.5", "fitness-2", "fitness-1", "fitness-0.5"]
    assert order(able, 1.0) == ["law-1", "law-0.5", "fitness-1", "fitness-0.5"]
    near = 3.0 - 1.5 * RULES.gap.levels_an_hour
    rules = replace(RULES, gap=replace(RULES.gap, least_gap=RULES.gap.levels_an_hour))
    closes_whole = fitting(learner(levels={"law": near}, present={"law": 3.0}), courses[:3], rules, 3.0)
    assert [one.course_id for one in closes_whole] == ["law-2", "law-1", "law-0.5"]
    nearer = replace(rules, gap=replace(rules.gap, levels_an_hour=4 * RULES.gap.levels_an_hour, most_levels=9.0))
    closes_whole = fitting(learner(levels={"law": near}, present={"law": 3.0}), courses[:3], nearer, 3.0)
    assert [one.course_id for one in closes_whole] == ["law-0.5", "law-1", "law-2"], "half an hour is enough"


def test_a_gap_that_courses_listed_before_close_is_closed_no_second_time_by_a_small_one() -> None:
    courses = [course("days", "law", 8.0), course("s-law", "law", 0.5), course("s-fitness", "fitness", 0.5)]
    able: dict[str, Any] = {"levels": {"law": 2.8, "fitness": 2.0}, "present": {"law": 3.0}}
    found = advise_courses(learner(**able), courses, None, RULES, spare_hours=0.5)
    assert [(one.course.course_id, [reason.code for reason in one.reasons]) for one in found] == [
        ("days", ["gap_present"]), ("s-fitness", ["fits", "level"]), ("s-law", ["fits", "level"]),
    ]  # fmt: skip
    assert [one.course_id for one in fitting(learner(**able), courses, RULES, 0.5)] == ["s-law", "s-fitness"]


def test_what_is_required_anyway_closes_first_and_the_rest_is_told_by_what_it_leaves() -> None:
    courses = [course("must", "law", 8.0, mandated=True, valid_months=12), course("week", "law", 40.0)]
    found = advise_courses(learner(levels={"law": 2.5}, present={"law": 3.0}), courses, None, RULES)
    assert [(one.course.course_id, [reason.code for reason in one.reasons]) for one in found] == [
        ("must", ["never_taken", "gap_present"]), ("week", ["gap_present"]),
    ]  # fmt: skip
    assert found[0].reasons[1].text.en.startswith("closes 0.25 of the gap in law and procedure")
    assert found[1].reasons[0].text.en.startswith("closes 0.25 of what the courses before it leave of the gap in law")


def test_that_it_fits_is_no_reason_to_hide_that_the_ranking_alone_put_it_there() -> None:
    class Ranked(Colleagues):
        def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
            why = (CourseReason(RANKED, Bilingual("排序", "the ranking alone")),)
            return [replace(one, reasons=why) for one in super().likely(officer_id, most)]

    (one,) = advise_courses(learner(), [course("tiny", "x", 0.5)], Ranked(("tiny",)), RULES, spare_hours=0.5)
    assert (one.kind, [reason.code for reason in one.reasons]) == ("next", [RANKED, "fits"])


def test_that_the_ranking_alone_put_it_there_is_said_only_where_nothing_else_did() -> None:
    class Ranked(Colleagues):
        def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
            why = (CourseReason(RANKED, Bilingual("排序", "the ranking alone")),)
            return [replace(one, reasons=why) for one in super().likely(officer_id, most)]

    courses = [course("law", "law"), course("way", "z"), course("both", "y")]
    weak: dict[str, Any] = {"levels": {"law": 2.0}, "present": {"law": 3.0}}
    found = advise_courses(learner(**weak), courses, Ranked(("law", "way", "both"), ("both",)), RULES)
    assert [(one.course.course_id, [reason.code for reason in one.reasons]) for one in found] == [
        ("law", ["gap_present"]), ("way", [RANKED]), ("both", ["wave"]),
    ]  # fmt: skip


def test_a_count_that_two_lengths_of_time_share_is_told_of_the_shorter_alone() -> None:
    def counted(group: str, taken: int, days: int) -> CourseReason:
        told = f"{taken} of {group} in {days} days"
        return CourseReason(f"x_{group}", Bilingual(told, told), counted=Counted(group, taken, 16, days))

    class Counting(Colleagues):
        def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
            return [
                CrowdCourse("k", 1.0, (counted("cohort", 6, 60),)),
                CrowdCourse("m", 1.0, (counted("rank", 9, 60),)),
            ]

        def waves(self, officer_id: str, most: int) -> list[CrowdCourse]:
            month = counted("cohort", 6, 30), counted("rank", 6, 30)
            return [CrowdCourse("k", 0.5, month), CrowdCourse("m", 0.5, month)]

    found = advise_courses(learner(), [course("k"), course("m")], Counting(), RULES)
    assert {one.course.course_id: [reason.text.en for reason in one.reasons] for one in found} == {
        "k": ["6 of cohort in 30 days", "6 of rank in 30 days"],
        "m": ["9 of rank in 60 days", "6 of cohort in 30 days", "6 of rank in 30 days"],
    }


def test_nothing_small_is_suggested_unless_asked_for() -> None:
    assert advise_courses(learner(), [course("tiny", "x", 0.5)], None, RULES) == []


def test_what_was_taken_comes_back_only_when_its_certificate_has_lapsed() -> None:
    courses = [course("once", "law"), course("lasts", "law", valid_months=12)]
    weak: dict[str, Any] = {"levels": {"law": 1.0}, "present": {"law": 3.0}}
    long_ago, lately = date(2020, 1, 1), date(2025, 1, 1)
    assert kinds(advise_courses(learner({"once": long_ago, "lasts": lately}, **weak), courses, None, RULES)) == []
    again = advise_courses(learner({"once": long_ago, "lasts": long_ago}, **weak), courses, None, RULES)
    assert kinds(again) == [("gap", "lasts")]
    crowd = Colleagues(("once",), ("once",))
    assert advise_courses(learner({"once": long_ago}), courses[:1], crowd, RULES) == []


def test_a_course_issued_long_ago_is_over() -> None:
    old, new = course("old", issued_on=date(2023, 6, 9)), course("new", issued_on=date(2023, 6, 10))
    found = advise_courses(learner(), [old, new], Colleagues(("old", "new")), RULES)
    assert kinds(found) == [("next", "new")]


def test_a_course_of_no_catalogue_is_still_found_when_colleagues_take_it() -> None:
    (one,) = advise_courses(learner(), [], Colleagues((), ("unheard of",)), RULES)
    assert (one.kind, one.course.course_id, one.course.hours) == ("wave", "unheard of", None)


def test_gaps_are_closed_by_the_hour_and_the_present_post_goes_before_the_goal() -> None:
    courses = [course("long", "law", 40.0), course("short", "law", 8.0), course("goal", "analysis", 4.0)]
    gaps = [Gap("law", 2.0, 3.0, PRESENT), Gap("analysis", 2.0, 4.0, GOAL)]
    found = closing_courses(gaps, courses, RULES.gap, RULES.load)
    assert [one.course.course_id for one in found] == ["short", "long", "goal"]
    assert [one.levels for one in found] == [0.25, 0.5, 0.125]
    text = found[1].reasons[0].text
    assert (
        text.en == "closes 0.5 of what the courses before it leave of the gap in law and procedure in 40 hours "
        "(level 2.0, the standard of your post 3.0)"
    )
    assert text.zh == "40学时可弥补前列课程之后所余的执法规范差距0.5级（现2.0，现岗位标准3.0）"
    alone = found[0].reasons[0].text
    assert alone.en.startswith("closes 0.25 of the gap in law and procedure in 8 hours (level 2.0")


def test_a_course_closes_no_more_than_the_gap() -> None:
    (one,) = closing_courses([Gap("law", 2.9, 3.0, PRESENT)], [course("k", "law", 40.0)], RULES.gap, RULES.load)
    assert round(one.levels, 6) == 0.1


def test_spare_half_hours_do_not_stand_before_what_closes_a_gap() -> None:
    """By the hour half an hour is as good as two days and better than a week; alone it closes nothing anybody sees."""
    courses = [course(f"half-{n}", "law", 0.5) for n in range(3)]
    week, days = course("week", "law", 40.0), course("days", "law", 8.0)
    wide, near = Gap("law", 2.0, 3.0, PRESENT), Gap("law", 2.94, 3.0, PRESENT)
    found = closing_courses([wide], [*courses, week, days], RULES.gap, RULES.load)
    assert [one.course.course_id for one in found][:2] == ["days", "week"]
    assert [one.course.course_id for one in closing_courses([wide], courses, RULES.gap, RULES.load)] == [
        "half-0", "half-1", "half-2",
    ], "where there is nothing else they are named"  # fmt: skip
    narrow = closing_courses([near], [week, *courses, course("two", "law", 2.0)], RULES.gap, RULES.load)
    assert [one.course.course_id for one in narrow] == ["two"], "two hours close all of a small one"


def test_a_gap_that_one_course_closes_whole_asks_for_no_second_one() -> None:
    courses = [course("one", "law", 24.0), course("two", "law", 24.0), course("long", "law", 40.0)]
    present, goal = Gap("law", 2.4, 2.9, PRESENT), Gap("law", 2.4, 3.2, GOAL)
    found = closing_courses([present], courses, RULES.gap, RULES.load)
    assert [one.course.course_id for one in found] == ["one"], "24 hours add half a level"
    both = closing_courses([present, goal], courses, RULES.gap, RULES.load)
    assert [one.course.course_id for one in both] == ["one", "two"], "the goal asks for more"


def test_what_one_course_closes_no_other_closes_again_and_the_next_gap_of_the_post_comes_first() -> None:
    courses = [course("law-1", "law", 24.0), course("law-2", "law", 24.0), course("cases", "investigation", 40.0)]
    gaps = [Gap("investigation", 1.4, 2.0, PRESENT), Gap("law", 1.9, 2.0, PRESENT), Gap("law", 1.9, 2.5, GOAL)]
    found = closing_courses(gaps, courses, RULES.gap, RULES.load)
    assert [one.course.course_id for one in found] == ["law-1", "cases", "law-2"]
    assert [one.code for one in found[2].reasons] == ["gap_goal"], "the post asks for no more law"
    assert (
        found[2]
        .reasons[0]
        .text.en.startswith(
            "closes 0.1 of what the courses before it leave of the gap in law and procedure in 24 hours (level 1.9"
        )
    )
    assert round(found[0].levels + found[2].levels, 6) == 0.6


def test_a_month_bears_only_so_much_and_what_is_overdue_does_not_wait() -> None:
    many = [course(f"g{number}", f"c{number}", 30.0) for number in range(4)]
    weak: dict[str, Any] = {"levels": {f"c{n}": 1.0 for n in range(4)}, "present": {f"c{n}": 3.0 for n in range(4)}}
    generous = replace(RULES, most=replace(RULES.most, gap=4))
    found = advise_courses(learner(hours_this_month=15.0, **weak), many, None, generous)
    assert [one.month for one in found] == [1, 2]
    musts = [course(f"m{n}", "other", 30.0, mandated=True, valid_months=12) for n in range(5)]
    assert [one.month for one in advise_courses(learner(), musts, None, RULES)] == [0] * 5
    soon = {f"m{n}": date(2024, 7, 1) for n in range(5)}
    assert sorted(one.month for one in advise_courses(learner(soon), musts, None, RULES)) == [0, 0, 1, 1, 2]


def test_what_falls_due_is_planned_by_its_day_beside_what_is_overdue_or_says_why_not() -> None:
    """Forty hours overdue fill June whatever else; what falls due in June is not put off to July for them."""
    full = RULES.load.hours_a_month
    over = SuggestedCourse(course("over", "a", full), "required", (), overdue=True, due_on=date(2025, 1, 1))

    def due(code: str, day: date, hours: float = 8.0) -> SuggestedCourse:
        return SuggestedCourse(
            course(code, "a", hours), "required", (), due_on=day, finish_by=day if day >= DAY else None
        )

    june, july = due("june", date(2025, 6, 30)), due("july", date(2025, 7, 20))
    wished = SuggestedCourse(course("wished", "b", 8.0), "gap", ())
    found = list(planned([over, june, july, wished], DAY, 0.0, RULES))
    assert [(one.month, len(one.reasons)) for one in found] == [(0, 0), (0, 0), (1, 0), (1, 0)]

    (_, first, second) = planned([over, due("first", date(2025, 6, 30), full), june], DAY, 0.0, RULES)
    assert (first.month, first.reasons, second.month) == (0, (), 1)
    (why,) = second.reasons
    assert (why.code, why.text.zh) == ("planned_after_due", "此前各月学时已满，只能排在到期日2025-06-30之后")
    assert why.text.en == "the load is full until then, so it is planned after the day it is due, 2025-06-30"
    (short,) = planned([due("short", DAY, 16.0)], DAY, 0.0, RULES)  # two days of study, one is left
    assert (short.month, [one.text.en[:23] for one in short.reasons]) == (0, ["too little time is left"])
    (passed,) = planned([due("passed", date(2025, 6, 1))], DAY, 0.0, RULES)
    assert passed.reasons == (), "a day that has passed is told as such already"


def test_who_has_days_of_grace_left_waits_for_what_falls_due_sooner() -> None:
    """What lapsed in May and has grace until September came first, and what falls due in June went past its day."""
    full = RULES.load.hours_a_month
    grace = SuggestedCourse(
        course("grace", "a", full), "required", (), due_on=date(2025, 5, 1), finish_by=date(2025, 7, 30)
    )
    june = SuggestedCourse(
        course("june", "a", full), "required", (), due_on=date(2025, 6, 30), finish_by=date(2025, 6, 30)
    )
    found = list(planned([grace, june], DAY, 0.0, RULES))
    assert [(one.course.course_id, one.month, one.reasons) for one in found] == [("grace", 1, ()), ("june", 0, ())]
    (_, late) = planned([june, replace(grace, finish_by=date(2025, 6, 30))], DAY, 0.0, RULES)
    assert [one.text.en for one in late.reasons] == [
        "the load is full until then, so it is planned after the last day of grace, 2025-06-30"
    ]


def test_no_course_is_planned_after_its_offer_ends() -> None:
    months = RULES.load.plan_months
    ends = {"today": DAY, "first": add_months(DAY.replace(day=1), 2), "second": add_months(DAY.replace(day=2), 2)}
    for name, until in ends.items():
        ending = course("ending", "b", 4.0, issued_on=add_months(until, -RULES.offered_months))
        assert ending.offered_until(RULES) == until
        full = SuggestedCourse(course("full", "a", RULES.load.hours_a_month), "gap", ())
        last = SuggestedCourse(ending, "next", ())
        found = list(planned([full] * months + [last], DAY, 0.0, RULES))
        assert [one.course.course_id for one in found] == ["full"] * months, "no month has room"
        found = list(planned([full, last], DAY, 0.0, RULES))
        assert [(one.month, one.take_by) for one in found[1:]] == ([] if name == "today" else [(1, until)])
        found = list(planned([full, full, last], DAY, 0.0, RULES))
        assert [(one.month, one.take_by) for one in found[2:]] == ([(2, until)] if name == "second" else [])
        must = replace(last, kind="required", course=replace(ending, hours=RULES.load.hours_a_month))
        told = list(planned([full, must], DAY, 1.0, RULES))
        assert told[1].month <= (0 if name == "today" else 2), "what is required is planned while it is offered"
    over = replace(last, kind="required", course=replace(ending, issued_on=date(2015, 1, 1)))
    assert [(one.month, one.take_by) for one in planned([over], DAY, 0.0, RULES)] == [(0, None)]


def test_what_a_rule_asks_for_before_its_offer_ends_is_told_with_that_day_alone() -> None:
    """Of two days the later one misled: by it the course was to be taken, and by then it was overdue."""
    ends, due = add_months(DAY, 2), add_months(DAY, 1)
    ending = course("ending", "b", 4.0, issued_on=add_months(ends, -RULES.offered_months))
    must = SuggestedCourse(ending, "required", (), due_on=due, finish_by=due)
    full = [SuggestedCourse(course(f"full-{n}", "a", RULES.load.hours_a_month), "required", (), due_on=DAY,
                            finish_by=DAY) for n in range(2)]  # fmt: skip
    assert [one.take_by for one in planned([must], DAY, 0.0, RULES)] == [None]
    assert [one.take_by for one in planned([replace(must, finish_by=None, overdue=True)], DAY, 0.0, RULES)] == [ends]
    (*_, late) = planned([*full, must], DAY, 0.0, RULES)
    assert (late.month, late.take_by, len(late.reasons)) == (2, ends, 1), "the day it was due is past by then"


def test_what_is_due_on_the_first_day_of_a_month_is_planned_before_that_month() -> None:
    first = add_months(DAY.replace(day=1), 1)
    full = SuggestedCourse(course("full", "a", RULES.load.hours_a_month), "required", (), due_on=DAY, finish_by=DAY)
    must = SuggestedCourse(course("must", "b", 4.0), "required", (), due_on=first, finish_by=first)
    (_, told) = planned([full, must], DAY, 0.0, RULES)
    assert (told.month, [one.code for one in told.reasons]) == (1, ["planned_after_due"])
    (_, later) = planned([full, replace(must, finish_by=first + timedelta(days=1))], DAY, 0.0, RULES)
    assert (later.month, later.reasons) == (1, ())


def test_each_kind_has_its_own_limit() -> None:
    crowd = Colleagues(tuple(f"w{number}" for number in range(9)))
    assert len(advise_courses(learner(), [], crowd, RULES)) == RULES.most.next


def records() -> dict[str, pd.DataFrame]:
    """One officer with everything, another with nothing."""
    day = pd.Timestamp
    known = {"known_on": day("2024-01-01")}
    tables: dict[str, list[dict[str, Any]]] = {
        "officers": [
            {"officer_id": "o", "track": "general", "entered_on": day("2018-07-01"), "education": None},
            {"officer_id": "p", "track": None, "entered_on": pd.NaT, "education": None},
        ],
        "postings": [
            {"officer_id": "o", "post_id": "old", "unit_id": "u", "rank_step": None, "started_on": day("2020-01-01"),
             "ended_on": day("2023-01-01")},
            {"officer_id": "o", "post_id": "now", "unit_id": "u", "rank_step": None, "started_on": day("2023-01-01"),
             "ended_on": pd.NaT},
        ],
        "posts": [
            {"post_id": "now", "name_zh": "刑侦", "name_en": "detective", "job_family": "i",
             "required_course_id": "need"},
            {"post_id": "old", "name_zh": None, "name_en": None, "job_family": "j", "required_course_id": None},
            {"post_id": "aim", "name_zh": None, "name_en": None, "job_family": "k", "required_course_id": None},
        ],
        "courses": [
            {"course_id": "need", "name_zh": None, "name_en": "Needed", "competency": None, "mandated": None,
             "hours": None, "issued_on": pd.NaT, "valid_months": None},
            {"course_id": "law", "name_zh": "法", "name_en": "Law", "competency": "law", "mandated": True,
             "hours": 16.0, "issued_on": day("2025-01-01"), "valid_months": 24},
        ],
        "course_completions": [
            {"officer_id": "o", "course_id": "law", "occurred_on": day("2025-06-02"), "hours": None},
            {"officer_id": "o", "course_id": "x", "occurred_on": day("2025-06-03"), "hours": 3.0},
            {"officer_id": "o", "course_id": "law", "occurred_on": day("2024-06-02"), "hours": 5.0},
        ],
        "competency_assessments": [
            {"officer_id": "o", "competency": "law", "occurred_on": day("2024-06-02"), "level": 2.0},
            {"officer_id": "o", "competency": "law", "occurred_on": day("2023-06-02"), "level": 1.0},
        ],
        "competency_standards": [
            {"post_id": "now", "competency": "law", "standard_level": 3.0},
            {"post_id": "aim", "competency": "law", "standard_level": 4.0},
            {"post_id": "aim", "competency": "fitness", "standard_level": 2.0},
        ],
        "career_goals": [
            {"officer_id": "o", "occurred_on": day("2025-01-01"), "goal_kind": "job_family", "goal": "k",
             "horizon_months": 60},
        ],
    }  # fmt: skip
    return {name: pd.DataFrame([{**known, **row} for row in rows]) for name, rows in tables.items()}


def test_an_officer_is_read_from_records() -> None:
    found = learner_of(GoalPosts(records(), policy()), "o", DAY)
    assert (found.standing.track, found.standing.entered_on) == ("general", date(2018, 7, 1))
    assert found.standing.last_taken == {"law": date(2025, 6, 2), "x": date(2025, 6, 3)}
    assert found.post == PostNeed(Bilingual("刑侦", "detective"), "need", "i")
    assert (found.levels, found.present, found.goal) == ({"law": 2.0}, {"law": 3.0}, {"law": 4.0, "fitness": 2.0})
    assert found.hours_this_month == 19.0
    names = [(one.course_id, one.name.zh, one.name.en, one.hours) for one in offered_courses(records())]
    assert names == [("law", "法", "Law", 16.0), ("need", "Needed", "Needed", None)]


@pytest.mark.parametrize(
    ("told", "ended", "wanted"),
    [
        ("enforcement", None, "enforcement"),  # the roster says general: the post held now goes before it
        (None, None, "general"),  # nobody knows the track of the post held
        ("enforcement", "2025-06-10", "enforcement"),  # ends today, which counts from tomorrow
        ("enforcement", "2025-06-09", "general"),  # no post is held, so the roster alone tells
    ],
)
def test_rules_of_training_go_by_the_track_of_the_post_held_now(
    told: str | None, ended: str | None, wanted: str
) -> None:
    made = records()
    made["posts"]["track"] = made["posts"]["post_id"].map({"now": told, "old": "technical"})
    made["postings"]["ended_on"] = pd.to_datetime(pd.Series(["2023-01-01", ended]))
    found = learner_of(GoalPosts(made, policy()), "o", DAY)
    assert found.standing.track == wanted
    assert (found.post is None, found.present is None) == (ended == "2025-06-09",) * 2, "a post that ended asks nothing"


@pytest.mark.parametrize(
    ("kind", "goal", "wanted"),
    [
        ("post", "now", {"law": 3.0}),
        ("job_family", "k", {"law": 4.0, "fitness": 2.0}),
        ("talent_field", "traffic", {"law": 2.0}),  # of its family's posts the lowest
        ("talent_field", "sailing", {}),
        ("rank_step", "三级警长", {"law": 4.0, "fitness": 2.0}),  # the posts that ask for it
        ("rank_step", "二级警长", {"law": 4.0, "fitness": 2.0}),  # no post asks for it: those of the step below
        ("rank_step", "四级警长", {"law": 5.0}),  # one post of the own family asks for it
        ("rank_step", "二级警员", {}),
        ("rank_step", "三级警司", {}),  # a police rank opens no post
        ("rank_step", "nosuch", {}),
    ],
)
def test_a_goal_of_every_kind_has_the_standard_of_its_posts(kind: str, goal: str, wanted: dict[str, float]) -> None:
    told = ladder_of_posts()
    told["career_goals"] = told["career_goals"].assign(goal_kind=kind, goal=goal)
    found = learner_of(GoalPosts(told, policy()), "o", DAY)
    assert (found.aim, found.goal) == ((kind, goal), wanted)
    asked = learner_of(GoalPosts(records() | {"posts": told["posts"]}, policy()), "p", DAY, (kind, goal))
    assert asked.aim == (kind, goal)


def ladder_of_posts() -> dict[str, pd.DataFrame]:
    """The records where posts ask for rank steps: one of the officer's own family, others, and two of traffic."""
    told = records()
    known: dict[str, Any] = {"known_on": pd.Timestamp("2020-01-01"), "track": "enforcement"}
    rows: list[dict[str, Any]] = [
        {"post_id": "now", "job_family": "i", "min_rank_step": None},
        {"post_id": "own", "job_family": "i", "min_rank_step": "四级警长"},
        {"post_id": "other", "job_family": "j", "min_rank_step": "四级警长"},
        {"post_id": "aim", "job_family": "k", "min_rank_step": "三级警长"},
        {"post_id": "t1", "job_family": "traffic", "min_rank_step": None},
        {"post_id": "t2", "job_family": "traffic", "min_rank_step": "四级警长"},
    ]
    levels = {"own": 5.0, "other": 1.0, "t1": 2.0, "t2": 6.0}
    more = [{"post_id": post, "competency": "law", "standard_level": level, **known} for post, level in levels.items()]
    told["posts"] = pd.DataFrame([{**row, **known, "name_zh": None, "name_en": None} for row in rows])
    told["competency_standards"] = pd.concat([told["competency_standards"], pd.DataFrame(more)], ignore_index=True)
    return told


def test_which_goals_are_known() -> None:
    goals = GoalPosts(ladder_of_posts(), policy())
    known = [("post", "own"), ("job_family", "k"), ("job_family", "cyber"), ("talent_field", "traffic"),
             ("rank_step", "四级警长"), ("rank_step", "三级警司")]  # fmt: skip
    assert [one for one in known if not goals.known(one)] == []
    unknown = [("post", "k"), ("job_family", "own"), ("talent_field", "sailing"), ("rank_step", "nosuch")]
    assert [one for one in unknown if goals.known(one)] == []
    units = {"units": pd.DataFrame({"unit_id": ["u"]})}
    assert [GoalPosts(some, policy()).known(("post", "u2")) for some in ({}, units)] == [True, False]
    assert GoalPosts(units, policy()).known(("post", "u"))
    assert GoalPosts({}, policy()).of(("job_family", "k"), None) == []


def aimed() -> dict[str, pd.DataFrame]:
    """The records where the post of the goal's family requires a course that was issued long ago."""
    told = records()
    asks = pd.Series({"now": "need", "aim": "entry"})
    told["posts"] = told["posts"].assign(required_course_id=told["posts"]["post_id"].map(asks).astype(object))
    entry = told["courses"].iloc[[0]].assign(course_id="entry", name_zh="入门", issued_on=pd.Timestamp("2019-01-01"))
    told["courses"] = pd.concat([told["courses"], entry.assign(hours=200.0)], ignore_index=True)
    return told


def test_what_the_goal_requires_by_rule_is_among_the_answers_whatever_the_load() -> None:
    told = learner_of(GoalPosts(aimed(), policy()), "o", DAY)
    assert [(need.course_id, need.name.zh) for need in told.aims] == [("entry", "代号“aim”")]
    found = advise_courses(told, offered_courses(aimed()), None, RULES)
    assert [(one.kind, one.course.course_id, one.overdue) for one in found[:2]] == [
        ("required", "need", True),
        ("goal", "entry", False),
    ]
    assert found[1].reasons[0].text == Bilingual(
        "目标岗位“代号“aim””要求此课程", "code “aim”, a post you aim at, requires it"
    )
    held = replace(told, standing=replace(told.standing, last_taken={"entry": date(2020, 1, 1)}))
    for none in (held, replace(told, declined=frozenset({"entry"}))):
        assert "goal" not in {one.kind for one in advise_courses(none, offered_courses(aimed()), None, RULES)}
    unknown = advise_courses(told, [], None, RULES)
    assert [(one.kind, one.course.name.zh) for one in unknown] == [("goal", "entry")]


def test_what_the_goal_requires_waits_for_a_month_with_room_and_fills_none_beyond_the_load() -> None:
    """What takes longer than a month's load has a month of its own, after those that are planned."""
    told, load = learner_of(GoalPosts(aimed(), policy()), "o", DAY), RULES.load

    def planned_for(hours: float, **more: Any) -> list[tuple[str, int]]:
        entry = [replace(one, hours=hours, **more) if one.course_id == "entry" else one
                 for one in offered_courses(aimed())]  # fmt: skip
        return [(one.course.course_id, one.month) for one in advise_courses(told, entry, None, RULES)][:2]

    taken = load.hours_a_month - load.usual_hours  # the first month has room for the course that is required now
    now = replace(told, hours_this_month=taken)
    assert planned_for(200.0) == [("need", 0), ("entry", load.plan_months)]
    assert planned_for(load.hours_a_month) == [("need", 0), ("entry", 1)]
    told = now
    assert planned_for(1.0) == [("need", 0), ("entry", 1)]
    ending = add_months(DAY, load.plan_months - RULES.offered_months)  # no month after those planned is in its offer
    left_out = planned_for(200.0, issued_on=ending)
    assert "entry" not in dict(left_out), "it cannot be asked of anybody within the load"


def test_hours_to_spare_go_before_what_only_the_ranking_put_there() -> None:
    class Ranked(Colleagues):
        def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
            why = (CourseReason(RANKED, Bilingual("排序", "the ranking alone")),)
            found = super().likely(officer_id, most)
            return [replace(one, reasons=why) if one.course_id.startswith("r") else one for one in found]

    rules = replace(RULES, load=replace(RULES.load, plan_months=1, hours_a_month=48.0))
    courses = [course("r-long", "a", 24.0), course("r-short", "b", 8.0), course("way", "c", 16.0),
               course("tiny", "x", 0.5)]  # fmt: skip
    crowd = Ranked(("r-long", "r-short", "way"))
    found = advise_courses(learner(), courses, crowd, rules, 0.5)
    assert kinds(found) == [("next", "r-short"), ("next", "way"), ("small", "tiny")], "the longest gives way"
    without = advise_courses(learner(), courses, crowd, rules)
    assert [code for _, code in kinds(without)] == ["r-long", "r-short", "way"]
    roomy = replace(rules, load=replace(rules.load, plan_months=2))
    assert len(advise_courses(learner(), courses, crowd, roomy, 0.5)) == 4
    kept = advise_courses(learner(levels={"a": 1.0}, present={"a": 3.0}), courses, crowd, rules, 0.5)
    assert ("gap", "r-long") in kinds(kept)
    unlisted = replace(rules, most=replace(rules.most, gap=0))
    kept = advise_courses(learner(levels={"a": 1.0}, present={"a": 3.0}), courses, crowd, unlisted, 0.5)
    assert kinds(kept) == [("next", "r-long"), ("next", "way"), ("small", "tiny")], "it closes a gap all the same"
    full = replace(rules, load=replace(rules.load, hours_a_month=16.0))
    counted = advise_courses(learner(), [courses[2], courses[3]], Ranked(("way",)), full, 0.5)
    assert kinds(counted) == [("next", "way")], "what colleagues took stays"


def test_what_finds_no_room_closes_nothing_and_makes_room_for_what_does() -> None:
    """Two days of study closed leadership and were not planned: one day of it was of no use to anybody then."""
    rules = replace(RULES, load=replace(RULES.load, plan_months=1))
    long = OfferedCourse("long", Bilingual("课", "course"), "leadership", hours=16.0)
    day = replace(long, course_id="day", hours=8.0)
    small = replace(long, course_id="s-leadership", hours=0.5)
    fit = replace(long, course_id="fit", competency="fitness", hours=4.0)
    courses = [*(replace(long, course_id=f"{hours}-{n}", hours=hours) for hours in (16.0, 12.0) for n in range(9)),
               day, small, fit, replace(small, course_id="s-fitness", competency="fitness")]  # fmt: skip
    own = learner(levels={"leadership": 1.0, "fitness": 0.2}, present={"leadership": 1.8, "fitness": 1.0},
                  hours_this_month=rules.load.hours_a_month - 14.0)  # fmt: skip
    found = advise_courses(own, courses, None, rules, 0.5)
    assert [one.course.course_id for one in found] == ["day", "fit", "s-fitness", "s-leadership"]
    assert found[0].reasons[0].text.en.startswith("closes 0.25 of the gap in leadership"), (
        "nothing before it closed any"
    )


def test_of_posts_that_require_unlike_courses_one_is_enough_and_of_one_that_requires_none_none_is() -> None:
    tables = aimed()
    posts, entry = tables["posts"], tables["courses"][tables["courses"]["course_id"] == "entry"]
    other = posts[posts["post_id"] == "aim"].assign(post_id="also", required_course_id="short")
    tables["courses"] = pd.concat([tables["courses"], entry.assign(course_id="short", hours=8.0)], ignore_index=True)

    def told(more: pd.DataFrame, **changed: Any) -> list[tuple[str, str]]:
        records = {**tables, "posts": pd.concat([posts, more], ignore_index=True)}
        one = replace(learner_of(GoalPosts(records, policy()), "o", DAY), **changed)
        found = advise_courses(one, offered_courses(records), None, RULES)
        return [(each.course.course_id, each.reasons[0].text.en) for each in found if each.kind == "goal"]

    ((code, words),) = told(other)
    assert code == "short"
    assert words.endswith("other posts of your goal require other courses, and one of them is enough")
    assert [code for code, _ in told(other, declined=frozenset({"short"}))] == ["entry"]
    free = other.assign(required_course_id=None)
    assert told(free) == [], "there is a post that asks for none"
    standing = learner_of(GoalPosts(tables, policy()), "o", DAY).standing
    assert told(other, standing=replace(standing, last_taken={"entry": DAY})) == [], "one of them is held"


def test_tables_that_are_absent_tell_nothing() -> None:
    empty = learner_of(GoalPosts({}, policy()), "o", DAY)
    assert (empty.standing.track, empty.post, empty.levels, empty.present, empty.goal) == (None, None, {}, None, {})
    assert offered_courses({}) == []
    other = learner_of(GoalPosts(records(), policy()), "p", DAY)
    assert other.standing.entered_on is None
    assert (other.standing.last_taken, other.standing.track, other.hours_this_month) == ({}, None, 0.0)
    told = {**records(), "posts": records()["posts"].drop(columns="required_course_id")}
    assert learner_of(GoalPosts(told, policy()), "o", DAY).post is None
    told["career_goals"] = told["career_goals"].assign(goal_kind="job_family")
    del told["posts"]
    assert learner_of(GoalPosts(told, policy()), "o", DAY).goal == {}
    assert learner_of(GoalPosts({**told, "posts": records()["posts"].iloc[1:]}, policy()), "o", DAY).post is None


def test_a_level_that_a_rule_asks_of_the_goal_comes_first_and_names_the_rule() -> None:
    """The standard asks for less than the rule of special police, fitness at 3, and the present post for the law."""
    day = pd.Timestamp("2024-01-01")
    posts = [{"post_id": "sp", "job_family": "special_police"}, {"post_id": "pa", "job_family": "patrol"}]
    frames = {"posts": pd.DataFrame([{**one, "known_on": day} for one in posts])}
    readings = Readings(GoalPosts(frames, policy()))
    ruled = readings.learner("o", DAY, ("post", "sp")).ruled
    assert {name: one.level for name, one in ruled.items()} == {"fitness": 3.0}
    assert readings.learner("o", DAY, ("post", "pa")).ruled == {}
    some = [course("law", "law", 8.0), course("fit", "fitness", 8.0), course("more", "fitness", 4.0)]
    weak: dict[str, Any] = {"levels": {"fitness": 2.96, "law": 1.0}, "present": {"law": 3.0}, "goal": {"fitness": 2.0}}
    assert kinds(advise_courses(learner(**weak), some, None, RULES)) == [("gap", "law")]
    found = advise_courses(learner(**weak, ruled=ruled), some, None, RULES)
    assert kinds(found) == [("gap", "more"), ("gap", "law")], "the shorter closes it whole"
    (why,) = found[0].reasons
    assert why.code == "gap_rule"
    assert "(level 2.96, a rule of your goal, fitness standard for special police, asks for 3.0)" in why.text.en
    assert "（现2.96，目标须符合的规则“特警岗位须体能达标”要求3.0）" in why.text.zh
    met = learner(levels={"fitness": 3.0}, ruled=ruled)
    assert advise_courses(met, some, None, RULES) == []
