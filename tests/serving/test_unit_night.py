from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from serving.units.night import unit_results
from tests.serving.unit_force import inputs, results


@pytest.fixture(scope="module")
def conduct() -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of conduct by unit and scope."""
    rows = unit_results(results(), inputs())
    rows = rows[rows["outcome"] == "conduct"]
    records: list[dict[str, Any]] = [{str(name): row[name] for name in row} for row in rows.to_dict("records")]
    return {(row["unit_id"], row["scope"]): row for row in records}


Rows = dict[tuple[str, str], dict[str, Any]]


def test_every_node_has_its_own_and_its_block_and_shares_add_up_the_tree(conduct: Rows) -> None:
    assert {key: row["officers"] for key, row in conduct.items()} == {
        ("a", "own"): 40, ("a", "block"): 40, ("b", "own"): 50, ("b", "block"): 55, ("c", "own"): 5, ("c", "block"): 5,
        ("top", "block"): 95,
    }  # fmt: skip
    own = {unit: conduct[unit, "own"] for unit in "abc"}
    together = sum(row["officers"] * row["expected_share"] for row in own.values()) / 95
    assert conduct["top", "block"]["expected_share"] == pytest.approx(together)
    assert together == pytest.approx(results().query("outcome == 'conduct'")["probability"].mean())
    assert conduct["a", "own"]["expected_share"] < 0.1  # its past lies below the force's
    for row in conduct.values():
        assert row["low"] <= row["expected_share"] <= row["high"]


def test_small_nodes_have_no_grade_and_are_rolled_up_to_the_nearest_large_block(conduct: Rows) -> None:
    small = conduct["c", "own"]
    assert (small["status"], small["grade"], small["rolled_up_to"]) == ("small_unit", None, "b")
    assert conduct["c", "block"]["rolled_up_to"] == "b"
    assert conduct["a", "own"]["rolled_up_to"] is None
    assert (conduct["a", "own"]["grade"], conduct["b", "own"]["grade"]) == ("excellent", "good")
    assert conduct["top", "block"]["grade"] == "excellent"  # graded as if it were one of the units


def test_alerts_are_counted_against_the_budget(conduct: Rows) -> None:
    graded = results().query("outcome == 'conduct' and grade == 'poor'")
    assert conduct["top", "block"]["flagged"] == len(graded)
    assert conduct["b", "block"]["budget"] == 5
    assert (conduct["b", "own"]["approaching"], conduct["b", "block"]["approaching"]) == (0, 5)
    assert conduct["a", "block"]["commended"] == 0


def test_the_trend_is_against_the_last_period_at_todays_level(conduct: Rows) -> None:
    trend = json.loads(conduct["b", "own"]["trend"])
    assert trend["against"] == "last_period"
    assert trend["before"] + trend["change"] == pytest.approx(conduct["b", "own"]["expected_share"], abs=1e-5)
    assert trend["low"] < trend["change"] < trend["high"]
    assert set(trend["text"]) == {"zh", "en"}
    whole = json.loads(conduct["top", "block"]["trend"])
    assert whole["change"] == pytest.approx(0.0, abs=0.01)  # the whole force is its own level


def test_without_a_past_the_trend_is_against_what_was_expected_a_year_before() -> None:
    rows = unit_results(results(), inputs()).query("outcome == 'strain' and scope == 'own'").set_index("unit_id")
    told = {unit: json.loads(text) for unit, text in rows["trend"].items()}
    assert {one["against"] for one in told.values()} == {"earlier_expectation"}
    assert told["a"]["change"] < 0 < told["b"]["change"]


def test_drivers_are_the_themes_above_the_force_with_numbers_and_no_names(conduct: Rows) -> None:
    (driver,) = json.loads(conduct["b", "own"]["drivers"])
    assert (driver["theme"], driver["share"]) == ("sustained_complaints", 1.0)
    assert "0.30" in driver["text"]["en"]
    assert "全员人均" in driver["text"]["zh"]
    assert json.loads(conduct["a", "own"]["drivers"]) == []
    assert "o-" not in driver["text"]["en"]


def test_movement_splits_the_change_into_who_came_who_went_and_who_stayed(conduct: Rows) -> None:
    movement = json.loads(conduct["a", "own"]["movement"])
    assert [movement[part]["officers"] for part in ("moved_in", "moved_out", "stayed")] == [1, 2, 39]
    parts = sum(movement[part]["change"] for part in ("moved_in", "moved_out", "stayed"))
    assert parts == pytest.approx(movement["change"], abs=1e-5)
    block = json.loads(conduct["top", "block"]["movement"])
    assert [block[part]["officers"] for part in ("moved_in", "moved_out", "stayed")] == [0, 1, 95]


def test_it_is_the_same_whatever_the_order_and_bare_without_more_than_results() -> None:
    rows = results()
    everything = unit_results(rows, inputs())
    turned = rows.iloc[::-1]
    given = inputs()
    assert given.themes is not None
    again = unit_results(turned, replace(given, themes=given.themes[::-1]))
    pd.testing.assert_frame_equal(everything, again, check_exact=True)
    bare = unit_results(rows, replace(given, frame=given.frame[["officer_id"]], before=None, themes=None))
    assert bare["trend"].isna().all()
    assert bare["movement"].isna().all()
    assert set(bare["drivers"]) == {"[]"}
    assert np.isfinite(bare["expected_share"]).all()


def test_nobody_scored_or_a_loop_in_the_tree_ends_well() -> None:
    rows = results()
    assert unit_results(rows.assign(status="not_scored"), inputs()).empty
    looped = unit_results(rows, replace(inputs(), parents={"a": "b", "b": "a"}))
    assert set(looped["unit_id"]) == {"a", "b", "c"}
