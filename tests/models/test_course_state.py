"""States hold what was known by their day and nothing else, whatever is asked of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.artifacts import Parts
from models.courses.baselines import COURSE_PEERS, CourseWeights, RecentEase, RecentPopularity
from models.courses.features import CandidateFeatures
from models.courses.histories import Array, CourseNames, Peers, Questions, Takings
from models.courses.neighbours import by_courses, by_late_courses, by_lessons
from models.courses.next_course import NextCourseModel, candidates_at
from models.courses.passing import PASSING_DAYS, passing
from models.courses.peers import PeerTimeline
from models.courses.state import CourseState, StateMaker

NAMES = CourseNames(("law one", "law two", "car"), (("law", "one"), ("law", "two"), ("car",)))
OFFICERS = 4


def takings(*rows: tuple[int, int, int, int]) -> Takings:
    """(officer, course, day, known)."""
    return Takings.ordered(*np.array(rows).T)


def state_of(known: Takings, day: int, peers: Peers | None = None) -> CourseState:
    return StateMaker(known, OFFICERS, NAMES).state(day, peers or Peers.unknown(OFFICERS))


def asked(*officers: int, day: int = 101) -> Questions:
    return Questions(np.array(officers), np.full(len(officers), day), np.zeros((len(officers), NAMES.size), bool))


EARLY = takings((0, 0, 50, 50), (0, 1, 60, 60), (1, 0, 55, 55), (1, 0, 95, 95), (2, 2, 90, 99), (3, 1, 99, 99))


def figures(state: CourseState) -> Array:
    """Everything a model sees."""
    have = CandidateFeatures(state, np.arange(NAMES.size))
    return have.of(asked(0, 1, 2, 3, day=state.day + 1))[1]


def test_a_row_known_later_changes_nothing() -> None:
    late = takings((1, 2, 70, 101), (3, 0, 101, 101))
    both = Takings.ordered(*(np.concatenate([getattr(part, name) for part in (EARLY, late)])
                             for name in ("officers", "courses", "days", "known")))  # fmt: skip
    before, after = state_of(EARLY, 100), state_of(both, 100)
    np.testing.assert_array_equal(figures(before), figures(after))
    for fit in COURSE_PEERS.values():
        questions = asked(0, 1, 2, 3)
        np.testing.assert_array_equal(fit(before).score(before, questions), fit(after).score(after, questions))
    assert not np.array_equal(figures(after), figures(state_of(both, 101)))


def test_the_order_of_rows_changes_nothing() -> None:
    order = np.random.default_rng(0).permutation(len(EARLY))
    mixed = Takings.ordered(*(getattr(EARLY, name)[order] for name in ("officers", "courses", "days", "known")))
    np.testing.assert_array_equal(figures(state_of(EARLY, 100)), figures(state_of(mixed, 100)))


def test_a_repeat_is_seen_but_is_no_first_taking() -> None:
    state = state_of(EARLY, 100)
    assert state.taken.toarray().tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert state.first_seen.tolist() == [50, 60, 90]
    assert state.last_seen.tolist() == [95, 99, 90]
    assert state.last_taken.tolist() == [60, 95, 90, 99]
    assert state.count(30).tolist() == [0, 1, 1]


def test_followers_are_counted_after_what_was_there_and_fade() -> None:
    counts = state_of(EARLY, 100).followers.counts[60.0]
    assert np.count_nonzero(counts) == 1
    assert 0.8 < counts[0, 1] <= 1.0
    assert state_of(EARLY, 59).followers.counts[60.0].sum() == 0


def test_states_of_growing_days_are_those_of_each_day() -> None:
    maker, unknown = StateMaker(EARLY, OFFICERS, NAMES), Peers.unknown(OFFICERS)
    start = int(EARLY.days.min()) - 1
    days = [start + 14, start + 28, start + 49]  # steps are counted from the first day on
    rolled = [figures(state) for state in maker.states(days, [unknown] * 3)]
    for day, found in zip(days, rolled, strict=True):
        np.testing.assert_array_equal(found, figures(maker.state(day, unknown)))


def test_popularity_counts_first_takings_and_ease_finds_what_goes_together() -> None:
    state = state_of(EARLY, 100)
    assert RecentPopularity(30).score(state, asked(0)).round(3).tolist() == [[0.0, 1.0, 1.0]]
    together = takings(*((officer, course, 50, 50) for officer in (0, 1) for course in (0, 1)), (2, 0, 50, 50),
                       (3, 2, 50, 50))  # fmt: skip
    state = state_of(together, 60)
    for weights in (CourseWeights.fit_ease(state), CourseWeights.fit_knn(state)):
        (scores,) = weights.score(state, asked(2)).tolist()
        assert scores[1] > scores[2]
    (scores,) = RecentEase.fit(state).score(state, asked(2)).tolist()
    assert scores[1] > scores[2] > 0


def test_a_course_that_came_after_the_weights_scores_nothing_by_them() -> None:
    weights = CourseWeights.fit_ease(state_of(EARLY, 89))
    now = state_of(EARLY, 100)
    assert weights.courses.tolist() == [0, 1]
    assert (weights.score(now, asked(0, 3))[:, 2] == 0).all()
    assert (RecentEase(weights).score(now, asked(0))[:, 2] > 0).all()


def test_neighbours_sat_together_or_took_the_same() -> None:
    rows = [(officer, 0, 80, 80) for officer in (0, 1)] + [(officer, 2, 60 + officer, 99) for officer in (2, 3)]
    state = state_of(takings(*rows), 100)
    lessons = by_lessons(state).of(np.array([0, 2])).weight.toarray() > 0
    assert lessons.tolist() == [[False, True, False, False], [False] * 4]
    rare = state_of(takings(*rows, (0, 1, 81, 81)), 100)
    courses = by_courses(rare, most=1).of(np.array([2])).weight.toarray() > 0
    assert courses.tolist() == [[False, False, False, True]]
    share = by_courses(rare, most=1).of(np.array([2])).share(rare.taken, np.zeros(3))
    assert share[0].argmax() == 2


def test_neighbours_of_late_are_in_the_same_waves_now() -> None:
    old = [(0, 0, 300, 300), (1, 0, 301, 301)]
    now = [(0, 1, 790, 790), (1, 0, 791, 791), (2, 1, 795, 795), (3, 2, 796, 796)]
    near = by_late_courses(state_of(takings(*old, *now), 800)).of(np.array([0, 1])).weight.toarray() > 0
    assert near.tolist() == [[False, False, True, False], [False] * 4]


def test_who_passes_a_course_by_is_seen_by_the_days_on_which_others_took_it() -> None:
    day = 800
    rows = takings((0, 0, 794, 794), (1, 1, 795, 795), (1, 2, 796, 796), (2, 2, 780, 780), (3, 0, 400, 400))
    state = state_of(rows, day)
    expected = passing(state, np.array([0, 2])).expected(np.arange(OFFICERS))
    # last week: three days of learning, one taking each of courses 0 and 2; two weeks before, only course 2
    wanted = np.array([[1 / 3, 1 / 3], [2 / 3, 2 / 3], [0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(expected, wanted, rtol=1e-6)
    assert passing(state, np.array([0])).days_learning.shape == (OFFICERS, PASSING_DAYS // 7)


def test_what_came_at_this_time_of_the_last_year_is_counted() -> None:
    day = 800
    rows = takings((0, 0, 800 - 365, 435), (1, 0, 800 - 365 + 14, 449), (2, 0, 800 - 365 + 15, 450), (3, 1, 428, 428))
    have = CandidateFeatures(state_of(rows, day), np.arange(NAMES.size))
    names, values = have.of(asked(0, day=day + 1))
    np.testing.assert_allclose(values[0, :, names.index("year_ago")], np.log1p([2.0, 0.0, 0.0]), rtol=1e-6)


def test_what_goes_with_what_is_as_fresh_as_the_state() -> None:
    rows = [(officer, course, 50, 50) for officer in (0, 1) for course in (0, 1)]
    state = state_of(takings(*rows, (2, 0, 50, 50), (3, 2, 50, 50)), 60)
    names, values = CandidateFeatures(state, np.arange(NAMES.size)).of(asked(2, day=61))
    assert values[0, 1, names.index("ease")] > values[0, 2, names.index("ease")]
    assert values[0, 1, names.index("ease_place")] < values[0, 2, names.index("ease_place")]


def test_groups_that_are_not_known_are_nan_and_known_ones_tell_them_apart() -> None:
    nothing = np.full(OFFICERS, np.nan, np.float32)
    peers = Peers({"command": np.array([0, 0, 1, -1])}, nothing, nothing)
    rows = takings((0, 0, 95, 95), (1, 1, 95, 95), (2, 2, 95, 95), (3, 2, 95, 95))
    have = CandidateFeatures(state_of(rows, 100, peers), np.arange(NAMES.size))
    names, values = have.of(asked(0, 2, 3))
    command = values[..., names.index("command_14")]
    assert command[0, 0] > command[1, 0]
    assert command[1, 2] > command[0, 2]
    assert np.isnan(command[2]).all()
    assert np.isnan(values[..., names.index("rank_14")]).all()


def test_names_alike_are_found() -> None:
    have = CandidateFeatures(state_of(EARLY, 100), np.arange(NAMES.size))
    assert have.alike[0, 1] > 0 == have.alike[0, 2]
    assert np.diag(have.alike).tolist() == [0, 0, 0]


def test_candidates_are_what_is_taken_now_and_was_seen() -> None:
    assert candidates_at(state_of(EARLY, 100)).tolist() == [1, 2, 0]
    assert candidates_at(state_of(EARLY, 70)).tolist() == [0, 1]
    assert candidates_at(state_of(EARLY, 100), most=1).tolist() == [1]


def test_other_parts_are_refused() -> None:
    with pytest.raises(Exception, match="not 'next_course'"):
        NextCourseModel.from_parts(Parts(json={"kind": "risk"}))


def test_a_cohort_is_of_one_calendar_year_to_its_first_and_last_day() -> None:
    joined = ["2014-12-31", "2015-01-01", "2015-12-31", "2016-01-01", "1994-01-01", "1993-12-31"]
    people = pd.DataFrame({"officer_id": list("abcdef"), "entered_on": pd.to_datetime(joined),
                           "known_on": pd.Timestamp("2016-02-01")})  # fmt: skip
    for day in ("2016-03-01", "2026-02-15", "2028-02-29"):
        found = PeerTimeline.of({"officers": people}, tuple("abcdef")).at(int(np.datetime64(day, "D").astype(int)))
        assert found.groups["cohort"].tolist() == [44, 45, 45, 46, 24, 23], "years since 1970"
