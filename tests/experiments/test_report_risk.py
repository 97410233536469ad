"""The report on a small simulated bureau: one page that stands alone, in two languages, its pictures on record."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.errors import MissingTable, NotReady
from data_contracts.intake import Delivery
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation
from data_contracts.vocabulary import Bilingual
from experiments.backtests import risk as backtest_risk
from experiments.backtests.reporting import known_until
from experiments.backtests.units import UnitsReport
from experiments.reports.groups import audit_of
from experiments.reports.pages import Page, Picture, Row, Section, Sheet, write_page
from experiments.reports.risk import Evidence, _with_units, default_days, default_outcomes
from experiments.reports.sections import _group, units_section
from features.ingest import Delivered, delivery_of, versioned
from models import registry
from models.risk.boosting import DEFAULTS
from training.evaluation.fairness import Group, Measured
from training.risk.dataset import rows_from_tables

VOID = {"meta", "input", "img", "br"}
DAYS = ("2023-07-01", "2024-07-01")


class Tags(HTMLParser):
    """Checks that tags close in order; keeps ids, addresses, and words by language."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.languages: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids += [value for name, value in told.items() if name == "id" and value]
        self.addresses += [value for name, value in told.items() if name in ("src", "href", "action") and value]
        self.languages += [value for name, value in told.items() if name == "lang" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: Path) -> Tags:
    """The page's tags; fails where they do not nest."""
    tags = Tags()
    tags.feed(page.read_text(encoding="utf-8"))
    assert tags.open == []
    return tags


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated bureau."""
    folder = tmp_path_factory.mktemp("bureau")
    write_simulation(Plan(260, 7, 5, date(2026, 1, 1)), folder, with_bad_rows=False)
    return folder


@pytest.fixture(scope="module")
def delivery(bureau: Path) -> Delivery:
    """What it delivers, read once."""
    return delivery_of(Delivered("simulator", bureau))


@pytest.fixture(scope="module")
def reported(bureau: Path, delivery: Delivery, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    """The command, run once; the state it logged to, and the folder it wrote."""
    out, state = tmp_path_factory.mktemp("out"), Settings(state=tmp_path_factory.mktemp("state"))
    rows = rows_from_tables(versioned(delivery), [date(year, 7, 1) for year in range(2020, 2025)])
    days = [word for day in DAYS for word in ("--as-of", day)]
    with pytest.MonkeyPatch.context() as patch:
        for module in ("backtests.risk", "backtests.units", "reports.risk"):
            patch.setattr(f"experiments.{module}.delivery_of", lambda *_: delivery)
        for module in ("backtests.risk", "backtests.units"):
            patch.setattr(f"experiments.{module}.rows_from_tables", lambda *_: rows)
        patch.setattr("models.risk.baselines.TREES", 10)
        few = {**DEFAULTS, "rounds": 10, "learning_rate": 0.1, "min_data_in_leaf": 20}
        patch.setattr("models.risk.boosting.DEFAULTS", few)
        patch.setattr("models.risk.glass_box.DEFAULTS", {"max_rounds": 5, "learning_rate": 0.1})
        patch.setattr("models.risk.event_sequence.EPOCHS", 1)
        patch.setattr("experiments.commands.edge.settings", lambda: state)
        asked = ["--source", "simulator", "--data", str(bureau), "--outcome", "conduct", "--horizon-months", "12"]
        result = CliRunner().invoke(
            pharos.app, ["report", "risk", *asked, *days, "--out", str(out)], catch_exceptions=False
        )
    assert result.exit_code == 0, result.output
    return state, out


def test_the_page_stands_alone(reported: tuple[Settings, Path]) -> None:
    tags = read(reported[1] / "risk.html")
    assert all(address.startswith(("#", "data:image/png;base64,")) for address in tags.addresses)
    text = (reported[1] / "risk.html").read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text
    assert "default-src 'none'" in text


def test_the_page_has_every_section_in_both_languages(reported: tuple[Settings, Path], bureau: Path) -> None:
    tags = read(reported[1] / "risk.html")
    wanted = ["run", "budget", "calibration", "grades", "units", "ceiling", "groups", "comparisons"]
    assert [code for code in tags.ids if code in wanted] == wanted
    assert tags.languages.count("en") == tags.languages.count("zh") - 1  # the page itself is Chinese first
    text = (reported[1] / "risk.html").read_text(encoding="utf-8")
    for said in ("按名额的精确率", "precision by budget", "complaints.parquet", "--as-of 2023-07-01", "count_rule"):
        assert said in text
    assert str(bureau) not in text  # whose machine it ran on is nobody's business


def test_the_page_says_what_is_still_open_before_it_shows_calibration(reported: tuple[Settings, Path]) -> None:
    told = json.loads((reported[1] / "risk.json").read_text(encoding="utf-8"))["open_findings"]
    text = (reported[1] / "risk.html").read_text(encoding="utf-8")
    assert [one["as_of"] for one in told] == list(DAYS)
    start = text.index('id="calibration"')
    for one in told:
        assert start < text.index(one["told"]["zh"]) < text.index(one["told"]["en"], start) < text.index('id="grades"')


def test_the_ceiling_is_told_beside_the_learning_curve(reported: tuple[Settings, Path]) -> None:
    told = json.loads((reported[1] / "risk.json").read_text(encoding="utf-8"))
    (ceiling,) = told["data"]["ceilings"]
    assert (ceiling["outcome"], ceiling["as_of"]) == ("conduct", DAYS[-1])
    rows = [spot["rows"] for spot in ceiling["curve"]]
    assert rows == sorted(rows)
    assert rows[0] < rows[-1] / 4
    assert ceiling["eventual"] > 0
    peers = {record["model"] for record in told["comparisons"] if "eventual" in json.dumps(record)}
    assert peers
    assert "told later findings" in (reported[1] / "risk.html").read_text(encoding="utf-8")


def test_the_pictures_of_the_page_stand_in_mlflow(reported: tuple[Settings, Path]) -> None:
    state, out = reported
    client = registry.client(state)
    experiment = client.get_experiment_by_name("report")
    runs = client.search_runs([experiment.experiment_id])
    names = {Path(item.path).name for item in client.list_artifacts(runs[0].info.run_id, "pictures")}
    assert {f"report-{kind}-conduct.png" for kind in ("budget", "calibration", "grades", "groups")} <= names
    shown = [address for address in read(out / "risk.html").addresses if address.startswith("data:")]
    assert len(shown) == len(names)
    png = (state.pictures_dir / runs[0].info.run_id / "report-budget-conduct.png").read_bytes()
    assert base64.b64encode(png).decode() in shown[0]
    assert json.loads((out / "risk.json").read_text(encoding="utf-8"))["records"]


def test_the_last_three_years_that_are_over_are_asked_by_default(delivery: Delivery) -> None:
    frames = versioned(delivery)
    assert [str(day) for day in default_days(known_until(frames), 12)] == ["2022-01-01", "2023-01-01", "2024-01-01"]
    assert default_outcomes(frames)[:2] == ["conduct", "force"]
    with pytest.raises(NotReady, match="no dated row"):
        default_days(None, 24)
    with pytest.raises(MissingTable, match="no outcome"):
        default_outcomes({"postings": frames["postings"]})


def test_groups_are_read_from_the_newest_version_of_the_audit_table() -> None:
    officers = pd.Series(["a", "b"], dtype="string")
    protected = pd.DataFrame({
        "officer_id": ["a", "a", "b"], "sex": ["x", "y", None], "ethnicity": [None] * 3,
        "birth_year": [1970, 1980, None],
        "superseded_on": [pd.Timestamp("2010-01-01"), pd.NaT, pd.NaT],
    })  # fmt: skip
    sizes = pd.Series([10.0, 5000.0])
    tested = backtest_risk.Tested("conduct", date(2020, 1, 1), 5, officers, np.zeros(2), {}, {}, unit_sizes=sizes)
    audit = audit_of([tested], protected)
    assert audit["sex"].tolist() == ["y", None]
    assert audit["age_band"].tolist()[0].startswith("4")
    assert "ethnicity" not in audit
    assert audit["unit_size"].nunique() == 2
    assert audit_of([tested], None).columns.tolist() == ["unit_size"]


def test_units_name_their_steps_and_the_bar_hears_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are half of the hours: a reader saw two of 82 steps left for all of them."""
    told: list[object] = []

    def backtest(_: object, say: Callable[[str], None], plan: Callable[[int], None], delivery: object) -> str:
        plan(5)
        say("conduct learning")
        return "units"

    monkeypatch.setattr("experiments.backtests.units.backtest_units", backtest)
    about = SimpleNamespace(source="s", data=Path(), as_ofs=[], horizon_months=24, mapping=None, seed=1)
    made = SimpleNamespace(asked=about, outcomes=["conduct"])
    _with_units(cast(Evidence, made), cast(Delivery, None), told.append, told.append)
    assert (made.units, told) == ("units", [5, "conduct learning"])


