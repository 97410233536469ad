"""The compiled features: made once in a process for each choice of tables, whatever rows they hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.policy import policy
from features import officer_rows
from features.history import History
from features.officer_rows import OfficerRows
from tests.features.test_snapshots import bureau

Compiled = dict[tuple[frozenset[str], str], str]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Compiled:
    """What is compiled from now on."""
    found: Compiled = {}
    monkeypatch.setattr(officer_rows, "COMPILED", found)
    return found


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A bureau of four on disk."""
    kept = History(tmp_path / "history")
    kept.append_all(bureau(), "test")
    return kept


def test_rows_in_memory_and_in_files_ask_the_same(history: History, compiled: Compiled) -> None:
    """So one may stand for the other: what is compiled depends on which tables there are, and on nothing in them."""
    asked = [rows.sql for rows in (OfficerRows.of_frames(history.frames()), OfficerRows.of_history(history))]
    assert len(compiled) == 1
    compiled.clear()
    again = OfficerRows.of_history(history).sql
    assert len(compiled) == 1
    assert {*asked, again} == set(compiled.values())


def test_it_is_compiled_once_for_each_choice_of_tables_and_each_policy(
    history: History, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = history.frames()
    whole = OfficerRows.of_frames(frames).sql
    few = {name: frame for name, frame in frames.items() if name != "complaints"}
    without = OfficerRows.of_frames(few).sql
    assert without != whole
    monkeypatch.setattr(officer_rows, "officer_features", lambda *_: pytest.fail("compiled again"))
    assert (OfficerRows.of_frames(frames).sql, OfficerRows.of_frames(few).sql) == (whole, without)
    monkeypatch.setattr("features.definitions.policy", lambda: replace(policy(), training=()))
    with pytest.raises(pytest.fail.Exception, match="compiled again"):
        OfficerRows.of_frames(frames).sql  # noqa: B018
