"""What a state folder holds is personnel data and keys: nobody but its owner may look into it.

A folder that is made is made so. One that an earlier version made is tightened by `pharos upgrade`; `pharos doctor`
says where that is due.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OTHERS = 0o077
FOLDER, FILE = 0o700, 0o600
SECRETS = ("keys/*", "service/*", "service/erasures/*", "feedback/*", "mlflow/*.db", "history/tombstones.json")
"""Files that are their owner's also where the folder around them is opened: keys, databases, who was erased."""


def keep_private() -> None:
    """Let what this process makes from now on be its owner's alone, folders and files."""
    os.umask(os.umask(OTHERS) | OTHERS)


def made_private(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that is there stays as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER)


def write_private(path: Path, told: Any) -> None:
    """Write JSON into a new file that only its owner may read, safe on the disk; raises OSError where one is there."""
    write_private_text(path, json.dumps(told, ensure_ascii=False, indent=1))


def write_private_text(path: Path, text: str) -> None:
    """The same of text as it stands."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def open_to_others(state: Path) -> list[Path]:
    """The state folder and the files with secrets in it, as far as anybody but the owner has a right to them."""
    if not state.is_dir():
        return []
    return [one for one in (state, *_secrets(state)) if stat.S_IMODE(one.stat().st_mode) & OTHERS]


def tighten(state: Path) -> list[Path]:
    """Take those rights away; what was changed. Raises OSError where somebody else owns it."""
    found = open_to_others(state)
    for one in found:
        one.chmod(FOLDER if one.is_dir() else FILE)
    return found


def _secrets(state: Path) -> Iterator[Path]:
    for pattern in SECRETS:
        yield from (
            one
            for one in sorted(state.glob(pattern))
            if one.is_file() and not one.is_symlink() and one.suffix != ".pub"
        )
