"""A chain whose end was cut off under an older head that is signed as well: what came with lines tells of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rich.console import Console
from typer.testing import CliRunner

import pharos
from data_contracts.audit.beside import Beside
from data_contracts.audit.chain import METADATA, Action, Entry, canonical, lines
from data_contracts.audit.heads import Head
from data_contracts.database import Database
from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from data_contracts.settings import Settings, settings
from models.audit import accept_break, audit_chain, audit_database, now_of, operator, verify
from serving.access.api_keys import API_KEYS, api_keys
from serving.access.commands import Opens, add_key, revoke_key
from serving.builders import builders
from serving.night.nightly import Audited
from serving.night.pointer import Move
from serving.night.results import PublishedRun
from serving.night.run_table import METADATA as RUNS
from serving.night.run_table import RUNS as NIGHT_RUNS
from serving.review.cases import CaseStore
from serving.review.erasure import erase
from serving.review.logs import ServiceLog
from serving.review.opt_outs import OptOuts, Wish
from serving.review.timing import retain
from serving.upgrading import backup, going_back, upgrade
from tests.serving.review_room import FakeRun, Room

TODAY = date(2026, 10, 2)
NOW = datetime(2026, 10, 2, 9)
Left = Callable[[Settings], None]


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, today=TODAY)


def read(use: Settings) -> Head:
    return audit_chain(use).append(Entry(now_of(use), operator(), Action.AUDIT_READ))


def add(use: Settings) -> None:
    add_key(use, "hr system", Opens(("risk:read",), None), 90, Console(quiet=True))


def revoke(use: Settings) -> None:
    revoke_key(use, api_keys(use).all()[0].key_id, Console(quiet=True))


@contextmanager
def room_of(use: Settings) -> Iterator[Room]:
    store = CaseStore.of(use)
    room = Room(use.service_url, use.state / "service")
    room.store, room.chain = store, store.chain
    yield room
    store.database.close()


def open_cases(use: Settings) -> None:
    with room_of(use) as room:
        room.open(FakeRun({"a": ("conduct",), "b": ("conduct",)}, as_of=TODAY))


def acknowledge(use: Settings) -> None:
    with room_of(use) as room:
        room.act(room.case(), "acknowledge")


def opt_out(use: Settings) -> None:
    OptOuts.of(use).keep(Wish("a", True, NOW, "oidc:a"))


def erase_a(use: Settings) -> None:
    erase(use, "a", NOW)


@dataclass(frozen=True)
class Model:
    name: str = "risk"
    version: str = "1"


@dataclass(frozen=True)
class Manifest:
    """What a line of a night tells."""

    as_of: date
    run: str
    output_hash: str = "h"
    models: tuple[Model, ...] = (Model(),)


def publish(use: Settings, run: str = "run-1", as_of: date = TODAY, move: Move = Move.NEEDED) -> None:
    """A night that is published: its line, then its row, as `pharos score` has them."""
    told = PublishedRun(use.results_dir, Manifest(as_of, run))  # type: ignore[arg-type]  # all that is asked of it
    Audited(use, lambda: NOW)(told, move)
    row = {"as_of": as_of, "model": "risk 1", "started_at": NOW, "state": "published", "code": "", "reason": ""}
    change(use, NIGHT_RUNS.insert().values(run=run, **row))


def change(use: Settings, *statements: sa.Executable | str) -> None:
    database = audit_database(use)
    database.make(RUNS)
    with database.writing(METADATA) as connection:
        for one in statements:
            connection.execute(sa.text(one) if isinstance(one, str) else one)
    database.close()


def cut_back_to(use: Settings, head: Head) -> None:
    """Lines go, and an older head that is signed takes the place of the newest."""
    change(use, f"delete from audit_lines where number > {head.number}")
    use.audit_head.write_text(head.to_json(), "utf-8")


BEFORE: dict[str, tuple[Left, ...]] = {"revoked API keys": (add,), "steps in cases": (open_cases,)}
LEFT: dict[str, tuple[Left, str]] = {
    "API keys": (add, "API keys (1: "),
    "revoked API keys": (revoke, "revoked API keys (1: "),
    "cases": (open_cases, "cases (2: 2026-10-02/run-1); nights whose cases were opened (1: 2026-10-02/run-1)"),
    "steps in cases": (acknowledge, "steps in cases (1: "),
    "opt-outs": (opt_out, "opt-outs (1: "),
    "published nights": (publish, "published nights (1: 2026-10-02/run-1)"),
    "proofs of erasure": (erase_a, "proofs of erasure (1: "),
}


@pytest.mark.parametrize("what", LEFT)
def test_an_older_head_that_is_signed_does_not_hide_that_lines_are_gone(use: Settings, what: str) -> None:
    read(use)
    for before in BEFORE.get(what, ()):
        before(use)
    head = read(use)
    leave, words = LEFT[what]
    leave(use)
    assert verify(use).good
    cut_back_to(use, head)
    found = verify(use)
    assert (found.good, found.first_bad, found.lines) == (False, head.number + 1, head.number)
    assert words in found.why
    assert found.why.count("(1: ") + found.why.count("(2: ") == words.count(": "), "of nothing else"
    add(use)
    assert not verify(use).good, "a line on top hides nothing"
    assert words in accept_break(use, "nobody knows who did it", "Li Na")
    assert verify(use).good
    with pytest.raises(InvalidInput, match="no break to accept"):
        accept_break(use, "once more", "Li Na")
    older = read(use)
    add(use)
    cut_back_to(use, older)
    assert "API keys (1: " in verify(use).why, "what was accepted excuses nothing later"


def test_the_command_says_so(use: Settings) -> None:
    head = read(use)
    for _ in range(5):
        add(use)
    cut_back_to(use, head)
    settings.cache_clear()
    told = CliRunner(env={"PHAROS_STATE": str(use.state)}).invoke(pharos.app, ["audit", "verify"])
    settings.cache_clear()
    assert told.exit_code == 1
    shown = ", ".join(key.key_id for key in api_keys(use).all()[:3])
    assert told.stderr.startswith("line 2: the chain ends after 1 lines, and what came with lines")
    assert f"API keys (5: {shown}, ...)" in told.stderr


def test_what_is_older_than_the_chain_needs_no_line(use: Settings) -> None:
    read(use)
    add(use)
    change(use, "delete from audit_lines", API_KEYS.update().values(created_on=TODAY - timedelta(days=1)))
    use.audit_head.unlink()
    use.audit_mark.unlink()
    change(use, "delete from api_keys")
    read(use)
    assert verify(use).good
    change(use, API_KEYS.insert().values(key_id="k", name="n", secret_sha256="", scopes="[]", units="[]",
                                         created_on=TODAY - timedelta(days=1), expires_on=TODAY))  # fmt: skip
    assert verify(use).good
    change(use, API_KEYS.update().values(created_on=TODAY))
    assert not verify(use).good


def test_a_break_that_a_version_accepted_that_did_not_look_excuses_what_stood_there(use: Settings) -> None:
    """Its lines have no count of what stood beside the chain."""
    head = read(use)
    add(use)
    change(use, f"delete from audit_lines where number > {head.number}")
    details = {"reason": "a disk", "accepted_by": "Li Na", "why": "its end was cut off", "marks": []}
    audit_chain(use).accept(lambda *_: Entry(now_of(use), operator(), Action.BREAK_ACCEPTED, details=details))
    assert verify(use).good
    change(use, API_KEYS.update().values(created_on=TODAY + timedelta(days=1)))
    assert not verify(use).good, "of a later day"


def test_retention_and_erasure_leave_fewer_rows_than_lines(use: Settings) -> None:
    for leave in (open_cases, acknowledge, opt_out, publish, add):
        leave(use)
    erase(use, "b", NOW)
    store, log = CaseStore.of(use), ServiceLog.of(use)
    assert retain(store, log, policy(), date(2036, 1, 1), NOW).rows["cases"] == 1
    store.database.close()
    OptOuts.of(use).keep(Wish("a", False, NOW, "oidc:a"))
    assert verify(use).good


def test_a_night_of_an_earlier_day_came_never_into_force_and_has_no_line(use: Settings) -> None:
    publish(use)
    publish(use, "run-0", TODAY - timedelta(days=1), Move.NOT_WANTED)
    assert verify(use).good
    publish(use, "run-2", TODAY + timedelta(days=1), Move.DONE)
    assert "published nights (1: 2026-10-03/run-2)" in verify(use).why


@pytest.mark.parametrize("way", ["restored", "let go", "moved whole"])
def test_a_state_that_was_put_back_by_the_commands_is_good(use: Settings, tmp_path: Path, way: str) -> None:
    for leave in (open_cases, acknowledge, add):
        leave(use)
    upgrade.upgrade(use, NOW, builders())
    name = backup.copied(use, NOW).name
    whole = tmp_path.parent / f"{tmp_path.name}-whole"
    shutil.copytree(use.state, whole)
    for leave in (revoke, add, opt_out, publish, erase_a):
        leave(use)
    if way == "moved whole":
        use = Settings(state=whole, today=TODAY)
    else:
        going_back.restore(use, name, NOW, without_later=way == "let go")
    if way == "let go":
        assert not verify(use).good
        accept_break(use, "we went back a day", "the chief")
    assert verify(use).good
    add(use)
    assert verify(use).good


def test_heads_in_copies_of_the_state_tell_of_a_chain_that_was_cut(use: Settings) -> None:
    head = read(use)
    last = [read(use) for _ in range(3)][-1]
    copy = backup.copied(use, NOW)
    read(use)
    assert verify(use).good
    cut_back_to(use, head)
    told = f"copies of the state whose head is newer (1: {copy.name} of {last.number} lines)"
    assert told in verify(use).why
    for _ in range(5):
        read(use)
    assert told in verify(use).why, "other lines stand there now"
    assert told in accept_break(use, "a disk died", "Li Na")
    assert verify(use).good
    (copy / "service" / "audit.head").write_text(Head(99, "0" * 64, last.signature).to_json())
    assert verify(use).good, "only what the key signed counts"


def test_what_is_written_while_the_chain_is_walked_is_no_fault(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are read before lines: a row that came with a line after them is not among them."""
    read(use)

    def after_a_key(database: Database) -> Iterator[Mapping[str, Any]]:
        add(use)
        return lines(database)

    monkeypatch.setattr("models.audit.lines", after_a_key)
    assert verify(use).good


def test_proofs_that_were_not_signed_here_count_for_nothing(use: Settings) -> None:
    read(use)
    erase_a(use)
    (path,) = use.erasures_dir.glob("*.json")
    for change_it in ({"audit_line": 99}, {"signature": "zz"}, {"at": 7}):
        told = {**json.loads(path.read_text()), **change_it}
        (use.erasures_dir / "other.json").write_text(json.dumps(told))
        assert verify(use).good


def test_a_line_that_cannot_be_read_is_not_heard() -> None:
    beside = Beside(())
    torn = {"number": 1, "body": '{"action":"key_added"', "hash": "h"}
    entry = {"number": 2, "body": canonical(Entry(NOW, "x", Action.KEY_ADDED)), "hash": "h"}
    assert list(beside.hearing(iter([torn, entry]))) == [torn, entry]
    assert beside.since == TODAY
