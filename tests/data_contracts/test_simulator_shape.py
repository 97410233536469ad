"""The simulated tables have the contracts' shape, hang together, and are the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
import pytest

from data_contracts.catalog import DTYPES, catalog
from data_contracts.errors import InvalidInput
from data_contracts.intake import take_in_all
from data_contracts.policy import policy
from data_contracts.simulator import concerns
from data_contracts.simulator.concern_urgency import BY_URGENCY
from data_contracts.simulator.layout import TABLES
from data_contracts.simulator.simulation import Plan, simulate
from tests.data_contracts.simulated_bureau import END, OFFICERS, YEARS, bureau

TABLE_NAMES = sorted(catalog().tables)


@pytest.fixture(scope="module")
def frames() -> Mapping[str, pd.DataFrame]:
    return bureau()


def test_every_contract_has_rows_and_only_truth_is_more(frames: Mapping[str, pd.DataFrame]) -> None:
    assert sorted(frames) == sorted([*TABLE_NAMES, "talent", "truth"])
    assert all(len(frame) for frame in frames.values())


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_columns_and_types_are_the_contracts(frames: Mapping[str, pd.DataFrame], name: str) -> None:
    wanted = {column.name: DTYPES[column.kind] for column in catalog().table(name).columns}
    assert {column: str(dtype) for column, dtype in frames[name].dtypes.items()} == wanted


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_no_value_lies_outside_its_range(frames: Mapping[str, pd.DataFrame], name: str) -> None:
    for column in catalog().table(name).columns:
        values = frames[name][column.name].dropna()
        if isinstance(column.minimum, float) and isinstance(column.maximum, float):
            assert values.between(column.minimum, column.maximum).all(), column.name
        if column.enum:
            assert values.isin(column.enum).all(), column.name


def test_the_layout_is_that_of_the_contracts() -> None:
    for name in set(TABLES) - {"talent", "truth"}:
        assert list(TABLES[name]) == list(catalog().table(name).column_names)


def test_the_door_refuses_no_row() -> None:
    frames = simulate(200, 3, 7, END)
    delivery = take_in_all({name: frames[name] for name in TABLE_NAMES}, today=END)
    for name, taken in delivery.intakes.items():
        assert taken.quarantined == 0, (name, taken.faults.head())
        assert taken.duplicates == 0, name
    assert not delivery.registered


def test_every_reference_finds_its_row(frames: Mapping[str, pd.DataFrame]) -> None:
    for name in TABLE_NAMES:
        for column, target in catalog().table(name).references.items():
            there = frames[name][column].dropna()
            assert there.isin(frames[target][catalog().table(target).key[0]]).all(), (name, column)


def test_nothing_is_known_after_the_end(frames: Mapping[str, pd.DataFrame]) -> None:
    end = pd.Timestamp(END)
    for name in TABLE_NAMES:
        assert (frames[name]["known_on"] <= end).all(), name
        for column in catalog().table(name).columns:
            if column.kind == "date":
                assert not (frames[name][column.name] > end).any() or column.name == "closes_on", (name, column.name)


def test_the_force_keeps_its_strength(frames: Mapping[str, pd.DataFrame]) -> None:
    months = frames["duty_months"].groupby("month").size()
    assert len(months) == 12 * YEARS
    assert months.between(0.97 * OFFICERS, OFFICERS).all()


def test_an_officer_is_on_duty_only_between_entering_and_leaving(frames: Mapping[str, pd.DataFrame]) -> None:
    served = frames["officers"].set_index("officer_id")[["entered_on", "left_on"]]
    for name in ("duty_months", "complaints", "course_completions", "honours", "preferences", "career_goals"):
        table = catalog().table(name)
        rows = frames[name].join(served, on="officer_id")
        event = rows[table.event_date or "known_on"]
        assert (event >= rows["entered_on"]).all(), name
        assert not (event > rows["left_on"]).any(), name


def test_postings_follow_one_another_without_gap(frames: Mapping[str, pd.DataFrame]) -> None:
    postings = frames["postings"].sort_values(["officer_id", "started_on"])
    before = postings.groupby("officer_id")["ended_on"].shift()
    assert (postings["started_on"][before.notna()] == before.dropna()).all()
    entered = postings.groupby("officer_id")["started_on"].min()
    officers = frames["officers"].set_index("officer_id")["entered_on"]
    assert (entered == officers.reindex(entered.index)).all()


def test_the_tree_has_four_levels(frames: Mapping[str, pd.DataFrame]) -> None:
    units = frames["units"].set_index("unit_id")
    above = {"community": "station", "station": "sub_bureau", "sub_bureau": "bureau"}
    parents = units["parent_unit_id"].dropna()
    levels = units.loc[parents.index, "unit_level"].map(above)
    assert (units.loc[parents, "unit_level"].to_numpy() == levels.to_numpy()).all()
    assert units["unit_level"].value_counts()["bureau"] == 1
    assert units["name_zh"].is_unique


def test_concerns_speak_of_all_subcategories_in_chinese(frames: Mapping[str, pd.DataFrame]) -> None:
    rows = frames["concerns"]
    assert set(rows["subcategory"]) == {sub.code for category in policy().concerns for sub in category.subcategories}
    assert rows["text"].str.contains("[\u4e00-\u9fff]{4}").all()
    assert rows["text"].nunique() > 1_000
    by_community = rows["raised_by"] == "community"
    assert (rows["officer_id"].isna() == by_community).all()
    assert (rows["acknowledged_on"] >= rows["raised_on"]).loc[rows["acknowledged_on"].notna()].all()


def test_some_appraisals_are_corrected_by_a_later_version(frames: Mapping[str, pd.DataFrame]) -> None:
    versions = frames["appraisals"].groupby(list(catalog().table("appraisals").key))
    corrected = versions["known_on"].nunique() == 2
    assert 0.002 < corrected.mean() < 0.01
    assert (versions["score"].last() >= versions["score"].first()).all()


def test_the_same_seed_gives_the_same_frames_and_another_does_not() -> None:
    once, twice = simulate(60, 2, 3, END), simulate(60, 2, 3, END)
    for name, frame in once.items():
        pd.testing.assert_frame_equal(frame, twice[name])
    assert not once["postings"].equals(simulate(60, 2, 4, END)["postings"])


def test_a_day_amid_a_month_ends_the_records_there() -> None:
    end = date(2025, 12, 15)
    frames = simulate(60, 1, 3, end)
    assert frames["truth"]["month"].max() == pd.Timestamp(2025, 12, 1)
    assert all((frame["known_on"] <= pd.Timestamp(end)).all() for frame in frames.values())
    officers = frames["officers"]
    assert (officers["left_on"].isna() == officers["leave_kind"].isna()).all()


def test_blocks_share_the_bureau_and_no_officer() -> None:
    plan = Plan(9_001, 1, 0, END)
    assert sum(plan.blocks()) == 9_001
    assert plan.ticks() == len(plan.blocks()) * 12
    assert max(plan.blocks()) - min(plan.blocks()) <= 1


def test_two_blocks_make_one_bureau(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_contracts.simulator.simulation.BLOCK_OFFICERS", 60)
    steps: list[int] = []
    frames = simulate(120, 1, 3, END, tick=lambda: steps.append(1))
    assert len(steps) == 24
    for name in ("officers", "units", "vacancies", "concerns", "feedback"):
        assert frames[name][catalog().table(name).key[0]].is_unique, name
    assert (frames["units"]["unit_level"] == "bureau").sum() == 1


@pytest.mark.parametrize(("officers", "years", "seed"), [(10, 1, 0), (100, 0, 0), (100, 1, -1)])
def test_an_impossible_plan_is_refused_with_a_remedy(officers: int, years: int, seed: int) -> None:
    with pytest.raises(InvalidInput, match="use at least 50 officers"):
        Plan(officers, years, seed, END)


def test_some_concerns_say_how_soon_help_is_needed_and_nothing_else_is_drawn_differently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worded = simulate(200, 4, 3, END)["concerns"]
    monkeypatch.setattr(concerns, "WORDED_SHARES", (1.0, 0.0, 0.0, 0.0))
    plain = simulate(200, 4, 3, END)["concerns"]
    pd.testing.assert_frame_equal(worded.drop(columns="text"), plain.drop(columns="text"))
    for level, table in BY_URGENCY.items():
        said = [text for some in table.values() for text in some]
        share = worded["text"].map(lambda text, said=said: any(one in text for one in said)).mean()
        assert 0 < share < 0.2, level
        assert not plain["text"].map(lambda text, said=said: any(one in text for one in said)).any()
    changed = worded[worded["text"] != plain["text"]]
    for text, code in zip(changed["text"], changed["subcategory"], strict=True):
        assert any(one in text for table in BY_URGENCY.values() for one in table.get(code, ()))
