"""The audit chain: every edit, deletion, reordering, forgery and truncation is found, and its first line is named."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.audit.chain import (
    LINES,
    METADATA,
    Action,
    AuditChain,
    Entry,
    canonical,
    line_hash,
    line_text,
    lines,
)
from data_contracts.audit.heads import Head
from data_contracts.audit.verdict import Verdict, verified
from data_contracts.database import Database
from data_contracts.errors import InvalidInput, NotReady
from tests.data_contracts.audit_room import begun_in

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = datetime(2026, 3, 1, 9)
Row = dict[str, Any]


def database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'audit.db'}", "the audit chain")


def chain(folder: Path) -> AuditChain:
    return AuditChain(database(folder), folder / "audit.head", KEY, begun_in(folder))


def entry(number: int) -> Entry:
    return Entry(NOW, "key:a", Action.RISK_READ, f"r-{number}", (f"p-{number}",), {"officers": number})


def filled(folder: Path, many: int = 6) -> tuple[list[Row], Head]:
    made = chain(folder)
    heads = [made.append(entry(number)) for number in range(many)]
    return [dict(row) for row in lines(database(folder))], heads[-1]


def judged(rows: list[Row], *heads: Head) -> Verdict:
    return verified(iter(rows), KEY.public_key(), heads)


def test_what_was_written_stands(tmp_path: Path) -> None:
    rows, head = filled(tmp_path)
    assert judged(rows, head) == Verdict(6)
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert Head.from_json((tmp_path / "audit.head").read_text()) == head
    assert json.loads(rows[2]["body"])["about"] == ["p-2"]
    assert judged(rows[:3]) == Verdict(3), "without a head nobody knows how long it was"


def edited(rows: list[Row]) -> None:
    rows[2]["body"] = rows[2]["body"].replace("p-2", "p-9")


def edited_with_its_hash(rows: list[Row]) -> None:
    edited(rows)
    rows[2]["hash"] = line_hash(3, rows[2]["body"], rows[2]["previous"])


def rewritten_to_the_end(rows: list[Row]) -> None:
    edited(rows)
    for place in range(2, 6):
        rows[place]["previous"] = rows[place - 1]["hash"]
        rows[place]["hash"] = line_hash(place + 1, rows[place]["body"], rows[place]["previous"])


def deleted(rows: list[Row]) -> None:
    del rows[2]


def deleted_and_numbered_anew(rows: list[Row]) -> None:
    del rows[2]
    for place, row in enumerate(rows):
        row["number"] = place + 1


def swapped(rows: list[Row]) -> None:
    rows[2], rows[3] = {**rows[3], "number": 3}, {**rows[2], "number": 4}


def doubled(rows: list[Row]) -> None:
    rows.insert(2, dict(rows[1]))


def cut_off(rows: list[Row]) -> None:
    del rows[2:]


def signed_by_another(rows: list[Row]) -> None:
    rows[2]["signature"] = Ed25519PrivateKey.generate().sign(line_text(rows[2]["hash"])).hex()


ATTACKS = (
    edited, edited_with_its_hash, rewritten_to_the_end, deleted, deleted_and_numbered_anew, swapped, doubled, cut_off,
    signed_by_another,
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_way_of_changing_the_past_is_found_at_its_first_line(
    tmp_path: Path, attack: Callable[[list[Row]], None]
) -> None:
    rows, head = filled(tmp_path)
    attack(rows)
    found = judged(rows, head)
    assert (found.good, found.first_bad, found.lines) == (False, 3, 2)
    assert found.why


def test_an_empty_chain_that_had_lines_is_found(tmp_path: Path) -> None:
    _, head = filled(tmp_path)
    assert judged([], head).first_bad == 1
    assert judged([]) == Verdict(0)


def test_a_head_that_was_kept_elsewhere_finds_a_chain_that_was_made_anew(tmp_path: Path) -> None:
    _, kept = filled(tmp_path / "first")
    other = chain(tmp_path / "second")
    for number in range(9):
        last = other.append(entry(number + 1))
    rows = [dict(row) for row in lines(database(tmp_path / "second"))]
    assert judged(rows, last).good
    assert judged(rows, last, kept) == Verdict(5, 6, "a head that was kept says that another line stood here")
    forged = Head(3, rows[2]["hash"], kept.signature)
    assert judged(rows, forged).why == "the head is not signed by this deployment's key"
    assert judged(rows, Head(3, rows[2]["hash"], "no hex")).first_bad == 3


def test_a_kept_head_of_the_present_heads_number_is_compared_too(tmp_path: Path) -> None:
    _, kept = filled(tmp_path / "first")
    other = chain(tmp_path / "second")
    for number in range(6):
        own = other.append(entry(number + 1))
    rows = [dict(row) for row in lines(database(tmp_path / "second"))]
    told = Verdict(5, 6, "a head that was kept says that another line stood here")
    assert kept.number == own.number
    assert judged(rows, own, own).good
    assert judged(rows, kept, own) == told
    assert judged(rows, own, kept) == told


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.integers(0, 5), column=st.sampled_from(("body", "previous", "hash", "signature")), at=st.integers(0, 400)
)
def test_any_changed_letter_is_found(tmp_path: Path, place: int, column: str, at: int) -> None:
    if not (tmp_path / "audit.db").exists():
        filled(tmp_path)
    rows = [dict(row) for row in lines(database(tmp_path))]
    head = Head.from_json((tmp_path / "audit.head").read_text())
    text = rows[place][column]
    at %= len(text)
    rows[place][column] = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]
    assert judged(rows, head).first_bad == place + 1


def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    made = chain(tmp_path)
    made.append(entry(0))
    with database(tmp_path).writing(METADATA) as connection:
        connection.execute(
            sa.text("create trigger full before insert on audit_lines begin select raise(fail, 'full'); end")
        )
    with pytest.raises(NotReady, match="audit chain cannot be used"):
        made.append(entry(1))
    assert len(list(lines(database(tmp_path)))) == 1
    with database(tmp_path).writing(METADATA) as connection:
        connection.execute(sa.text("drop trigger full"))
    assert made.append(entry(1)).number == 2


def test_a_head_that_cannot_be_written_refuses_what_it_would_have_kept(tmp_path: Path) -> None:
    made = chain(tmp_path)
    (tmp_path / "audit.head").mkdir()
    with pytest.raises(NotReady, match=r"its head \S+audit.head cannot be read"):
        made.append(entry(0))
    assert list(lines(database(tmp_path))) == []


def _work(folder: Path, many: int) -> None:
    made = chain(folder)
    for number in range(many):
        made.append(entry(number))


def test_several_processes_make_one_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(tmp_path, 20)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    rows = [dict(row) for row in lines(database(tmp_path))]
    head = Head.from_json((tmp_path / "audit.head").read_text())
    assert (judged(rows, head), head.number) == (Verdict(60), 60)


def test_a_canonical_body_does_not_hang_on_the_order_of_details() -> None:
    first = Entry(NOW, "a", Action.EXPORTED, details={"x": 1, "y": "\u4e2d"})
    second = Entry(NOW, "a", Action.EXPORTED, details={"y": "\u4e2d", "x": 1})
    assert canonical(first) == canonical(second)


def test_what_is_no_head_is_said() -> None:
    for text in ("", "{}", "[1]", '{"number": "x", "hash": "", "signature": ""}'):
        with pytest.raises(InvalidInput, match="pharos audit head"):
            Head.from_json(text)


def test_one_table_holds_the_lines() -> None:
    assert list(METADATA.tables) == [LINES.name]
