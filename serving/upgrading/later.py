"""What happened since a copy was made, and what of it stays when a state goes back to that copy.

Who opted out stays out, a key that was revoked stays closed, a key that was made stays, and no audit line is lost: they
are rights and records of people, and no part of what an upgrade changed. A database that has the shape of its copy is
not put back at all, for the upgrade did not change it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from data_contracts.errors import Refused

CARRIED = ("opt_outs", "api_keys", "audit_lines")
Shape = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Later:
    """How much is newer than a copy: opt-outs told or taken back, keys made or revoked, audit lines, cases or steps in
    them; `lost` are those tables of rights that the copy's version does not know.
    """

    opt_outs: int = 0
    revoked: int = 0
    keys: int = 0
    lines: int = 0
    cases: int = 0
    lost: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """In words, with the counts."""
        counts = (
            (self.opt_outs, "changes of opt-outs"), (self.revoked, "revoked keys"), (self.keys, "keys made"),
            (self.lines, "audit lines"), (self.cases, "cases or steps in cases"),
        )  # fmt: skip
        return ", ".join(f"{count:,} {words}" for count, words in counts if count) or "nothing"


def shape(file: Path) -> Shape:
    """Tables and columns of an SQLite file; raises Refused where it cannot be read."""
    try:
        with closing(_looking(file)) as opened:
            names = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: tuple(row[1] for row in opened.execute(f'PRAGMA table_info("{name}")')) for name in sorted(names)
            }
    except sqlite3.Error as error:
        raise Refused(
            f"{file} cannot be read ({type(error).__name__}), so nobody can tell which opt-outs and revoked keys are "
            "newer than the copy; mend it, or go back without them with --without-later"
        ) from error


def later_than(copy: Path, now: Path) -> Later:
    """What stands in the service's database and not in its copy."""
    before, after = shape(copy), shape(now)
    with closing(_looking(now)) as ours, closing(_looking(copy)) as theirs:

        def rows(table: str, columns: str) -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
            asked = f"SELECT {columns} FROM {table}"  # noqa: S608  # names of ours
            there = set(theirs.execute(asked)) if table in before else set()
            return there, set(ours.execute(asked)) if table in after else set()

        out_then, out_now = rows("opt_outs", "pseudonym, since")
        keys_then, keys_now = rows("api_keys", "key_id")
        open_then, open_now = rows("api_keys", "key_id, revoked_on")
        lines_then, lines_now = rows("audit_lines", "number")
        cases_then, cases_now = rows("cases", "case_id, version")
    closed = {key for key, day in open_now - open_then if day is not None}
    return Later(
        opt_outs=len({one[0] for one in out_then ^ out_now}),
        revoked=len(closed),
        keys=len(keys_now - keys_then),
        lines=len(lines_now - lines_then),
        cases=len(cases_now - cases_then),
        lost=tuple(name for name in CARRIED if name in after and name not in before and name == "opt_outs" and out_now),
    )


def carry(draft: Path, now: Path) -> None:
    """Put what must not be taken back into a copy that is about to stand again, in one transaction."""
    there, here = shape(draft), shape(now)
    with closing(sqlite3.connect(draft, isolation_level=None)) as opened:
        opened.execute("ATTACH DATABASE ? AS now", (str(now),))
        opened.execute("BEGIN IMMEDIATE")
        for name in CARRIED:
            if name in there and name in here:
                columns = ", ".join(f'"{column}"' for column in there[name])
                opened.execute(f'DELETE FROM main."{name}"')  # noqa: S608  # names of ours
                opened.execute(f'INSERT INTO main."{name}" ({columns}) SELECT {columns} FROM now."{name}"')  # noqa: S608
        opened.execute("COMMIT")


def _looking(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
