"""What happened, as arrays of numbers, until it is asked for as contract-shaped frames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_contracts.simulator.layout import ENUMS, LATER_DATES, TABLES
from data_contracts.simulator.months import NO_DAY

Array = npt.NDArray[Any]


class Ledger:
    """Collects rows by table as parallel arrays; a column given as one value stands for all rows of that call.

    >>> ledger = Ledger({"post": ["patrol-1"], "officer": ["o-1", "o-2"]})
    >>> ledger.add("self_nominations", officer_id=np.array([1, 0]), talent_field=0, occurred_on=5, known_on=6)
    >>> ledger.frame("self_nominations", end_day=6)["officer_id"].tolist()
    ['o-2', 'o-1']
    """

    def __init__(self, vocabularies: Mapping[str, Sequence[str]]) -> None:
        self._vocabularies: dict[str, Sequence[str]] = {**ENUMS, **vocabularies}
        self._rows: defaultdict[str, list[dict[str, Array]]] = defaultdict(list)

    def name(self, kind: str, words: Sequence[str]) -> None:
        """Set the words that the numbers of a kind stand for, once they are all known."""
        self._vocabularies[kind] = words

    def add(self, table: str, **columns: Array | float) -> None:
        """Append rows; every column of the table's layout must be given, by arrays of one length or single values."""
        rows = max((len(value) for value in columns.values() if isinstance(value, np.ndarray)), default=1)
        if not rows:
            return
        layout = TABLES[table]
        self._rows[table].append({name: _spread(columns[name], layout[name], rows) for name in layout})

    def frame(self, table: str, end_day: int) -> pd.DataFrame:
        """The rows known by `end_day`, ordered by `known_on`, in the contract's types."""
        layout = TABLES[table]
        chunks = self._rows[table]
        arrays = {name: np.concatenate([chunk[name] for chunk in chunks]) if chunks else _spread(0, kind, 0)
                  for name, kind in layout.items()}  # fmt: skip
        kept = np.flatnonzero(arrays["known_on"] <= end_day)
        kept = kept[np.argsort(arrays["known_on"][kept], kind="stable")]
        if "leave_kind" in arrays:
            arrays["leave_kind"] = np.where(arrays["left_on"] > end_day, -1, arrays["leave_kind"])
        for name in set(LATER_DATES) & set(arrays):
            arrays[name] = np.where(arrays[name] > end_day, NO_DAY, arrays[name])
        return pd.DataFrame({name: self._decode(arrays[name][kept], kind) for name, kind in layout.items()})

    def _decode(self, values: Array, kind: str) -> Any:
        if kind == "date":
            days = values.astype("datetime64[D]")
            days[values == NO_DAY] = np.datetime64("NaT")
            return days.astype("datetime64[us]")
        if kind == "integer":
            return pd.array(values.astype(np.int64), dtype="Int64")
        if kind == "boolean":
            return pd.arrays.BooleanArray(values == 1, values < 0)
        if kind == "number":
            return values
        if kind == "text":
            return pd.array(values, dtype="string")
        words = np.array([*self._vocabularies[kind], pd.NA], dtype=object)
        return pd.array(words[values], dtype="string")


def _spread(value: Array | float, kind: str, rows: int) -> Array:
    dtype: Any = {"number": np.float64, "text": object, "boolean": np.int8}.get(kind, np.int32)
    if isinstance(value, np.ndarray):
        return value.astype(dtype)
    return np.full(rows, value, dtype=dtype)
