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
from features.definitions import definitions_hash
from features.engine import READS
from features.history import History
from features.officer_rows import SPINE, OfficerRows, as_frame
from features.unit_rows import unit_frame

KINDS = ("officers", "units")
UNIT_COLUMNS = ("unit_id", "parent_unit_id", "known_on")
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
    rows = OfficerRows.of_frames(frames)
    chunks = list(rows.in_chunks(spine)) or [rows.at(spine)]
    rows.close()
    return as_frame(pa.concat_tables(chunks))


def eligible_officers(frames: Mapping[str, pd.DataFrame], as_of: date | Sequence[date]) -> pd.DataFrame:
    """Who is scored at `as_of` (one day or several): appointed, not left, on the roster where there is one.

    (officer_id, as_of), sorted by day and officer; the exact rule stands in features/standing.py: population.
    """
    days = [as_of] if isinstance(as_of, date) else list(as_of)
    rows = OfficerRows.of_frames(
        {name: frames[name] for name in ("officers", "postings", "promotions") if name in frames}
    )
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


def write_snapshots(history: History, folder: Path, days: Sequence[date]) -> Iterator[Written]:
    """Write `folder/{officers,units}/as_of=YYYY-MM-DD/part-0.parquet` for each day, yielding as each is done.

    A snapshot made from the same history by the same definitions is left alone. A file appears whole or not
    at all, and the same history gives the same bytes. Raises MissingTable where the history has no postings.
    """
    made_from = _made_from(history)
    due = [day for day in days if not all(_is_fresh(_part(folder, kind, day), made_from) for kind in KINDS)]
    for day in sorted(set(days) - set(due)):
        officers, units = (pq.read_metadata(_part(folder, kind, day)).num_rows for kind in KINDS)
        yield Written(day, officers, units, fresh=False)
    if due:
        yield from _write(history, folder, due, made_from)


def made_from_now(folder: Path, day: date, history: History) -> bool:
    """Whether the snapshot of a day knows everything that the history holds now."""
    return _is_fresh(_part(folder, "officers", day), _made_from(history))


def _made_from(history: History) -> str:
    read = {name: sorted(columns) for name, columns in READS.items()}
    return hashlib.sha256(f"{history.fingerprint()}\n{definitions_hash()}\n{read}".encode()).hexdigest()


def _write(history: History, folder: Path, days: Sequence[date], made_from: str) -> Iterator[Written]:
    rows, units = OfficerRows.of_history(history), history.frame("units", UNIT_COLUMNS)
    for start in range(0, len(days), rows.days_at_once):
        some = days[start : start + rows.days_at_once]
        together = rows.at(rows.counted(some))
        for day in some:
            officers = together.filter(pc.equal(together["as_of"], pa.scalar(day, pa.date32())))
            yield _write_day(officers, units, folder, day, made_from)
        del together
    rows.close()


def _write_day(officers: pa.Table, units: pd.DataFrame, folder: Path, day: date, made_from: str) -> Written:
    size = officers.num_rows
    _put(_part(folder, "officers", day), _with_time(officers), made_from)
    blocks = pa.Table.from_pandas(unit_frame(as_frame(officers), units), preserve_index=False)
    _put(_part(folder, "units", day), _with_time(blocks), made_from)
    return Written(day, size, blocks.num_rows, fresh=True)


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
