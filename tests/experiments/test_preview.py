"""The preview against a force and later years whose counts are known by hand."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import pharos
from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from experiments.preview_tables import as_table, run_preview
from models.registry import ResolvedModel
from models.risk.design_matrix import Design
from models.risk.evidence import Pooled
from models.risk.logistic import SoftLogistic
from models.risk.model import OutcomeModel, RiskBundle
from serving.risk import preview as module
from serving.risk.preview import Prepared, Preview, Setting, _figures, preview
from serving.risk.previewing import PreviewDesk

AS_OF, BEFORE, CHECKED = date(2024, 3, 1), date(2024, 2, 1), date(2022, 1, 1)
ODDS = np.linspace(-4, 2, 100)


class FakeReader:
    """100 officers in two units; the 10 likeliest of March were not likely before. o-new is too new to score."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    days = (CHECKED, BEFORE, AS_OF)

    def snapshot_dates(self) -> list[date]:
        return [*self.days]

    def snapshot(self, day: date) -> pd.DataFrame:
        odds = ODDS if day >= AS_OF else ODDS[::-1]
        rows = pd.DataFrame({"officer_id": [f"o-{n}" for n in range(100)], "odds": odds, "tenure_days": 4000.0})
        rows["unit_id"] = ["a"] * 50 + ["b"] * 50
        new = pd.DataFrame({"officer_id": ["o-new"], "odds": [5.0], "tenure_days": [10.0], "unit_id": ["b"]})
        return pd.concat([rows, new], ignore_index=True)


def _bundle() -> RiskBundle:
    member = SoftLogistic(middle=np.zeros(1), scale=np.ones(1), coefficients=np.ones(1))
    model = OutcomeModel("conduct", 12, Design(("odds",), {}), {"logistic": member}, {"logistic": 1.0})
    return RiskBundle((model,), "risk_v1", "hash")


def _nothing() -> Any:
    """What a desk is not asked for."""
    raise AssertionError("asked for in vain")


