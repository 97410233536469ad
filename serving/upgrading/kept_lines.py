"""The audit chain when an older database is put back: its later lines go along, or what tells that they are gone stays.

Where the present database cannot be read, or holds another chain, its lines cannot go along. Then the present head
stays as it is, and the chain takes no line before somebody accepts the break by name.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from data_contracts.audit.chain import LINES, START, Entry, add_line
from data_contracts.database import Database
from data_contracts.settings import Settings
from models import keys

COLUMNS = ", ".join(column.name for column in LINES.columns)
LAST = "SELECT number, hash FROM audit_lines ORDER BY number DESC LIMIT 1"


def keep_lines(settings: Settings, draft: Path, entry: Entry) -> None:
    """Bring the lines of the present chain into a database that is about to take its place, and add one about this.

    A database of a version that had no chain is left as it is.
    """
    present = Database(settings.service_url, "service database").file
    with closing(sqlite3.connect(draft)) as opened:
        if not _has_chain(opened):
            return
        if present is not None and present.is_file():
            _carried(present, opened)
        opened.commit()
    engine = sa.create_engine(f"sqlite:///{draft}")
    try:
        with engine.begin() as connection:
            last = connection.execute(sa.text(LAST)).first()
            add_line(
                connection, keys.signing_key(settings.keys_dir), entry,
                (0, START) if last is None else (int(last.number), str(last.hash)),
            )  # fmt: skip
    finally:
        engine.dispose()


def _carried(present: Path, opened: sqlite3.Connection) -> None:
    """The lines after those that both have, where the present chain goes on from the older one."""
    try:
        with closing(sqlite3.connect(f"{present.resolve().as_uri()}?mode=ro", uri=True)) as newer:
            if not _has_chain(newer):
                return
            number, made = opened.execute(LAST).fetchone() or (0, START)
            same = newer.execute("SELECT hash FROM audit_lines WHERE number = ?", (number,)).fetchone()
            if number and same != (made,):
                return
            rows = newer.execute(f"SELECT {COLUMNS} FROM audit_lines WHERE number > ?", (number,)).fetchall()  # noqa: S608
    except sqlite3.Error:
        return  # the head that stays tells what is gone
    marks = ", ".join("?" for _ in LINES.columns)
    opened.executemany(f"INSERT INTO audit_lines ({COLUMNS}) VALUES ({marks})", rows)  # noqa: S608


def _has_chain(opened: sqlite3.Connection) -> bool:
    told = opened.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (LINES.name,)).fetchone()
    return told is not None
