"""Officers whose records grew by events since a snapshot filled the online store: nothing that is older than their
events may be put over their newest features, what was not brought forward yet is brought forward later, and until then
an answer says that it does not know of them.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Collection, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Late:
    """The events of one officer that snapshots may not know of: on which days the first and the last came, how many
    times some came, whether features computed from all of them were put into the online store, and as of which day
    these are: what happens on a day counts from the next, so features of the last day do not show it yet.
    """

    since: date
    last: date
    times: int = 1
    in_store: bool = False
    brought_to: date | None = None

    def waits(self, today: date) -> bool:
        """Whether features of today would know more than those in the store.

        >>> event = Late(date(2026, 1, 2), date(2026, 1, 2), in_store=True, brought_to=date(2026, 1, 2))
        >>> event.waits(date(2026, 1, 2)), event.waits(date(2026, 1, 3))
        (False, True)
        """
        return not self.in_store or (self.brought_to is not None and self.brought_to <= self.last < today)


class Pending:
    """A small file of officers with what came of each, shared by all processes of a deployment."""

    def __init__(self, folder: Path) -> None:
        """Under this folder, which need not exist yet."""
        self._folder = folder
        self._file = folder / "pending.json"
        self._read: tuple[object, Mapping[str, Late]] = (None, {})

    def late(self) -> Mapping[str, Late]:
        """By officer; empty when there is nothing. The file is read again only where it changed."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return {}
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._read[0] != seen:
            told: dict[str, Any] = json.loads(self._file.read_text("utf-8"))
            self._read = (seen, {officer: _late(one) for officer, one in told.items()})
        return self._read[1]

    def held(self) -> Mapping[str, date]:
        """Officers with the day of the last event of each."""
        return {officer: one.last for officer, one in self.late().items()}

    def waiting(self, today: date) -> set[str]:
        """Officers whose features could not be brought forward yet, or have more to show since a day began."""
        return {officer for officer, one in self.late().items() if one.waits(today)}

    def add(self, officer_ids: Set[str], day: date) -> None:
        """Take officers up, before their events are visible; a day only moves forward."""
        with self._alone():
            before = self.late()
            after = {
                one: Late(day, day)
                if (held := before.get(one)) is None
                else Late(min(day, held.since), max(day, held.last), held.times + 1)
                for one in officer_ids
            }
            self._write({**before, **after})

    def brought(self, officer_ids: Collection[str], seen: Mapping[str, Late], as_of: date) -> None:
        """Features of officers as of a day were put into the store; `seen` is what was late before they were computed,
        so that an event that came meanwhile waits on.
        """
        if not seen:
            return
        with self._alone():
            now = self.late()
            done = {
                one: replace(now[one], in_store=True, brought_to=as_of)
                for one in officer_ids
                if one in now and one in seen and now[one].times == seen[one].times
            }
            self._write({**now, **done})

    def settle(self, day: date) -> None:
        """Let go of those whose last event was known by a day, because a snapshot of that day has it."""
        with self._alone():
            self._write({officer: one for officer, one in self.late().items() if one.last > day})

    def forget(self, officer_id: str) -> int:
        """Let go of an officer who was erased; whether there was one."""
        if officer_id not in self.late():
            return 0
        with self._alone():
            self._write({officer: one for officer, one in self.late().items() if officer != officer_id})
        return 1

    def _write(self, held: Mapping[str, Late]) -> None:
        scratch = self._file.with_suffix(".partial")
        scratch.write_text(json.dumps({one: asdict(held[one]) for one in sorted(held)}, default=str), "utf-8")
        scratch.replace(self._file)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".pending.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _late(told: Any) -> Late:
    """As it was written; versions before this one wrote the last day alone.

    >>> _late("2026-01-02") == Late(date(2026, 1, 2), date(2026, 1, 2), in_store=True)
    True
    """
    if isinstance(told, str):
        return Late(date.fromisoformat(told), date.fromisoformat(told), in_store=True)
    days = {name: date.fromisoformat(told[name]) for name in ("since", "last", "brought_to") if told.get(name)}
    return Late(**days, times=int(told["times"]), in_store=bool(told["in_store"]))
