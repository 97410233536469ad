from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data_contracts.policy import policy
from data_contracts.vocabulary import Grade
from serving.night.assemble import _themes_told
from serving.night.chunks import ChunkStore
from serving.units.night import OF_A_NODE, unit_results
from tests.serving.unit_force import inputs, results, snapshot


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
        ("a", "own"): 40, ("a", "block"): 40, ("b", "own"): 50, ("b", "block"): 55, ("c", "own"): 3, ("c", "block"): 3,
        ("d", "own"): 2, ("d", "block"): 2, ("top", "block"): 95,
    }  # fmt: skip
    together = sum(conduct[unit, "block"]["officers"] * conduct[unit, "block"]["expected_share"] for unit in "ab") / 95
    assert conduct["top", "block"]["expected_share"] == pytest.approx(together)
    assert together == pytest.approx(results().query("outcome == 'conduct'")["probability"].mean())
    assert conduct["a", "own"]["expected_share"] < 0.1  # its past lies below the force's
    for row in conduct.values():
        assert row["low"] <= row["expected_share"] <= row["high"]


def test_a_node_too_small_to_show_has_everything_of_the_block_that_stands_for_it(conduct: Rows) -> None:
    block = conduct["b", "block"]
    for key in (("c", "own"), ("c", "block"), ("d", "own")):
        small = conduct[key]
        assert (small["status"], small["rolled_up_to"]) == ("small_unit", "b")
        assert {name: small[name] for name in OF_A_NODE} == {name: block[name] for name in OF_A_NODE}
    told = json.loads(conduct["c", "own"]["text"])
    assert (
        told["zh"] == "已评分民警3人，本级或相邻单位人数过少，为保护个人不单独显示；由b（含下属单位）代表，其等级为较差"
    )
    assert "b with everything under it stands for it and is poor" in told["en"]
    assert conduct["a", "own"]["rolled_up_to"] is None


def test_every_node_has_a_grade_and_grades_follow_the_share(conduct: Rows) -> None:
    rows = sorted(conduct.values(), key=lambda row: -row["expected_share"])
    severity = [Grade(row["grade"]).severity for row in rows]
    assert severity == sorted(severity)
    assert (conduct["a", "own"]["grade"], conduct["b", "own"]["grade"]) == ("excellent", "poor")
    assert conduct["top", "block"]["grade"] == "good"  # the whole force is the measure
    assert "尺度" in json.loads(conduct["top", "block"]["text"])["zh"]


def test_what_is_left_of_a_block_is_never_a_few_officers() -> None:
    rows = results()
    rows = rows[rows["unit_id"] != "d"]  # c alone is hidden: b less b's own officers would be c
    told = unit_results(rows, replace(inputs(), facets=None)).query("outcome == 'conduct'")
    at = told.set_index(["unit_id", "scope"])["status"]
    assert (at["c", "own"], at["b", "own"], at["b", "block"]) == ("small_unit", "small_unit", "scored")


def test_nobody_is_shown_of_a_force_that_is_a_few_officers() -> None:
    few = results().groupby("unit_id").head(1)
    told = unit_results(few, replace(inputs(), facets=None))
    assert set(told["status"]) == {"small_unit"}
    assert told[["rolled_up_to", "grade", "expected_share", "flagged", "trend"]].isna().all(axis=None)
    assert "没有可代表的上级单位" in json.loads(told["text"].iloc[0])["zh"]


def test_alerts_are_counted_against_the_budget(conduct: Rows) -> None:
    graded = results().query("outcome == 'conduct' and grade == 'poor'")
    assert conduct["top", "block"]["flagged"] == len(graded)
    assert conduct["b", "block"]["budget"] == 5
    assert (conduct["b", "own"]["approaching"], conduct["b", "block"]["approaching"]) == (0, 5)
    assert conduct["a", "block"]["commended"] == 0


