"""Records made by hand or simulated, in the form in which features/record.py hands them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import pandas as pd

from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.simulator.simulation import simulate
from features.history import History
from features.record import records_at
from models.points.lines import tables_needed

DAY = date(2022, 7, 1)
MORE = ("posts", "promotions", "rank_steps", "competency_assessments")


def framed(table: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a frame in all columns of the contract; days may be written as text."""
    contract = catalog().table(table)
    days = [column.name for column in contract.columns if column.kind == "date"]
    plain = [{name: pd.Timestamp(v) if name in days and v else v for name, v in row.items()} for row in rows]
    columns = {column.name: column.dtype for column in contract.columns}
    return pd.DataFrame(plain, columns=list(columns)).astype(columns)


def record(**tables: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """A record of these rows."""
    return {name: framed(name, rows) for name, rows in tables.items()}


@cache
def simulated() -> Mapping[str, pd.DataFrame]:
    """Everybody of a small simulated bureau as of DAY, read through a real history; treat it as read-only."""
    frames = simulate(250, 6, 7, date(2024, 1, 1))
    with TemporaryDirectory() as folder:
        history = History(Path(folder))
        for name in catalog().tables:
            if name in frames:
                history.append(name, frames[name].reindex(columns=list(catalog().table(name).column_names)))
        return MappingProxyType(dict(records_at(history, None, DAY, [*tables_needed(policy().points), *MORE])))


def officers_of(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Everybody on record."""
    return [str(one) for one in frames["officers"]["officer_id"]]
