"""The days that a plan tells: those on which the total really is what they say, with what passes and expires by itself.

Every case was reckoned by hand; random records are reckoned a second time by the rule table, the steps put into them as
rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from models.points import combinations
from models.points.appraisals import Delays
from models.points.chances import Chance
from models.points.lines import Line, accounts
from models.points.plan import Plan, plans
from models.points.plan_words import plan_text
from models.points.shelf import Offer
from models.points.step_words import combination_text, step_text
from models.points.targets import Target
from models.points.timeline import Span, Timeline
from models.points.way_words import way_text
from models.points.words import Records
from tests.models.records import framed, record
from tests.models.test_points_plan import COURSES, RULES, TODAY, appraised, awaited, law, plan, posted, praised

ONE_DAY = timedelta(days=1)
LAW = "law_exam"
PASSED = {"officer_id": "a", "course_id": "law2", "score": 90.0}


def passed(*days: str) -> list[dict[str, Any]]:
    """Law exams passed."""
    return [{**PASSED, "occurred_on": day} for day in days]


def days_of(found: Plan) -> tuple[str, str]:
    """Of the first combination: from when all steps count, and from when the target is held."""
    return str(found.combinations[0].on), str(found.combinations[0].reached)


def test_a_target_that_waits_for_a_year_of_service_is_not_reached_when_the_steps_are_done() -> None:
    """2 points now and 2 more on 1 June: with an exam of 9 March 6 points, the 8 asked for only with that year."""
    here: dict[str, Any] = {"postings": posted("2022-06-01"), "courses": [law("k", 6.0)]}
    both = ("grassroots_years", LAW)
    found = plan(8.0, "2024-12-31", both, **here)
    assert days_of(found) == ("2024-03-09", "2024-06-01")
    assert plan_text(found).en.endswith(
        ". 4 missing; the least demanding way takes 1 step for 4 points: the last of them counts from 2024-03-09 at "
        "the earliest, and with what comes and expires by itself the target is reached on 2024-06-01"
    )
    assert plan_text(found).zh.endswith(
        "。缺4分，最易的办法有1步，可得4分，各步最早2024-03-09起全部计入，连同自然增减，2024-06-01达到目标"
    )
    assert combination_text(found.combinations[0]).zh.endswith("连同自然增减，2024-06-01达到目标")
    at_once = plan(6.0, "2024-05-31", both, **here)
    assert days_of(at_once) == ("2024-03-09", "2024-03-09")
    assert combination_text(at_once.combinations[0]).en == (
        "1 step for 4 points, the target is reached on 2024-03-09 at the earliest"
    )


def test_a_target_held_before_the_last_step_says_both_days() -> None:
    """Three commendations are 9 points; the first expires on 1 April and an exam of 9 March makes it up: the 9 points
    are held from today on."""
    praise = praised("2021-04-01", "2022-01-01", "2022-02-01")
    found = plan(9.0, "2024-12-31", ("commendation", LAW), plannable=False, honours=praise, courses=[law("k", 6.0)])
    assert days_of(found) == ("2024-03-09", "2024-03-01")
    told = combination_text(found.combinations[0])
    assert told.en.endswith(
        "counts from 2024-03-09 at the earliest, and the target is reached from 2024-03-01 on and held until the "
        "deadline"
    )
    assert told.zh.endswith("各步最早2024-03-09起全部计入，目标自2024-03-01起达到并保持到期")


def test_a_line_at_its_cap_adds_nothing_until_others_expire() -> None:
    """Three exams are the cap of 12; the first expires on 12 May, and only then does one of 9 March add its 4 points:
    the 12 are held all the time."""
    exams = passed("2021-05-12", "2022-01-01", "2022-02-01")
    here: dict[str, Any] = {"course_completions": exams, "courses": [*COURSES[1:2], law("k", 6.0)]}
    found = plan(12.0, "2024-12-31", (LAW,), **here)
    (way,), (step,) = found.ways, found.combinations[0].steps
    assert ([str(day) for day in way.days], str(way.chances[0].on)) == (["2024-05-12"], "2024-03-09")
    assert way_text(way).en.endswith(
        ", the first from 2024-03-09, but because of the cap it adds points only from 2024-05-12"
    )
    assert way_text(way).zh.endswith("，最早2024-03-09起计，因上限所限，2024-05-12起才加分")
    assert (str(step.on), str(step.adds_on(step.rule))) == ("2024-03-09", "2024-05-12")
    told = step_text(step, Records({}))
    assert told.en.endswith(
        ": counted from 2024-03-09 at the earliest, but because of the cap 4 points only from 2024-05-12"
    )
    assert told.zh.endswith("，最早2024-03-09起计，因上限所限，2024-05-12起才加4分")
    assert days_of(found) == ("2024-03-09", "2024-03-01")


def test_a_merit_that_counts_on_a_second_line_says_from_when_the_cap_lets_it() -> None:
    """Ten trainings are the cap of 5; the first two expire on 20 March: a law exam of 9 March adds its 4 points at once
    and its 0.5 as training passed eleven days later."""
    trained = [{"officer_id": "a", "course_id": "fit", "score": 70.0, "occurred_on": "2023-01-01"}] * 9
    trained += [{**trained[0], "occurred_on": "2022-03-20"}]
    both = (LAW, "training_passed")
    found = plan(9.0, "2024-06-30", both, course_completions=trained, courses=[law("k", 6.0), COURSES[2]])
    (step,) = found.combinations[0].steps
    assert {code: str(day) for code, day in step.adds.items()} == {
        LAW: "2024-03-09", "training_passed": "2024-03-20",
    }  # fmt: skip
    told = step_text(step, Records({}))
    assert told.en.endswith(
        "4 points from 2024-03-09 at the earliest, and 0.5 more as training passed (because of the cap only from "
        "2024-03-20)"
    )
    assert told.zh.endswith("最早2024-03-09起计4分，另计入培训合格0.5分（因上限所限，2024-03-20起）")
    full = [{**one, "occurred_on": "2023-07-01"} for one in trained]  # on the deadline the cap still leaves nothing
    (step,) = plan(9.0, "2024-06-30", both, course_completions=full, courses=[law("k", 6.0)]).combinations[0].steps
    assert (step.also, step.points) == ((), 4.0)


def test_the_two_days_of_a_transfer_are_not_joined() -> None:
    """From 1 July 2024 on the officer may move: that gives the first year on 1 July 2025. To have both years by the
    deadline they may also wait until 1 September 2024, which gives the first on 1 September 2025."""
    before = posted("2021-01-01", "x")[0] | {"post_id": "q", "ended_on": "2023-07-01"}
    lately: dict[str, Any] = {"postings": [before, *posted("2023-07-01", "b")]}
    (way,) = plan(4.0, "2026-09-01", ("grassroots_years",), **lately).ways
    assert way_text(way).en == (
        "years at the grass roots: at most 2 more for 2, 2 points, by a transfer to a post in a station or community: "
        "made on 2024-07-01, the earliest that rules allow, the first counts from 2025-07-01; the last day of a "
        "transfer for all of them to count by the deadline is 2024-09-01"
    )
    assert way_text(way).zh == (
        "基层工作年限：至多2次，依次2、2分，须调入派出所或社区岗位：最早2024-07-01可调入，首次即2025-07-01起计；"
        "要在期限前全部计入，最晚2024-09-01调入"
    )
    assert (str(way.chances[0].transfer_on), str(way.chances[1].transfer_by)) == ("2024-07-01", "2024-09-01")
    one = plan(2.0, "2026-06-30", ("grassroots_years",), **lately).ways[0]
    assert "for it to count by the deadline is 2025-06-30" in way_text(one).en


def test_the_years_after_a_transfer_pass_by_themselves_and_may_reach_a_target_before_the_last_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An exam that still stands in September 2030 and one year reach 6 points in 2 steps, on 3 September 2027; but two
    more years have passed at the new post by 1 March 2027, and then 6 points are held."""
    monkeypatch.setattr(combinations, "least_study", lambda *told: told[-1])  # years would take the place of the exam
    found = plan(
        6.0, "2030-09-01", ("grassroots_years", LAW), postings=posted("2020-06-01", "b"), courses=[law("k", 6)]
    )
    assert [step.rule.code for step in found.combinations[0].steps] == ["grassroots_years", LAW]
    assert days_of(found) == ("2027-09-03", "2027-03-01")


