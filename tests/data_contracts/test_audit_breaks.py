"""A chain that does not match its head takes no line, until somebody puts it right or takes responsibility by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.audit.chain import LINES, METADATA, Action, Entry, lines, rows_of
from data_contracts.audit.heads import Head, HeadFile
from data_contracts.audit.verdict import Verdict, accepting, verified, walked
from data_contracts.errors import NotReady
from tests.data_contracts.audit_room import KEY, NOW, Room, begun_in, entry
from tests.postgres import postgresql


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    made = Room.at(tmp_path)
    if request.param == "postgresql":
        made = Room(tmp_path, request.getfixturevalue("server"))
        emptied(made)
    yield made
    made.close()


def cut(room: Room) -> None:
    room.sql("delete from audit_lines where number > 3")


def emptied(room: Room) -> None:
    room.sql("delete from audit_lines")


def last_one_taken_out(room: Room) -> None:
    room.sql("delete from audit_lines where number = 6")


def moved_to_another_database(room: Room) -> None:
    room.url = f"sqlite:///{room.folder / 'another.db'}"


def another_chain_in_its_place(room: Room) -> None:
    kept = room.head_file.read_text()
    emptied(room)
    room.head_file.unlink()
    begun_in(room.folder).mark.unlink()
    room.fill(8, first=3)
    room.head_file.write_text(kept)


def last_one_edited(room: Room) -> None:
    room.sql("update audit_lines set body = replace(body, 'p-5', 'p-9') where number = 6")


def head_missing(room: Room) -> None:
    room.head_file.unlink()


def head_torn(room: Room) -> None:
    room.head_file.write_text("")


def head_no_text(room: Room) -> None:
    room.head_file.write_bytes(b"\xff\xfe")


def head_forged(room: Room) -> None:
    (head,) = [row["hash"] for row in room.rows() if row["number"] == 3]
    room.head_file.write_text(Head(3, head, "00" * 64).to_json())


BREAKS = (
    cut, emptied, last_one_taken_out, moved_to_another_database, another_chain_in_its_place, last_one_edited,
    head_missing, head_torn, head_no_text, head_forged,
)  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_chain_takes_no_line_and_keeps_what_tells_of_the_break(
    room: Room, broken: Callable[[Room], None]
) -> None:
    room.fill(6)
    broken(room)
    left, told = room.rows(), room.head_file.read_bytes() if room.head_file.exists() else b"none"
    done = []
    with pytest.raises(NotReady, match="pharos audit accept"), room.chain().together(METADATA):
        done.append("something")
    with pytest.raises(NotReady, match="pharos audit accept"):
        room.chain().append(entry(7))
    assert (done, room.rows()) == ([], left)
    assert (room.head_file.read_bytes() if room.head_file.exists() else b"none") == told


@pytest.mark.parametrize("broken", BREAKS)
def test_an_accepted_break_is_told_for_ever_and_the_chain_goes_on(room: Room, broken: Callable[[Room], None]) -> None:
    before = room.fill(6)
    broken(room)
    accept(room)
    room.fill(2)
    found = verified(iter(room.rows()), KEY.public_key(), [room.head()])
    assert found.good, found
    (accepted,) = found.accepted
    assert (accepted.accepted_by, accepted.reason, accepted.actor) == ("Li Na", "a disk died", "operator:root")
    assert "by Li Na as operator:root, because: a disk died" in accepted.sentence
    kept = verified(iter(room.rows()), KEY.public_key(), [room.head(), before])
    assert kept.good, kept
    room.sql("delete from audit_lines where number = (select max(number) from audit_lines)")
    with pytest.raises(NotReady, match="pharos audit accept"):
        room.chain().append(entry(9))
    assert not verified(iter(room.rows()), KEY.public_key(), [Head.from_json(room.head_file.read_text())]).good


def test_an_acceptance_covers_what_was_seen_and_nothing_later(tmp_path: Path) -> None:
    room = Room.at(tmp_path)
    room.fill(6)
    room.sql("update audit_lines set body = replace(body, 'p-1', 'p-9') where number = 2")
    assert room.chain().append(entry(7)).number == 7, "it hides nothing: the edited line stays where it is"
    accept(room)
    found = verified(iter(room.rows()), KEY.public_key(), [room.head()])
    assert (found.good, found.lines, len(found.accepted)) == (True, 8, 1)
    assert "line 2: its contents are not those that were hashed" in found.accepted[0].why
    room.sql("update audit_lines set body = replace(body, 'p-9', 'p-8') where number = 2")
    found = verified(iter(room.rows()), KEY.public_key(), [room.head()])
    assert (found.first_bad, found.lines) == (2, 1)
    room.sql("update audit_lines set body = replace(body, 'p-8', 'p-9') where number = 2")
    room.sql("delete from audit_lines where number = 4")
    assert verified(iter(room.rows()), KEY.public_key(), [room.head()]).first_bad == 4


def test_a_forged_acceptance_covers_nothing(tmp_path: Path) -> None:
    room = Room.at(tmp_path)
    room.fill(6)
    cut(room)
    accept(room)
    room.sql("update audit_lines set body = replace(body, 'Li Na', 'Nobody') where number = 4")
    found = verified(iter(room.rows()), KEY.public_key(), [room.head()])
    assert (found.first_bad, found.accepted) == (4, ())


def test_heads_kept_of_lines_that_are_gone_are_accepted_one_by_one(tmp_path: Path) -> None:
    room = Room.at(tmp_path)
    heads = [room.fill(1) for _ in range(6)]
    cut(room)
    accept(room, *heads[3:5])
    room.fill(9)
    assert verified(iter(room.rows()), KEY.public_key(), [room.head(), *heads]).good
    other = Room.at(tmp_path / "other")
    for number in (3, 5):
        other.fill(number - len(other.rows()), first=4)
        assert verified(iter(room.rows()), KEY.public_key(), [room.head(), other.head()]).first_bad == number
    other.close()


def test_the_head_of_an_accepted_break_put_back_excuses_no_second_one(tmp_path: Path) -> None:
    room = Room.at(tmp_path)
    before = room.fill(6)
    cut(room)
    accept(room)
    room.fill(9)
    room.sql("delete from audit_lines where number > 7")
    room.head_file.write_text(before.to_json())
    with pytest.raises(NotReady, match="another line stands where its head"):
        room.chain().append(entry(9))
    assert verified(iter(room.rows()), KEY.public_key(), [before]).good, "as one that was kept it was accepted"
    assert verified(iter(room.rows()), KEY.public_key(), [], before).first_bad == 6
    room.close()


@pytest.mark.parametrize("behind", [1, 3])
def test_a_writer_killed_before_its_head_was_in_place_is_no_break(room: Room, behind: int) -> None:
    older = room.fill(4)
    room.fill(behind)
    room.head_file.write_text(older.to_json())
    assert room.chain().append(entry(9)).number == 5 + behind
    assert verified(iter(room.rows()), KEY.public_key(), [room.head()]) == Verdict(5 + behind)


def test_a_writer_killed_over_the_very_first_line_is_no_break(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    put, puts = HeadFile.put, []

    def killed(file: HeadFile) -> None:
        puts.append(1)
        if len(puts) == 2:  # the head over nothing was put before
            raise KeyboardInterrupt
        put(file)

    monkeypatch.setattr(HeadFile, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        room.chain().append(entry(0))
    monkeypatch.undo()
    assert (len(room.rows()), room.head().number) == (1, 0)
    assert room.chain().append(entry(1)).number == 2


def test_lines_after_the_head_that_nobody_signed_are_a_break(room: Room) -> None:
    room.fill(3)
    last = dict(room.rows()[-1])
    with room.database().writing(METADATA) as connection:
        connection.execute(LINES.insert().values(**{**last, "number": 4, "previous": last["hash"]}))
    with pytest.raises(NotReady, match="line 4"):
        room.chain().append(entry(4))


def test_a_head_that_finds_no_room_leaves_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room.at(tmp_path)
    room.fill(2)
    (tmp_path / "audit.draft").mkdir()
    with pytest.raises(NotReady, match="head of the audit chain cannot be written"):
        room.chain().append(entry(2))
    assert (len(room.rows()), room.head().number) == (2, 2)


def accept(room: Room, *heads: Head) -> None:
    def told(connection: sa.Connection, found: object) -> Entry:
        walk = walked(rows_of(connection), KEY.public_key(), heads)
        details = accepting(room.chain().standing(connection), walk, "a disk died", "Li Na")
        return Entry(NOW, "operator:root", Action.BREAK_ACCEPTED, details=details)

    room.chain().accept(told)


def test_the_rows_of_a_chain_are_those_of_its_table(tmp_path: Path) -> None:
    room = Room.at(tmp_path)
    room.fill(2)
    assert [json.loads(row["body"])["request_id"] for row in lines(room.database())] == ["r-0", "r-1"]