@pytest.mark.parametrize("known", [True, False])
def test_the_trend_is_against_a_year_before_or_else_the_last_period_at_todays_level(known: bool) -> None:
    given = inputs() if known else replace(inputs(), before=None)
    rows = unit_results(results(), given).query("outcome == 'conduct' and unit_id == 'b' and scope == 'own'")
    trend = json.loads(rows["trend"].iloc[0])
    assert trend["against"] == ("earlier_expectation" if known else "last_period")
    assert trend["before"] + trend["change"] == pytest.approx(rows["expected_share"].iloc[0], abs=1e-5)
    assert trend["low"] < trend["change"] < trend["high"]
    assert set(trend["text"]) == {"zh", "en"}


def test_the_whole_force_is_told_against_itself_a_year_before_and_never_at_its_own_level(conduct: Rows) -> None:
    whole = json.loads(conduct["top", "block"]["trend"])
    assert whole["against"] == "force_earlier"
    now = results().query("outcome == 'conduct'")["probability"].mean()
    assert (whole["before"], whole["change"]) == pytest.approx((0.1, now - 0.1), abs=1e-6)
    assert "全员为各单位的尺度" in whole["text"]["zh"]
    assert "尚未办结的投诉" in whole["text"]["zh"]
    assert "still open" in whole["text"]["en"]
    strain = unit_results(results(), inputs()).query("outcome == 'strain' and unit_id == 'top'")
    assert "尚未办结" not in strain["trend"].iloc[0]
    alone = unit_results(results(), replace(inputs(), before=None)).query("outcome == 'conduct' and unit_id == 'top'")
    assert alone["trend"].isna().all()


def test_without_a_past_the_trend_is_against_what_was_expected_a_year_before() -> None:
    rows = unit_results(results(), inputs()).query("outcome == 'strain' and scope == 'own'").set_index("unit_id")
    told = {unit: json.loads(text) for unit, text in rows["trend"].items()}
    assert {one["against"] for one in told.values()} == {"earlier_expectation"}
    assert told["a"]["change"] < 0 < told["b"]["change"]


def test_drivers_are_the_themes_above_the_force_with_numbers_and_no_names(conduct: Rows) -> None:
    (driver,) = json.loads(conduct["b", "own"]["drivers"])
    assert (driver["theme"], driver["share"]) == ("sustained_complaints", 1.0)
    assert "0.30" in driver["text"]["en"]
    assert "（本单位民警均值）：" in driver["text"]["zh"]
    (fewer,) = json.loads(conduct["a", "own"]["drivers"])  # what lowers a unit is told as well, and that it does
    assert (driver["direction"], fewer["direction"]) == ("raises", "lowers")
    assert "全体已评分民警的均值" in fewer["text"]["zh"]
    assert "o-" not in driver["text"]["en"]


def test_a_theme_that_officers_are_not_told_of_is_told_of_no_unit() -> None:
    drivers = {}
    for name, told in (("other", {"workload"}), ("same", {"sustained_complaints"})):
        rows = unit_results(results(), replace(inputs(), told={("conduct", 12): told}))
        drivers[name] = {
            str(value) for value in rows["drivers"][(rows["outcome"] == "conduct") & (rows["scope"] == "own")]
        }
        assert set(rows["drivers"][rows["outcome"] == "strain"]) == {"[]"}  # of which officers are told nothing
    assert drivers["other"] == {"[]"}
    assert all("sustained_complaints" in one for one in drivers["same"])


class Chunks:
    """Two chunks of results, as a night keeps them."""

    def numbers(self) -> list[int]:
        return [0, 1]

    def read(self, number: int, columns: list[str]) -> pa.Table:
        told = [["workload"], ["complaints", "moves"]][number]
        rows = {
            "outcome": ["conduct", "strain"],
            "horizon_months": pa.array([12, 12], pa.int16()),
            "reasons": [json.dumps([{"theme": theme} for theme in told]), None],
            "strengths": [None, '[{"theme": "training"}]' if number else "[]"],
        }
        return pa.table(rows).select(columns)


def test_the_themes_told_are_those_of_reasons_and_strengths_of_all_chunks() -> None:
    assert _themes_told(cast(ChunkStore, Chunks())) == {
        ("conduct", 12): {"workload", "complaints", "moves"}, ("strain", 12): {"training"},
    }  # fmt: skip