def test_what_was_earned_today_counts_from_tomorrow() -> None:
    """It was told as reached beside a total of 0."""
    found = plan(3.0, "2024-12-31", ("commendation",), honours=praised("2024-03-01"))
    assert (found.now.total, found.status, str(found.on)) == (0.0, "by_itself", "2024-03-02")


def test_what_must_not_be_completed_too_early_says_why_and_that_it_can_be_studied_before() -> None:
    """An exam counts for 36 months: one of 1 March 2026 has expired on 1 March 2029, one of the day after has not. Both
    courses are studied long before, so both are completed on that one day."""
    courses = [law("k", 6.0), law("m", 12.0)]
    found = plan(8.0, "2029-03-01", (LAW,), courses=courses)
    assert [str(step.on) for step in found.combinations[0].steps] == ["2026-03-03"] * 2
    en = (
        "completed on 2026-03-02 or later (so that it still stands on the deadline: it counts for 36 months; the hours "
        "can be studied before)"
    )
    zh = "须2026-03-02或之后完成（计分36个月，过早则到期限日已失效，学时可提前学）"
    told = step_text(found.combinations[0].steps[0], Records({}))
    assert told.en.endswith(f", {en}: 4 points from 2026-03-03")
    assert told.zh.endswith(f"，{zh}，2026-03-03起计4分")
    assert way_text(found.ways[0]).en.endswith(f"4, 4 points, {en}, the first from 2026-03-03")
    assert way_text(found.ways[0]).zh.endswith(f"，{zh}，2026-03-03起计")
    assert plan_text(found).en.endswith(
        "the target is reached on 2026-03-03 (some steps must not come sooner, so that they still stand on the "
        "deadline)"
    )
    assert plan_text(found).zh.endswith("2026-03-03达到目标（有的步骤不宜提前，以便到期限日仍有效）")
    for one in (told, way_text(found.ways[0]), plan_text(found)):
        assert ("earliest" in one.en, "最早" in one.zh) == (False, False)
    soon = plan(8.0, "2026-03-01", (LAW,), courses=courses)  # nothing has expired by then
    assert "at the earliest" in plan_text(soon).en
    assert not soon.combinations[0].waits
    medal = plan(3.0, "2029-03-01", ("commendation",))
    assert "earned on 2026-03-02 or later (so that" in way_text(medal.ways[0]).en
    assert "studied" not in way_text(medal.ways[0]).en
    assert "须2026-03-02或之后取得（计分36个月，过早则到期限日已失效）" in way_text(medal.ways[0]).zh


