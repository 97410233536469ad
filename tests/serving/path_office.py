"""A small office on record and a paths model fitted on careers like theirs: from a by m, or from b by n, to z."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from models.paths.bundle import PathBundle
from serving.night.manifest import ModelIdentity
from serving.paths.answers import PathDesk
from serving.paths.plan_log import plan_log
from serving.paths.source import RecordPaths
from serving.points.answers import HistoryRecords
from tests.models.records import framed
from tests.serving.feedback_room import plain_suggester
from tests.training.path_worlds import ladder_frames, rank_frames
from training.paths.train import fit_bundle

IDENTITY = ModelIdentity("paths", "1", "c" * 64, "path_records_v1", "h")
FAMILIES = {"a": "patrol", "b": "patrol", "m": "legal", "n": "legal", "z": "traffic"}
LONG_AGO = "2000-01-01"


@cache
def bundle() -> PathBundle:
    """Fitted on 120 careers up to the end of 2020; holders of `open` went on to posts of the family legal."""
    frames = ladder_frames(120) | rank_frames()
    known = pd.Timestamp(LONG_AGO)
    frames["posts"] = pd.DataFrame(
        {"post_id": list(FAMILIES), "job_family": list(FAMILIES.values()), "known_on": known}
    )
    frames["courses"] = pd.DataFrame({"course_id": ["open"], "mandated": [False], "known_on": known})
    holders = [f"o{number:03d}" for number in range(1, 40)]
    frames["course_completions"] = pd.DataFrame(
        {"officer_id": holders, "course_id": "open", "occurred_on": known, "known_on": known}
    )
    return fit_bundle(frames, date(2020, 12, 31))


def office(settings: Settings) -> History:
    """x stands at a and wants z; still has no goal, fresh no posting, gone has left, r climbs the ladder."""
    history = History(settings.history_dir)
    posts = [
        {"post_id": post, "name_zh": f"岗{post}", "name_en": f"post {post}", "job_family": family,
         "track": "enforcement",
         "unit_level": "station", "required_course_id": "must" if post == "m" else None, "known_on": LONG_AGO}
        for post, family in FAMILIES.items()
    ]  # fmt: skip
    standards = [("m", "law", 3.0), ("m", "fitness", 2.0)]
    courses = [("must", "investigation"), ("k-law", "law"), ("open", "analysis")]
    rows: dict[str, list[dict[str, Any]]] = {
        "units": [{"unit_id": "s", "unit_level": "station", "name_zh": "一所", "known_on": LONG_AGO}],
        "posts": posts,
        "competency_standards": [
            {"post_id": post, "competency": name, "standard_level": level, "known_on": LONG_AGO}
            for post, name, level in standards
        ],
        "courses": [
            {"course_id": code, "name_zh": f"课{code}", "name_en": f"course {code}", "competency": competency,
             "mandated": False, "hours": 8.0, "issued_on": "2020-06-01", "known_on": LONG_AGO}
            for code, competency in courses
        ],
        "officers": [
            {"officer_id": "fresh", "entered_on": "2020-10-01", "known_on": "2020-10-01"},
            {"officer_id": "gone", "entered_on": "2010-01-01", "left_on": "2020-06-01", "known_on": "2010-01-01"},
            {"officer_id": "x", "entered_on": "2016-06-01", "education": "bachelor", "known_on": "2016-06-01"},
        ],
        "postings": [_posting("x", "a", "2019-06-01"), _posting("still", "a", "2019-06-01"),
                     _posting("gone", "a", "2012-01-01"), _posting("r", "a", "2012-01-01")],
        "promotions": [_promotion("r", "s1", "2014-01-01"), _promotion("r", "s2", "2017-01-01")],
        "competency_assessments": [
            {"officer_id": "x", "competency": "law", "level": 2.0, "occurred_on": "2020-03-01",
             "known_on": "2020-03-01"}
        ],
        "course_completions": [
            {"officer_id": "still", "course_id": "open", "score": 70.0, "occurred_on": "2020-07-01",
             "known_on": "2020-07-01"}
        ],
        "career_goals": [
            {"officer_id": "x", "goal_kind": "post", "goal": "z", "horizon_months": 60, "occurred_on": "2020-01-01",
             "known_on": "2020-01-01"}
        ],
    }  # fmt: skip
    history.append_all({name: framed(name, some) for name, some in rows.items()}, "first")
    return history


def moved_on(history: History) -> None:
    """In 2021 x takes the course that m requires and takes up m."""
    completion = {"officer_id": "x", "course_id": "must", "score": 90.0, "occurred_on": "2021-01-10",
                  "known_on": "2021-01-12"}  # fmt: skip
    more = {"course_completions": [completion], "postings": [_posting("x", "m", "2021-02-01")]}
    history.append_all({name: framed(name, some) for name, some in more.items()}, "second")


def desk(settings: Settings) -> PathDesk:
    """The desk of the service over that history."""
    source = RecordPaths(bundle(), HistoryRecords.of(settings), policy())
    return PathDesk(IDENTITY, source, plan_log(settings), plain_suggester(), policy())


def _posting(officer_id: str, post: str, day: str) -> dict[str, Any]:
    return {"officer_id": officer_id, "post_id": post, "unit_id": "s", "started_on": day, "known_on": day}


def _promotion(officer_id: str, step: str, day: str) -> dict[str, Any]:
    return {"officer_id": officer_id, "ladder": "work", "rank_step": step, "occurred_on": day, "known_on": day}
