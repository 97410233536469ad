"""The steps of a study: what each made is kept with the fingerprint of what it was made of, so that none is done twice.

A step's files are written first and its record last, in one go: a step that was killed has no record, and is done
again from its beginning. `steps.log` says when each began and ended.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.errors import LockHeld
from models.strict_json import strict_json

Work = Callable[[], Mapping[str, Any]]


def fingerprint(about: Mapping[str, Any]) -> str:
    """A short name for exactly these values.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1}) != fingerprint({"a": 1, "b": 3})
    True
    """
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, default=str, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Steps:
    """The steps of one study under `folder`."""

    folder: Path

    def made(self, name: str, about: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What a step made of exactly this; None where it was not done, or of something else."""
        path = self._record(name)
        if not path.is_file():
            return None
        told = strict_json(path.read_bytes(), path.name)
        return dict(told["made"]) if told["fingerprint"] == fingerprint(about) else None

    def do(self, name: str, about: Mapping[str, Any], work: Work) -> Mapping[str, Any]:
        """Do a step, unless it was done of exactly this; what it made, as JSON gives it back."""
        kept = self.made(name, about)
        if kept is not None:
            return kept
        path = self._record(name)
        path.unlink(missing_ok=True)  # its files are about to change
        self._say(f"begun {name}")
        started = time.perf_counter()
        made = dict(work())
        told = {"fingerprint": fingerprint(about), "made": made, "seconds": round(time.perf_counter() - started, 3)}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(told, ensure_ascii=False, indent=1, default=str).encode())
        self._say(f"done {name}")
        return dict(strict_json(path.read_bytes(), path.name)["made"])

    def forget(self, name: str) -> None:
        """Do a step again at its next turn: what it made is gone."""
        self._record(name).unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else runs this study meanwhile; raises LockHeld while somebody does. A killed run lets go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a", encoding="ascii") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LockHeld(f"another run of the study {self.folder.name} is at work; wait for its end") from error
            yield

    def _record(self, name: str) -> Path:
        return self.folder / "steps" / f"{name}.json"

    def _say(self, words: str) -> None:
        with (self.folder / "steps.log").open("a", encoding="utf-8") as log:
            log.write(f"{words}\n")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one go: a reader sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    draft.write_bytes(content)
    draft.replace(path)
