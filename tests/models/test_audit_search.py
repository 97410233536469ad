"""Who read, decided or changed what: looking lines of the audit chain up, which is itself a line."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

import pharos
from data_contracts.audit.chain import METADATA, Action, Entry
from data_contracts.audit.search import Sought
from data_contracts.errors import BrokenChain, InvalidInput, NotReady
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings, settings
from models.audit import audit_chain, audit_database, newest_head, search

A, B = "o-000001", "o-000002"
EVERY = ("line", "at", "actor", "action", "request_id", "about", "details", "wrong")


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    """Five lines: three reads by two callers, a decision, and a name that a spreadsheet would calculate."""
    made = Settings(state=tmp_path, today=date(2026, 3, 9))
    names, chain = pseudonyms(made.keys_dir), audit_chain(made)
    a, b = names.of(A), names.of(B)
    for day, actor, action, request, about, units in (
        (1, "key:k1", Action.RISK_READ, "r1", (a, b), None),
        (2, "key:k2", Action.RISK_READ, "r2", (b,), None),
        (2, "key:k1", Action.UNITS_READ, "r3", (), ["u-1", "u-2"]),
        (3, "oidc:chief", Action.CASE_CHANGED, "r4", (a,), None),
        (4, "=1+1", Action.RISK_READ, "r5", (), None),
    ):
        details = {} if units is None else {"units": units}
        chain.append(Entry(datetime(2026, 3, day, 9), actor, action, request, about, details))
    return made


@pytest.fixture
def told(use: Settings) -> Iterator[CliRunner]:
    settings.cache_clear()
    yield CliRunner(env={"PHAROS_STATE": str(use.state), "PHAROS_TODAY": "2026-03-09", "COLUMNS": "200"})
    settings.cache_clear()


def asked(told: CliRunner, *arguments: str) -> Result:
    """What the command says to these arguments."""
    settings.cache_clear()
    return told.invoke(pharos.app, ["audit", "search", *arguments])


def numbers(use: Settings, sought: Sought, officer_id: str | None = None) -> list[int]:
    return [one.number for one in search(use, sought, officer_id) if one.number <= 5]


def test_lines_are_found_by_officer_caller_action_unit_day_and_request(use: Settings) -> None:
    assert numbers(use, Sought()) == [1, 2, 3, 4, 5]
    assert numbers(use, Sought(), A) == [1, 4]
    assert numbers(use, Sought(actions=frozenset({Action.RISK_READ})), B) == [1, 2]
    assert numbers(use, Sought(actor="k1")) == numbers(use, Sought(actor="key:k1")) == [1, 3]
    assert numbers(use, Sought(actor="k")) == []
    assert numbers(use, Sought(unit_id="u-2")) == [3]
    assert numbers(use, Sought(request_id="r4")) == [4]
    assert numbers(use, Sought(first=date(2026, 3, 2), last=date(2026, 3, 3))) == [2, 3, 4]
    assert numbers(use, Sought(first=date(2026, 3, 4))) == [5]
    with pytest.raises(InvalidInput, match="before --from"):
        Sought(first=date(2026, 3, 2), last=date(2026, 3, 1))


def test_who_looks_is_on_record_before_anything_is_told_and_what_was_typed_is_a_pseudonym(use: Settings) -> None:
    search(use, Sought(actor="o-000009", unit_id="u-1", actions=frozenset({Action.RISK_READ})), A, to_file=True)
    *_, mine = search(use, Sought(actions=frozenset({Action.AUDIT_READ})), A)
    names = pseudonyms(use.keys_dir)
    assert mine.told["about"] == [names.of(A)]
    assert mine.told["details"] == {
        "actions": ["audit_read"], "to_file": False
    }, "a search finds itself, where it fits"  # fmt: skip
    first = search(use, Sought())[5]
    assert first.told["details"] == {
        "actor": names.of("o-000009"), "unit": names.of("u-1"), "actions": ["risk_read"], "to_file": True,
    }  # fmt: skip
    assert first.told["actor"].startswith("operator:")


def test_nothing_is_told_where_the_search_cannot_be_on_record(use: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="nothing was audited yet"):
        search(Settings(state=tmp_path / "empty"), Sought())
    assert not (tmp_path / "empty" / "service").exists()
    use.audit_head.write_text(newest_head(use).to_json().replace('"number": 5', '"number": 9'), "utf-8")
    with pytest.raises(NotReady, match="not signed"):
        search(use, Sought())
    use.audit_head.write_text("", "utf-8")
    with pytest.raises((BrokenChain, NotReady)):
        search(use, Sought())


def test_a_line_that_is_not_what_was_written_is_marked(use: Settings) -> None:
    changed = sa.text("UPDATE audit_lines SET body = replace(body, 'key:k2', 'key:k3') WHERE number = 2")
    spoilt = sa.text("UPDATE audit_lines SET body = 'nothing' WHERE number = 3")
    with audit_database(use).writing(METADATA) as connection:
        connection.execute(changed)
        connection.execute(spoilt)
    found = {one.number: one.wrong for one in search(use, Sought(actor="k3"))}
    assert list(found) == [2, 3], "a line that cannot be read may be any"
    assert all("was edited" in why for why in found.values())


def test_the_command_shows_the_newest_and_writes_all_into_a_file_of_its_own(
    told: CliRunner, use: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "found.csv"
    shown = asked(told, "--to", "2026-03-04", "--limit", "2", "--out", str(out))
    assert shown.exit_code == 0, shown.output
    assert "5 lines found, 2 shown" in shown.output
    assert "case_changed" in shown.output
    assert "units_read" not in shown.output
    with out.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert tuple(rows[0]) == EVERY
    assert [row["line"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0]["about"] == " ".join(pseudonyms(use.keys_dir).of(one) for one in (A, B))
    assert json.loads(rows[2]["details"]) == {"units": ["u-1", "u-2"]}
    assert rows[4]["actor"] == "'=1+1", "no spreadsheet calculates it"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = asked(told, "--out", str(out))
    assert isinstance(again.exception, InvalidInput)
    assert "name a new file" in str(again.exception)


def test_the_command_takes_an_officer_and_an_action_by_name(told: CliRunner) -> None:
    shown = asked(told, "--officer", B, "--action", "risk_read", "--by", "k2", "--from", "2026-03-01")
    assert "1 lines found, 1 shown" in shown.output
    assert B not in shown.output
    wrong = asked(told, "--action", "gossip")
    assert isinstance(wrong.exception, InvalidInput)
    assert "the actions are risk_read" in str(wrong.exception)