def test_who_was_too_new_for_a_score_a_year_ago_has_not_moved_in() -> None:
    year = inputs().before
    assert year is not None
    chances = {asked: np.where(np.arange(96) < 20, np.nan, some) for asked, some in year.chances.items()}
    told = unit_results(results(), replace(inputs(), before=replace(year, chances=chances)))
    own = told.query("outcome == 'conduct' and unit_id == 'a' and scope == 'own'")["movement"].iloc[0]
    movement = json.loads(own)
    assert [movement[part]["officers"] for part in ("moved_in", "moved_out", "stayed")] == [1, 2, 39]
    (top,) = told.query("outcome == 'conduct' and unit_id == 'top'").to_dict("records")
    whole, trend = json.loads(top["movement"]), json.loads(top["trend"])
    assert [whole[part]["officers"] for part in ("moved_in", "moved_out", "stayed")] == [0, 1, 95]
    assert whole["change"] == trend["change"]  # who had no score then is no part of what was expected then


def test_movement_splits_the_change_into_who_came_who_went_and_who_stayed(conduct: Rows) -> None:
    movement = json.loads(conduct["a", "own"]["movement"])
    assert [movement[part]["officers"] for part in ("moved_in", "moved_out", "stayed")] == [1, 2, 39]
    assert [movement[part]["change"] for part in ("moved_in", "moved_out", "stayed")] == [None] * 3  # three people
    assert movement["text"]["zh"].endswith("调入1人、调出2人、留任39人，其中有的人数过少，不分项说明")
    block = json.loads(conduct["top", "block"]["movement"])
    assert [block[part]["officers"] for part in ("moved_in", "moved_out", "stayed")] == [0, 1, 95]


def test_movement_is_at_the_level_of_the_force_as_the_trend_is() -> None:
    """Where every chance halves, no unit has moved: only the whole force has."""
    rows = results()
    year = inputs().before
    assert year is not None
    twice = 2 * rows.query("outcome == 'strain'")["probability"].to_numpy()
    same = replace(year, frame=snapshot(), chances=dict.fromkeys(year.chances, twice))
    told = unit_results(rows, replace(inputs(), before=same)).query("outcome == 'strain' and status == 'scored'")
    change = {(row.unit_id, row.scope): json.loads(str(row.movement))["change"] for row in told.itertuples()}
    trend = {(row.unit_id, row.scope): json.loads(str(row.trend)) for row in told.itertuples()}
    whole = change.pop(("top", "block"))
    assert whole == pytest.approx(trend["top", "block"]["change"], abs=1e-5) != 0.0
    assert set(change) == {("a", "own"), ("a", "block"), ("b", "own"), ("b", "block")}
    for node, moved in change.items():
        assert moved == pytest.approx(0.0, abs=0.01)
        assert trend[node]["direction"] == "steady"


def test_what_decided_is_that_of_the_outcome() -> None:
    rules = replace(policy().grades, mode="cut_offs")
    assert set(unit_results(results(), replace(inputs(), rules=rules))["decided_by"]) == {"shares"}  # no cut-offs set
    rules = replace(policy().grades, mode="unit_budget")
    assert set(unit_results(results(), replace(inputs(), rules=rules))["decided_by"]) == {"unit_budget"}


def test_it_is_the_same_whatever_the_order_and_bare_without_more_than_results() -> None:
    rows = results()
    everything = unit_results(rows, inputs())
    turned = rows.iloc[::-1]
    given = inputs()
    assert given.facets is not None
    again = unit_results(turned, replace(given, facets=given.facets[::-1]))
    pd.testing.assert_frame_equal(everything, again, check_exact=True)
    bare = unit_results(rows, replace(given, frame=given.frame[["officer_id"]], before=None, facets=None))
    assert bare["trend"].isna().all()
    assert bare["movement"].isna().all()
    assert set(bare["drivers"]) == {"[]"}
    assert np.isfinite(bare["expected_share"]).all()


def test_nobody_scored_or_a_loop_in_the_tree_ends_well() -> None:
    rows = results()
    assert unit_results(rows.assign(status="not_scored"), inputs()).empty
    looped = unit_results(rows, replace(inputs(), parents={"a": "b", "b": "a"}))
    assert set(looped["unit_id"]) == {"a", "b", "c", "d"}
