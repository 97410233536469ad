"""`pharos` for courses finds the camp that popularity cannot see, the same every time, and travels without pickle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_contracts.errors import InvalidInput, UntrustedArtifact
from models.courses.baselines import CourseWeights
from models.courses.next_course import NextCourseModel
from models.courses.record import CourseHistory, course_history, day_number
from models.courses.state import CourseState
from tests.training.course_lives import completions, force
from training.courses.data import CourseWeek, window_weeks
from training.courses.fit import CourseFit, examples_of, fit_courses

CUT, END = day_number(date(2019, 9, 30)), day_number(date(2019, 10, 27))
QUICK = CourseFit(sets_a_week=20, most_weeks=8, rounds=30)


@pytest.fixture(scope="module")
def history() -> CourseHistory:
    return course_history({"course_completions": completions(force(officers=40, weeks=46))})


@pytest.fixture(scope="module")
def model(history: CourseHistory) -> NextCourseModel:
    return fit_courses(history, CUT, QUICK)


def first_week(history: CourseHistory) -> CourseWeek:
    return window_weeks(history, CUT, END)[0]


def test_it_finds_the_camp(history: CourseHistory, model: NextCourseModel) -> None:
    week = first_week(history)
    scores = model.score(next(history.states([week.cut])), week.asked)
    best = np.where(week.asked.masked, -np.inf, scores).argmax(1)
    camps = [history.names.courses[course].split()[1] for course in best]
    own = [str(int(history.officers[officer][1:]) % 2) for officer in week.asked.officers]
    assert np.mean(np.array(camps) == np.array(own)) > 0.9


def test_the_same_seed_gives_the_same_model_and_parts_give_it_back(
    history: CourseHistory, model: NextCourseModel
) -> None:
    week = first_week(history)
    state = next(history.states([week.cut]))
    again = fit_courses(history, CUT, QUICK)
    parts = model.to_parts()
    assert again.to_parts().texts == parts.texts
    scores = NextCourseModel.from_parts(parts).score(state, week.asked)
    np.testing.assert_array_equal(scores, model.score(state, week.asked))
    outside = np.setdiff1d(np.arange(history.names.size), np.argsort(-scores[0])[:200])
    assert (scores[0, outside] < scores[0].max()).all()


def test_what_the_questions_of_a_day_share_is_counted_once(
    history: CourseHistory, model: NextCourseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted, fit = list[int](), CourseWeights.fit_ease

    def counted(state: CourseState) -> CourseWeights:
        fitted.append(state.day)
        return fit(state)

    week, days = first_week(history), (END - 7, END)
    fresh = [NextCourseModel.from_parts(model.to_parts()).score(history.state(day), week.asked) for day in days]
    monkeypatch.setattr(CourseWeights, "fit_ease", counted)
    states = [history.state(day) for day in days]
    told = [model.score(state, week.asked) for state in states for _ in range(3)]
    assert fitted == list(days)
    for scores, same in zip(told, [each for each in fresh for _ in range(3)], strict=True):
        np.testing.assert_array_equal(scores, same)
    assert replace(model, candidates=1)._held == [], "of other candidates nothing is counted yet"


def test_parts_that_do_not_fit_are_refused(history: CourseHistory, model: NextCourseModel) -> None:
    parts = model.to_parts()
    with pytest.raises(UntrustedArtifact, match="do not fit"):
        NextCourseModel.from_parts(replace(parts, json={**parts.json, "features": ["one"]}))
    names = (*model.features[1:], model.features[0])
    week = first_week(history)
    with pytest.raises(UntrustedArtifact, match="train it again"):
        replace(model, features=names).score(next(history.states([week.cut])), week.asked)


def test_what_comes_after_the_cut_is_not_learned_from(history: CourseHistory) -> None:
    early = course_history(
        {"course_completions": completions([row for row in force(officers=40, weeks=46) if row[2] <= "2019-09-30"])}
    )
    (names, found), (_, known) = (examples_of(one, CUT, QUICK) for one in (history, early))
    assert (found.group == known.group).all()
    place = names.index("taken_30d")
    np.testing.assert_array_equal(found.x[:, place], known.x[:, place])


def test_each_set_is_shown_with_as_many_wrong_answers_as_asked(history: CourseHistory) -> None:
    few, more = (examples_of(history, CUT, replace(QUICK, hard=hard, others=3))[1] for hard in (2, 4))
    right = [np.add.reduceat(part.y, np.cumsum(part.group) - part.group) for part in (few, more)]
    assert set((few.group - right[0]).tolist()) == {5}
    assert set((more.group - right[1]).tolist()) == {7}


def test_too_little_to_learn_from_is_said() -> None:
    one = course_history({"course_completions": completions([("a", "x", "2019-06-03")])})
    with pytest.raises(InvalidInput, match="longer history"):
        fit_courses(one, CUT, QUICK)
