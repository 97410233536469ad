"""Looking for officers where nobody is named: in every file of a folder, packed ones opened, and in plain text."""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Iterator, Set
from io import BytesIO
from pathlib import Path

import pandas as pd

OFFICER = re.compile(rb"o-[0-9]{8}")
MOST_SHOWN = 3


def named_in(text: bytes | str, officers: Set[str]) -> set[str]:
    """Which of these officers a text names."""
    raw = text.encode() if isinstance(text, str) else text
    return {found.decode() for found in OFFICER.findall(raw)} & officers


def files_that_name(folder: Path, officers: Set[str]) -> dict[str, list[str]]:
    """Every file under a folder that names one of these officers, with some of them; empty where none does."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            told = {one for text in _texts(path) for one in named_in(text, officers)}
            told |= named_in(path.name, officers)
            if told:
                found[path.relative_to(folder).as_posix()] = sorted(told)[:MOST_SHOWN]
    return found


def _texts(path: Path) -> Iterator[bytes]:
    raw = path.read_bytes()
    yield raw
    if raw[:4] == b"PAR1":  # dictionary pages are compressed, so the bytes alone say nothing
        yield pd.read_parquet(path).to_csv().encode()
    elif raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(BytesIO(raw)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