def test_of_two_units_the_page_says_that_a_rank_tells_nothing() -> None:
    about = {"outcome": "conduct", "as_of": "2024-07-01"}
    pages = {}
    for units in (2, 30):
        ranks = {"units": units, "spearman": -1.0, "spearman_low": -1.0, "spearman_high": -1.0}
        gap = {"units": units, "difference": -2.0, "low": -2.0, "high": -2.0}
        compared = {**about, "metric": "spearman", "model": "pharos", "versus": "last_period", **gap}
        found = UnitsReport({}, records=[{**about, "method": "pharos", **ranks}], comparisons=[compared])
        section = units_section(cast("Evidence", SimpleNamespace(units=found)), lambda *_: b"")
        assert section is not None
        pages[units] = [row.cells for sheet in section.sheets for row in sheet.rows]
    few = Bilingual("仅2个单位，不能说明什么", "of 2 units: says nothing")
    assert [list(cells[-3:]) for cells in pages[2]] == [[few, None, None]] * 2
    assert [list(cells[-3:]) for cells in pages[30]] == [[-1.0, -1.0, -1.0], [-2.0, -2.0, -2.0]]


def test_nothing_to_divide_by_is_said_and_no_ratio_is_infinite() -> None:
    def told(value: float, low: float, high: float) -> str:
        group = Group("sex=f", 40, 40, 0.0, *[Measured(value, low, high, low, high)] * 4)
        return " ".join(one.en if isinstance(one, Bilingual) else str(one) for one in _group(group).cells)

    assert "too few events to divide; at least 0.30" in told(math.inf, 0.3, math.inf)
    assert "0.80, at least 0.30; too few events to tell an upper end" in told(0.8, 0.3, math.inf)
    assert "0.80; too few events for an interval" in told(0.8, math.nan, math.nan)
    assert "0.80 [0.30, 1.20]" in told(0.8, 0.3, 1.2)
    assert "inf" not in told(math.inf, math.nan, math.inf)


def test_what_comes_from_outside_is_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    words = Bilingual(evil, evil)
    sheet = Sheet(words, [words], [Row((evil, 1.0, None), "alert")])
    section = Section("one", words, [words], [Picture(words, b"png")], [sheet])
    page = write_page(tmp_path / "deep" / "page.html", Page(words, [section]))
    assert "<script" not in page.read_text(encoding="utf-8")
    assert read(page).ids == ["both", "only-zh", "only-en", "one"]