def test_awaited_appraisals_reach_a_target_only_on_the_day_on_which_the_total_does() -> None:
    """Known on 10 February they give 3 points; the target of 7 stands with the year of 1 June 2024 only."""
    both = ("grassroots_years", "excellent_appraisal")
    here: dict[str, Any] = {"postings": posted("2022-06-01")}
    found = awaited("2024-12-31", total=7.0, only=both, **here)
    assert plan_text(found).en.endswith(
        "if 1 of them is excellent, the target is reached with what comes and expires by itself, usually from "
        "2024-06-01"
    )
    assert plan_text(found).zh.endswith("其中如有1项评为优秀，连同自然增减，通常2024-06-01起达到目标")
    late = awaited("2024-12-31", date(2024, 3, 1), total=7.0, only=both, **here)
    assert plan_text(late).en.endswith("by itself, later than usual, on a day that is not known, not before 2024-06-01")
    assert plan_text(late).zh.endswith("连同自然增减，即达目标，公布比往常晚，日期未知，不早于2024-06-01")
    with_exam = awaited("2024-12-31", total=14.0, only=(*both, LAW), courses=[law("k", 60.0)], **here)
    assert plan_text(with_exam).en.endswith(
        "if 2 of them are excellent, the target is reached together with all own steps and with what comes and expires "
        "by itself, usually from 2024-06-01"
    )
    praise = praised("2021-04-01")  # 3 points until 1 April, then one appraisal instead: nothing is missing in between
    held = awaited("2024-12-31", total=3.0, only=("commendation", "excellent_appraisal"), honours=praise)
    assert plan_text(held).en.endswith("the target is reached from 2024-01-10 on and held until the deadline")
    assert plan_text(held).zh.endswith("目标自2024-01-10起达到并可保持到期")


