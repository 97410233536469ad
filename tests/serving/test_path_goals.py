"""What is said of a goal that no path is searched to: a police rank comes by time up to a rank, then by selection."""

from __future__ import annotations

from datetime import date

from data_contracts.policy import policy
from models.paths.refusals import refused
from models.paths.telling import Question
from models.posts.histories import CareerState
from serving.paths.goals import Goals

GOALS = Goals({}, policy())
HELD = CareerState(["一级警司"], [date(2023, 7, 1)], as_of=date(2026, 1, 1))


def _said(held: CareerState | None, goal: str) -> str:
    code, words = GOALS.police(held, goal)
    told = refused(Question("o-1", HELD, goal, (goal,), 60, called=GOALS.name(goal)), code, (), **words)
    assert told.because is not None
    assert told.because.code == "police_rank"
    return told.because.text.en


def test_ranks_above_the_last_timed_one_come_by_selection() -> None:
    for held in (HELD, None):
        said = _said(held, "三级警监")
        assert "ranks above Supervisor, first class come by selection, not by time in rank" in said


def test_where_time_is_the_rule_the_day_and_the_time_left_are_told() -> None:
    assert "on 2027-07-01 at the earliest by the least times, in 18 months" in _said(HELD, "三级警督")
    assert "on 2031-07-01 at the earliest by the least times, in 66 months" in _said(HELD, "二级警督")
    assert "come by time in rank" in _said(None, "三级警督")
