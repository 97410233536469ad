"""A folder that `pharos simulate` wrote; the planted truth beside the tables is never read here."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.catalog import catalog
from data_contracts.sources.reading import Reading, require_one_of

_TYPES = {pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def read(folder: Path) -> Reading:
    """Every contract table that lies in the folder as `<table>.parquet`, or as `<table>.csv` (the bad rows).

    Raises MissingTable where there is none.
    """
    reading = Reading()
    for name in catalog().tables:
        if (path := folder / f"{name}.parquet").is_file():
            reading.tables[name] = read_table(path)
        elif (path := folder / f"{name}.csv").is_file():
            reading.tables[name] = pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""])
    require_one_of(reading, tuple(catalog().tables), folder)
    return reading


def read_table(path: Path) -> pd.DataFrame:
    """One parquet file in the contracts' types."""
    frame: pd.DataFrame = pq.read_table(path).to_pandas(types_mapper=_TYPES.get)
    return frame
