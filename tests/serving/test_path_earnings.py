"""Points of steps counted together against each step counted alone, and rules asked for many days against each day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from data_contracts.asof import add_months, months_on
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models.eligibility.rules import Post
from models.points.lines import accounts, tables_needed
from serving.paths.earnings import EarningStep, earned
from serving.paths.facts import OfficerSteps
from serving.paths.record import Frames
from serving.paths.schemas import PathGoal
from serving.paths.source import RecordPaths
from serving.points.answers import HistoryRecords
from tests.serving.path_office import bundle, office

START = date(2021, 1, 2)


def _alone(frames: Frames, step: EarningStep) -> float:
    """What one step earns by the account of an officer with one more posting and its courses."""
    rules, after = policy().points, add_months(START, 12) + timedelta(days=1)
    own = {
        name: rows[rows["officer_id"] == step.officer_id] if "officer_id" in rows else rows
        for name, rows in frames.items()
        if name in tables_needed(rules)
    }
    ended = own["postings"]["ended_on"].fillna(pd.Timestamp(START))
    own["postings"] = own["postings"].assign(ended_on=ended)
    before = accounts(own, [step.officer_id], rules, after)[0].total
    levels = own["units"][own["units"]["unit_level"] == step.post.unit_level]["unit_id"].tolist()
    row = (
        own["postings"]
        .iloc[[-1]]
        .assign(
            post_id=step.post.post_id,
            unit_id=levels[0] if levels else None,
            started_on=pd.Timestamp(START),
            ended_on=None,
        )
    )
    own["postings"] = pd.concat([own["postings"], row.astype(own["postings"].dtypes)], ignore_index=True)
    taken = own["course_completions"]
    new = (
        pd.DataFrame({"course_id": list(step.courses)})
        .reindex(columns=taken.columns)
        .assign(officer_id=step.officer_id, occurred_on=pd.Timestamp(START), known_on=pd.Timestamp(START), score=100.0)
    )
    if len(new):
        own["course_completions"] = pd.concat([taken, new.astype(taken.dtypes)], ignore_index=True)
    return max(0.0, round(accounts(own, [step.officer_id], rules, after)[0].total - before, 2))


def _post(code: str, level: str | None) -> Post:
    return Post(post_id=code, unit_level=level)


def test_steps_counted_together_earn_what_each_earns_alone(state: Settings) -> None:
    history = office(state)
    rules = policy().points
    names = tuple(dict.fromkeys((*tables_needed(rules), "postings", "units", "course_completions")))
    frames = HistoryRecords(history)(["x", "still", "r"], START, names)
    steps = [
        EarningStep("x", _post("m", "station"), ("must", "k-law")),
        EarningStep("still", _post("m", "station"), ()),
        EarningStep("x", _post("z", "bureau"), ()),
        EarningStep("r", _post("n", None), ("open",)),
        EarningStep("still", _post("z", "station"), ("open",)),
    ]
    together = earned(frames, steps, rules, START)
    assert together == [_alone(frames, step) for step in steps]
    assert len(set(together)) > 2
    assert earned(frames, steps[2:3], rules, START) == together[2:3]
    assert earned(frames, [], rules, START) == []


def test_nobody_without_a_posting_earns_by_one() -> None:
    assert earned({}, [EarningStep("x", _post("m", "station"), ("must",))], policy().points, START) == [0.0]


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
