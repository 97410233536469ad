"""Documents generated from the contracts and kept in the repository: the dictionary and the import templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from data_contracts.catalog import Catalog, catalog
from data_contracts.dictionary import page
from data_contracts.templates import cells_of, csv_header, workbook

DOCUMENTS_DIR = Path(__file__).parent / "documents"
GUIDES = "guides"  # a folder beside the documents, written by people and by `pharos report impact`; not built here


def documents(contracts: Catalog) -> Mapping[str, bytes]:
    """Every document by its path under the folder.

    >>> sorted(documents(catalog()))[:2]
    ['data_dictionary.md', 'data_dictionary.zh-CN.md']
    """
    made = {
        "data_dictionary.zh-CN.md": page(contracts, "zh").encode(),
        "data_dictionary.md": page(contracts, "en").encode(),
    }
    for name, table in contracts.tables.items():
        made[f"templates/{name}.csv"] = csv_header(table).encode()
        made[f"templates/{name}.xlsx"] = workbook(table)
    return made


def stale(folder: Path = DOCUMENTS_DIR, contracts: Catalog | None = None) -> tuple[str, ...]:
    """Documents whose committed copy is absent, differs from what the contracts say, or that no contract asks for."""
    made = documents(contracts or catalog())
    differing = [name for name, content in made.items() if not _same(folder / name, content)]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    built = {name for name in there if not name.startswith(f"{GUIDES}/")}
    return tuple(sorted({*differing, *(built - set(made))}))


def build(folder: Path = DOCUMENTS_DIR, contracts: Catalog | None = None) -> tuple[str, ...]:
    """Write what is stale and remove what no contract asks for; names of both."""
    made = documents(contracts or catalog())
    changed = stale(folder, contracts)
    for name in changed:
        path = folder / name
        if name in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[name])
        else:
            path.unlink()
    return changed


def _same(path: Path, content: bytes) -> bool:
    """Workbooks are compared by their cells: their bytes also depend on the compressor."""
    if not path.is_file():
        return False
    committed = path.read_bytes()
    if path.suffix != ".xlsx" or committed == content:
        return committed == content
    return cells_of(committed) == cells_of(content)
