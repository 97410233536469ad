"""What a missing table costs, for every table of the contracts, and how the state at hand stands."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import pharos
from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.settings import settings as configured
from experiments import missing_tables
from experiments.missing_tables import WEAKER, Standing, as_table, cost_of, measured, remedy, standings
from features.ingest import Delivered, ingest
from features.measures import EVENT_TABLES
from serving.api.app import ROUTES


def test_every_table_says_what_its_absence_weakens_in_both_languages() -> None:
    assert set(WEAKER) == set(catalog().tables)
    for name in catalog().tables:
        words = cost_of(name).words
        assert words.zh
        assert words.en


def test_routes_that_are_named_exist() -> None:
    named = {word.strip(",:;") for words in WEAKER.values() for word in words.en.split() if word.startswith("/v1/")}
    assert named
    assert named <= set(ROUTES), named - set(ROUTES)


def test_an_outcome_falls_away_with_the_tables_it_needs() -> None:
    lost = {name: cost_of(name).outcomes for name in catalog().tables}
    for rule in policy().outcomes:
        for table in rule.needs_tables:
            assert (rule.name.value in lost[table]) == rule.served
    assert "strain" in lost["duty_months"]
    assert "不能训练：超负荷" in cost_of("duty_months").words.zh


def test_the_measured_figures_are_told_where_they_are_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"ap": 0.2, "ap_without": 0.15, "low": 0.01, "high": 0.09, "events": 60}
    figures = {"tables": {"honours": {"features": 7, "outcomes": {"conduct": seen, "strain": {**seen, "low": -0.01}}}}}
    monkeypatch.setattr(missing_tables, "measured", lambda: figures)
    words = cost_of("honours").words
    assert "7 features stay empty" in words.en
    assert "sustained complaint AP 0.200 → 0.150" in words.en
    assert "strain" not in words.en


def test_what_was_measured_is_kept_for_every_table_that_features_read() -> None:
    assert {events.table for events in EVENT_TABLES} <= set(measured()["tables"])
    for told in measured()["tables"].values():
        assert told["features"] >= 0
        for seen in told["outcomes"].values():
            assert seen["low"] <= seen["ap"] - seen["ap_without"] <= seen["high"]


def test_the_state_at_hand_has_lacks_or_has_stale_tables(state: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    heads = "officer_id,post_id,unit_id,started_on\n"
    (folder / "postings.csv").write_text(heads + "a,p,u,2020-01-01\nb,p,u,2025-12-01\n", encoding="utf-8")
    (folder / "honours.csv").write_text("officer_id,honour,occurred_on\na,merit,2021-01-01\n", encoding="utf-8")
    (folder / "vacancies.csv").write_text(
        "vacancy_id,post_id,unit_id,places,opened_on\nv,p,u,1,2021-01-01\n", encoding="utf-8"
    )
    ingest(Delivered("templates", folder), state, today=pd.Timestamp("2026-01-01").date())
    found = {one.table: one for one in standings(state)}
    assert set(found) == set(catalog().tables)
    assert (found["postings"].word.en, found["honours"].word.en) == ("present", "stale")
    assert found["vacancies"].word.en == "present", "a quiet table is not stale"
    assert (found["officers"].word.en, found["officers"].rows) == ("missing", 0), "a registered row is no delivery"
    assert remedy(found["postings"]) == ""
    assert "export it again" in remedy(found["honours"])
    assert "--guess" in remedy(found["officers"])
    console = Console(width=200, record=True)
    console.print(as_table(list(found.values())))
    text = console.export_text()
    assert "过旧 stale" in text
    assert "不知入警日期" in text


def test_the_doctor_tells_of_tables_where_there_is_a_history(
    state: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHAROS_STATE", str(state.state))
    configured.cache_clear()
    assert "what it costs" not in CliRunner().invoke(pharos.app, ["doctor"]).output
    (tmp_path / "postings.csv").write_text(
        "officer_id,post_id,unit_id,started_on\na,p,u,2020-01-01\n", encoding="utf-8"
    )
    ingest(Delivered("templates", tmp_path), state, today=pd.Timestamp("2026-01-01").date())
    told = CliRunner().invoke(pharos.app, ["doctor"], env={"COLUMNS": "200"}).output
    configured.cache_clear()
    assert "what it costs" in told
    assert Standing("honours", 0, None, stale=False).word.zh == "缺失"


def test_both_languages_of_a_cost_are_whole_on_a_narrow_terminal() -> None:
    console = Console(record=True, width=80)
    console.print(as_table([Standing("duty_months", 0, None, stale=False)]))
    told = console.export_text()
    assert "…" not in told
    cells = "".join(re.sub(r"\s", "", line.split("│")[4]) for line in told.splitlines() if line.count("│") == 6)
    assert re.sub(r"\s", "", cost_of("duty_months").words.zh) in cells
