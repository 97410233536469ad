"""`pharos recommend`: the service's own answer as a plan in two languages and a picture."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import pharos
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from experiments.recommend import Recommendation, recommend
from serving import service
from serving.api.opened import Absent, Desks
from tests.serving.desks import demo_desks
from tests.serving.path_office import desk, office

GOAL = "post:z"


@pytest.fixture
def desks(state: Settings) -> Desks:
    """Next posts that are the same for everybody, and paths over a small history."""
    office(state)
    return replace(demo_desks(), guidance={"/v1/paths": desk(state)}, now=lambda: datetime(2021, 1, 2))


def said(asked: Recommendation, desks: Desks, pictures: Path) -> tuple[str, Path | None]:
    console = Console(record=True, width=160)
    file = recommend(asked, desks, pictures, console)
    return console.export_text(), file


def test_a_plan_is_told_in_both_languages_and_drawn(desks: Desks, tmp_path: Path) -> None:
    text, file = said(Recommendation("x", GOAL, 48), desks, tmp_path)
    assert file == tmp_path / "path.png"
    assert file.read_bytes().startswith(b"\x89PNG")
    for words in (
        "从 岗a 到 岗z：48 个月内",
        "路径 1",
        "执法规范 2 / 3",
        "未测",
        "课must",
        "首次制定路径",
        "尚未完成",
    ):
        assert words in text
    english, there = said(Recommendation("x", out=tmp_path / "else", language="en"), desks, tmp_path)
    assert there == tmp_path / "else" / "path.png"
    for words in ("from post a to post z", "within 60 months", "measured", "progress: the first plan"):
        assert words in english


def test_no_path_and_no_officer_are_answers(desks: Desks, tmp_path: Path) -> None:
    text, file = said(Recommendation("x", "post:a", language="en"), desks, tmp_path)
    assert (file, "the goal post a is reached: post a is held now" in text) == (None, True)
    said(Recommendation("x", GOAL, 48), desks, tmp_path)
    text, file = said(Recommendation("nobody", GOAL, language="en"), desks, tmp_path)
    assert (file, "no such officer" in text) == (None, True)


def test_what_is_absent_is_said_with_the_remedy(desks: Desks, tmp_path: Path) -> None:
    none = replace(desks, careers=Absent("no next posts; train"))
    text, file = said(Recommendation("x", GOAL), none, tmp_path)
    assert file is not None
    assert "no next posts; train" in text
    text, file = said(Recommendation("x", GOAL), replace(desks, guidance={"/v1/paths": Absent("no paths")}), tmp_path)
    assert (file, "no paths" in text) == (None, True)
    with pytest.raises(NotReady, match="no paths; no next posts"):
        said(Recommendation("x", GOAL), replace(none, guidance={"/v1/paths": Absent("no paths")}), tmp_path)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"goal": "z"}, "KIND:CODE"),
        ({"goal": "dream:z"}, "KIND:CODE"),
        ({"goal": "post:"}, "KIND:CODE"),
        ({"horizon_months": 0}, "horizon_months"),
        ({"officer_id": ""}, "officer_ids"),
        ({"language": "fr"}, "zh, en"),
        ({"as_of": date(2030, 1, 1)}, "has not come yet"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(
    desks: Desks, tmp_path: Path, wrong: dict[str, object], told: str
) -> None:
    asked = replace(Recommendation("x", GOAL), **wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=told):
        said(asked, replace(desks, careers=Absent("none")), tmp_path)


def test_the_command_asks_the_desks_of_the_service(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "opened_desks", lambda: desks)
    arguments = ["recommend", "x", "--goal", GOAL, "--as-of", "2021-01-01", "--language", "en"]
    found = CliRunner().invoke(pharos.app, arguments, catch_exceptions=False)
    assert found.exit_code == 0
    assert "progress: the first plan" in found.output