def test_awaited_appraisals_of_a_line_at_its_cap_add_points_only_when_others_expire() -> None:
    """Six excellent ones are the cap of 18; three of them expire on 31 December 2024."""
    kinds = ("performance", "case_quality", "supervision")
    come = [appraised(kind, "excellent", f"{year}-12-31") for year in (2019, 2021) for kind in kinds]
    (way,) = awaited("2025-06-30", appraisals=come, total=24.0).ways
    assert ({str(one.on) for one in way.awaited}, {str(day) for day in way.days}) == ({"2024-02-10"}, {"2024-12-31"})
    assert way_text(way).en.endswith(
        "usually counts from 2024-02-10, but because of the cap adds points only from 2024-12-31"
    )
    assert way_text(way).zh.endswith("通常2024-02-10起计，因上限所限，2024-12-31起才加分")
    told = plan_text(awaited("2025-06-30", appraisals=come, total=24.0))
    assert told.en.endswith("they add at most 9 points, usually from 2024-12-31")
    four = [appraised(kind, "excellent", "2021-12-31") for kind in kinds] + [come[0]]
    some = plan_text(awaited("2025-06-30", appraisals=four, total=30.0))
    assert some.en.endswith("they add at most 9 points, in full usually from 2024-12-31"), "two of them come sooner"
    room = plan_text(awaited("2024-06-30", appraisals=come[1:], total=30.0)).en
    assert room.endswith(
        "3 appraisals of 2023 are not published yet and their outcome is not known; if all of them are excellent, they "
        "add at most 3 points, usually from 2024-02-10"
    ), "all that are awaited, though the cap has room for one"


def test_years_that_pass_by_themselves_for_long_are_told_by_their_first_and_last_day() -> None:
    here: dict[str, Any] = {"postings": posted("2022-06-01")}
    (few,) = plan(9.0, "2026-12-31", ("grassroots_years",), **here).ways
    assert "by themselves on 2024-06-01, 2025-06-01, 2026-06-01 while" in way_text(few).en
    (many,) = plan(40.0, "2040-12-31", ("grassroots_years",), **here).ways
    assert len(many.by_itself) == 17
    assert "by themselves 17 times from 2024-06-01 to 2040-06-01 while the posting lasts" in way_text(many).en
    assert "现任职持续，自2024-06-01至2040-06-01共17次自然增加年限" in way_text(many).zh


def test_a_deadline_further_ahead_than_policy_looks_is_refused() -> None:
    assert policy().earning.most_months_ahead == 480
    assert plan(1.0, "2064-03-01").target.deadline == date(2064, 3, 1)
    for day in ("2064-03-02", "9000-01-01", "9999-12-31"):
        with pytest.raises(InvalidInput) as refused:
            plan(1.0, day)
        assert str(refused.value) == (
            f"target.deadline {day} is more than 480 months after 2024-03-01; give 2064-03-01 or an earlier day"
        )
        assert refused.value.zh == f"target.deadline {day} 晚于 2024-03-01 之后480个月；请给出 2064-03-01 或更早的日期"


def test_a_total_is_held_from_the_day_after_the_last_on_which_it_was_not() -> None:
    """4 points from the 5th to before the 20th, and again for good from the 25th."""
    rule = next(one for one in RULES if one.code == LAW)
    spans = (Span(date(2024, 3, 5), date(2024, 3, 20)), Span(date(2024, 3, 25), None))
    line = Timeline(TODAY, date(2024, 4, 1), ((rule, spans),))
    assert [line.total(date(2024, 3, day)) for day in (4, 5, 19, 20, 25)] == [0.0, 4.0, 4.0, 0.0, 4.0]
    assert (line.held_from(4.0), line.held_from(8.0), line.held_from(0.0)) == (date(2024, 3, 25), None, TODAY)
    assert line.adding(rule, Span(date(2024, 3, 7), None)) == date(2024, 3, 7)
    assert line.adding(rule, Span(date(2024, 3, 7), date(2024, 4, 1))) is None  # gone on the deadline


def drawn(draw: np.random.Generator) -> dict[str, Any]:
    """Random rows of officer a of the last years, and random courses."""

    def days(number: int, back: int) -> list[str]:
        return [str(TODAY - timedelta(days=int(day))) for day in draw.integers(1, back, number)]

    begun = TODAY - timedelta(days=int(draw.integers(400, 3000)))
    now = {"officer_id": "a", "post_id": "p", "unit_id": str(draw.choice(["s", "b"])), "started_on": str(begun)}
    courses = [
        {"course_id": f"k{n}", "competency": str(draw.choice(["law", "fitness"])),
         "hours": float(draw.choice([0.5, 6.0, 20.0]))}
        for n in range(draw.integers(1, 7))
    ]  # fmt: skip
    old = {"officer_id": "a", "course_id": "old"}
    return {
        "postings": [now],
        "units": [{"unit_id": "s", "unit_level": "station"}, {"unit_id": "b", "unit_level": "bureau"}],
        "courses": [*courses, {"course_id": "old", "competency": "law", "hours": 1.0}],
        "course_completions": [
            {**old, "occurred_on": day, "score": float(draw.choice([70.0, 90.0]))}
            for day in days(int(draw.integers(0, 13)), 1200)
        ],
        "honours": praised(*days(int(draw.integers(0, 5)), 1100)),
        "appraisals": [appraised("performance", "excellent", f"{year}-12-31") for year in range(2018, 2023)],
    }


