"""Officers whose records grew by events since a snapshot filled the online store: nothing that is older than their
events may be put over their newest features, and what was not brought forward yet is brought forward later."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from datetime import date
from pathlib import Path


class Pending:
    """A small file of officers, each with the day of the last event, shared by all processes of a deployment."""

    def __init__(self, folder: Path) -> None:
        """Under this folder, which need not exist yet."""
        self._folder = folder
        self._file = folder / "pending.json"

    def held(self) -> Mapping[str, date]:
        """Officers and days; empty when there is nothing."""
        if not self._file.is_file():
            return {}
        told: dict[str, str] = json.loads(self._file.read_text("utf-8"))
        return {officer: date.fromisoformat(day) for officer, day in told.items()}

    def add(self, officer_ids: Set[str], day: date) -> None:
        """Take officers up; a day only moves forward."""
        with self._alone():
            before = self.held()
            self._write({**before, **{one: max(day, before.get(one, day)) for one in officer_ids}})

    def settle(self, day: date) -> None:
        """Let go of those whose last event was known by a day, because a snapshot of that day has it."""
        with self._alone():
            self._write({officer: last for officer, last in self.held().items() if last > day})

    def forget(self, officer_id: str) -> int:
        """Let go of an officer who was erased; whether there was one."""
        if officer_id not in self.held():
            return 0
        with self._alone():
            self._write({officer: day for officer, day in self.held().items() if officer != officer_id})
        return 1

    def _write(self, held: Mapping[str, date]) -> None:
        scratch = self._file.with_suffix(".partial")
        scratch.write_text(json.dumps({one: day.isoformat() for one, day in sorted(held.items())}), "utf-8")
        scratch.replace(self._file)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".pending.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
