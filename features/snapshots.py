"""One row for each officer and each unit at each as-of date: in memory for backtests, as parquet for the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.errors import InvalidInput
from features.officer_rows import SPINE, OfficerRows, as_frame
from features.unit_rows import unit_frame

KINDS = ("officers", "units")
MADE_FROM = b"pharos_inputs_sha256"


@dataclass(frozen=True)
class Written:
    """What became of one as-of date: rows in its snapshot, and whether it had to be written."""

    as_of: date
    officers: int
    units: int
    fresh: bool


def officer_frame(frames: Mapping[str, pd.DataFrame], spine: pd.DataFrame) -> pd.DataFrame:
    """Features for each row of the spine (officer_id, as_of), in its order and with its index.

    Columns: officer_id, as_of, then features/windows.py: FEATURE_COLUMNS; numbers are float64, text is string.
    """
    asked = spine[["officer_id", "as_of"]].astype({"officer_id": "string", "as_of": "datetime64[us]"})
    features = _features_of(frames, pa.Table.from_pandas(asked, preserve_index=False).cast(SPINE))
    keys = pd.MultiIndex.from_frame(features[["officer_id", "as_of"]])
    order = keys.get_indexer(pd.MultiIndex.from_frame(asked))
    return features.take(order.tolist()).set_index(spine.index)


def _features_of(frames: Mapping[str, pd.DataFrame], spine: pa.Table) -> pd.DataFrame:
    rows = OfficerRows(frames)
    chunks = list(rows.in_chunks(spine)) or [rows.at(spine)]
    rows.close()
    return as_frame(pa.concat_tables(chunks))


def eligible_officers(frames: Mapping[str, pd.DataFrame], as_of: date | Sequence[date]) -> pd.DataFrame:
    """Who is scored at `as_of` (one day or several): appointed, not left, on the roster where there is one.

    (officer_id, as_of), sorted by day and officer; the exact rule stands in features/standing.py: population.
    """
    days = [as_of] if isinstance(as_of, date) else list(as_of)
    rows = OfficerRows({name: frames[name] for name in ("officers", "postings", "promotions") if name in frames})
    counted = as_frame(rows.counted(days))
    rows.close()
    return counted


def month_starts(first: date, last: date) -> list[date]:
    """The first day of each month from `first` to `last`, both included.

    >>> month_starts(date(2023, 11, 1), date(2024, 1, 1))
    [datetime.date(2023, 11, 1), datetime.date(2023, 12, 1), datetime.date(2024, 1, 1)]
    """
    if first > last:
        raise InvalidInput(f"the months from {first:%Y-%m} to {last:%Y-%m} are none; give the earlier one first")
    return [stamp.date() for stamp in pd.date_range(first.replace(day=1), last, freq="MS")]


def write_snapshots(
    frames: Mapping[str, pd.DataFrame], folder: Path, days: Sequence[date], inputs_hash: str
) -> Iterator[Written]:
    """Write `folder/{officers,units}/as_of=YYYY-MM-DD/part-0.parquet` for each day, yielding as each is done.

    A snapshot that was made from the same `inputs_hash` by the same definitions is left alone. A file appears
    whole or not at all, and the same inputs give the same bytes.
    """
    rows = OfficerRows(frames)
    made_from = hashlib.sha256(f"{inputs_hash}\n{rows.sql}".encode()).hexdigest()
    due = [day for day in days if not all(_is_fresh(_part(folder, kind, day), made_from) for kind in KINDS)]
    for day in days:
        if day not in due:
            officers, units = (pq.read_metadata(_part(folder, kind, day)).num_rows for kind in KINDS)
            yield Written(day, officers, units, fresh=False)
    for start in range(0, len(due), rows.days_at_once):
        some = due[start : start + rows.days_at_once]
        yield from _write_some(rows, frames.get("units"), folder, some, made_from)


def _write_some(
    rows: OfficerRows, units: pd.DataFrame | None, folder: Path, days: Sequence[date], made_from: str
) -> Iterator[Written]:
    together = rows.at(rows.counted(days))
    for day in days:
        officers = together.filter(pc.equal(together["as_of"], pa.scalar(day, pa.date32())))
        counted = officers.num_rows
        _put(_part(folder, "officers", day), _with_time(officers), made_from)
        blocks = pa.Table.from_pandas(unit_frame(as_frame(officers), units), preserve_index=False)  # uses officers up
        _put(_part(folder, "units", day), _with_time(blocks), made_from)
        yield Written(day, counted, blocks.num_rows, fresh=True)


def _with_time(rows: pa.Table) -> pa.Table:
    place = rows.schema.get_field_index("as_of")
    return rows.set_column(place, "as_of", rows["as_of"].cast(pa.timestamp("us")))


def _part(folder: Path, kind: str, day: date) -> Path:
    return folder / kind / f"as_of={day.isoformat()}" / "part-0.parquet"


def _is_fresh(part: Path, made_from: str) -> bool:
    return part.exists() and (pq.read_schema(part).metadata or {}).get(MADE_FROM) == made_from.encode()


def _put(part: Path, rows: pa.Table, made_from: str) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    scratch = part.with_suffix(".partial")
    pq.write_table(rows.replace_schema_metadata({MADE_FROM: made_from.encode()}), scratch)
    scratch.replace(part)
