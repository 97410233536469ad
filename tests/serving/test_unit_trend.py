"""A simulated tree of units: at every node the movement is the trend's own change, split; nothing contradicts."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import policy
from serving.night.roll_up import graded
from serving.units.night import Before, UnitInputs, unit_results

OFFICERS, UNITS, DAY = 400, 40, date(2026, 1, 1)
ASKED = ("conduct", 12)
PARENTS = {f"u{place}": f"u{(place - 1) // 3}" for place in range(1, UNITS)}
PARTS = ("moved_in", "moved_out", "stayed")


@pytest.fixture(scope="module", params=[0.0, 0.9], ids=["units alike", "units apart"])
def nodes(request: pytest.FixtureRequest) -> pd.DataFrame:
    """A year in which a third moved, some came and some left, and every chance grew by a half."""
    draw = np.random.default_rng(7)
    unit = draw.integers(0, UNITS, OFFICERS)
    moved = np.where(draw.random(OFFICERS) < 0.3, draw.integers(0, UNITS, OFFICERS), unit)
    effect = request.param * draw.normal(0, 1, UNITS)
    then, now = (np.minimum(0.95, level * draw.beta(2, 18, OFFICERS) * np.exp(effect[where]))
                 for level, where in ((1.0, unit), (1.5, moved)))  # fmt: skip
    names = np.array([f"o{place:03d}" for place in range(OFFICERS)])
    here, there = draw.random(OFFICERS) < 0.95, draw.random(OFFICERS) < 0.95  # in service a year ago, and now
    then[draw.random(OFFICERS) < 0.05] = np.nan  # too new for a score then
    rows = pd.DataFrame({
        "officer_id": names[there], "unit_id": [f"u{k}" for k in moved[there]], "outcome": ASKED[0],
        "horizon_months": ASKED[1], "status": "scored", "probability": now[there],
    })  # fmt: skip
    frames = [
        pd.DataFrame({"officer_id": names[some], "unit_id": [f"u{k}" for k in where[some]]}).astype("string")
        .assign(complaints_sustained_12m=(draw.random(some.sum()) < 0.1).astype(float), complaints_pending_12m=0.0)
        for some, where in ((here, unit), (there, moved))
    ]  # fmt: skip
    before = Before(date(2025, 1, 1), "h", frames[0], {ASKED: then[here]})
    found = unit_results(
        graded(rows, policy().grades), UnitInputs(DAY, PARENTS, policy().grades, frames[1], {}, before)
    )
    return found[found["status"] == "scored"]


def both(nodes: pd.DataFrame) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(json.loads(str(row.trend)), json.loads(str(row.movement))) for row in nodes.itertuples()]


def test_trend_and_movement_tell_one_change_at_every_node(nodes: pd.DataFrame) -> None:
    assert len(nodes) > 40
    for trend, movement in both(nodes):
        assert trend["against"] in ("earlier_expectation", "force_earlier")
        assert movement["change"] == trend["change"]
        points = f"{round(100 * trend['change'], 2) + 0.0:+.2f}"
        assert f"（{points}个百分点" in trend["text"]["zh"]
        assert f"变化{points}个百分点（即趋势所述的变化）" in movement["text"]["zh"]


def test_the_parts_sum_to_the_change_wherever_they_are_told(nodes: pd.DataFrame) -> None:
    told = 0
    for _, movement in both(nodes):
        parts = [movement[part]["change"] for part in PARTS]
        if None not in parts:
            told += 1
            assert round(sum(parts) + movement["others"], 6) == movement["change"]
    assert told > 5


def test_what_is_said_of_the_parts_adds_up_to_what_is_said_of_the_whole(nodes: pd.DataFrame) -> None:
    added = 0
    for _, movement in both(nodes):
        for words in movement["text"].values():
            whole, *parts = (Decimal(one) for one in re.findall(r"[+-]\d+\.\d+", words))
            if len(parts) > 1:
                added += 1
                assert sum(parts) == whole, words
    assert added > 10


def test_the_whole_force_leans_on_nobody_and_small_units_on_others(nodes: pd.DataFrame) -> None:
    at = {(row.unit_id, row.scope): json.loads(str(row.movement)) for row in nodes.itertuples()}
    assert at["u0", "block"]["others"] == 0.0
    assert any(movement["others"] != 0.0 for movement in at.values())


def test_a_good_unit_says_so_where_nothing_tells_units_apart(
    nodes: pd.DataFrame, request: pytest.FixtureRequest
) -> None:
    alike = nodes["text"].str.contains("没有依据认为本单位与全员不同")
    good = (nodes["grade"] == "good") & (nodes["officers"] < nodes["officers"].max())
    assert good.any()
    apart = "apart" in request.node.callspec.id
    assert alike.tolist() == [one and not apart for one in good]
