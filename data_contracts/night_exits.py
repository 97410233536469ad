"""How the night's command ends: one number for each way, for a scheduler to act on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class NightExit(IntEnum):
    """Exit statuses of `pharos score`; 1 and 2 mean what they mean everywhere."""

    PUBLISHED = 0
    ERROR = 1
    MISUSE = 2
    NOTHING_TO_DO = 10
    INPUT_REFUSED = 11
    LOCK_HELD = 12
    WRONG_MODEL = 13
    UNWRITABLE = 14
    DAMAGED = 15


MEANING: Mapping[NightExit, str] = {
    NightExit.PUBLISHED: "published",
    NightExit.ERROR: "an error, and the message says which",
    NightExit.MISUSE: "the command was not understood",
    NightExit.NOTHING_TO_DO: "nothing to do, as it was published before",
    NightExit.INPUT_REFUSED: "input refused (missing, unreadable, empty, late, smaller, larger, drifted or bad)",
    NightExit.LOCK_HELD: "another run holds the lock",
    NightExit.WRONG_MODEL: "no model or a wrong one",
    NightExit.UNWRITABLE: "the disk is full or read-only, or a database is away or another one",
    NightExit.DAMAGED: "results are not what was written",
}


def told_exits() -> str:
    """Every exit status in a line, for the help of the command.

    >>> told_exits().split("; ")[0]
    '0 published'
    """
    return "; ".join(f"{status.value} {words}" for status, words in MEANING.items())
