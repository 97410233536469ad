"""Commands as a scheduler meets them: what their exit status means stands in their help, and holds."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import pharos
from data_contracts.errors import NotReady
from data_contracts.settings import settings
from data_contracts.vocabulary import Bilingual
from experiments.drift.watch import EXIT_STATUS

GATES = ("risk", "next-post", "courses", "paths")


def told(*command: str) -> dict[int, str]:
    """Each exit status that the help of a command names, and what it means."""
    output = CliRunner().invoke(pharos.app, [*command, "--help"], terminal_width=400).output
    (line,) = [one for one in output.splitlines() if "Exit status:" in one]
    return {int(number): words for number, words in re.findall(r"(\d) ([^;.]+)", line.split("Exit status:")[1])}


def test_the_help_of_watch_names_every_status_it_ends_with() -> None:
    named = told("watch")
    assert set(named) == {*EXIT_STATUS.values(), 2}
    assert [named[status] for status in EXIT_STATUS.values()] == ["quiet", "drift warning", "drift alert"]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_watch_ends_with_the_status_of_its_level(monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    monkeypatch.setattr("experiments.drift.watch.run_watch", lambda *_: EXIT_STATUS[level])
    assert CliRunner().invoke(pharos.app, ["watch", "--as-of", "2026-01-01"]).exit_code == EXIT_STATUS[level]


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("passed", [True, False])
def test_a_gate_ends_with_what_its_help_names(monkeypatch: pytest.MonkeyPatch, name: str, passed: bool) -> None:
    from models.registry import ResolvedModel
    from training.gate import verdict
    from training.gate.lines import Line, Status
    from training.gate.verdict import Examined

    status = Status.PASS if passed else Status.FAIL
    line = Line("check", "whole", status, Bilingual("检查", "check"), Bilingual("至少 1", "at least 1"), 1.0)
    examined = Examined(ResolvedModel(name, "1", Path(), "run", {}), "hash", {}, (line,))
    monkeypatch.setattr(verdict, "pass_gate", lambda *_: (examined, Path("card")))
    result = CliRunner().invoke(pharos.app, ["gate", name])
    assert result.exit_code == (0 if passed else 1), result.output
    assert told("gate", name).keys() == {0, 1, 2}
    assert told("gate", name)[result.exit_code] == ("it may answer" if passed else "it may not")


@pytest.mark.parametrize("command", [("watch", "--as-of", "2026-01-01"), *(("gate", name) for name in GATES)])
def test_what_cannot_be_done_is_one_sentence_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PHAROS_STATE", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["pharos", *command])
    settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            pharos.main()
    finally:
        settings.cache_clear()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(NotReady.code)


def test_the_version_is_that_of_what_is_installed() -> None:
    said = CliRunner().invoke(pharos.app, ["--version"])
    assert (said.exit_code, said.output.strip()) == (0, f"pharos {metadata.version('pharos')}")


def numbers_asked(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each option or argument below a command that takes numbers, with the words that lead to its command."""
    for name, below in getattr(command, "commands", {}).items():
        yield from numbers_asked(below, (*path, name))
    for asked in command.params:
        if {"int", "float"} & set(re.findall(r"\w+", str(asked.type_descriptor.annotation))):
            yield path, asked


NUMBERS = list(numbers_asked(typer.main.get_command(pharos.app)))


def test_the_command_tree_asks_for_numbers() -> None:
    assert {asked.name for _, asked in NUMBERS} >= {"officers", "years", "seed", "trials", "days", "unit_budget"}


@pytest.mark.parametrize("value", ["-1", "1000000000000"])
@pytest.mark.parametrize(("path", "asked"), NUMBERS, ids=[" ".join((*path, asked.name)) for path, asked in NUMBERS])
def test_an_absurd_number_is_refused_by_its_place_and_its_range(path: tuple[str, ...], asked: Any, value: str) -> None:
    """What is given is checked before what is missing: nothing else has to be there, and nothing runs."""
    option = asked.opts[0]
    refused = CliRunner().invoke(pharos.app, [*path, option, value], terminal_width=400)
    assert refused.exit_code == 2
    words = re.sub(r"[\s│]+", " ", refused.output)
    assert f"'{option}'" in words
    assert re.search(r"(greater|less) than or equal to|in the range", words)  # what may be given instead
    assert None not in (asked.min, asked.max)


def test_a_seed_may_be_nought_and_a_force_may_not() -> None:
    refused = CliRunner().invoke(pharos.app, ["simulate", "--officers", "0"], terminal_width=200)
    assert refused.exit_code == 2
    assert "--officers" in refused.output
    assert all(asked.min == 0 for _, asked in NUMBERS if asked.name == "seed")
