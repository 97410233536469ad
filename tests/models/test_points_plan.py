"""What would earn the missing points: days, caps and expiry are honoured, and no smaller combination would do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate, permutations, product
from typing import Any

import numpy as np
import pytest

from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from models.points.appraisals import NOTHING_LEARNT, Delays
from models.points.lines import accounts
from models.points.plan import Plan, plans
from models.points.plan_words import loss_text, plan_text
from models.points.shelf import CourseWill, Offer
from models.points.step_words import combination_text, step_text
from models.points.targets import Target
from models.points.way_words import way_text
from models.points.ways import implied
from models.points.words import Records
from tests.models.records import framed, officers_of, record, simulated

RULES = policy().points
TODAY = date(2024, 3, 1)
COURSES: list[dict[str, Any]] = [
    {"course_id": "law1", "competency": "law", "hours": 12.0, "name_zh": "法一", "name_en": "Law 1"},
    {"course_id": "law2", "competency": "law"},
    {"course_id": "fit", "competency": "fitness", "hours": 6.0},
]


def plan(
    total: float, deadline: str, only: tuple[str, ...] = (), will: CourseWill | None = None,
    delays: Delays = NOTHING_LEARNT, plannable: bool = True, **tables: Any,
) -> Plan:  # fmt: skip
    """For officer a, with some of the rules; where rules are named, all of them can be planned for if `plannable`."""
    frames = record(**{"courses": COURSES, "units": [{"unit_id": "s", "unit_level": "station"}], **tables})
    rules = [replace(one, plannable=one.plannable or plannable) for one in RULES if one.code in only] or list(RULES)
    (found,) = plans(
        frames, accounts(frames, ["a"], rules, TODAY), [Target(total, date.fromisoformat(deadline))], policy(),
        {} if will is None else {"a": will}, delays,
    )  # fmt: skip
    return found


def taking(found: Plan) -> list[tuple[str, str]]:
    """The courses of the first combination, each with the day from which it counts."""
    return [(step.offer.course_id, str(step.on)) for step in found.combinations[0].steps if step.offer is not None]


def posted(started: str, unit: str = "s") -> list[dict[str, Any]]:
    """One open posting."""
    return [{"officer_id": "a", "post_id": "p", "unit_id": unit, "started_on": started}]


def praised(*days: str) -> list[dict[str, Any]]:
    """Commendations."""
    return [{"officer_id": "a", "honour": "嘉奖", "level": "commendation", "occurred_on": day} for day in days]


def test_years_in_the_present_posting_pass_by_themselves() -> None:
    found = plan(8.0, "2027-03-01", ("grassroots_years",), postings=posted("2022-06-01"))
    assert (found.status, found.now.total, found.then.total) == ("by_itself", 2.0, 8.0)
    assert found.on == date(2026, 6, 1)
    assert [str(day) for day in found.ways[0].by_itself] == ["2024-06-01", "2025-06-01", "2026-06-01"]
    assert found.ways[0].days == ()
    assert "years pass by themselves on 2024-06-01" in way_text(found.ways[0]).en
    assert "reached by itself from 2026-06-01" in plan_text(found).en
    assert plan(2.0, "2027-03-01", ("grassroots_years",), postings=posted("2022-06-01")).status == "reached"


def test_a_move_to_the_grass_roots_gives_years_from_today() -> None:
    found = plan(4.0, "2026-03-01", ("grassroots_years",), postings=posted("2022-06-01", "b"))
    assert [str(step.on) for step in found.combinations[0].steps] == ["2025-03-01", "2026-03-01"]
    short = plan(4.0, "2026-02-28", ("grassroots_years",), postings=posted("2022-06-01", "b"))
    assert (short.status, short.most) == ("not_within_deadline", 2.0)
    assert "2 short" in plan_text(short).en


def test_a_way_that_needs_a_transfer_says_so_and_begins_when_rules_allow_one() -> None:
    """Posted on 1 July 2023, an officer may move from 1 July 2024 on: a full year ends a year later."""
    before = posted("2021-01-01", "x")[0] | {"post_id": "q", "ended_on": "2023-07-01"}
    lately: dict[str, Any] = {"postings": [before, *posted("2023-07-01", "b")]}
    found = plan(4.0, "2026-09-01", ("grassroots_years",), **lately)
    assert [str(step.on) for step in found.combinations[0].steps] == ["2025-07-01", "2026-07-01"]
    told = step_text(found.combinations[0].steps[0], Records({}))  # one transfer, in time for both years
    assert told.en.endswith(
        "2 points from 2025-07-01 at the earliest, by a transfer to a post in a station or community on 2024-07-01; a "
        "later one moves it back as much, and the last that still does by the deadline is on 2024-09-01"
    )
    assert told.zh == (
        "基层工作年限，最早2025-07-01起计2分，须2024-07-01调入派出所或社区岗位；推迟调入则相应推迟，期限前仍够的最晚调入日为2024-09-01"
    )
    short = plan(2.0, "2025-06-30", ("grassroots_years",), **lately)
    assert (short.status, short.ways[0].days) == ("not_within_deadline", ())
    assert way_text(short.ways[0]).en.endswith(
        "nothing can be added by the deadline: it needs a transfer to a post in a station or community, which rules "
        "allow from 2024-07-01 at the earliest, too late for a full year"
    )
    assert way_text(short.ways[0]).zh.endswith("须先调入派出所或社区岗位，按规定最早2024-07-01可调动，到期限不满一年")
    assert plan(2.0, "2025-07-01", ("grassroots_years",), **lately).status == "possible"


def test_without_a_post_that_the_officer_may_take_there_is_no_transfer() -> None:
    posts = [{"post_id": "p1", "unit_level": "station", "required_course_id": "k"}, {"post_id": "p2"}]
    here, year = posted("2022-06-01", "b"), ("grassroots_years",)
    asked: dict[str, Any] = {
        "postings": here,
        "course_completions": [],
        "posts": [posts[0], {"post_id": "p3", "unit_level": "bureau"}],
    }
    assert plan(2.0, "2026-03-01", year, **asked).status == "not_within_deadline"
    in_the_bureau = [{**here[0], "post_id": "b"}]
    units = [{"unit_id": "b", "unit_level": "bureau"}]
    assert plan(2.0, "2026-03-01", year, postings=in_the_bureau, units=units).status == "not_within_deadline"
    assert plan(2.0, "2026-03-01", year, **asked | {"posts": posts}).status == "possible"  # p2 may be anywhere


def test_what_expires_by_the_deadline_is_taken_away_unless_the_cap_makes_it_up() -> None:
    days = ("2021-03-10", "2021-04-01", "2022-01-01", "2022-02-01")
    found = plan(9.0, "2024-04-01", ("commendation",), honours=praised(*days))
    assert (found.now.total, found.then.total) == (9.0, 6.0)
    assert [(str(loss.on), loss.points) for loss in found.losses] == [("2024-04-01", 3.0)]
    assert loss_text(found.losses[0]).en == "from 2024-04-01 commendation expires: 3 points fewer"
    assert [str(step.on) for step in found.combinations[0].steps] == ["2024-03-02"]
    assert plan(9.0, "2024-03-31", ("commendation",), honours=praised(*days)).status == "reached"


def test_courses_are_named_with_their_hours_and_days_and_count_on_every_line() -> None:
    found = plan(5.0, "2024-05-01", ("law_exam", "training_passed"))
    (best,) = found.combinations
    assert [(step.rule.code, step.offer.course_id if step.offer else "", str(step.on)) for step in best.steps] == [
        ("training_passed", "fit", "2024-03-09"),
        ("law_exam", "law1", "2024-03-23"),
    ]
    assert best.gain == 5.0  # the law course is training passed too
    told = [step_text(step, Records(record(courses=COURSES))) for step in best.steps]
    law = "执法资格与法律考试（不低于80分），如培训“法一”12学时，在前面的培训之后，2024-03-23起计4分"
    assert told[1].zh == f"{law}，另计入培训合格0.5分"
    assert (
        told[0].en
        == "training passed (with 60 or more), such as “fit” of 6 hours: 0.5 points from 2024-03-09 at the earliest"
    )
    assert sum(step.points for step in best.steps) == best.gain  # so that what is told adds up
    assert combination_text(best).en == "2 steps for 5 points, the target is reached on 2024-03-23 at the earliest"
    assert combination_text(best).zh == "2步共5分，最早2024-03-23达到目标"
    assert "less what is over a cap" in combination_text(replace(best, gain=4.5)).en
    assert "2 steps for 5 points" in plan_text(found).en
    assert plan(5.0, "2024-03-23", ("law_exam", "training_passed")).status == "possible"
    assert plan(5.0, "2024-03-22", ("law_exam", "training_passed")).status == "not_within_deadline"
    assert plan(1.0, "2024-05-01", ("law_exam",), courses=COURSES[2:]).status == "not_within_deadline"


def test_a_course_that_still_counts_is_not_taken_again() -> None:
    taken = [{"officer_id": "a", "course_id": "law1", "occurred_on": "2024-01-01", "score": 90.0}]
    found = plan(8.5, "2024-09-01", ("law_exam", "training_passed"), course_completions=taken)
    assert [step.offer.course_id for step in found.combinations[0].steps if step.offer] == ["law2"]


def test_a_course_counts_only_on_lines_on_which_it_still_stands_at_the_deadline() -> None:
    """A law exam counts for 36 months and as training passed for 24: one passed now gives 4 points in 30 months, one
    that waits 4.5; where its offer ends before that, it cannot wait."""
    both = ("law_exam", "training_passed")

    def asked(total: float, **of_law: Any) -> Plan:
        return plan(total, "2026-09-01", both, courses=[law("k", 12.0, name_en="Law 1", **of_law)])

    (now,), (waits,) = asked(4.0).combinations, asked(4.5).combinations
    assert (now.gain, str(now.on), now.steps[0].also) == (4.0, "2024-03-16", ())
    assert "more as" not in step_text(now.steps[0], Records(record(courses=COURSES))).en
    assert (waits.gain, str(waits.on), [one.code for one in waits.steps[0].also]) == (4.5, "2024-09-03", [both[1]])
    told = step_text(waits.steps[0], Records({}))  # the way says from 2024-03-16: why not then?
    assert told.en.endswith(
        ", completed on 2024-09-02 or later (so that it still stands on the deadline: as training passed it counts for "
        "24 months; the hours can be studied before): 4 points from 2024-09-03, and 0.5 more as training passed"
    )
    assert told.zh.endswith(
        "，须2024-09-02或之后完成（作为培训合格计分24个月，过早则到期限日已失效，学时可提前学），2024-09-03起计4分，另计入培训合格0.5分"
    )
    assert "or later" not in step_text(now.steps[0], Records({})).en
    assert (now.capped, waits.capped) == (False, False)
    ending = asked(4.5, issued_on="2022-06-01")
    assert (ending.status, ending.most) == ("not_within_deadline", 4.0)
    soon = plan(4.5, "2026-03-01", both, courses=[law("k", 12.0)]).combinations[0]
    assert (soon.gain, str(soon.on)) == (4.5, "2024-03-16")  # in 24 months nothing has to wait


def test_a_course_held_for_good_or_for_now_is_not_planned_again() -> None:
    taken = [{"officer_id": "a", "course_id": "law1", "occurred_on": "2023-01-15", "score": 50.0}]
    for months, wanted in ((None, "law2"), (24, "law2"), (12, "law1")):
        courses = [COURSES[0] | ({} if months is None else {"valid_months": months}), *COURSES[1:]]
        found = plan(4.0, "2024-09-01", ("law_exam",), course_completions=taken, courses=courses)
        assert [step.offer.course_id for step in found.combinations[0].steps if step.offer] == [wanted]


def law(course_id: str, hours: float, **more: Any) -> dict[str, Any]:
    """A course of the law."""
    return {"course_id": course_id, "competency": "law", "hours": hours, **more}


def test_a_course_is_planned_only_where_it_can_be_completed_by_the_last_day_of_its_offer() -> None:
    """Issued 24 months before, an offer ends on 10 March: 6 hours a week leave time for 7 hours, not for 9."""
    for hours, status in ((7.0, "possible"), (9.0, "not_within_deadline")):
        courses = [law("ends", hours, issued_on="2022-03-10")]
        found = plan(4.0, "2024-12-31", ("law_exam",), courses=courses)
        assert found.status == status, hours
    today = [law("ends", 1.0, issued_on="2022-03-01")]  # the last day of its offer is the day asked about
    assert plan(4.0, "2024-12-31", ("law_exam",), courses=today).status == "not_within_deadline"


def test_of_several_courses_those_whose_offer_ends_come_first_and_what_does_not_fit_is_left_out() -> None:
    stays, ends = law("stays", 6.0), law("ends", 12.0, issued_on="2022-03-20")
    found = plan(8.0, "2024-12-31", ("law_exam",), courses=[stays, ends])
    assert taking(found) == [("ends", "2024-03-16"), ("stays", "2024-03-23")]
    last = step_text(found.combinations[0].steps[0], Records(record(courses=[stays, ends])))
    assert "of 12 hours (on offer until 2024-03-20): 4 points" in last.en
    assert "12学时（开设至2024-03-20），最早2024-03-16起计4分" in last.zh
    both = [law("one", 12.0, issued_on="2022-03-20"), law("two", 11.0, issued_on="2022-03-20"), stays]
    found = plan(8.0, "2024-12-31", ("law_exam",), courses=both)  # 12 and 11 hours are four weeks, 19 days are left
    assert taking(found) == [("two", "2024-03-15"), ("stays", "2024-03-22")]
    assert plan(12.0, "2024-12-31", ("law_exam",), courses=both).status == "not_within_deadline"


def test_the_shortest_course_is_taken_first_and_what_waits_for_it_does_not_say_at_the_earliest() -> None:
    """Longest first, a step of half an hour counted "from 31 January at the earliest" and its way from the 3rd."""
    courses = [law("long", 24.0), law("short", 0.5), {**COURSES[2], "hours": 9.0}]
    found = plan(9.5, "2025-06-30", ("law_exam", "training_passed"), courses=courses)
    assert taking(found) == [("short", "2024-03-03"), ("fit", "2024-03-14"), ("long", "2024-04-11")]
    assert found.combinations[0].gain == 9.5
    told = [step_text(step, Records(record(courses=courses))) for step in found.combinations[0].steps]
    assert "4 points from 2024-03-03 at the earliest, and" in told[0].en
    assert "最早2024-03-03起计4分" in told[0].zh
    assert "the first from 2024-03-03" in way_text(found.ways[0]).en
    assert "4 points, after the courses before it, from 2024-04-11, and" in told[2].en
    assert "，在前面的培训之后，2024-04-11起计4分" in told[2].zh
    assert not [one for one in told[1:] if "earliest" in one.en or "最早" in one.zh]


def test_a_course_that_is_overdue_is_taken_before_shorter_ones_unless_its_merit_has_to_wait() -> None:
    courses = [law("short", 0.5), law("due", 8.0)]
    for overdue, first in ((frozenset({"due"}), "due"), (frozenset[str](), "short")):
        will = CourseWill(required=frozenset({"due"}), overdue=overdue)
        found = taking(plan(8.0, "2025-06-30", ("law_exam",), will, courses=courses))
        assert found[0][0] == first
    ends, both = law("ends", 1.0, issued_on="2022-06-01"), ("law_exam", "training_passed")
    will = CourseWill(required=frozenset({"due"}), overdue=frozenset({"due"}))
    late = plan(8.5, "2026-09-01", both, will, courses=[ends, courses[1]])  # in September it counts on both lines
    assert taking(late) == [("ends", "2024-03-04"), ("due", "2024-09-03")]


def test_no_other_order_of_the_courses_brings_points_sooner() -> None:
    """Against every order in which each course is completed by the last day of its offer."""
    draw, seen = np.random.default_rng(3), set[bool]()
    for _ in range(30):
        hours, ends = draw.choice([0.5, 3.0, 6.0, 8.0, 11.0], 3), draw.integers(2, 31, 3)
        courses = [law(f"k{n}", float(hours[n]), issued_on=f"2022-03-{ends[n]:02}") for n in range(3)]
        found = plan(12.0, "2025-06-30", ("law_exam",), courses=courses)
        if not found.combinations:
            continue
        offers = [step.offer for step in found.combinations[0].steps if step.offer is not None]
        sums = dict[tuple[str, ...], int]()
        for order in permutations(offers):
            days = [policy().earning.study_days(spent) for spent in accumulate(one.hours for one in order)]
            if all(one.last is None or TODAY + timedelta(days=day) <= one.last
                   for one, day in zip(order, days, strict=True)):  # fmt: skip
                sums[tuple(one.course_id for one in order)] = sum(days)
        assert sum((date.fromisoformat(day) - TODAY).days - 1 for _, day in taking(found)) == min(sums.values())
        seen.add(len(sums) < 6)
    assert seen == {True, False}  # some orders would have missed a last day


def test_two_lines_do_not_plan_the_same_hours_before_an_offer_ends() -> None:
    """Either could be completed in time, not both: together they are no way to 4.5 and 0.5."""
    courses = [law("law", 12.0, issued_on="2022-03-20"), {**COURSES[2], "hours": 12.0, "issued_on": "2022-03-20"}]
    both = ("law_exam", "training_passed")
    assert taking(plan(4.5, "2024-12-31", both, courses=courses)) == [("law", "2024-03-16")]
    found = plan(5.0, "2024-12-31", both, courses=courses)
    assert (found.status, found.most) == ("not_within_deadline", 4.5)


def test_a_certificate_that_lapses_before_the_deadline_can_be_earned_again_from_the_day_after() -> None:
    """Taken on 10 April 2023 for 12 months, it holds until 10 April 2024; its points count on, and a second time."""
    courses, taken = [law("k", 6.0, valid_months=12)], {"officer_id": "a", "course_id": "k", "score": 90.0}
    done = [{**taken, "occurred_on": "2023-04-10"}]
    found = plan(8.0, "2024-06-01", ("law_exam",), courses=courses, course_completions=done)
    assert (found.now.total, taking(found)) == (4.0, [("k", "2024-04-12")])
    held = plan(8.0, "2024-04-11", ("law_exam",), courses=courses, course_completions=done)
    assert held.status == "not_within_deadline"
    assert "nothing can be added by the deadline" in way_text(held.ways[0]).en


def test_what_a_rule_requires_now_can_be_taken_now_and_what_was_declined_only_then() -> None:
    courses, done = [law("k", 6.0, valid_months=12), law("new", 8.0)], "2023-04-10"
    taken = [{"officer_id": "a", "course_id": "k", "score": 70.0, "occurred_on": done}]
    for will, wanted in (
        (CourseWill(), "new"),
        (CourseWill(required=frozenset({"k"})), "k"),
        (CourseWill(declined=frozenset({"new"})), "k"),
        (CourseWill(frozenset({"new"}), frozenset({"new"})), "new"),
    ):
        found = plan(4.0, "2024-09-01", ("law_exam",), will, courses=courses, course_completions=taken)
        assert [course for course, _ in taking(found)] == [wanted], will
    over = [law("k", 6.0, issued_on="2020-01-01", mandated=True, valid_months=12)]
    assert plan(4.0, "2024-09-01", ("law_exam",), courses=over).status == "not_within_deadline"
    will = CourseWill(required=frozenset({"k"}))
    assert taking(plan(4.0, "2024-09-01", ("law_exam",), will, courses=over)) == [("k", "2024-03-09")]


def test_appraisals_come_at_the_years_end_three_at_a_time() -> None:
    found = plan(12.0, "2026-01-01", ("excellent_appraisal",))
    assert [str(step.on) for step in found.combinations[0].steps] == ["2025-01-01"] * 3 + ["2026-01-01"]
    assert plan(12.0, "2025-12-31", ("excellent_appraisal",)).status == "not_within_deadline"


OUT = Delays(np.array([*range(15, 44)]))  # 9 of 10 within 41 days


def appraised(kind: str, grade: str, day: str = "2023-12-31") -> dict[str, Any]:
    """An appraisal of officer a."""
    return {"officer_id": "a", "kind": kind, "occurred_on": day, "grade": grade}


def awaited(
    deadline: str, as_of: date = date(2024, 1, 10), total: float = 3.0,
    only: tuple[str, ...] = ("excellent_appraisal",), **tables: Any,
) -> Plan:  # fmt: skip
    """A plan with some of the published table, in which others decide on appraisals; those of 2022 are on record."""
    before = [appraised(kind, "basic", "2022-12-31") for kind in ("performance", "case_quality", "supervision")]
    tables = {**tables, "appraisals": [*before, *tables.get("appraisals", [])]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "TODAY", as_of)
        return plan(total, deadline, only, delays=OUT, plannable=False, **tables)


def test_appraisals_of_the_year_just_ended_are_awaited_until_they_are_known() -> None:
    """Nothing was said of them before: the year was over, and "nothing can be added" stood beside 3 points to come."""
    found = awaited("2024-06-30")
    (way,) = found.ways
    assert [(str(one.earned), str(one.on), one.awaited) for one in way.chances] == [
        ("2023-12-31", "2024-02-10", True)
    ] * 3
    assert way_text(way).en.endswith(
        "; 3 appraisals of 2023 are not published yet and their outcome is not known: what is excellent usually counts "
        "from 2024-02-10"
    )
    assert way_text(way).zh.endswith("；2023年的考核有3项尚未公布，结果未知，如评为优秀，通常2024-02-10起计")
    assert found.status == "not_within_deadline"  # by one's own steps
    assert plan_text(found).en.endswith(
        ". 3 appraisals of 2023 are not published yet and their outcome is not known; if 1 of them is excellent, the "
        "target is reached, usually from 2024-02-10"
    )
    assert plan_text(found).zh.endswith("其中如有1项评为优秀，即达目标，通常2024-02-10起计")
    assert "if 3 of them are excellent, the target is reached, usually" in plan_text(awaited("2024-06-30", total=9)).en
    assert "if all of them are excellent, they add at most 9" in plan_text(awaited("2024-06-30", total=10)).en
    both = ("law_exam", "excellent_appraisal")
    own = plan_text(awaited("2024-06-30", total=10, only=both, courses=[law("k", 6.0)])).en
    assert own.endswith(
        "if 2 of them are excellent, the target is reached together with all own steps, usually from 2024-02-10"
    )
    possible = plan_text(awaited("2024-12-31", total=12, only=both, courses=[law(one, 6.0) for one in "klm"])).en
    assert possible.endswith("if all of them are excellent, they add at most 9 points, usually from 2024-02-10")


def test_an_appraisal_that_is_known_is_awaited_no_more() -> None:
    poor = [appraised("performance", "basic"), appraised("supervision", "excellent")]
    (way,) = awaited("2024-06-30", appraisals=poor).ways
    assert len(way.chances) == len(way.awaited) == 1
    assert "1 appraisal of 2023 is not published yet and its outcome is not known" in way_text(way).en
    assert len(awaited("2024-06-30").ways[0].awaited) == 3  # those of the year before are not of the year
    joined = [{"officer_id": "a", "entered_on": "2024-01-02"}]
    assert awaited("2024-06-30", officers=joined).ways[0].awaited == ()


def test_an_appraisal_that_is_later_than_usual_is_still_awaited_on_no_day() -> None:
    """From the usual day on nothing was said of it, and "nothing can be added" was told of what came in April."""
    assert [one.late for one in awaited("2024-12-01", date(2024, 2, 9)).ways[0].awaited] == [False] * 3
    poor = [appraised("performance", "basic"), appraised("supervision", "excellent")]
    for day in (date(2024, 2, 10), date(2024, 3, 1), date(2024, 6, 29)):  # the usual day, and beyond all that ever came
        found = awaited("2024-12-01", day, total=6.0, appraisals=poor)
        (way,) = found.ways
        assert [(one.on, one.awaited, one.late) for one in way.chances] == [(day + timedelta(days=1), True, True)]
        assert found.status == "not_within_deadline"  # a chance, nothing to rely on
    assert way_text(way).en.endswith(
        "; 1 appraisal of 2023 is not published yet and its outcome is not known: later than usual, day not known; "
        "what is excellent and known by the deadline counts"
    )
    assert way_text(way).zh.endswith("结果未知，公布比往常晚，日期未知；期限前公布并评为优秀的，仍可计分")
    assert plan_text(found).en.endswith(
        "if 1 of them is excellent, the target is reached, later than usual, on a day that is not known"
    )
    assert plan_text(found).zh.endswith("其中如有1项评为优秀，即达目标，公布比往常晚，日期未知")
    (step,) = plan(3.0, "2024-12-01", ("excellent_appraisal",), delays=OUT).combinations[0].steps  # where policy plans
    told = step_text(step, Records({}))
    assert "(the appraisal of 2023 is not published yet, later than usual, day not known; if it is" in told.en
    assert "（2023年的考核尚未公布，结果未知，比往常晚，日期未知；如评为优秀）" in told.zh


def test_an_appraisal_that_never_came_is_told_as_missing_half_a_year_after_its_period() -> None:
    poor = [appraised("performance", "basic"), appraised("supervision", "excellent")]
    for day in (date(2024, 6, 30), date(2025, 5, 1)):
        (way,) = awaited("2025-12-01", day, appraisals=poor).ways
        assert not [one for one in way.awaited if one.earned.year == 2023]
        assert way.missing == (date(2023, 12, 31),)
        assert way_text(way).en.endswith(
            "; 1 appraisal of 2023 is missing from the record 6 months after the period: ask the personnel desk, what "
            "is excellent counts once it is entered"
        )
        assert way_text(way).zh.endswith("；2023年的考核有1项逾6个月仍无记录，请向人事部门查询，如评为优秀，补录后计分")
    assert awaited("2024-12-01", date(2024, 6, 29), appraisals=poor).ways[0].missing == ()
    none = awaited("2024-12-01", date(2024, 7, 1)).ways[0]
    assert "3 appraisals of 2023 are missing" in way_text(none).en
    joined = [{"officer_id": "a", "entered_on": "2024-01-02"}]
    assert awaited("2024-12-01", date(2024, 7, 1), officers=joined).ways[0].missing == ()
    gone = awaited("2029-01-01", date(2024, 7, 1)).ways[0]  # it would have expired by the deadline
    assert gone.missing == ()


def test_appraisals_that_count_for_good_are_awaited_as_others_are() -> None:
    """A table may let them never expire: looking for periods from the first of all days broke."""
    for_good = [replace(one, expires_months=None) for one in RULES if one.code == "excellent_appraisal"]
    frames = record(appraisals=[appraised("performance", "basic")])
    now = accounts(frames, ["a"], for_good, date(2024, 1, 10))
    (found,) = plans(frames, now, [Target(3.0, date(2024, 6, 30))], policy(), delays=OUT)
    assert (len(found.ways[0].awaited), len(found.ways[0].missing)) == (2, 3)


def test_an_appraisal_counts_from_the_day_on_which_it_is_usually_known() -> None:
    assert awaited("2025-02-09").ways[0].days == (date(2024, 2, 10),) * 3
    assert awaited("2025-02-10").ways[0].days == (date(2024, 2, 10),) * 3 + (date(2025, 2, 10),) * 3
    late = awaited("2024-02-09").ways[0]
    assert (late.days, len(late.awaited)) == ((), 3)
    assert way_text(late).en.endswith(
        "they usually count only from 2024-02-10, after the deadline; what is excellent and known before counts"
    )
    come = [appraised(kind, "basic") for kind in ("performance", "case_quality", "supervision")]
    told_by_policy: dict[str, Any] = {"only": ("excellent_appraisal",), "delays": OUT, "appraisals": come}
    found = plan(3.0, "2025-03-01", **told_by_policy).combinations[0].steps[0]
    assert (str(found.chance.earned), str(found.on)) == ("2024-12-31", "2025-02-10")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "TODAY", date(2024, 1, 10))
        (step,) = plan(3.0, "2024-03-01", ("excellent_appraisal",), delays=OUT).combinations[0].steps
    told = step_text(step, Records({}))
    assert "(the appraisal of 2023 is not published yet; if it is excellent): 3 points from 2024-02-10" in told.en
    assert "（2023年的考核尚未公布，结果未知；如评为优秀）" in told.zh


def test_delays_are_learnt_from_earlier_periods_as_they_were_known() -> None:
    """Not from the period that is coming out, not from a correction, not from what was entered late."""
    base = {"officer_id": "a", "kind": "performance"}

    def row(ended: str, known: str, **more: str) -> dict[str, Any]:
        return {**base, **more, "occurred_on": ended, "known_on": known}

    rows = [
        row("2024-12-31", "2025-01-10"), row("2023-12-31", "2024-01-20"), row("2023-12-31", "2024-06-20"),
        row("2022-12-31", "2023-02-09", officer_id="b"), row("2021-12-31", "2024-12-01"),
        row("2023-12-31", "2025-03-01", kind="supervision"), row("2019-12-31", "2020-01-03"),
    ]  # fmt: skip
    assert Delays.of(framed("appraisals", rows), date(2025, 1, 15)).days.tolist() == [20, 40]


def test_what_would_expire_before_the_deadline_is_earned_later() -> None:
    found = plan(3.0, "2029-03-01", ("commendation",))
    assert str(found.combinations[0].steps[0].on) == "2026-03-03"
    assert "the first from 2026-03-03" in way_text(found.ways[0]).en


def test_what_others_decide_is_never_advised_and_named_apart() -> None:
    """Two law courses reach 8 points; a third-class merit would in one step, but nobody can decide to earn a medal."""
    found = plan(8.0, "2026-01-02")
    assert [[step.rule.code for step in one.steps] for one in found.combinations] == [["law_exam", "law_exam"]]
    far = plan(60.0, "2026-01-02")
    assert (far.status, far.combinations) == ("not_within_deadline", ())
    assert far.most < 60.0
    assert {way.rule.code for way in far.left_to_others} == {
        "first_class_merit", "second_class_merit", "third_class_merit", "commendation", "excellent_appraisal"
    }  # fmt: skip
    assert plan_text(far).zh.endswith("一等功、二等功、三等功、嘉奖、考核优秀由他人评定，不能列入计划")
    assert "nobody can plan for them: first-class merit" in plan_text(far).en
    told = {way.rule.code: way_text(way) for way in far.ways}
    assert told["third_class_merit"].zh == "三等功：由他人评定，不能列入计划；如获得，每次8分，上限余24分"
    assert "cannot be planned for; 8 points each time" in told["third_class_merit"].en


def test_awards_that_policy_calls_plannable_come_last_and_only_where_they_take_fewer_steps() -> None:
    found = plan(8.0, "2026-01-02", tuple(rule.code for rule in RULES))
    assert [len(one.steps) for one in found.combinations] == [2, 1]
    assert {step.rule.code for step in found.combinations[0].steps} == {"law_exam"}
    assert found.combinations[1].steps[0].rule.code == "third_class_merit"


def test_a_line_at_its_cap_or_with_no_way_says_so() -> None:
    found = plan(99.0, "2024-04-01", ("commendation", "excellent_appraisal"), honours=praised(*["2024-01-01"] * 3))
    assert [way_text(way).en for way in found.ways] == [
        "commendation: at the cap 9",
        "excellent appraisal: nothing can be added by the deadline",
    ]
    assert found.status == "not_within_deadline"


def test_the_deadline_must_lie_ahead() -> None:
    with pytest.raises(InvalidInput, match=r"target\.deadline 2024-03-01 is not after 2024-03-01"):
        plan(1.0, "2024-03-01")
    assert plans({}, [], [], policy()) == []


def in_some_order(offers: list[Offer], start: date, end: date) -> bool:
    """Whether courses can be taken one after another at 6 hours a week so that each is completed by its last day: if
    any order does, that of the last days does (Jackson 1955).
    """
    ends = sorted((min(offer.last or end, end), offer.hours) for offer in offers)
    spent = accumulate(hours for _, hours in ends)
    return all(hours <= (last - start).days * 6.0 / 7 + 1e-9 for hours, (last, _) in zip(spent, ends, strict=True))


def test_no_smaller_combination_would_do() -> None:
    """Against every choice of steps, told one by one, for officers of a simulated bureau."""
    frames, ids = simulated(), officers_of(simulated())[::12]
    small = [
        replace(rule, plannable=True)
        for rule in RULES
        if rule.code in ("third_class_merit", "law_exam", "training_passed", "excellent_appraisal")
    ]
    day, deadline = date(2022, 7, 1), date(2023, 8, 1)
    now = accounts(frames, ids, small, day)
    found = plans(frames, now, [Target(one.total + 11.5, deadline) for one in now], policy())
    seen = set()
    for each in found:
        fewest = []
        for counts in product(*(range(way.steps + 1) for way in each.ways)):
            then = 0.0
            for line in each.then.lines:
                more = sum(n for n, way in zip(counts, each.ways, strict=True) if implied(way.rule, line.rule))
                then += min(line.subtotal + more * line.rule.points, line.rule.cap)
            if then >= each.target.total - 1e-9:
                offers = [offer for n, way in zip(counts, each.ways, strict=True) for offer in way.offers[:n]]
                fewest += [sum(counts)] if in_some_order(offers, day, deadline - timedelta(days=1)) else []
        seen.add(each.status)
        assert (len(each.combinations[-1].steps) if each.combinations else None) == min(fewest, default=None)
    assert "possible" in seen


def test_a_huge_table_is_still_answered() -> None:
    many = [replace(rule, points=rule.cap / 30) for rule in RULES]
    frames = record(honours=praised("2023-01-01"))
    (found,) = plans(frames, accounts(frames, ["a"], many, TODAY), [Target(90.0, date(2039, 1, 1))], policy())
    assert found.status in ("possible", "not_within_deadline")
