"""Read a folder that `pharos simulate` wrote; the planted truth beside it is never read here."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.errors import MissingTable
from data_contracts.simulator.layout import TABLE_NAMES


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """Every table of the folder as a contract-shaped frame; raises MissingTable where `postings` is absent."""
    if not (folder / "postings.parquet").is_file():
        raise MissingTable(f"{folder} holds no postings.parquet; write one with `pharos simulate --out {folder}`")
    return {name: read_table(folder / f"{name}.parquet") for name in TABLE_NAMES if (folder / f"{name}.parquet").is_file()}


def read_table(path: Path) -> pd.DataFrame:
    """One parquet file in the contracts' types."""
    frame: pd.DataFrame = pq.read_table(path).to_pandas(types_mapper=_TYPES.get)
    return frame


_TYPES = {pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
