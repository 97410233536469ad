"""What colleagues take: shares of the officer's own group, a course without history found, and who is most alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.advising import WavePolicy
from data_contracts.policy import policy
from models.courses.crowd import RANKED, CourseCrowd, CrowdCounts, crowd_at
from models.courses.histories import Array, CourseNames, Peers, Questions, Takings
from models.courses.record import course_history
from models.courses.rules import Counted, CourseReason
from models.courses.state import CourseState, StateMaker
from tests.training.course_lives import completions

DAY, OFFICERS = 1000, 20
LAST = "1972-09-27"  # the same day
COURSES = ("old", "new", "rare", "mine")
RULES = policy().courses.wave


class ByNumber:
    """Ranks courses by their number, the last first."""

    def score(self, state: CourseState, asked: Questions) -> Array:
        return np.tile(np.arange(float(state.shape[1])), (len(asked), 1))


def crowd(
    ranker: ByNumber | None = None, new_to: Sequence[int] = range(1, 8), rules: WavePolicy = RULES
) -> CourseCrowd:
    """Two commands of ten; everybody has taken `old` long ago; some, most of the first, have just taken `new`."""
    rows = [(officer, 0, DAY - 500, DAY - 500) for officer in range(OFFICERS)]
    rows += [(officer, 0, DAY - 1, DAY - 1) for officer in range(OFFICERS)]  # a repeat, which keeps them active
    rows += [(officer, 1, DAY - 5, DAY - 5) for officer in new_to]
    rows += [(19, 2, DAY - 3, DAY - 3), (0, 3, DAY - 100, DAY - 100), (9, 3, DAY - 100, DAY - 100)]
    takings = Takings.ordered(*np.array(rows).T)
    nothing = np.full(OFFICERS, np.nan, np.float32)
    peers = Peers({"command": np.repeat([0, 1], 10), "rank": np.full(OFFICERS, -1)}, nothing, nothing)
    names = CourseNames(COURSES, tuple((course,) for course in COURSES))
    state = StateMaker(takings, OFFICERS, names).state(DAY, peers)
    return CourseCrowd(CrowdCounts(state, [f"o{number}" for number in range(OFFICERS)], COURSES, rules), ranker)


def test_a_new_course_of_the_command_is_found_and_counted() -> None:
    (one,) = crowd().waves("o0", 5)
    assert one.course_id == "new"
    assert [reason.code for reason in one.reasons] == ["wave_command", "wave_force"]
    assert one.reasons[0].text.en == (
        f"7 of 9 colleagues of your unit who are in training took it for the first time in the 30 days to {LAST}"
    )
    assert one.reasons[0].counted == Counted("command", 7, 9, 30)
    assert one.reasons[0].text.zh == f"本单位在训同事9人中有7人在截至{LAST}的30天内首次学过"
    assert one.score == pytest.approx(7 / 9)


def test_another_command_hears_of_it_only_from_the_force() -> None:
    (one,) = crowd().waves("o15", 5)
    assert [reason.code for reason in one.reasons] == ["wave_force"]
    few = crowd(rules=replace(RULES, least_share=0.5))
    assert few.waves("o15", 5) == []


def test_who_has_taken_it_is_not_told_of_it() -> None:
    assert crowd().waves("o3", 5) == []


def test_an_officer_without_records_hears_what_the_force_takes() -> None:
    (one,) = crowd().waves("recruit", 5)
    assert one.reasons[0].text.en == f"7 of 20 officers in training took it for the first time in the 30 days to {LAST}"
    assert crowd(ByNumber()).likely("recruit", 5) == []


def test_small_groups_make_no_wave() -> None:
    assert crowd(rules=replace(RULES, least_officers=30)).waves("o0", 5) == []


def test_what_comes_next_is_ranked_without_what_was_taken_and_tells_of_those_alike() -> None:
    found = crowd(ByNumber()).likely("o0", 5)
    assert [one.course_id for one in found] == ["rare", "new"]
    assert found[1].reasons[0].code == "taken_command"
    assert found[1].reasons[0].counted == Counted("command", 7, 9, 60), "what a wave counts too, over more days"
    unit = f"7 of 9 colleagues of your unit who are in training took it in the 60 days to {LAST}"
    assert found[1].reasons[0].text.en == unit
    assert found[1].reasons[0].text.zh == f"本单位在训同事9人中有7人在截至{LAST}的60天内学过"
    assert found[0].reasons[0].code == RANKED
    assert found[0].reasons[0].text.en.endswith("the model's ranking alone put it here (1 of 20 officers in training "
                                                f"took it in the 60 days to {LAST})")  # fmt: skip
    assert "仅由模型排序列入" in found[0].reasons[0].text.zh
    (far,) = [one for one in crowd(ByNumber()).likely("o15", 5) if one.course_id == "new"]
    assert far.reasons[0].code == RANKED, "7 of 20 is what everybody does, and nobody of the own unit did"
    some = crowd(ByNumber(), (*range(1, 8), 18, 19)).likely("o15", 5)
    assert next(one for one in some if one.course_id == "new").reasons[0].code == RANKED, "2 of 9, fewer than all do"
    others = crowd(ByNumber()).likely("o1", 5)
    assert [one.course_id for one in others] == ["rare"], "nobody has taken the last one lately"
    assert len(crowd(ByNumber()).likely("o0", 1)) == 1
    assert crowd().likely("o0", 5) == []


def test_who_took_a_course_again_took_it_too() -> None:
    """Six of the officer's command repeat a course of long ago, twice even, and one has just begun with it."""
    rows = [(officer, 0, DAY - day, DAY - day) for officer in range(OFFICERS) for day in (400, 100)]
    rows += [(officer, 1, DAY - day, DAY - day) for officer in range(1, 7) for day in (400, 20, 10)]
    rows += [(7, 1, DAY - 5, DAY - 5)]
    nothing = np.full(OFFICERS, np.nan, np.float32)
    peers = Peers({"command": np.repeat([0, 1], 10)}, nothing, nothing)
    maker = StateMaker(Takings.ordered(*np.array(rows).T), OFFICERS, CourseNames(("x", "y"), (("x",), ("y",))))
    counts = CrowdCounts(maker.state(DAY, peers), [f"o{one}" for one in range(OFFICERS)], ("x", "y"), RULES)
    (own,) = CourseCrowd(counts, ByNumber()).likely("o0", 5)
    assert own.reasons[0].counted == Counted("command", 7, 9, 60)
    (far,) = CourseCrowd(counts, ByNumber()).likely("o15", 5)
    assert far.reasons[0].text.zh.endswith(f"（截至{LAST}的60天内全体在训民警20人中有7人学过）")
    before = replace(counts, state=maker.state(DAY - 6, peers))
    assert CourseCrowd(before, ByNumber()).likely("o0", 5) == [], "nobody begins with it: it is not under way"


