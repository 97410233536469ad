"""Where histories come from: two cities as they lie, and any other set by a mapping file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from data_contracts.errors import InvalidInput
from data_contracts.sources import chicago, new_york, simulated
from data_contracts.sources.reading import Reading

CITIES: Mapping[str, Callable[[Path], Reading]] = {
    "chicago": chicago.read,
    "new_york": new_york.read,
    "simulator": simulated.read,
}
SOURCES = (*CITIES,)


def read_source(name: str, path: Path, mapping: Path | None = None) -> Reading:
    """Read a source into contract-shaped frames; raises InvalidInput naming what is unknown or missing."""
    if name not in CITIES:
        raise InvalidInput(f"source {name!r} is unknown; there are {', '.join(SOURCES)}")
    if not path.is_dir():
        raise InvalidInput(f"{path}: no such folder; give the folder that holds the {name} files")
    return CITIES[name](path)
