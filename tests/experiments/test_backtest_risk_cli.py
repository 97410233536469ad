"""`pharos backtest risk` as typed, from files written by hand: a mapped department with a year that nobody fails."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import pharos
from experiments.backtests.risk import MODELS, RiskBacktest, steps_of
from models.risk.boosting import DEFAULTS

OFFICERS, YEARS, QUIET = 80, range(2009, 2018), 2017
MAPPING = """
[officers]
file = "people.csv"
[officers.columns]
officer_id = "who"
entered_on = "since"

[postings]
file = "desks.csv"
[postings.columns]
officer_id = "who"
unit_id = "desk"
started_on = "since"

[complaints]
file = "letters.csv"
[complaints.columns]
complaint_id = "number"
officer_id = "who"
opened_on = "came"
closed_on = "closed"
finding = "found"
category = "about"
"""


def letters() -> pd.DataFrame:
    """Every officer has a complaint a year; some are sustained, by chance, but none in the quiet year."""
    luck = np.random.default_rng(11)
    rows = [
        {
            "number": f"L{year}-{who}", "who": f"w{who}", "about": "operations",
            "came": f"{year}-0{1 + who % 9}-15", "closed": f"{year}-11-20",
            "found": "sustained" if year != QUIET and luck.random() < 0.36 else "unfounded",
        }
        for year in YEARS for who in range(OFFICERS)
    ]  # fmt: skip
    slip = {**rows[0], "number": "L0", "came": "1901-01-01", "closed": None, "found": None}
    return pd.DataFrame([*rows, slip])


@pytest.fixture
def department(tmp_path: Path) -> Path:
    """The files, with an officer that only a complaint speaks of and one row that the door refuses."""
    people = pd.DataFrame({"who": [f"w{n}" for n in range(OFFICERS)], "since": "2005-03-01"})
    people[1:].to_csv(tmp_path / "people.csv", index=False)
    desks = people.assign(desk=[f"d{n % 2}" for n in range(OFFICERS)])
    desks.loc[len(desks)] = ["w1", "some day", "d1"]
    desks.to_csv(tmp_path / "desks.csv", index=False)
    letters().to_csv(tmp_path / "letters.csv", index=False)
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.risk.baselines.TREES", 10)
    few = {**DEFAULTS, "rounds": 10, "learning_rate": 0.1, "min_data_in_leaf": 20}
    monkeypatch.setattr("models.risk.boosting.DEFAULTS", few)


def invoke(folder: Path, *as_ofs: str) -> Result:
    days = [word for day in as_ofs for word in ("--as-of", day)]
    where = ["--data", str(folder), "--mapping", str(folder / "map.toml"), "--out", str(folder / "out" / "risk.json")]
    asked = ["--source", "mapped", "--outcome", "conduct", "--horizon-months", "12", *days, *where]
    return CliRunner().invoke(pharos.app, ["backtest", "risk", *asked], terminal_width=200)


def test_a_mapped_department_is_tested_from_its_files(department: Path) -> None:
    result = invoke(department, "2016-01-01", f"{QUIET}-01-01")
    assert result.exit_code == 0, result.output
    report = json.loads((department / "out" / "risk.json").read_text(encoding="utf-8"))
    by_day = {day: [one for one in report["records"] if one["as_of"] == day] for day in ("2016-01-01", "2017-01-01")}
    assert [one["model"] for one in by_day["2016-01-01"]] == list(MODELS)
    sustained = letters().query("found == 'sustained'")["came"].str.startswith("2016").sum()
    assert sustained > 5
    assert all(one["positives"] == sustained and one["average_precision"] > 0 for one in by_day["2016-01-01"])
    assert all(one["positives"] == 0 and one["average_precision"] is None for one in by_day["2017-01-01"])
    assert {one["n_train"] for one in by_day["2016-01-01"]} == {5 * OFFICERS}  # 2011 to 2015, none for the slip of 1901
    silent = [
        one for one in report["comparisons"] if one["as_of"] == "2017-01-01" and one["metric"] != "precision_at_5pct"
    ]
    assert silent
    assert all(one["difference"] is None and one["low"] is None for one in silent)
    assert report["data"]["intake"]["postings"]["quarantined"] == 1
    assert report["data"]["intake"]["officers"]["registered"] == 1
    assert "officers: 79 rows accepted, 0 quarantined, 1 registered" in result.output
    assert "peak memory" in result.output


def test_an_as_of_that_cannot_be_is_one_sentence(department: Path) -> None:
    result = invoke(department, "2016-01-01", "2010-01-01")
    assert result.exit_code != 0
    assert "--as-of 2010-01-01 is too early for conduct" in str(result.exception)
    assert not (department / "out").exists()


def typed(folder: Path, command: str, *words: str) -> str:
    """The one sentence of a command that is refused before anything passes the door."""
    where = ["--data", str(folder), "--mapping", str(folder / "map.toml"), "--source", "mapped"]
    result = CliRunner().invoke(pharos.app, [*command.split(), *where, "--out", str(folder / "out"), *words])
    assert result.exit_code != 0
    return str(result.exception)


@pytest.mark.parametrize("command", ["backtest risk", "backtest units", "report risk"])
def test_what_cannot_be_asked_is_refused_before_the_door(
    department: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def door(*_: object, **__: object) -> None:
        raise AssertionError("the door was reached")

    monkeypatch.setattr("features.ingest.take_in_all", door)
    day, ahead = ["--as-of", "2016-01-01"], ["--horizon-months", "12"]
    conduct = ["--outcome", "conduct"]
    told = typed(department, command, *day, *ahead, "--outcome", "strain")
    assert f"needs table 'duty_months', which mapped at {department} does not have" in told
    assert "can label conduct, force, departure, any_complaint" in told
    early = typed(department, command, "--as-of", "1990-01-01", *ahead, *conduct)
    assert "too early for conduct at 12 months" in early
    assert "use a day from 2011-01-15 to " in early
    late = typed(department, command, "--as-of", "2030-01-01", *ahead, *conduct)
    assert "too late for conduct" in late
    assert "7 months; policy allows 6, 12, 24" in typed(department, command, *day, "--horizon-months", "7", *conduct)
    assert "outcome 'luck' is unknown; policy has" in typed(department, command, *day, *ahead, "--outcome", "luck")


def test_every_step_of_the_bar_is_planned() -> None:
    asked = RiskBacktest("mapped", Path(), ["2016-01-01", "2017-01-01"], ["conduct", "force"])
    fitted = set(MODELS) - {"count_rule", "ebm", "blend"}  # the last two come with pharos
    assert steps_of(asked) == 2 + 2 * (2 * len(fitted) + 1)
