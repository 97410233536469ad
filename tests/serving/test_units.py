from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from data_contracts.errors import PublishRefused
from data_contracts.policy import policy
from serving.access.credential import AccessScope, Credential
from serving.night.chunks import parquet_bytes
from serving.night.manifest import file_hash
from serving.night.results import PublishedRun
from serving.risk.absent import NO_HORIZON, NOT_SERVED
from serving.schemas import MAX_OFFICERS, Because
from serving.units.answers import UnitDesk
from serving.units.schemas import (
    MAX_UNITS,
    ScopeGraded,
    ScopeNotGraded,
    ScopeRolledUp,
    UnitGraded,
    UnitNotGraded,
    UnitsRequest,
)
from tests.serving.unit_force import published, results

NOW = datetime(2026, 11, 1, 6)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    return published(tmp_path_factory.mktemp("night"))


def asked(**body: object) -> UnitsRequest:
    return UnitsRequest.model_validate(body, strict=False)


def test_one_result_for_each_unit_in_order_with_own_and_block(run: PublishedRun) -> None:
    answer = UnitDesk(lambda: run, policy()).answer(asked(unit_ids=["b", "nobody", "c", "b"]), "r1", NOW)
    assert (answer.as_of, answer.feature_age_hours, answer.degraded) == (run.manifest.as_of, 6.0, False)
    assert answer.model.version == "7"
    assert [notice.code for notice in answer.notices] == ["before_training"]
    assert [result.unit_id for result in answer.results] == ["b", "nobody", "c", "b"]
    b, nobody, c, _ = answer.results
    assert isinstance(b, UnitGraded)
    assert isinstance(b.own, ScopeGraded)
    assert isinstance(b.block, ScopeGraded)
    assert [one.outcome.value for one in b.block.outcomes] == ["conduct", "strain"]  # force is not served
    first = b.block.outcomes[0]
    assert all(told == round(told, 4) for told in (first.expected_share, first.low, first.high))
    assert first.movement is not None
    assert first.trend is not None
    assert first.drivers[0].theme == "sustained_complaints"
    assert (first.alerts.budget, first.alerts.approaching) == (5, 5)
    assert isinstance(nobody, UnitNotGraded)
    assert nobody.because.code == "unknown_unit"
    assert isinstance(c, UnitGraded)
    assert c.status == "rolled_up"
    assert isinstance(c.own, ScopeRolledUp)
    assert (c.own.officers, c.own.because.code, c.own.rolled_up_to) == (3, "small_unit", "b")
    assert c.own.grade == b.block.grade
    assert [one.grade for one in c.own.outcomes] == [one.grade for one in b.block.outcomes]
    assert (first.unsure, [one.value for one in first.could_be]) == (True, ["fair", "poor"])
    assert "等级较差，把握不足，也可能是一般" in first.text.zh
    assert (first.drivers[0].direction, first.drivers_rest) == ("raises", None)
    assert (first.alerts.decided_by, first.alerts.over_budget) == ("shares", False)


def with_units(run: PublishedRun, units: pd.DataFrame) -> PublishedRun:
    """The run with another table of units, which its manifest knows."""
    path = run.folder / "units.parquet"
    path.write_bytes(parquet_bytes(pa.Table.from_pandas(units)))
    return replace(run, manifest=replace(run.manifest, files={path.name: file_hash(path)}))


def test_a_unit_without_a_driver_says_so(tmp_path: Path) -> None:
    run = published(tmp_path, results())
    run = with_units(run, run.units().assign(drivers="[]"))
    (b,) = UnitDesk(lambda: run, policy()).answer(asked(unit_ids=["b"], outcomes=["conduct"]), "r", NOW).results
    assert isinstance(b, UnitGraded)
    assert isinstance(b.own, ScopeGraded)
    told = b.own.outcomes[0].drivers_rest
    assert told is not None
    assert told.en == "no theme by itself can be told as what sets the unit apart from the force"


def test_more_flagged_than_the_budget_is_said_with_what_decided_and_old_nights_say_nothing(tmp_path: Path) -> None:
    run = published(tmp_path, results().assign(grade="poor"))
    (b,) = UnitDesk(lambda: run, policy()).answer(asked(unit_ids=["b"], outcomes=["conduct"]), "r", NOW).results
    assert isinstance(b, UnitGraded)
    assert isinstance(b.own, ScopeGraded)
    told = b.own.outcomes[0].alerts
    assert (told.flagged, told.budget, told.over_budget, told.decided_by) == (50, 5, True, "shares")
    assert told.note is not None
    assert told.note.en == "graded by shares of the force, so the budget does not limit alerts: 45 beyond it"
    old = with_units(run, run.units().drop(columns="decided_by"))
    (b,) = UnitDesk(lambda: old, policy()).answer(asked(unit_ids=["b"], outcomes=["conduct"]), "r", NOW).results
    assert isinstance(b, UnitGraded)
    assert isinstance(b.own, ScopeGraded)
    assert b.own.outcomes[0].alerts.decided_by is None


