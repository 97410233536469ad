"""A folder of our own import templates, filled in: one file a table, named after it, with the contract's columns."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data_contracts.catalog import Table, catalog
from data_contracts.coercion import strings
from data_contracts.errors import MissingTable
from data_contracts.sources.mapped import shaped
from data_contracts.sources.mapping import ColumnSource, Mapper, TableMapping
from data_contracts.sources.reading import Origin, Reading
from data_contracts.sources.tabular import READERS, Place, open_place


def read(folder: Path) -> Reading:
    """Every file of the folder that is named after a table; other files are noted and left.

    Raises MissingTable when no file is, ContractViolation when a required column is absent.
    """
    reading = Reading()
    for path in sorted(folder.iterdir()):
        name = path.name.split(".")[0]
        if name not in catalog().tables or path.suffix.lower() not in READERS:
            reading.notes.append(f"{path.name}: is not named after a table and was left")
            continue
        raw = open_place(Place(path.name), folder)
        table = catalog().table(name)
        mapping = TableMapping(table, (), _same_names(table, _filled(raw)))
        reading.tables[name] = shaped(mapping, Mapper(path.name, table), raw)
        reading.origins[name] = [Origin(Place(path.name), folder, len(raw), {ours: ours for ours in mapping.columns})]
        if "known_on" not in mapping.columns:
            reading.assumed.add(name)
    if not reading.tables:
        raise MissingTable(
            f"{folder}: no file there is named after a table; name them postings.csv, officers.xlsx, ..."
        )
    return reading


def _filled(raw: pd.DataFrame) -> list[str]:
    """The columns that came; `known_on` only where somebody filled it in, since the template has it for everybody."""
    given = strings(raw["known_on"]).notna().any() if "known_on" in raw else False
    return [str(column) for column in raw.columns if given or str(column) != "known_on"]


def _same_names(table: Table, columns: list[str]) -> dict[str, ColumnSource]:
    return {name: ColumnSource(name) for name in table.column_names if name in columns}
