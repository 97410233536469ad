"""Items, moments, masks and strata of the courses protocol."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import InvalidInput, MissingTable
from features.ingest import frames_of
from features.sequences import course_sequences
from models.courses.record import CourseHistory, course_history, day_number
from tests.training.careers import postings
from tests.training.course_lives import completions, force
from training.courses.data import last_refresh, window_weeks, with_test_part

AFTER, UNTIL = day_number(date(2019, 12, 31)), day_number(date(2020, 12, 31))
ROWS = [
    ("a", "x", "2019-06-03"), ("a", "y", "2020-01-08"), ("a", "z", "2020-01-08"), ("a", "x", "2020-01-09"),
    ("a", "w", "2020-01-10"), ("b", "y", "2020-01-06"), ("b", "w", "2020-03-01"), ("c", "x", "2019-06-05"),
]  # fmt: skip


def history(rows: list[tuple[str, str, str]] = ROWS, **more: pd.DataFrame) -> CourseHistory:
    return course_history({"course_completions": completions(rows), **more})


def test_the_courses_of_a_day_are_one_set_and_a_repeat_is_none() -> None:
    found = history()
    weeks = window_weeks(found, AFTER, UNTIL)
    assert [str(np.datetime64(week.cut, "D")) for week in weeks] == ["2020-01-05", "2020-02-23"]
    first = weeks[0]
    sets = [
        (found.officers[officer], str(np.datetime64(int(day), "D")), sorted(np.array(found.names.courses)[row.indices]))
        for officer, day, row in zip(first.asked.officers, first.asked.days, first.sets, strict=True)
    ]
    assert sets == [("a", "2020-01-08", ["y", "z"]), ("a", "2020-01-10", ["w"]), ("b", "2020-01-06", ["y"])]


def test_sets_are_those_of_the_course_sequences() -> None:
    rows = force(officers=12, weeks=20)
    found = history(rows)
    steps = course_sequences(completions(rows))
    within = steps[steps["occurred_on"] > pd.Timestamp("2019-03-01")]
    weeks = window_weeks(found, day_number(date(2019, 3, 1)), UNTIL)
    assert sum(len(week.asked) for week in weeks) == len(within)
    assert sum(week.sets.nnz for week in weeks) == within["course_ids"].map(len).sum()


def test_what_was_taken_before_the_day_is_masked_also_since_sunday() -> None:
    found = history()
    asked = window_weeks(found, AFTER, UNTIL)[0].asked
    names = np.array(found.names.courses)
    assert [sorted(names[row]) for row in asked.masked] == [["x"], ["x", "y", "z"], []]


def test_nothing_after_the_last_sunday_is_known() -> None:
    found = history()
    state = next(found.states([window_weeks(found, AFTER, UNTIL)[0].cut]))
    assert state.every.days.max() <= day_number(date(2020, 1, 5))
    assert state.first_seen[found.names.courses.index("y")] > state.day


def test_a_completion_known_late_is_known_late_and_still_an_item() -> None:
    late = ("b", "y", "2020-01-06")
    found = course_history({"course_completions": completions(ROWS, {late: "2020-02-01"})})
    assert sum(week.sets.nnz for week in window_weeks(found, AFTER, UNTIL)) == 5
    assert found.state(day_number(date(2020, 1, 31))).taken[1].nnz == 0
    assert found.state(day_number(date(2020, 2, 1))).taken[1].nnz == 1


@pytest.mark.parametrize(("day", "sunday"), [("2020-01-05", "2019-12-29"), ("2020-01-06", "2020-01-05")])
def test_a_sunday_is_ranked_with_the_sunday_before(day: str, sunday: str) -> None:
    found = last_refresh(np.array([np.datetime64(day, "D").astype(int)]))
    assert str(np.datetime64(int(found[0]), "D")) == sunday
    assert last_refresh(np.array([7]), step=1).tolist() == [6]


def test_strata_part_waves_from_electives_and_find_new_courses() -> None:
    everybody = [f"o{number}" for number in range(10)]
    rows = [(name, "old", "2019-01-02") for name in everybody]
    rows += [(name, "wave", f"2020-02-{day:02d}") for day, name in enumerate(everybody[:2], start=3)]
    rows += [("o5", "alone", "2020-02-05"), ("o6", "late", "2019-11-01"), ("o7", "late", "2020-02-05")]
    rows += [(name, "old", "2020-02-06") for name in everybody]  # repeats keep all ten active
    found = history(rows)
    (week,) = window_weeks(found, AFTER, UNTIL)
    told = {
        name: sorted({found.names.courses[place] for place in week.answers(name).indices})
        for name in ("all", "wave", "elective", "new_course")
    }
    assert told["all"] == ["alone", "late", "wave"]
    assert told["wave"] == ["wave"]
    assert told["elective"] == ["alone", "late"]
    assert told["new_course"] == ["alone", "wave"]


def test_groups_are_those_known_on_the_day() -> None:
    day = pd.Timestamp
    people = pd.DataFrame({"officer_id": ["a", "b"], "entered_on": [day("2010-05-01"), pd.NaT],
                           "known_on": [day("2010-05-01")] * 2})  # fmt: skip
    ranks = pd.DataFrame({"officer_id": ["a", "a", "b"], "ladder": ["enforcement", "enforcement", "police_rank"],
                          "rank_step": ["s1", "s2", "p"], "occurred_on": [day("2012-01-01"), day("2019-01-01")] * 1
                          + [day("2012-01-01")],
                          "known_on": [day("2012-01-01"), day("2021-01-01"), day("2012-01-01")]})  # fmt: skip
    moves = postings({"a": [("p", "2015-01-01"), ("q", "2018-01-01")]}, {("a", "2018-01-01"): "2020-06-01"})
    found = history(officers=people, promotions=ranks, postings=moves)
    early, late = found.peers.at(day_number(date(2020, 1, 1))), found.peers.at(day_number(date(2021, 6, 1)))
    assert early.groups["command"][0] != late.groups["command"][0]
    assert early.groups["rank"][0] != late.groups["rank"][0]
    assert early.groups["rank"][1] == early.groups["class"][1] == early.groups["cohort"][2] == -1
    assert early.groups["cohort"][0] == 40
    assert early.days_in_service[0] == (date(2020, 1, 1) - date(2010, 5, 1)).days
    assert np.isnan(early.days_in_service[1])


def test_names_of_the_catalogue_give_words() -> None:
    table = pd.DataFrame({"course_id": ["x", "unknown"], "name_zh": ["法律", "无"], "name_en": ["Law now", None]})
    found = history(courses=table)
    assert found.names.words[found.names.courses.index("x")] == ("law", "now", "x", "法律")
    assert found.names.word_matrix.shape[0] == found.names.size


def test_a_published_test_part_follows_on_the_training_part_and_all_of_it_is_ranked_from_there() -> None:
    train = completions([("a", "x", "2000-01-02"), ("a", "y", "2000-01-05"), ("b", "x", "2000-01-02")])
    test = completions([("a", "z", "2000-01-02"), ("b", "y", "2000-01-02"), ("b", "z", "2000-01-03")])
    frames, after, until = with_test_part({"course_completions": train}, {"course_completions": test})
    assert (after, until) == (date(2000, 1, 5), date(2000, 1, 7))
    (week,) = window_weeks(course_history(frames, 1), day_number(after), day_number(until), frozen=True)
    assert (week.cut, week.sets.nnz) == (day_number(after), 3)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(MissingTable, match="course_completions"):
        course_history({})
    with pytest.raises(InvalidInput, match="no course is first taken"):
        window_weeks(history(), UNTIL, UNTIL + 5)


@pytest.mark.cities
@pytest.mark.slow
def test_the_published_counts_of_new_york(shared_data: Path) -> None:
    found = course_history(frames_of("new_york", shared_data / "new_york", required=("course_completions",)))
    for cuts, takings, officers, new in (
        ((date(2019, 12, 31), date(2020, 12, 31)), 121_182, 3_926, 0.70),
        ((date(2020, 12, 31), date(2021, 6, 30)), 42_492, 3_859, 0.65),
    ):
        weeks = window_weeks(found, *(day_number(cut) for cut in cuts))
        assert sum(week.sets.nnz for week in weeks) == takings
        assert len(np.unique(np.concatenate([week.asked.officers for week in weeks]))) == officers
        assert round(sum(week.new.nnz for week in weeks) / takings, 2) == pytest.approx(new, abs=0.011)
