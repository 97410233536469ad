"""Officer ids as they may be told to logs, reports and trackers: keyed hashes under a key that can be changed."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

KEY_FILE = "pseudonym.key"
LENGTH = 16


@dataclass(frozen=True)
class Pseudonyms:
    """The same id gives the same pseudonym under one key, and nobody without the key can go back.

    >>> names = Pseudonyms(b"a key for this example")
    >>> names.of("o-104") == names.of("o-104"), names.of("o-104") == names.of("o-105"), len(names.of("o-104"))
    (True, False, 16)
    """

    key: bytes = field(repr=False)

    def of(self, text: str) -> str:
        """Sixteen hexadecimal digits for the text."""
        return self.whole(text)[:LENGTH]

    def whole(self, text: str) -> str:
        """All 64 digits of the same, where two texts must never share one."""
        return hmac.new(self.key, text.encode(), sha256).hexdigest()

    def own_id(self, sender: str, name: str) -> str:
        """Under what an id is kept that its sender chose: no other sender can take it, or learn that it was used.

        >>> names = Pseudonyms(b"a key for this example")
        >>> names.own_id("key:a", "e-1") == names.own_id("key:b", "e-1"), len(names.own_id("key:a", "e-1"))
        (False, 64)
        """
        return self.whole(json.dumps([sender, name]))


def pseudonyms(keys_dir: Path, *, make: bool = True) -> Pseudonyms:
    """Pseudonyms under the key of this machine, which is made on first use and readable by its owner only.

    With `make=False` nothing is written: where there is no key yet, one is used that nobody keeps.
    """
    path = keys_dir / KEY_FILE
    if not path.is_file():
        if not make:
            return Pseudonyms(secrets.token_bytes(32))
        keys_dir.mkdir(parents=True, exist_ok=True)
        pending = keys_dir / f"{KEY_FILE}.{os.getpid()}"
        pending.touch(mode=0o600)
        pending.write_bytes(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            os.link(pending, path)  # of several processes that try at once, one wins and all use its key
        pending.unlink()
    return Pseudonyms(path.read_bytes())
