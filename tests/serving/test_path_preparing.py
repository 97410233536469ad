"""Courses and gaps of steps, and what a later step will lack, each by hand on one officer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.courses.rules import Due, OfferedCourse
from models.eligibility.rules import Post
from models.eligibility.standing_facts import facts_of
from models.paths.telling import Before, StepCourse
from models.posts.fit import Standard
from serving.paths.catalogues import Catalogues
from serving.paths.coming import Coming
from serving.paths.preparing import NONE_LEFT, NONE_TEACHES, NONE_WANTED, UNMEASURED, Preparing
from tests.models.records import framed

TODAY, THEN = date(2026, 1, 1), date(2028, 1, 1)
FIRST = Before(TODAY, TODAY)


def _course(code: str, competency: str | None, hours: float = 16.0) -> OfferedCourse:
    return OfferedCourse(code, Bilingual(f"课{code}", f"course {code}"), competency, hours=hours)


def _step(course: OfferedCourse) -> StepCourse:
    return StepCourse(course.course_id, course.name, course.hours)


LAW, LONG, FIT, MUST = (
    _course("law", "law"),
    _course("long", "law", 32.0),
    _course("fit", "fitness"),
    _course("must", None),
)
POST = Post("p", required_course_id="must")


def _preparing(levels: dict[str, float] | None, courses: Sequence[OfferedCourse], **asked: float) -> Preparing:
    shared = Catalogues({"p": POST}, Standard({"p": asked}, {}), tuple(courses), None, policy())
    return Preparing(levels, courses, shared)


def test_every_gap_has_its_course_before_any_has_two() -> None:
    more = [_course(f"law-{number}", "law") for number in range(4)]
    ready = _preparing({"law": 1.0, "fitness": 2.8}, [*more, FIT], law=3.0, fitness=3.0)
    gaps, courses = ready.prepares("p", FIRST)
    assert [gap.competency for gap in gaps] == ["law", "fitness"]
    assert [(one.course_id, one.closes) for one in courses] == [
        ("law-0", ("law",)), ("fit", ("fitness",)), ("law-1", ("law",))
    ]  # fmt: skip
    assert gaps[0].note is not None
    assert (gaps[0].note.en, gaps[1].note) == ("about 1.0 of it is left after these courses", None)


def test_a_course_that_is_over_by_the_step_is_named_with_the_day_by_which_it_must_be_taken() -> None:
    dated = replace(FIT, issued_on=date(2025, 6, 15))
    ready = _preparing({"fitness": 2.5}, [dated], fitness=3.0)
    assert dated.offered_until(policy().courses) == date(2027, 6, 15)
    assert dated.offered_on(date(2027, 6, 15), policy().courses)
    assert not dated.offered_on(date(2027, 6, 16), policy().courses)
    days = {day: ready.prepares("p", Before(day, day))[1][0].take_by for day in (TODAY, date(2027, 6, 15), THEN)}
    assert days == {TODAY: None, date(2027, 6, 15): None, THEN: date(2027, 6, 15)}
    always = _preparing({"fitness": 2.5}, [FIT], fitness=3.0)
    assert always.prepares("p", Before(THEN, THEN))[1][0].take_by is None
    for asked, told in ((date(2027, 6, 16), date(2027, 6, 15)), (date(2027, 6, 15), None), (date(2026, 3, 1), None)):
        ruled = replace(ready, due={"fit": Due(dated, asked, False, (), asked)})
        (course,) = ruled.prepares("p", Before(THEN, THEN))[1]
        assert (course.take_by, course.due_on) == (told, asked), "the day that comes first"
    late = replace(ready, due={"fit": Due(dated, date(2025, 12, 1), True, ())})
    assert late.prepares("p", Before(THEN, THEN))[1][0].take_by == date(2027, 6, 15)


def test_courses_lead_up_to_the_level_of_a_rule_where_it_is_above_the_standard() -> None:
    special = Post("p", job_family="special_police", track="enforcement")
    more = [_course(f"fit-{number}", "fitness") for number in range(3)]
    shared = Catalogues({"p": special}, Standard({"p": {"fitness": 2.0}}, {}), tuple(more), None, policy())
    (gap,), courses = Preparing({"fitness": 1.6}, more, shared).prepares("p", FIRST)
    assert (gap.standard, len(courses)) == (3.0, 3), "the rule asks for 3, the standard for 2"
    assert gap.rule is not None
    assert gap.rule.en == "fitness standard for special police", "and is named, for the post asks for less"
    no_standard = replace(shared, standard=Standard({}, {}))
    assert Preparing({"fitness": 2.0}, more, no_standard).prepares("p", FIRST)[0][0].standard == 3.0
    (unknown,), _ = Preparing({}, more, no_standard).prepares("p", FIRST)
    assert (unknown.level, unknown.rule) == (None, gap.rule)
    higher = replace(shared, standard=Standard({"p": {"fitness": 3.5}}, {}))
    assert Preparing({"fitness": 2.0}, more, higher).prepares("p", FIRST)[0][0].rule is None, "the post asks for more"


def test_the_hours_that_a_level_takes_are_those_of_the_courses_that_bring_it() -> None:
    quick, slow, wide = _course("q", "fitness", 8.0), _course("r", "fitness", 16.0), _course("w", "fitness", 24.0)
    shared = Catalogues({}, Standard({}, {}), (quick, slow, wide), None, policy())
    ready = Preparing({"fitness": 2.4}, (slow, wide, quick, _course("l", "law", 2.0)), shared)
    added = policy().courses.gap.added
    assert ready.hours_to("fitness", 2.4 + added(8.0)) == 8.0
    assert ready.hours_to("fitness", 2.4 + added(16.0)) == 16.0, "the shortest that does alone"
    assert ready.hours_to("fitness", 2.4 + added(16.0) + added(8.0)) == 24.0, "else several, the fastest"
    assert replace(ready, declined=frozenset({"q"})).hours_to("fitness", 2.5) == 16.0, "what is wanted"
    assert replace(ready, levels={}).hours_to("fitness", 3.0) == 0.0, "what was never assessed bars nothing"
    assert replace(ready, levels=None).hours_to("fitness", 3.0) == 0.0


def test_a_level_that_a_rule_asks_for_is_reached_before_anything_else_is_closed() -> None:
    special = Post("p", job_family="special_police", track="enforcement")
    standards = {"p": {"fitness": 3.0, "law": 3.0, "analysis": 3.0}}
    others = [_course(f"{name}-{n}", name) for name in ("law", "analysis") for n in range(2)]

    def chosen(level: float, *courses: OfferedCourse) -> tuple[list[str], list[str | None]]:
        every = [*others, *courses]
        shared = Catalogues({"p": special}, Standard(standards, {}), tuple(every), None, policy())
        ready = Preparing({"fitness": level, "law": 1.0, "analysis": 1.0}, every, shared)
        gaps, found = ready.prepares("p", FIRST)
        own = [one.course_id for one in found if one.course_id not in {other.course_id for other in others}]
        return own, [None if gap.note is None else gap.note.en for gap in gaps if gap.competency == "fitness"]

    quick, slow, wide = _course("q", "fitness", 8.0), _course("r", "fitness", 8.0), _course("w", "fitness", 24.0)
    assert chosen(2.4, wide, quick) == (["q", "w"], [None]), "half a level is not enough, so both are named"
    assert chosen(2.7, quick, wide) == (["w"], [None]), "the one that reaches it, not the quick one that does not"
    assert chosen(2.7, quick, slow) == (["q", "r"], [None])
    assert chosen(2.4, wide) == (["w"], ["about 0.1 of it is left after these courses"])
    assert chosen(2.95, quick) == (["q"], [None]), "a rule bars however little lacks"


def test_a_gap_that_nothing_closes_says_why() -> None:
    ready = _preparing({"law": 1.0, "fitness": 2.0}, [FIT], law=3.0, fitness=3.0, analysis=2.0)
    taken = replace(ready, open_courses=())
    assert [gap.note for gap in taken.prepares("p", FIRST)[0]] == [NONE_TEACHES, NONE_LEFT, UNMEASURED]


def test_a_gap_whose_courses_were_declined_says_so() -> None:
    ready = replace(_preparing({"law": 2.5}, [LAW], law=3.0), declined=frozenset({"law"}))
    gaps, courses = ready.prepares("p", FIRST)
    assert ([gap.note for gap in gaps], courses) == ([NONE_WANTED], [])


def test_a_later_step_starts_where_the_courses_before_it_end() -> None:
    ready = _preparing({"law": 2.0}, [LAW, MUST], law=2.7)
    (now,), courses = ready.prepares("p", FIRST)
    assert (now.level, [one.course_id for one in courses]) == (2.0, ["must", "law"])
    (later,), again = ready.prepares("p", replace(FIRST, courses=(_step(LAW),)))
    assert (later.level, [one.course_id for one in again], later.note) == (2.5, ["must"], NONE_LEFT)
    assert ready.prepares("p", replace(FIRST, courses=(_step(LAW), _step(LONG))))[0] != ()


def test_what_is_asked_for_stands_before_what_closes_gaps_and_counts_for_them() -> None:
    ready = _preparing({"law": 2.5}, [LAW, LONG, MUST], law=3.0)
    (gap,), courses = ready.prepares("p", replace(FIRST, asked=(_step(LONG),)))
    assert ([one.course_id for one in courses], gap.note) == (["must", "long"], None)
    assert courses[1].closes == ("law",)
    without = _preparing(None, [LONG, MUST], law=3.0).prepares("p", replace(FIRST, asked=(_step(LONG),)))
    assert (without[0], [one.course_id for one in without[1]]) == ((), ["must", "long"])


ROWS: dict[str, list[dict[str, Any]]] = {
    "officers": [{"officer_id": "x", "entered_on": "2025-06-01", "education": "college", "known_on": "2025-06-01"}],
    "units": [{"unit_id": "s", "unit_level": "station", "known_on": "2000-01-01"}],
    "postings": [
        {"officer_id": "x", "post_id": "a", "unit_id": "s", "started_on": "2025-07-01", "known_on": "2025-07-01"}
    ],
    "promotions": [
        {"officer_id": "x", "ladder": "enforcement", "rank_step": "二级警员", "occurred_on": "2025-07-01",
         "known_on": "2025-07-01"}
    ],
    "competency_assessments": [
        {"officer_id": "x", "competency": "fitness", "level": 2.0, "occurred_on": "2025-08-01",
         "known_on": "2025-08-01"}
    ],
    "course_completions": [
        {"officer_id": "x", "course_id": "other", "occurred_on": "2025-08-01", "known_on": "2025-08-01"}
    ],
}  # fmt: skip
POSTS = {
    "a": Post("a", unit_level="station"),
    "b": Post("b", unit_level="station"),
    "c": Post("c", unit_level="bureau"),
}
WAY = Before(THEN, date(2028, 6, 1), (("b", date(2027, 1, 10)),))


@pytest.fixture
def coming() -> Coming:
    frames = {name: framed(name, rows) for name, rows in ROWS.items()}
    return Coming.of(facts_of(frames, ["x"], TODAY), 0, POSTS, policy())


def _rules(coming: Coming, post: Post, before: Before, **levels: float) -> list[str]:
    return [one.rule for one in coming.lacking(post, before, {"fitness": 2.0, **levels})]


def test_time_in_posts_is_counted_to_the_day_of_the_step(coming: Coming) -> None:
    assert _rules(coming, POSTS["c"], WAY) == [], "a year in b by the end of the interval, two at the grass roots"
    short = replace(WAY, latest=date(2027, 3, 1), day=date(2027, 3, 1))
    assert _rules(coming, POSTS["c"], short) == ["settled_in_post", "bureau_grassroots"]
    late = replace(WAY, steps=(("c", date(2026, 2, 1)), ("b", date(2026, 12, 20))))
    facts = coming.facts_at(late, {})
    assert (facts.grassroots_months[0], facts.post_id[0]) == (6 + 1 + 12, "b"), "months in the bureau do not count"
    desk = coming.facts_at(replace(WAY, steps=(("c", date(2026, 2, 1)),)), {})
    assert pd.isna(desk.grassroots_since[0])


def test_what_nobody_can_know_by_then_is_not_claimed(coming: Coming) -> None:
    technical = Post("t", track="technical", min_rank_step="一级主管")
    assert _rules(coming, technical, WAY) == []
    high = Post("h", track="enforcement", min_rank_step="一级警长")
    assert _rules(coming, high, WAY) == ["min_rank_step"], "its least times alone take longer"
    assert _rules(coming, replace(high, min_rank_step="一级警员"), WAY) == []
    later = replace(WAY, day=date(2029, 2, 1), latest=date(2029, 8, 1))
    assert _rules(coming, replace(high, min_rank_step="四级警长"), later) == [], "promotions may come before the step"


def test_courses_and_levels_count_as_the_path_brings_them(coming: Coming) -> None:
    asks = Post("q", required_course_id="must")
    assert _rules(coming, asks, WAY) == ["required_course"]
    assert _rules(coming, asks, replace(WAY, courses=(_step(MUST),))) == []
    special = Post("sp", job_family="special_police")
    (told,) = coming.lacking(special, WAY, {"fitness": 2.5})
    assert told.text.en.endswith("fitness and police skills is expected at 2.5 with the courses of this path, needs 3")
    assert _rules(coming, special, WAY, fitness=3.0) == []
