"""What a night knows of learners: what each holds and until when, the post and its family, and open gaps."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from data_contracts.settings import Settings
from features.history import History
from models.risk.course_book import OpenGap, Taking
from serving.night.courses import courses_at, publish_courses, published_courses
from serving.night.learners import KNOWN, Learners

DAY = date(2026, 1, 1)
LONG_AGO = pd.Timestamp("1900-01-01")


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    for name in frame.columns:
        if name.endswith("_on"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
        elif frame[name].dtype == object:
            frame[name] = frame[name].astype("string")
    return frame


@pytest.fixture
def history(state: Settings) -> Settings:
    """Two patrol officers and thirty legal ones; everybody legal took `k-legal`."""
    told = History(state.history_dir)
    posts = {
        "post_id": ["patrol-1", "patrol-3", "legal-1"], "name_zh": "岗", "name_en": "post",
        "job_family": ["patrol", "patrol", "legal"], "track": ["enforcement", "enforcement", "general"],
        "unit_level": None, "min_rank_step": [None, "三级警长", None], "headcount_per_unit": 3,
        "required_course_id": [None, "k-heads", None], "known_on": LONG_AGO,
    }  # fmt: skip
    told.append("posts", _texts(pd.DataFrame(posts)).astype({"unit_level": "string", "headcount_per_unit": "Int64"}))
    officers = ["p-1", "p-2", *(f"l-{number}" for number in range(30))]
    postings = pd.DataFrame({"officer_id": officers, "post_id": ["patrol-1"] * 2 + ["legal-1"] * 30, "unit_id": "u-0",
                             "started_on": "2020-01-01", "ended_on": None, "known_on": "2020-01-01",
                             "rank_step": ["一级警员"] * 2 + [None] * 30})  # fmt: skip
    nothing = dict.fromkeys(("shift", "supervisor_id", "occasion"))
    told.append("postings", _texts(postings.assign(**nothing)).astype(dict.fromkeys(nothing, "string")))
    courses = {
        "course_id": ["k-arms", "k-heads", "k-legal", "k-soon"], "name_zh": "课", "name_en": "course",
        "competency": ["firearms", "law", "law", "law"], "mandated": [True, False, False, False], "hours": 8.0,
        "issued_on": [None, None, None, "2026-02-01"], "valid_months": [12, None, None, None], "known_on": LONG_AGO,
    }  # fmt: skip
    told.append("courses", _texts(pd.DataFrame(courses)).astype({"valid_months": "Int64", "mandated": "boolean"}))
    taken = {
        "officer_id": ["p-1", "p-1", *officers[2:]], "course_id": ["k-arms", "k-arms"] + ["k-legal"] * 30,
        "occurred_on": ["2022-01-01", "2024-12-31"] + ["2024-01-01"] * 30, "score": 80.0, "hours": 8.0,
        "known_on": ["2022-01-01", "2024-12-31"] + ["2024-01-01"] * 30,
    }  # fmt: skip
    told.append("course_completions", _texts(pd.DataFrame(taken)))
    levels = {
        "officer_id": ["p-1", "p-1", "p-2"],
        "competency": "law",
        "level": [3.0, 1.5, 2.0], "known_on": ["2024-01-01", "2025-01-01", "2025-01-01"],
        "occurred_on": ["2024-01-01", "2025-01-01", "2025-01-01"],
    }  # fmt: skip
    told.append("competency_assessments", _texts(pd.DataFrame(levels)))
    standards = {"post_id": ["patrol-1"], "competency": "law", "standard_level": 2.0, "known_on": LONG_AGO}
    told.append("competency_standards", _texts(pd.DataFrame(standards)))
    return state


def test_the_night_knows_posts_ranks_gaps_and_until_when_each_course_counts(history: Settings) -> None:
    learner = courses_at(history, DAY).learner("p-1")
    assert (learner.job_family, learner.track, learner.step) == ("patrol", "enforcement", 1)
    assert learner.gaps == {"law": OpenGap(1.5, 2.0)}, "the last level counts"
    assert learner.taken == {"k-arms": Taking(date(2024, 12, 31), date(2025, 12, 31))}, "the last time counts"
    assert [learner.holds("k-arms", day) for day in (date(2025, 12, 31), DAY)] == [True, False]
    assert courses_at(history, DAY).learner("p-2").gaps == {}, "at the standard is no gap"


def test_the_night_knows_which_courses_are_whose(history: Settings) -> None:
    found = {course.course_id: course for course in courses_at(history, DAY).courses}
    assert list(found) == ["k-arms", "k-heads", "k-legal"], "what is issued later is not on offer yet"
    assert found["k-arms"].tracks == ("enforcement",), "a rule of training asks it of one track"
    assert (found["k-heads"].families, found["k-heads"].steps) == (("patrol",), {"enforcement": 3})
    assert found["k-legal"].lifts["legal"] > 1.0 > found["k-legal"].lifts["patrol"]


def test_what_is_published_is_what_the_night_knew(history: Settings) -> None:
    book, folder = courses_at(history, DAY), history.state / "run"
    folder.mkdir()
    publish_courses(book, folder)
    read = published_courses(folder)
    assert read.courses == book.courses
    assert [read.learner(one) for one in ("p-1", "p-2", "nobody")] == [
        book.learner(one) for one in ("p-1", "p-2", "nobody")
    ]


def test_of_a_run_from_before_lapses_were_published_every_pair_is_held() -> None:
    old = Learners(pa.table({"officer_id": ["a"], "course_id": ["k"]}), KNOWN.empty_table())
    assert old("a").holds("k", DAY)
    assert not old("b").holds("k", DAY)