Merit = tuple[str, Chance, Offer | None]


def done(tables: dict[str, Any], merits: Sequence[Merit], day: date) -> dict[str, pd.DataFrame]:
    """The record with what counts by a day of these merits put into it as rows."""
    more = {name: list(rows) for name, rows in tables.items()}
    for number, (code, one, offer) in enumerate(merits):
        if one.on > day:
            continue
        if offer is not None:
            row = {"officer_id": "a", "course_id": offer.course_id, "occurred_on": str(one.earned), "score": 100.0}
            more["course_completions"].append(row)
        elif code == "excellent_appraisal":
            kind = ("performance", "case_quality", "supervision")[number % 3]
            more["appraisals"].append(appraised(kind, "excellent", str(one.earned)))
        else:  # a posting at the grass roots from the day of the transfer on
            before = {**tables["postings"][0], "ended_on": str(one.transfer_on)}
            more["postings"] = [before, {**posted(str(one.transfer_on))[0], "post_id": "q"}]
    return {name: framed(name, rows) for name, rows in more.items()}


def total_on(tables: dict[str, Any], merits: Sequence[Merit], day: date) -> float:
    """By the rule table alone."""
    return accounts(done(tables, merits, day), ["a"], RULES, day)[0].total


def line_on(tables: dict[str, Any], merits: Sequence[Merit], code: str, day: date) -> float:
    """What a line gives by the rule table alone."""
    lines: tuple[Line, ...] = accounts(done(tables, merits, day), ["a"], RULES, day)[0].lines
    return next(line.points for line in lines if line.rule.code == code)


def reached_as_told(tables: dict[str, Any], merits: Sequence[Merit], target: Target, reached: date) -> bool:
    """Whether the total is held from the day told until the deadline and not before, on this and on random days."""
    later = np.random.default_rng(reached.toordinal()).integers(reached.toordinal(), target.deadline.toordinal() + 1, 3)
    days = [reached, target.deadline, *(date.fromordinal(int(day)) for day in later)]
    held = all(total_on(tables, merits, day) >= target.total - 1e-9 for day in days)
    return held and (reached == TODAY or total_on(tables, merits, reached - ONE_DAY) < target.total - 1e-9)


def test_for_random_records_the_target_is_reached_on_the_day_told_and_not_before() -> None:
    draw, seen, apart = np.random.default_rng(11), Counter[str](), 0
    for _ in range(60):
        tables = drawn(draw)
        frames = record(**tables)
        now = accounts(frames, ["a"], RULES, TODAY)
        target = Target(
            now[0].total + float(draw.integers(-4, 12)), TODAY + timedelta(days=int(draw.integers(30, 1500)))
        )
        (found,) = plans(frames, now, [target], policy(), delays=Delays(np.array([70])))
        seen[found.status] += 1
        if found.on is not None:
            assert reached_as_told(tables, (), target, found.on)
        for one in found.combinations:
            merits = [(step.rule.code, step.chance, step.offer) for step in one.steps]
            assert reached_as_told(tables, merits, target, one.reached), (tables, target, one)
            seen["later" if one.reached > one.on else "sooner" if one.reached < one.on else "with the last step"] += 1
            for number, step in enumerate(one.steps):
                for code, day in step.adds.items() if step.offer else ():  # years after a transfer come together
                    more = [
                        line_on(tables, merits[: number + 1], code, each) - line_on(tables, merits[:number], code, each)
                        for each in (day - ONE_DAY, day, target.deadline)
                    ]
                    assert more[0] < more[1] == more[2], (code, day, more)
                    apart += day > step.on
        for waiting in found.awaiting:
            if waiting.reached is not None and not waiting.own:
                some = [(waiting.way.rule.code, chance, None) for chance in waiting.chances[: waiting.many]]
                assert reached_as_told(tables, some, target, waiting.reached)
                seen["awaited"] += 1
    assert {"reached", "by_itself", "possible", "not_within_deadline"} <= {*seen}
    assert {"later", "sooner", "with the last step", "awaited"} <= {*seen}, seen
    assert apart, "no step met a cap"