def test_what_those_alike_took_lately_is_told_with_how_many_of_them_where_that_is_a_reason() -> None:
    def told(takers: str) -> CourseReason:
        rows = [(who, course, "2024-04-01") for who in "abcdefg" for course in ("x", "y")]
        rows += [(who, "z", "2024-05-01") for who in takers] + [(who, "w", "2024-05-01") for who in "hijklmnopqrst"]
        history = course_history({"course_completions": completions(rows)})
        first = crowd_at(history, date(2024, 5, 10), ByNumber(), RULES).likely("a", 5)[0]
        assert first.course_id == "z"
        return first.reasons[0]

    assert told("bc").code == "same_way"
    alike = "2 of the 6 officers whose courses are most like yours took it in the 60 days to 2024-05-09"
    assert told("bc").text.en == alike
    assert told("b").code == RANKED


def test_the_crowd_of_a_day_is_what_was_known_before_it() -> None:
    rows = [("a", "x", "2024-05-01"), ("b", "x", "2024-05-02"), ("b", "y", "2024-05-10")]
    found = crowd_at(course_history({"course_completions": completions(rows)}), date(2024, 5, 10), ByNumber(), RULES)
    assert found.state.taken.toarray().tolist() == [[1, 0], [1, 0]]
    assert [one.course_id for one in found.likely("b", 3)] == []


def test_who_left_counts_in_no_group_from_the_day_after() -> None:
    """Of twelve who are alike, half have just taken a course; two of the takers and one other leave."""
    names = "abcdefghijkl"
    rows = [(one, course, "2024-04-01") for one in names for course in ("x", "y")]
    rows += [(one, "z", "2024-05-01") for one in "bcdefg"]
    left = {"b": "2024-05-09", "c": "2024-05-09", "h": "2024-05-09", "d": "2024-05-10", "e": "2024-05-02"}
    people = pd.DataFrame({
        "officer_id": [*names, "e"], "entered_on": pd.Timestamp("2020-01-01"),
        "left_on": pd.to_datetime(pd.Series([*(left.get(one) for one in names), None])),
        "known_on": pd.to_datetime(["2020-01-01"] * len(names) + ["2024-05-03"]),
    })  # fmt: skip
    history = course_history({"course_completions": completions(rows), "officers": people})
    (wave,) = crowd_at(history, date(2024, 5, 10), None, RULES).waves("a", 1)
    counted = {reason.counted.group: reason.counted for reason in wave.reasons if reason.counted}
    assert (counted["force"].taken, counted["force"].members) == (4, 8), "e's leaving was taken back, d's is of today"
    (first, *_) = crowd_at(history, date(2024, 5, 10), ByNumber(), RULES).likely("a", 5)
    assert first.reasons[0].counted == Counted("class", 4, 8, 60)
