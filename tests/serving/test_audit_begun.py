"""A chain that was taken away whole, lines and head: its mark and what came with lines tell of it, nothing goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from rich.console import Console

from data_contracts.audit.begun import Begun
from data_contracts.audit.chain import METADATA, Action, Entry
from data_contracts.audit.heads import Head, HeadFile
from data_contracts.errors import AuditAway, BrokenChain, NotReady
from data_contracts.settings import Settings
from models import keys
from models.audit import accept_break, audit_chain, audit_database, begun_of, newest_head, now_of, operator, verify
from serving.access.api_keys import METADATA as KEYS
from serving.access.api_keys import KeyAsked, api_keys, keys_database, made
from serving.access.audit_probe import AuditProbe
from serving.access.commands import Opens, add_key
from serving.access.credential import AccessScope
from serving.api.problems import problem_of
from serving.builders import builders
from serving.night.run_table import METADATA as RUNS
from serving.night.run_table import RUNS as NIGHT_RUNS
from serving.review.opt_outs import OptOuts, Wish
from serving.review.tables import CASE_EVENTS, CASE_NIGHTS, CASES, OPT_OUTS
from serving.review.tables import METADATA as REVIEW
from serving.upgrading import backup, going_back, tables, upgrade
from serving.upgrading.parts import Standing, parts

NOW = datetime(2026, 3, 1, 9)
Left = Callable[[Settings], None]


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, today=date(2026, 3, 1))


def read(use: Settings) -> None:
    audit_chain(use).append(Entry(now_of(use), operator(), Action.AUDIT_READ))


def add(use: Settings) -> None:
    add_key(use, "hr system", Opens(("risk:read",), None), 90, Console(quiet=True))


def a_proof(use: Settings) -> None:
    use.erasures_dir.mkdir(parents=True)
    (use.erasures_dir / "p-20260301-00000001.json").write_text("{}")


def a_row(table: sa.Table) -> Left:
    """Something in every column of the table, older than the chain: a version made it that kept no lines."""

    def write(use: Settings) -> None:
        database = audit_database(use)
        database.make(table.metadata)
        of_kind = {sa.Integer: 1, sa.Date: date(2026, 1, 1), sa.DateTime: NOW - timedelta(days=9)}
        row = {
            column.name: next((value for kind, value in of_kind.items() if isinstance(column.type, kind)), "x")
            for column in table.columns
        }
        with database.writing(METADATA) as connection:
            connection.execute(table.insert().values(**{**row, **({"state": "published"} if "state" in row else {})}))
        database.close()

    return write


LEFT: dict[str, Left] = {
    "": lambda use: None,
    "API keys (1)": add,
    "cases (1)": a_row(CASES),
    "steps in cases (1)": a_row(CASE_EVENTS),
    "nights whose cases were opened (1)": a_row(CASE_NIGHTS),
    "opt-outs (1)": a_row(OPT_OUTS),
    "published nights (1)": a_row(NIGHT_RUNS),
    "proofs of erasure (1)": a_proof,
}


def taken_away(use: Settings) -> None:
    """Lines and head."""
    database = audit_database(use)
    if database.exists:
        with database.writing(METADATA) as connection:
            connection.execute(sa.text("delete from audit_lines"))
    database.close()
    use.audit_head.unlink(missing_ok=True)


def first_head_put_back(use: Settings) -> None:
    """The head over no line, which stood there for a moment before the first one."""
    taken_away(use)
    files = HeadFile(use.audit_head)
    files.draft(Head.signed(keys.signing_key(use.keys_dir), 0, "0" * 64))
    files.put()


def unmarked(use: Settings) -> None:
    """As an earlier version left it."""
    use.audit_mark.unlink()


@pytest.mark.parametrize(
    ("left", "marked"), [(left, marked) for left in LEFT for marked in (True, False) if left or marked]
)
@pytest.mark.parametrize("away", [taken_away, first_head_put_back])
def test_a_chain_that_is_gone_whole_is_a_break_that_is_named_and_accepted(
    use: Settings, left: str, marked: bool, away: Left
) -> None:
    read(use)
    LEFT[left](use)
    assert verify(use).good
    away(use)
    if not marked:
        unmarked(use)
    found = verify(use)
    assert (found.good, found.first_bad, found.lines) == (False, 1, 0)
    says = f"although its mark {use.audit_mark} says that it was begun" if marked else f"no mark {use.audit_mark}"
    assert says in found.why
    assert f"{left} came with lines" in found.why or not left
    assert found.why.count("the whole chain was taken away") == marked
    assert "a version made them that kept no lines of them" in found.why or marked
    for ask in (newest_head, add, read):
        with pytest.raises(BrokenChain, match="pharos audit accept"):
            ask(use)
    with pytest.raises(AuditAway, match="is not what was written"):
        AuditProbe.of(use)()
    assert left in accept_break(use, "nobody knows who did it", "Li Na")
    add(use)
    went_on = verify(use)
    assert (went_on.good, went_on.lines, len(went_on.accepted)) == (True, 2, 1)
    assert left in went_on.accepted[0].why
    assert use.audit_mark.is_file()


@pytest.mark.parametrize("left", ["the mark", "a proof"])
def test_a_chain_whose_database_is_gone_with_its_folder_is_told_by_what_lies_elsewhere(
    use: Settings, left: str
) -> None:
    add(use)
    audit_database(use).close()
    shutil.rmtree(use.audit_head.parent)
    if left == "a proof":
        unmarked(use)
        a_proof(use)
    assert ("the whole chain was taken away" if left == "the mark" else "proofs of erasure (1)") in verify(use).why
    assert not audit_database(use).exists, "asking makes no database"
    with pytest.raises(BrokenChain, match="put back what is gone"):
        add(use)
    assert api_keys(use).all() == []


def test_the_mark_comes_after_the_first_line_and_again_where_it_is_gone(
    use: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as at:
        at.setattr(Begun, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            add(use)
    assert (use.audit_mark.exists(), verify(use).good, verify(use).lines) == (False, True, 1)
    read(use)
    first = use.audit_mark.read_text()
    assert first.startswith("2026-03-01T")
    unmarked(use)
    read(use)
    assert use.audit_mark.read_text() == first
    assert verify(use).good


def test_a_mark_that_cannot_be_written_is_told(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotReady, match=r"the mark of the audit chain, .*audit\.begun, cannot be written \(OSError\)"):
        begun_of(use).put(NOW)
    assert not use.audit_mark.exists()


def full(*_: object) -> None:
    raise OSError(28, "the disk is full")


def test_a_chain_of_an_earlier_version_is_marked_by_an_upgrade(use: Settings) -> None:
    add(use)
    unmarked(use)
    assert standing(use) == ("begun on 2026-03-01", Standing.BEHIND)
    done = upgrade.upgrade(use, NOW, builders())
    assert [part.name for part in done.behind] == ["audit chain"]
    assert standing(use) == ("begun on 2026-03-01", Standing.CURRENT)
    taken_away(use)
    assert standing(use) == ("no lines", Standing.KEPT)
    assert "pharos audit accept" in "".join(tables.sentences(upgrade.look(use, builders()), checked_only=True))


def test_a_chain_that_does_not_verify_is_not_marked(use: Settings) -> None:
    add(use)
    unmarked(use)
    database = audit_database(use)
    with database.writing(METADATA) as connection:
        connection.execute(sa.text("update audit_lines set body = replace(body, 'operator', 'somebody')"))
    database.close()
    with pytest.raises(NotReady, match="line 1 of the audit chain is not what was written"):
        upgrade.upgrade(use, NOW, builders())
    assert not use.audit_mark.exists()


def test_keys_of_a_version_without_lines_are_told_apart_and_go_on_once_somebody_says_so(use: Settings) -> None:
    with keys_database(use).writing(KEYS) as connection:
        made(connection, KeyAsked("hr system", frozenset(AccessScope), None, date(2026, 5, 1)), NOW.date())
    assert standing(use) == ("no lines", Standing.KEPT)
    with pytest.raises(BrokenChain, match="a version made them that kept no lines of them; put back what is gone"):
        add(use)
    accept_break(use, "keys of the version before lines", "Li Na")
    add(use)
    assert verify(use).good
    assert standing(use)[1] is Standing.CURRENT


def test_a_chain_that_was_taken_away_comes_back_from_a_copy(use: Settings) -> None:
    add(use)
    name = backup.copied(use, NOW).name
    audit_database(use).close()
    shutil.rmtree(use.audit_head.parent)
    assert not verify(use).good
    going_back.restore(use, name, NOW, without_later=True)
    assert (verify(use).good, len(api_keys(use).all())) == (True, 1)
    add(use)
    assert (verify(use).lines, verify(use).accepted) == (2, ())


def standing(use: Settings) -> tuple[str, Standing]:
    return next((part.found, part.standing) for part in parts(use) if part.name == "audit chain")


def test_a_state_is_new_where_nothing_came_with_a_line(use: Settings) -> None:
    database = audit_database(use)
    for metadata in (KEYS, REVIEW, RUNS):
        database.make(metadata)
    with database.writing(METADATA) as connection:
        failed = {"model": "risk", "started_at": NOW, "state": "failed", "code": "not_ready", "reason": "no snapshot"}
        connection.execute(NIGHT_RUNS.insert().values(**failed))
    database.close()
    with pytest.raises(NotReady, match="nothing was audited yet"):
        verify(use)
    add(use)
    assert verify(use).good


def test_a_desk_that_writes_its_own_line_tells_of_the_break_as_every_other(use: Settings) -> None:
    add(use)
    taken_away(use)
    with pytest.raises(BrokenChain) as refused:
        OptOuts.of(use).keep(Wish("o-1", True, NOW, "key:a"))
    problem = problem_of(refused.value)
    assert (problem.code, problem.status) == ("audit_away", 503)
    assert "audit.head" not in problem.detail.en, "no path leaves"
    assert "pharos audit accept" in problem.detail.en
