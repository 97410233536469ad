"""The audit of short lists on a small simulated bureau: sizes, ties and groups of all six fields, and nobody's name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from data_contracts.vocabulary import Bilingual, TalentField
from experiments.commands import edge
from experiments.reports.shortlists import audit, page_of, uneven_lines
from features.history import History
from models import registry
from models.talent.balance import GroupOnList, ListBalance
from training.evaluation.balance_plots import balance_figure

DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    use = Settings(state=tmp_path_factory.mktemp("lists"))
    made = simulate(400, 4, 7, DAY)
    History(use.history_dir).append_all({name: made[name] for name in catalog().tables if len(made[name])}, "test")
    return use


def test_every_field_has_its_size_its_ties_and_its_groups(state: Settings) -> None:
    found = audit(state, DAY, policy())
    assert [one.field for one in found] == list(TalentField)
    for one in found:
        assert one.listed == one.balance.listed
        assert one.could_be_listed == one.balance.eligible
        assert one.tied_at_edge <= one.tied <= one.listed
        assert (one.listed > one.size) <= (one.tied_at_edge > 1)
        told = {group.attribute for group in one.balance.groups}
        assert {"sex", "age_band"} <= told
        assert told | set(one.balance.withheld) == set(policy().gate.groups.attributes)
        assert all(group.eligible >= policy().talent.least_group for group in one.balance.groups)
    assert any(one.tied for one in found)


def test_the_command_writes_page_pictures_and_json_and_names_nobody(
    state: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "settings", lambda: state)
    told = CliRunner().invoke(pharos.app, ["report", "shortlists", "--as-of", str(DAY), "--out", str(tmp_path)])
    assert told.exit_code == 0, told.output
    page, report = tmp_path / "shortlists.html", tmp_path / "shortlists.json"
    for name in ("shortlists.png", "shortlists.en.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    text, found = page.read_text("utf-8"), json.loads(report.read_text("utf-8"))
    assert [one["field"] for one in found["records"]] == [one.value for one in TalentField]
    assert {"field", "group", "ratio", "low", "high", "state"} <= set(found["groups"][0])
    for field in TalentField:
        assert field.zh in text
        assert field.en in text
    assert "性别：女" in text
    assert "women" in text
    assert "ratio of the shares [95% interval]" in text
    assert "两占比之比 [95% 区间]" in text
    assert "{sure}" not in text
    assert "Balance by group, the picture in Chinese" in text
    officers = set(History(state.history_dir).frame("officers", ["officer_id"])["officer_id"].astype(str))
    assert not any(officer in text + report.read_text("utf-8") for officer in officers)
    client = registry.client(state)
    (run,) = client.search_runs([client.get_experiment_by_name("report").experiment_id])
    assert {one.path for one in client.list_artifacts(run.info.run_id)} == {
        "pictures", "shortlists.html", "shortlists.json",
    }  # fmt: skip


def test_what_was_not_recorded_or_is_too_small_is_said(state: Settings) -> None:
    (one, *_) = audit(state, DAY, policy())
    empty = ListBalance(10, 0, (), ("sex",), ("ethnicity",))
    told = page_of([type(one)(one.field, 20, 0, 10, 0, 0, 0, None, empty)], DAY, lambda _figure, _name: b"", policy())
    notes = [note.en for note in told.sections[1].notes]
    assert f"{one.field.en}, sex: nobody recorded it, so groups cannot be compared" in notes
    assert f"{one.field.en}, ethnicity: too few officers in a group to be told" in notes
    assert told.sections[1].pictures == []


def test_uneven_groups_stand_below_the_table_apart_from_each_other(state: Settings) -> None:
    (one, *_) = audit(state, DAY, policy())
    sides = [("in units", "unit_size=1-29"), ("women", "sex=female")]
    groups = [GroupOnList(code.partition("=")[0], code, 40, 9, 0.2, 0.9, 4.5, 2.0, 5.0, "uneven") for _, code in sides]
    found = replace(one, balance=ListBalance(200, 10, tuple(groups), (), ()))
    assert uneven_lines([found]) == [f"uneven: {one.field.en}: in units of 1-29 officers; women"]
    assert uneven_lines([replace(one, balance=ListBalance(200, 10, (), (), ()))]) == []


def test_a_group_of_which_nobody_is_listed_shows_its_upper_limit() -> None:
    nan, name = float("nan"), Bilingual("交通管理", "traffic")
    groups = (
        GroupOnList("sex", "sex=female", 40, 0, 0.2, 0.0, 0.0, 0.0, 0.84, "unclear"),
        GroupOnList("sex", "sex=male", 160, 20, 0.8, 1.0, 1.25, 1.04, 1.25, "uneven"),
    )
    nothing = (GroupOnList("sex", "sex=female", 40, 0, 0.2, nan, nan, nan, nan, "nothing"),)
    figure = balance_figure(
        [(name, ListBalance(200, 20, groups, (), ())), (name, ListBalance(40, 0, nothing, (), ()))],
        policy().gate.groups,
        english=True,
    )
    first, second, third, *_ = figure.axes
    assert [text.get_text() for text in first.texts] == ["nobody listed"]
    assert [tick.get_text() for tick in first.get_yticklabels()] == ["women", "men"]
    assert len(second.texts) == 0
    assert not third.get_visible()
