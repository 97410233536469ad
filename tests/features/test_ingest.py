"""From a delivery to the history and the quarantine, with every row accounted for."""

from __future__ import annotations

import json
from dataclasses import astuple
from datetime import date
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.settings import Settings
from features.history import History
from features.ingest import Delivered, delivery_of, frames_of, ingest, ingest_with_progress, service_day
from features.ingest_report import SHOWN_FAULTS
from pharos import app

Rows = list[tuple[str, ...]]
TODAY = date(2026, 1, 1)
HEADS = {
    "postings": "officer_id,post_id,unit_id,started_on,shift,known_on",
    "complaints": "complaint_id,officer_id,opened_on,category,known_on",
    "honours": "officer_id,honour,occurred_on,known_on",
}


def deliver(folder: Path, **tables: list[str]) -> Delivered:
    """A folder of filled templates."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text("\n".join([HEADS[name], *rows]) + "\n", encoding="utf-8")
    return Delivered("templates", folder)


GOOD = ["a,p,u,2020-01-01,day,2020-01-01", "b,p,u,2020-01-01,day,2020-01-01"]


def test_a_second_ingest_changes_nothing(state: Settings, tmp_path: Path) -> None:
    twins = ["a,merit,2020-01-01,2020-01-01"] * 3
    delivered = deliver(tmp_path / "in", postings=[*GOOD, GOOD[0], ",p,u,2020-01-01,,2020-01-01"], honours=twins)
    first = ingest(delivered, state, today=TODAY)
    assert {line.table: astuple(line)[1:] for line in first.tables} == {
        "honours": (3, 3, 0, 0, 2, 0, 3),
        "officers": (0, 0, 0, 0, 0, 2, 0),
        "postings": (4, 2, 1, 1, 0, 0, 2),
        "posts": (0, 0, 0, 0, 0, 1, 0),
        "units": (0, 0, 0, 0, 0, 1, 0),
    }
    before = (History(state.history_dir).fingerprint(), sorted(state.quarantine_dir.rglob("*")))
    second = ingest(delivered, state, today=TODAY)
    assert second.totals | {"twins": 0} == {
        "rows_in": 7, "accepted": 0, "quarantined": 1, "duplicates": 6, "twins": 0, "registered": 0, "versions": 0,
    }  # fmt: skip
    assert (History(state.history_dir).fingerprint(), sorted(state.quarantine_dir.rglob("*"))) == before


def test_a_correction_and_a_contradiction(state: Settings, tmp_path: Path) -> None:
    ingest(deliver(tmp_path / "in", postings=GOOD), state, today=TODAY)
    changed = ["a,p,u,2020-01-01,night,2021-01-01", "b,p,u,2020-01-01,night,2020-01-01"]
    report = ingest(deliver(tmp_path / "in", postings=changed), state, today=TODAY)
    assert (report.totals["accepted"], report.totals["quarantined"]) == (1, 1)
    assert [(line.reason, line.first_row) for line in report.faults] == [("conflict", 2)]
    frame = History(state.history_dir).frame("postings")
    assert len(frame) == 3
    assert frame[frame["superseded_on"].isna()].set_index("officer_id")["shift"].to_dict() == {"a": "night", "b": "day"}


def test_an_officer_who_was_only_referred_to_is_superseded_by_the_real_row(state: Settings, tmp_path: Path) -> None:
    ingest(deliver(tmp_path / "in", postings=GOOD), state, today=TODAY)
    (tmp_path / "in" / "officers.csv").write_text("officer_id,track\na,technical\n")
    report = ingest(Delivered("templates", tmp_path / "in"), state, today=TODAY)
    assert (report.totals["accepted"], report.totals["quarantined"], report.totals["registered"]) == (1, 0, 0)
    officers = History(state.history_dir).frame("officers")
    newest = officers[officers["superseded_on"].isna()].set_index("officer_id")["track"]
    assert newest["a"] == "technical"
    assert pd.isna(newest["b"])


def test_quarantine_tells_no_value_and_no_person(state: Settings, tmp_path: Path) -> None:
    rows = ["k-77,officer-9,2020-01-01,unspeakable,2020-01-01"]
    report = ingest(deliver(tmp_path / "in", postings=GOOD, complaints=rows), state, today=TODAY)
    assert report.quarantine is not None
    place = Path(report.quarantine)
    lines = json.loads((place / "faults.json").read_text())
    assert [(line["table"], line["row"], line["column"], line["reason"], line["value_class"]) for line in lines] == [
        ("complaints", 1, "category", "not_in_list", "short_text")
    ]
    everything = (
        (place / "faults.json").read_text() + report.as_json() + pd.read_parquet(place / "faults.parquet").to_json()
    )
    for secret in ("unspeakable", "officer-9", "k-77"):
        assert secret not in everything
    assert len(lines[0]["row_key"]) == 16


def test_a_dry_run_tells_the_same_and_writes_nothing(state: Settings, tmp_path: Path) -> None:
    delivered = deliver(tmp_path / "in", postings=[*GOOD, "c,p,u,soon,,2020-01-01"])
    dry = ingest(delivered, state, today=TODAY, dry_run=True)
    assert not state.state.exists()
    real = ingest(delivered, state, today=TODAY)
    assert dry.tables == real.tables
    assert (dry.dry_run, dry.quarantine, real.dry_run) == (True, None, False)
    assert ingest(delivered, state, today=TODAY, dry_run=True).totals["duplicates"] == 2


def test_a_required_table_is_missed_only_until_the_history_has_it(state: Settings, tmp_path: Path) -> None:
    rows = ["k,a,2020-01-01,crime,2020-01-01"]
    with pytest.raises(MissingTable, match="'postings'"):
        ingest(deliver(tmp_path / "in", complaints=rows), state, today=TODAY)
    ingest(deliver(tmp_path / "in", postings=GOOD), state, today=TODAY)
    assert ingest(deliver(tmp_path / "in", complaints=rows), state, today=TODAY).totals["accepted"] == 1


def test_frames_of_reads_in_memory(tmp_path: Path) -> None:
    rows = ["k,a,2020-01-01,crime,2020-01-01", "k,a,2020-01-01,traffic,2021-01-01"]
    delivered = deliver(tmp_path / "in", postings=GOOD, complaints=rows)
    frames = frames_of("templates", delivered.path)
    assert frames["complaints"]["superseded_on"].isna().tolist() == [False, True]
    assert len(frames["officers"]) == 2
    (tmp_path / "in" / "postings.csv").unlink()
    with pytest.raises(MissingTable):
        frames_of("templates", delivered.path)
    assert "postings" not in frames_of("templates", delivered.path, required=("complaints",))


def test_the_report_reads_as_tables_and_json(state: Settings, tmp_path: Path) -> None:
    delivered = deliver(tmp_path / "in", postings=[*GOOD, "c,p,u,soon,,2020-01-01"])
    report = ingest_with_progress(delivered, state, Console(quiet=True))
    text = _printed(report.as_table())
    assert "3 rows in = 2 accepted + 1 quarantined + 0 duplicates" in text
    assert "not_a_date" in text
    report.write(tmp_path / "out" / "report.json")
    content = json.loads((tmp_path / "out" / "report.json").read_text())
    assert content["balanced"]
    assert content["totals"]["rows_in"] == 3
    dry = ingest_with_progress(delivered, state, Console(quiet=True), dry_run=True)
    assert "what would happen" in _printed(dry.as_table())


def _printed(thing: object) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(thing)
    return captured.get()


def test_many_kinds_of_fault_are_cut_on_screen_but_not_in_json(state: Settings, tmp_path: Path) -> None:
    opened, words, known = ("soon", "1800-01-01", ""), ("bad", "x" * 50, "7"), ("soon", "", "2200-01-01", "5")
    rows = enumerate(product(opened, words, known))
    bad = [f"k{number},a,{day},{word},{knew}" for number, (day, word, knew) in rows]
    report = ingest(deliver(tmp_path / "in", postings=GOOD, complaints=bad), state, today=TODAY)
    shown = _printed(report.as_table())
    assert len(report.faults) > 10
    assert ("more kinds of fault" in shown) == (len(report.faults) > SHOWN_FAULTS)
    assert report.totals["quarantined"] == len(bad)


def test_what_cannot_be_read_is_one_sentence(state: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such folder"):
        ingest(Delivered("templates", tmp_path / "nowhere"), state, today=TODAY)


def test_columns_of_no_contract_are_one_line_a_column(state: Settings, tmp_path: Path) -> None:
    delivered = deliver(tmp_path / "in", postings=GOOD)
    for name in ("courses", "units", "posts", "officers"):
        key = name[:-1] + "_id"
        pd.DataFrame({key: ["x"], "known_on": "2020-01-01", "mood": "good", name: 1}).to_csv(
            tmp_path / "in" / f"{name}.csv", index=False
        )
    pd.read_csv(tmp_path / "in" / "postings.csv").to_parquet(tmp_path / "in" / "postings.parquet")
    (tmp_path / "in" / "postings.csv").unlink()
    report = ingest(Delivered("simulator", delivered.path), state, today=TODAY)
    spare = [note for note in report.notes if "no contract has" in note]
    assert len(spare) == 5
    assert "mood: no contract has this column, ignored in 4 tables" in spare
    assert "units: no contract has this column, ignored in units" in spare


def test_a_backtest_has_the_same_door_as_an_ingest(state: Settings, tmp_path: Path) -> None:
    rows = [*GOOD, "c,p,u,2099-01-01,day,2099-01-01"]
    delivered = deliver(tmp_path / "in", postings=rows)
    assert ingest_with_progress(delivered, state, Console(quiet=True)).totals["quarantined"] == 1
    taken = delivery_of(delivered).intakes["postings"]
    assert taken.faults[["row", "reason"]].values.tolist() == [[2, "in_future"]]
    assert len(frames_of("templates", delivered.path)["postings"]) == 2
    assert service_day(state.model_copy(update={"today": date(2199, 1, 1)})) == date(2199, 1, 1)


def test_the_command_prints_the_account_and_writes_it(state: Settings, tmp_path: Path) -> None:
    delivered = deliver(tmp_path / "in", postings=GOOD)
    out = tmp_path / "report.json"
    result = CliRunner().invoke(app, ["ingest", "--source", "templates", str(delivered.path), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "2 rows in = 2 accepted + 0 quarantined + 0 duplicates" in result.output
    assert json.loads(out.read_text())["totals"]["accepted"] == 2
    assert (state.report_dir / "0001-templates.json").read_text() == out.read_text()
    assert History(state.history_dir).rows("postings") == 2
    dry = CliRunner().invoke(app, ["ingest", "--source", "templates", str(delivered.path), "--dry-run"])
    assert "0 accepted + 0 quarantined + 2 duplicates" in dry.output
    assert len(list(state.report_dir.iterdir())) == 1


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", ""]),
        st.sampled_from(["2020-01-01", "2021-01-01", "soon", ""]),
        st.sampled_from(["day", "night", ""]),
        st.sampled_from(["2020-01-01", "2022-01-01", "2030-01-01"]),
    ),
    max_size=6,
)
AWARDS = st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.sampled_from(["2020-01-01", "never"])), max_size=5)


@given(st.lists(st.tuples(ROWS, AWARDS), min_size=1, max_size=3))
@hypothesis_settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_lost_over_any_deliveries(
    tmp_path_factory: pytest.TempPathFactory, days: list[tuple[Rows, Rows]]
) -> None:
    base = tmp_path_factory.mktemp("deliveries")
    state = Settings(state=base / "state")
    history = History(state.history_dir)
    for moves, awards in days:
        rows = [f"{who},p,u,{start},{shift},{known}" for who, start, shift, known in moves]
        given_awards = [f"{who},merit,{day},{day}" for who, day in awards]
        delivered = deliver(base / "in", postings=rows, honours=given_awards)
        before = {name: history.rows(name) for name in ("postings", "honours")}
        report = ingest(delivered, state, today=TODAY)
        lines = {line.table: line for line in report.tables}
        for name, came in (("postings", rows), ("honours", given_awards)):
            assert lines[name].rows_in == len(came)
            assert lines[name].balanced
            assert history.rows(name) == before[name] + lines[name].accepted
        assert ingest(delivered, state, today=TODAY).totals["accepted"] == 0
