"""Points of steps counted together against each step counted alone, and rules asked for many days against each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from data_contracts.asof import add_months, months_on
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models.eligibility.rules import Post
from models.points.lines import accounts, tables_needed
from serving.paths.earnings import EarningStep, EarningWay, earned
from serving.paths.facts import OfficerSteps
from serving.paths.record import Frames
from serving.paths.schemas import PathGoal
from serving.paths.source import RecordPaths
from serving.points.answers import HistoryRecords
from tests.serving.path_office import bundle, office

START = date(2021, 1, 2)


def _alone(frames: Frames, way: EarningWay) -> float:
    """What the last step earns by two accounts of the officer a year after it: after every step, and without it."""
    rules, last = policy().points, way.steps[-1].on
    own = {
        name: rows[rows["officer_id"] == way.officer_id] if "officer_id" in rows else rows
        for name, rows in frames.items()
        if name in tables_needed(rules)
    }
    after = add_months(last, 12) + timedelta(days=1)
    both = [_after(own, way.steps, None), _after(own, way.steps[:-1], last)]
    taken, left = (accounts(one, [way.officer_id], rules, after)[0].total for one in both)
    return max(0.0, round(taken - left, 2))


def _after(own: Frames, steps: Sequence[EarningStep], until: date | None) -> Frames:
    """The records of an officer who took some steps, one after the other, and left the last post on a day."""
    postings, taken = own["postings"], own["course_completions"]
    officer, present = postings["officer_id"].iloc[-1], postings.iloc[[-1]]
    for step in steps:
        postings = postings.assign(ended_on=postings["ended_on"].fillna(pd.Timestamp(step.on)))
        levels = own["units"][own["units"]["unit_level"] == step.post.unit_level]["unit_id"].tolist()
        row = present.assign(
            post_id=step.post.post_id, unit_id=levels[0] if levels else None, started_on=pd.Timestamp(step.on),
            ended_on=None,
        )  # fmt: skip
        postings = pd.concat([postings, row.astype(postings.dtypes)], ignore_index=True)
        new = pd.DataFrame({"course_id": list(step.courses)}).reindex(columns=taken.columns)
        day = pd.Timestamp(step.on)
        new = new.assign(officer_id=officer, occurred_on=day, known_on=day, score=100.0)
        if len(new):
            taken = pd.concat([taken, new.astype(taken.dtypes)], ignore_index=True)
    if until is not None:
        postings = postings.assign(ended_on=postings["ended_on"].fillna(pd.Timestamp(until)))
    return {**own, "postings": postings, "course_completions": taken}


def _post(code: str, level: str | None) -> Post:
    return Post(post_id=code, unit_level=level)


def _way(officer: str, *steps: tuple[Post, tuple[str, ...], int]) -> EarningWay:
    """Steps with the months from START in which each comes."""
    taken = tuple(EarningStep(post, courses, add_months(START, months)) for post, courses, months in steps)
    return EarningWay(officer, taken)


def _records(state: Settings, *officers: str) -> Frames:
    history = office(state)
    names = tuple(dict.fromkeys((*tables_needed(policy().points), "postings", "units", "course_completions")))
    return HistoryRecords(history)(list(officers), START, names)


STATION, BUREAU, NOWHERE = _post("m", "station"), _post("z", "bureau"), _post("n", None)


def test_steps_counted_together_earn_what_each_earns_alone(state: Settings) -> None:
    frames, rules = _records(state, "x", "still", "r"), policy().points
    first = (STATION, ("must", "k-law"), 7)
    ways = [
        _way("x", first),
        _way("still", (STATION, (), 0)),
        _way("x", (BUREAU, (), 30)),
        _way("x", first, (STATION, ("open",), 20), (BUREAU, ("must",), 61)),
        _way("r", (NOWHERE, ("open",), 3), (STATION, (), 3)),
        _way("still", (STATION, ("open",), 5), (STATION, (), 9)),
    ]
    together = earned(frames, ways, rules)
    assert together == [_alone(frames, way) for way in ways]
    assert len(set(together)) > 2
    assert earned(frames, ways[2:4], rules) == together[2:4]
    assert earned(frames, [], rules) == []


def test_a_course_that_must_be_taken_before_the_step_counts_from_that_day(state: Settings) -> None:
    frames = _records(state, "x")
    rule = next(one for one in policy().points if one.table == "course_completions")
    exam = replace(rule, where={}, cap=10 * rule.points, expires_months=24)
    step = EarningStep(NOWHERE, ("open",), add_months(START, 30))
    early = replace(step, by=(("open", add_months(START, 10)),))
    later = replace(step, by=(("open", add_months(START, 40)),))
    assert (step.taken_on("open"), early.taken_on("open")) == (step.on, add_months(START, 10))
    ways = [EarningWay("x", (one,)) for one in (step, early, later)]
    points = earned(frames, ways, [exam if one is rule else one for one in policy().points])
    assert points[0] == points[2] >= rule.points
    assert points[1] == 0.0, "it expires before the year of the step is over"


def test_a_later_step_earns_what_the_caps_leave_after_the_earlier_ones(state: Settings) -> None:
    frames = _records(state, "x")
    rule = next(one for one in policy().points if one.per == "year" and one.where)
    room = replace(rule, where={"units.unit_level": ("station",)}, cap=3 * rule.points, expires_months=None)
    stay = (STATION, (), 12)  # on START x has served a year and a half at the station, then half a year more
    ways = [_way("x", stay), _way("x", stay, (STATION, (), 24)), _way("x", (BUREAU, (), 12), (STATION, (), 24))]
    assert earned(frames, ways, [room]) == [rule.points, 0.0, rule.points], "the time before a step has its own points"
    full = replace(room, cap=rule.points, expires_months=30)
    assert earned(frames, ways, [full]) == [0.0, 0.0, rule.points]
    lapsed = replace(full, expires_months=18)
    assert earned(frames, ways, [lapsed]) == [rule.points] * 3, "what has lapsed by then makes room"


def test_nobody_without_a_posting_earns_by_one() -> None:
    assert earned({}, [_way("x", (STATION, ("must",), 0))], policy().points) == [0.0]


@pytest.mark.parametrize("post", ["m", "z", "n"])
def test_rules_asked_for_many_days_answer_as_for_each(state: Settings, post: str) -> None:
    history = office(state)
    day = RecordPaths(bundle(), HistoryRecords(history), policy()).on(["x", "still"], START)
    asked = day.question("x", PathGoal(kind="post", goal="z"), 60)
    steps = day._steps(asked.question)  # type: ignore[union-attr]
    assert isinstance(steps, OfficerSteps)
    bars = steps.bars("x", [post])
    opens = months_on(START, min(bars.first[0], 600.0))
    days = [START + timedelta(days=one) for one in (1, 200, 1000, 4000)] + [opens - timedelta(days=1), opens]
    each = [bool(steps.blocked("x", post, day)) for day in days if day > START]
    assert [bars.first[0] == np.inf or day < opens for day in days if day > START] == each
