"""What is known beside posts: by hand, by brute force, nothing from after the day, and worth something when fitted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.posts.background import COURSES, Background, background_of, goal_code, numbers_of
from models.posts.histories import PADDING, CareerState, Catalogue
from tests.training.careers import CUT, END, Step, postings
from training.posts.background_data import background_data, course_codes
from training.posts.data import training_data, window_items
from training.posts.fit import FitSettings, fit_pharos, target_places

POSTS = Catalogue(("p", "q"), ((), ()), ("patrol", None))
DAY = pd.Timestamp("2020-06-01")


def rows(columns: str, values: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(values, columns=columns.split())
    days = {name: "datetime64[us]" for name in columns.split() if name.endswith("_on")}
    return frame.astype(days)


def _background(frames: dict[str, pd.DataFrame], officers: list[str], codes: dict[str, int]) -> Background:
    steps = rows("officer_id unit_id started_on known_on", [])
    asked = pd.DataFrame({"officer_id": officers, "started_on": [DAY] * len(officers), "unit_id": None})
    return background_data(frames, asked, steps, codes, POSTS)


def test_courses_are_the_newest_distinct_ones_known_before_the_day() -> None:
    frames = {"course_completions": rows("officer_id course_id occurred_on known_on superseded_on", [
        ("1", "a", "2019-01-01", "2019-01-01", None), ("1", "b", "2020-01-01", "2020-01-01", None),
        ("1", "a", "2020-05-01", "2020-05-01", None),  # taken again: a is the newest
        ("1", "c", "2020-05-31", "2020-06-01", None),  # known on the day itself: too late
        ("1", "d", "2019-01-01", "2019-01-01", "2020-01-01"),  # withdrawn by then
        ("1", "unheard", "2019-01-01", "2019-01-01", None),
        ("2", "b", "2019-01-01", "2019-01-01", "2020-06-01"),  # withdrawn later: it still stood
    ])}  # fmt: skip
    found = _background(frames, ["1", "2", "3"], {"a": 0, "b": 1, "c": 2, "d": 3}).courses
    assert found[0].tolist() == [0, 1] + [PADDING] * (COURSES - 2)
    assert found[1, :2].tolist() == [1, PADDING]
    assert (found[2] == PADDING).all()


def test_only_courses_of_several_officers_known_by_the_cut_have_a_number() -> None:
    frames = {"course_completions": rows("officer_id course_id occurred_on known_on", [
        ("1", "b", "2019-01-01", "2019-01-01"), ("2", "b", "2019-01-01", "2019-01-01"),
        ("1", "a", "2019-01-01", "2019-01-01"), ("2", "a", "2019-01-01", "2021-01-01"),
        ("1", "alone", "2019-01-01", "2019-01-01"), ("1", "alone", "2019-02-01", "2019-02-01"),
    ])}  # fmt: skip
    assert course_codes(frames, date(2020, 1, 1)) == {"b": 0}
    assert course_codes(frames, date(2021, 1, 1)) == {"a": 0, "b": 1}
    assert course_codes({}, date(2021, 1, 1)) == {}


def test_honours_and_appraisals_of_the_last_years() -> None:
    frames = {
        "honours": rows("officer_id occurred_on known_on", [
            ("1", "2020-05-01", "2020-05-01"), ("1", "2018-05-01", "2018-05-01"), ("1", "2010-01-01", "2010-01-01"),
            ("1", "2020-05-01", "2020-07-01"),
        ]),
        "appraisals": rows("officer_id occurred_on known_on score", [
            ("1", "2019-12-31", "2020-01-10", 90.0), ("1", "2018-12-31", "2019-01-10", 75.0),
            ("1", "2015-12-31", "2016-01-10", 0.0), ("2", "2019-12-31", "2020-01-10", None),
        ]),
    }  # fmt: skip
    found = _background(frames, ["1", "2"], {}).numbers
    assert found[0, 0] == pytest.approx(np.log1p(2))
    assert found[0, 1] == pytest.approx((82.5 - 75) / 15)
    assert found[1].tolist() == [0, 0, 0, 0]
    extreme = numbers_of(np.zeros(1), np.array([1000.0]), np.zeros(1), np.array([9.0]))
    assert extreme[0].tolist() == [0, 3, 0, 2]


def test_the_goal_is_the_one_stated_last_and_known() -> None:
    frames = {"career_goals": rows("officer_id occurred_on known_on goal_kind goal", [
        ("1", "2019-01-01", "2019-01-01", "post", "p"), ("1", "2020-01-01", "2020-01-01", "post", "q"),
        ("1", "2020-06-01", "2020-06-01", "post", "p"), ("2", "2020-01-01", "2020-01-01", "job_family", "patrol"),
        ("3", "2020-01-01", "2020-01-01", "rank_step", "p"), ("5", "2020-01-01", "2020-01-01", "post", "q"),
        ("5", "2020-01-01", "2020-01-01", "post", "p"), ("6", "2020-01-01", "2020-01-02", "post", "p"),
        ("6", "2020-01-01", "2020-01-01", "post", "q"),
    ])}  # fmt: skip
    found = _background(frames, ["1", "2", "3", "4"], {}).goal
    assert found.tolist() == [1, 2, -1, -1]
    of_one_day = _background(frames, ["5", "6"], {}).goal
    assert of_one_day.tolist() == [goal_code("post", "p", POSTS)] * 2, "the one known, then delivered, last"
    assert goal_code("job_family", "unheard", POSTS) == goal_code("post", "unheard", POSTS) == -1


def test_units_agree_with_brute_force() -> None:
    rng = np.random.default_rng(3)
    made = []
    for officer in range(60):
        day = pd.Timestamp("2018-01-01") + pd.Timedelta(days=int(rng.integers(0, 400)))
        for _ in range(int(rng.integers(1, 5))):
            known = day + pd.Timedelta(days=int(rng.integers(0, 40)))
            made.append((str(officer), str(rng.choice(["u", "v", "w"])), day, known))
            day += pd.Timedelta(days=int(rng.integers(60, 400)))
    steps = rows("officer_id unit_id started_on known_on", made)
    asked = pd.DataFrame({"officer_id": "x", "started_on": DAY, "unit_id": ["u", "v", "w", None, "nowhere"]})
    found = background_data({}, asked, steps, {}, POSTS).numbers
    for row, unit in enumerate(["u", "v", "w"]):
        here = left = 0
        for _, own in steps.groupby("officer_id"):
            told = own[own[["started_on", "known_on"]].max(axis=1) < DAY]
            here += bool(len(told)) and told["unit_id"].iloc[-1] == unit
            ends = own[["started_on", "known_on"]].max(axis=1)
            gone = (own["unit_id"].shift() == unit) & (own["unit_id"] != unit)
            left += int((gone & (ends < DAY) & (ends >= DAY - pd.Timedelta(days=365))).sum())
        assert here > 3
        assert found[row, 2] == pytest.approx(np.log1p(here) / 5)
        assert found[row, 3] == pytest.approx(min(left / here, 2.0))
    assert not found[3:].any()


def test_a_request_brings_the_same_background_as_training() -> None:
    states = [
        CareerState((), (), as_of=CUT, courses=("b", "unheard", "a", "b"), goal=("post", "q"), numbers=(1, 2, 3, 4)),
        CareerState((), (), as_of=CUT),
    ]
    found = background_of(states, POSTS, {"a": 0, "b": 1})
    assert found.courses[0, :3].tolist() == [1, 0, PADDING]
    assert found.goal.tolist() == [1, -1]
    assert found.numbers.tolist() == [[1, 2, 3, 4], [0, 0, 0, 0]]
    assert (found.courses[1] == PADDING).all()


def test_a_course_and_a_goal_that_decide_the_next_post_are_learned_and_may_be_absent() -> None:
    """From hub to c or d: by the course for half of the officers, by the stated goal for the others."""
    rng = np.random.default_rng(0)
    careers: dict[str, list[Step]] = {}
    taken, goals = [], []
    for number in range(400):
        start = pd.Timestamp("2010-01-01") + pd.Timedelta(days=int(rng.integers(0, 4300)))
        name, right = f"o{number}", str(rng.choice(["c", "d"]))
        careers[name] = [("hub", str(start.date())), (right, str((start + pd.Timedelta(days=300)).date()))]
        told = start + pd.Timedelta(days=100)
        if number % 2:
            taken.append((name, f"course-{right}", told, told))
        else:
            goals.append((name, told, told, "post", right))
    frames = {
        "postings": postings(careers),
        "course_completions": rows("officer_id course_id occurred_on known_on", taken),
        "career_goals": rows("officer_id occurred_on known_on goal_kind goal", goals),
    }
    data = training_data(frames, CUT)
    items = window_items(frames, CUT, END, data)
    model = fit_pharos(data, FitSettings(nets=1, passes=40.0, min_steps=250))
    places = target_places(model, items.moves, False, data.catalogue.size)
    assert (places == 1).mean() > 0.9
    state = CareerState(("hub",), (date(2020, 6, 1),), as_of=date(2021, 1, 1))
    assert {post.post_id for post in model.rank([state], 2)[0]} == {"c", "d"}
    wants = CareerState(("hub",), (date(2020, 6, 1),), as_of=date(2021, 1, 1), courses=("course-d",))
    assert model.rank([wants], 1)[0][0].post_id == "d"