@pytest.fixture
def known(state: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A model whose later year had 10 events, 6 of them among the 10 highest chances."""
    names = pseudonyms(state.keys_dir)
    came = np.zeros(100)
    came[[99, 98, 97, 96, 95, 94, 50, 40, 30, 20]] = 1.0
    officers = np.array([names.of(f"o-{n}") for n in range(100)], dtype=object)
    chances = 1 / (1 + np.exp(-ODDS))
    days = np.full(100, np.datetime64(CHECKED, "D"))
    evidence = {"conduct": Pooled(days, officers, came, chances, np.zeros(100))}
    model = ResolvedModel("risk", "3", Path("model"), "run", {})
    monkeypatch.setattr(module, "_model", lambda settings: (model, _bundle(), evidence))
    monkeypatch.setattr(module, "FeatureReader", FakeReader)
    return state


def _record(told: dict[str, Any], kind: str, value: float) -> dict[str, Any]:
    (found,) = [one for one in told["records"] if (one["setting"], one["value"]) == (kind, value)]
    return dict(found)


def test_volume_and_worth_are_counted_by_hand(known: Settings) -> None:
    asked = Preview(AS_OF, ("conduct",), poor_shares=(0.10,), cut_offs=(0.5,), unit_budgets=(0.04,))
    told = preview(known, asked)
    assert told["data"]["model"] == {"name": "risk", "version": "3"}
    assert told["data"]["snapshots"] == ["2024-02-01"]
    tenth = _record(told, "poor_share", 0.10)
    assert (tenth["officers"], tenth["alerts_now"], tenth["most_in_a_unit"], tenth["units_with_alerts"]) == (
        100, 10, 10, 1,
    )  # fmt: skip
    assert tenth["new_a_month"] == pytest.approx(10 / (29 / 30.4375))
    assert (tenth["new_over_months"], told["data"]["new_over_months"]) == (1, 1)
    assert (tenth["flagged"], tenth["precision"], tenth["recall"], tenth["base_rate"]) == (10, 0.6, 0.6, 0.1)
    assert tenth["low"] < 0.6 < tenth["high"]
    assert [one["as_of"] for one in tenth["by_as_of"]] == ["2022-01-01"]
    assert _record(told, "cut_off", 0.5)["alerts_now"] == int((ODDS >= 0).sum())
    budget = _record(told, "unit_budget", 0.04)
    assert (budget["alerts_now"], budget["most_in_a_unit"]) == (2, 2)  # of five poor in one unit of 50
    assert (budget["flagged"], budget["precision"]) == (2, 1.0)


@pytest.mark.parametrize("others", [(), (date(2023, 9, 1),), (date(2023, 8, 1), date(2024, 1, 15), date(2024, 2, 20))])
def test_new_alerts_are_the_same_whatever_other_snapshots_exist(
    known: Settings, monkeypatch: pytest.MonkeyPatch, others: tuple[date, ...]
) -> None:
    monkeypatch.setattr(FakeReader, "days", tuple(sorted((CHECKED, BEFORE, AS_OF, *others))))
    told = preview(known, Preview(AS_OF, poor_shares=(0.10,)))
    assert told["records"][0]["new_a_month"] == pytest.approx(10 / (29 / 30.4375))
    assert told["data"]["snapshots"] == ["2024-02-01"]
    screen = io.StringIO()
    Console(file=screen, width=80).print(as_table(told))
    assert "new: counted over 1 month" in screen.getvalue()
    monkeypatch.setattr(FakeReader, "days", (CHECKED, *others, AS_OF))
    lone = preview(known, Preview(AS_OF, poor_shares=(0.10,)))
    assert (lone["records"][0]["new_a_month"], lone["data"]["new_over_months"]) == (None, 0)
    Console(file=screen, width=80).print(as_table(lone))
    assert "new: not known, no two snapshots lie a month apart" in screen.getvalue()


def test_the_help_says_that_the_ends_are_refused() -> None:
    shown = CliRunner().invoke(pharos.app, ["preview", "--help"]).output
    assert re.sub(r"[\s│]+", " ", shown).count("above 0 and below 1") == 3


def test_more_alerts_find_more_and_are_less_often_right(known: Settings) -> None:
    records = [one for one in preview(known, Preview(AS_OF))["records"] if one["setting"] == "poor_share"]
    assert [one["alerts_now"] for one in records] == [1, 2, 3, 5, 8, 10]
    assert [one["recall"] for one in records] == sorted(one["recall"] for one in records)
    assert records[0]["precision"] == 1.0 > records[-1]["precision"]


def test_what_is_written_is_json_with_a_picture_and_a_narrow_table(known: Settings, tmp_path: Path) -> None:
    screen = Console(file=io.StringIO(), width=80)
    run_preview(known, Preview(AS_OF), tmp_path / "deep" / "preview.json", screen)
    told = json.loads((tmp_path / "deep" / "preview.json").read_text("utf-8"))
    assert {one["outcome"] for one in told["records"]} == {"conduct"}
    assert (next(known.pictures_dir.glob(f"risk-*/preview-{AS_OF}.png"))).stat().st_size > 10_000
    lines = screen.file.getvalue().splitlines() if isinstance(screen.file, io.StringIO) else []
    assert any("share 5 %" in line and "1.000" in line for line in lines)
    assert max(map(len, lines)) <= 80 or any(line.startswith("picture") for line in lines)
    assert as_table(told).row_count == 7


def test_no_figure_is_cut_on_80_columns_and_what_binds_is_said(known: Settings) -> None:
    told = preview(known, Preview(AS_OF, poor_shares=(0.05,), unit_budgets=(0.02,)))
    wide = {"outcome": "any_complaint", "horizon_months": 24, "alerts_now": 123456, "new_a_month": 1234.5,
            "most_in_a_unit": 1234, "units_over_budget": 5678, "precision": 0.123, "low": 0.111, "high": 0.135,
            "recall": 0.456}  # fmt: skip
    screen = io.StringIO()
    Console(file=screen, width=80).print(as_table({**told, "records": [one | wide for one in told["records"]]}))
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    (line,) = (line for line in lines if "share" in line and "123,456" in line)
    assert line.split()[-7:] == ["123,456", "1234.5", "1234", "5678", "0.123", "0.111-0.135", "0.456"]
    assert "…" not in screen.getvalue()
    words = " ".join(screen.getvalue().split())
    assert "mode shares: the budget of a unit (10 %) does not limit alerts" in words


def test_outcomes_and_settings_are_whole_on_80_columns() -> None:
    """Of a force of 3,000: no name is broken in two, nor a share from its sign."""
    one = {"outcome": "stagnation", "horizon_months": 12, "alerts_now": 1234, "new_a_month": 123.4,
           "most_in_a_unit": 123, "units_over_budget": 123, "precision": 0.123, "low": 0.1111, "high": 0.1355,
           "recall": 0.456, "events": 1234.4, "events_expected": 567.8, "held_back": 0}  # fmt: skip
    kinds = [("poor_share", 0.01), ("cut_off", 0.123), ("unit_budget", 0.025)]
    about = {"as_of": AS_OF, "model": {"name": "risk", "version": "7"}, "mode": "shares", "unit_budget": 0.1,
             "budget_binds": False, "new_over_months": 3}  # fmt: skip
    screen = io.StringIO()
    records = [one | {"setting": kind, "value": value} for kind, value in kinds]
    Console(file=screen, width=80).print(as_table({"data": about, "records": records}))
    text = screen.getvalue()
    for setting in ("share 1 %", "cut-off 0.123", "budget 2.5 %"):
        assert re.search(rf"^ *stagnation +{re.escape(setting)} +1,234 ", text, re.MULTILINE), text
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    assert "P, recall of stagnation: of 1,234 events 568 are the chances of what is still open, no findings" in words


def test_of_the_events_those_that_are_open_are_told_apart() -> None:
    y, marks = np.array([1.0, 0.25, 0.5, 0.0]), np.array([True, True, False, False])
    told = _figures(y, marks)
    assert (told["events"], told["events_expected"], told["flagged"]) == (1.75, 0.75, 2)


def test_a_desk_tells_of_a_snapshot_that_is_written_later_without_a_restart(
    known: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger read "not known" on the page, and a figure on the command line, until the service began anew."""

    def written(day: date, content: bytes) -> None:
        part = known.snapshot_dir / "officers" / f"as_of={day}" / "part-0.parquet"
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        monkeypatch.setattr(FakeReader, "days", sorted({*FakeReader.days, day}))

    monkeypatch.setattr(FakeReader, "days", [CHECKED])
    written(AS_OF, b"one")
    desk = PreviewDesk(known, run=_nothing, placements=_nothing, policy=policy())
    first = desk._prepared(AS_OF, "3")
    written(date(2024, 4, 1), b"later than the night: not read")
    (known.snapshot_dir / "officers" / f"as_of={BEFORE}").mkdir()  # still being filled
    assert desk._prepared(AS_OF, "3") is first
    assert first.pairs == []
    written(BEFORE, b"one")
    second = desk._prepared(AS_OF, "3")
    assert second.pairs == [(BEFORE, AS_OF)]
    written(BEFORE, b"written anew")
    assert desk._prepared(AS_OF, "3") is not second


def test_whom_the_floor_of_poor_keeps_out_is_counted_and_said(known: Settings) -> None:
    """A share of half the force stops at the floor: a stranger wondered why 8 % and 10 % alerted the same people."""
    told = preview(known, Preview(AS_OF, poor_shares=(0.10, 0.50), cut_offs=(0.01,)))
    tenth, half, cut = told["records"]
    (model,) = _bundle().outcome_models
    chances = model.predict(model.design.matrix(pd.DataFrame({"odds": ODDS})))
    least = policy().grades.shares.poor_from_mean * chances.mean() / (1 - chances.mean())
    above = int((chances / (1 - chances) >= least).sum())
    assert 10 < above < 50
    assert (tenth["alerts_now"], tenth["held_back"]) == (10, 0)
    assert (half["alerts_now"], half["held_back"]) == (above, 50 - above)
    assert cut["held_back"] == 0
    screen = io.StringIO()
    Console(file=screen, width=80).print(as_table(told))
    words = " ".join(screen.getvalue().split())
    assert f"below 1.5 times the odds of the force's mean: {50 - above} at share 50 %" in words
    in_block = Prepared.of(known, AS_OF).records([Setting("poor_share", 0.50)], policy().grades, {"a"})
    assert (in_block[0]["alerts_now"] + in_block[0]["held_back"], in_block[0]["held_back"]) == (0, 0)


def test_units_beyond_their_budget_are_counted_and_a_budget_that_binds_has_none(known: Settings) -> None:
    told = preview(known, Preview(AS_OF, poor_shares=(0.10,), unit_budgets=(0.02,)))
    shares, budget = told["records"]
    assert (shares["units_over_budget"], shares["most_in_a_unit"] > 5) == (1, True)
    assert budget["units_over_budget"] == 0
    assert not told["data"]["budget_binds"]


def test_a_model_without_later_years_still_tells_the_volume(known: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ResolvedModel("risk", "3", Path("model"), "run", {})
    monkeypatch.setattr(module, "_model", lambda settings: (model, _bundle(), {}))
    told = preview(known, Preview(AS_OF, poor_shares=(0.05,)))
    assert (told["records"][0]["alerts_now"], told["records"][0]["precision"]) == (5, None)
    assert as_table(told).row_count == 1


def test_nonsense_is_refused_in_one_sentence(known: Settings) -> None:
    with pytest.raises(InvalidInput, match="flags nobody or everybody"):
        Setting("poor_share", 0.0)
    with pytest.raises(InvalidInput, match="it answers conduct"):
        preview(known, Preview(AS_OF, ("strain",)))
