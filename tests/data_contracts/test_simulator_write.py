"""A simulated folder: what lies in it, that it can be read back, and that its bad rows are refused one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from data_contracts.catalog import catalog
from data_contracts.errors import MissingTable
from data_contracts.faults import Circumstances
from data_contracts.intake import take_in
from data_contracts.simulator.faults import bad_rows
from data_contracts.simulator.progress import simulate_to
from data_contracts.simulator.simulation import Plan, simulate
from data_contracts.simulator.write import write_simulation
from data_contracts.sources import read_source
from data_contracts.vocabulary import Refusal
from tests.data_contracts.simulated_bureau import END

PLAN = Plan(120, 2, 5, END)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("simulated")
    write_simulation(PLAN, target, with_bad_rows=True)
    return target


def test_what_is_read_back_is_what_was_simulated(folder: Path) -> None:
    tables = read_source("simulator", folder).tables
    frames = simulate(PLAN.officers, PLAN.years, PLAN.seed, PLAN.end)
    assert sorted(tables) == sorted(catalog().tables)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, frames[name])


def test_the_truth_lies_apart_and_is_not_a_table(folder: Path) -> None:
    for name in ("truth", "talent"):
        assert (folder / "truth" / f"{name}.parquet").is_file()
        assert name not in read_source("simulator", folder).tables


def test_the_same_plan_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_simulation(PLAN, tmp_path, with_bad_rows=True)
    written = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert written
    for path in written:
        assert (folder / path).read_bytes() == (tmp_path / path).read_bytes(), path


def test_the_effects_are_written_down(folder: Path) -> None:
    said = json.loads((folder / "effects.json").read_text(encoding="utf-8"))
    assert said["effects"]["conduct"]["commendations"] == 0.0
    assert said["simulation"] == {"officers": 120, "years": 2, "seed": 5, "end": "2026-01-01"}
    assert {"first", "then", "next"} == set(said["moves"]["two_step_patterns"][0])


@pytest.mark.parametrize("name", sorted(catalog().tables))
def test_every_bad_row_is_refused_for_its_own_reason(folder: Path, name: str) -> None:
    rows = pd.read_csv(folder / "bad_rows" / f"{name}.csv", dtype="string")
    taken = take_in(catalog().table(name), rows, Circumstances(known_keys={}))
    assert len(taken.accepted) == 0
    assert taken.quarantined == len(rows) > 0
    found = taken.faults.set_index("row")[["column", "reason"]].to_numpy().tolist()
    assert found == rows[["spoilt_column", "spoilt_reason"]].to_numpy().tolist()


def test_bad_rows_are_read_as_a_source_too(folder: Path) -> None:
    tables = read_source("simulator", folder / "bad_rows").tables
    assert sorted(tables) == sorted(catalog().tables)


def test_bad_rows_try_most_reasons_there_are(folder: Path) -> None:
    tried = {reason for rows in bad_rows(folder).values() for reason in rows["spoilt_reason"]}
    declared = {Refusal.NOT_AS_DECLARED, Refusal.YEAR_ALONE, Refusal.NUMBER_IS_NO_DAY}  # of a mapping
    elsewhere = {
        Refusal.IN_FUTURE, Refusal.LONG_BEFORE_JOINING, Refusal.UNKNOWN_REFERENCE, Refusal.CONFLICT, Refusal.ERASED,
    }  # fmt: skip
    assert tried == {str(reason.value) for reason in set(Refusal) - elsewhere - declared}


def test_an_empty_table_gives_no_bad_rows(tmp_path: Path) -> None:
    pd.DataFrame({"officer_id": pd.array([], dtype="string")}).to_parquet(tmp_path / "officers.parquet")
    assert bad_rows(tmp_path) == {}


def test_a_folder_without_tables_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingTable, match="check the path"):
        read_source("simulator", tmp_path)


def test_progress_tells_the_rows_of_each_table(tmp_path: Path) -> None:
    console = Console(record=True, width=200)
    console.print(simulate_to(tmp_path / "new", 60, 1, 3, "2026-01-01", with_bad_rows=False, console=console))
    said = console.export_text()
    assert "100 %" in said
    assert "duty_months" in said


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    from pharos import app

    came = CliRunner().invoke(app, ["simulate", "--officers", "60", "--years", "1", "--out", str(tmp_path / "out")])
    assert came.exit_code == 0, came.output
    assert (tmp_path / "out" / "postings.parquet").is_file()
