"""A folder that `pharos simulate` wrote; the planted truth beside the tables is never read here."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.catalog import catalog
from data_contracts.sources.reading import Reading, require_one_of

_TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def read(folder: Path) -> Reading:
    """Every contract table that lies in the folder as `<table>.parquet`, or as `<table>.csv` (the bad rows).

    Raises MissingTable where there is none.
    """
    reading = Reading()
    for name in catalog().tables:
        if (path := folder / f"{name}.parquet").is_file():
            reading.tables.later(name, partial(read_table, path))
        elif (path := folder / f"{name}.csv").is_file():
            reading.tables[name] = pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""])
    require_one_of(reading, tuple(catalog().tables), folder)
    return reading


def read_table(path: Path) -> pd.DataFrame:
    """One parquet file in the contracts' types.

    Texts are read as dictionaries, so that equal ones are one object: twelve million duty months then peak at
    1.8 GB instead of 2.8.
    """
    schema = pq.read_schema(path)
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    table = pq.read_table(path, read_dictionary=texts)
    return pd.DataFrame({name: _column(table[name]) for name in table.column_names}, copy=False)


def _column(values: pa.ChunkedArray) -> Any:
    if pa.types.is_dictionary(values.type):
        return pd.array(_words(values), dtype="string")
    return values.to_pandas(types_mapper=_TYPES.get)


def _words(values: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    """The texts as objects, null as None."""
    encoded = values.unify_dictionaries().combine_chunks()
    words = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    result: npt.NDArray[np.object_] = words[encoded.indices.fill_null(len(words) - 1).to_numpy()]
    return result
