"""Where histories come from: two cities as they lie, a simulated bureau, our own templates, any set by a mapping,
and what the service logged of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from data_contracts.errors import InvalidInput
from data_contracts.sources import chicago, mapped, new_york, service, simulated, templates
from data_contracts.sources.reading import Reading

FOLDERS: Mapping[str, Callable[[Path], Reading]] = {
    "chicago": chicago.read,
    "new_york": new_york.read,
    "service": service.read,
    "simulator": simulated.read,
    "templates": templates.read,
}
SOURCES = (*FOLDERS, "mapped")


def read_source(
    name: str, path: Path | str, mapping: Path | None = None, files: Mapping[str, Path] | None = None
) -> Reading:
    """Read a source into contract-shaped frames; raises InvalidInput naming what is unknown or missing.

    `path` is a folder or file, or for `mapped` also a database address (SQLAlchemy URL, a text with `://`).

    `mapping` and `files` are for the source `mapped`: see `mapped.read`.
    """
    if "://" not in str(path):
        path = Path(path)
    if name == "mapped":
        if mapping is None:
            raise InvalidInput("source 'mapped' needs a mapping file; give it with --mapping my.toml")
        if isinstance(path, Path) and not path.exists():
            raise InvalidInput(f"{path}: no such file or folder; give the folder that the mapping's files lie in")
        return mapped.read(mapping, path, files)
    if name not in FOLDERS:
        raise InvalidInput(f"source {name!r} is unknown; there are {', '.join(SOURCES)}")
    if isinstance(path, str) or not path.is_dir():
        raise InvalidInput(f"{path}: no such folder; give the folder that holds the {name} files")
    return FOLDERS[name](path)