def test_how_many_are_poor_is_told_to_reviewers_alone(tmp_path: Path) -> None:
    """Where as many are withheld as are flagged, each of them would be known to be poor."""
    run = published(tmp_path, results().assign(grade="poor"))
    reader = Credential("key:r", AccessScope.of(["risk:read"]), None)
    itself = Credential("oidc:a", AccessScope.of(["risk:read", "risk:review"]), None, "a")
    for caller in (reader, itself):
        (b,) = UnitDesk(lambda: run, policy()).answer(asked(unit_ids=["b"]), "r", NOW, caller).results
        assert isinstance(b, UnitGraded)
        assert isinstance(b.own, ScopeGraded)
        told = [one.alerts for one in (*b.own.outcomes, *b.block.outcomes)]  # type: ignore[union-attr]
        assert {(one.flagged, one.over_budget, one.note) for one in told} == {(None, None, None)}
        assert told[0].budget == 5


def test_a_small_unit_shows_no_figure_of_its_few_officers(run: PublishedRun) -> None:
    (c,) = UnitDesk(lambda: run, policy()).answer(asked(unit_ids=["c"]), "r", NOW).results
    told = json.loads(c.model_dump_json())
    assert set(told["own"]) == {"status", "officers", "grade", "rolled_up_to", "because", "outcomes"}
    assert set(told["own"]["outcomes"][0]) == {"outcome", "horizon_months", "grade", "text"}
    assert "3人" in told["own"]["outcomes"][0]["text"]["zh"]


def test_a_node_without_officers_of_its_own_is_its_block(run: PublishedRun) -> None:
    (top,) = UnitDesk(lambda: run, policy()).answer(asked(unit_ids=["top"], outcomes=["conduct"]), "r", NOW).results
    assert isinstance(top, UnitGraded)
    assert isinstance(top.own, ScopeNotGraded)
    assert (top.own.because.code, top.own.officers, top.block.officers) == ("no_officers", 0, 95)


def test_a_force_too_small_for_any_figure_is_not_graded(tmp_path: Path) -> None:
    few = published(tmp_path, results().groupby("unit_id").head(1))
    (c,) = UnitDesk(lambda: few, policy()).answer(asked(unit_ids=["c"]), "r", NOW).results
    assert isinstance(c, UnitNotGraded)
    assert c.because.code == "small_unit"


def test_another_day_or_outcome_is_said_and_never_guessed(run: PublishedRun) -> None:
    left_out = {("departure", 12): Because(code="outcome_left_out", zh="事件太少", en="too few events")}
    desk = UnitDesk(lambda: run, policy(), left_out)
    cases: list[tuple[dict[str, object], str]] = [
        ({"as_of": "2026-10-01"}, "other_as_of"),
        ({"outcomes": ["force"]}, "outcome_not_served"),
        ({"horizon_months": [24]}, "horizon_not_trained"),
        ({"outcomes": ["departure"]}, "outcome_left_out"),
    ]
    for more, code in cases:
        (result,) = desk.answer(asked(unit_ids=["b"], **more), "r", NOW).results
        assert isinstance(result, UnitNotGraded)
        assert result.because.code == code
    assert desk.answer(asked(unit_ids=["b"], as_of="2026-11-01"), "r", NOW).results[0].status == "graded"


def test_what_is_absent_beside_what_is_graded_is_said_in_the_words_of_risk(run: PublishedRun) -> None:
    desk = UnitDesk(lambda: run, policy())
    body = {"unit_ids": ["b"], "outcomes": ["conduct", "force", "departure"], "horizon_months": [12, 24]}
    (b,) = desk.answer(asked(**body), "r", NOW).results
    assert isinstance(b, UnitGraded)
    assert isinstance(b.own, ScopeGraded)
    assert [(one.outcome.value, one.horizon_months) for one in b.own.outcomes] == [("conduct", 12)]
    assert [(one.outcome.value, one.horizon_months, one.because) for one in b.outcomes_not_graded] == [
        ("conduct", 24, NO_HORIZON), ("force", 12, NOT_SERVED), ("force", 24, NOT_SERVED),
        ("departure", 12, NOT_SERVED), ("departure", 24, NOT_SERVED)]  # fmt: skip
    (b,) = desk.answer(asked(unit_ids=["b"], outcomes=["strain", "force"]), "r", NOW).results
    assert isinstance(b, UnitGraded)
    assert [(one.outcome.value, one.horizon_months) for one in b.outcomes_not_graded] == [("force", 12)]
    (b,) = desk.answer(asked(unit_ids=["b"]), "r", NOW).results
    assert isinstance(b, UnitGraded)
    assert b.outcomes_not_graded == []


def test_an_old_night_is_degraded_and_a_flipped_bit_is_refused(run: PublishedRun, tmp_path: Path) -> None:
    desk = UnitDesk(lambda: run, policy())
    assert desk.answer(asked(unit_ids=["b"]), "r", datetime(2026, 11, 3)).degraded
    (tmp_path / "units.parquet").write_bytes((run.folder / "units.parquet").read_bytes()[::-1])
    spoilt = replace(run, folder=tmp_path)
    with pytest.raises(PublishRefused, match="not what was published"):
        UnitDesk(lambda: spoilt, policy()).answer(asked(unit_ids=["b"]), "r", NOW)
    assert MAX_UNITS == MAX_OFFICERS
