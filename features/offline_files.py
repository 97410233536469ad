"""Snapshots as Feast wants them: one parquet file for each as-of date, times as timestamp('us', 'UTC').

A file remembers the hash of the snapshot it was made from, so a second call rewrites only what changed.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.errors import FeatureMismatch, NotReady
from features.packing import online_view, packed
from features.views import Field, View, typed

UTC_MICROSECONDS = pa.timestamp("us", "UTC")  # Feast's materialize fails on nanoseconds
MADE_FROM = b"pharos_snapshot_sha256"
ARROW = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "strings": pa.list_(pa.string()),
    "numbers": pa.list_(pa.float64()),
}


def snapshot_folder(snapshot_dir: Path, source: str, as_of: date) -> Path:
    """Where the snapshot writer puts one as-of date of one source.

    >>> snapshot_folder(Path("s"), "officers", date(2013, 1, 1)).as_posix()
    's/officers/as_of=2013-01-01'
    """
    return snapshot_dir / source / f"as_of={as_of.isoformat()}"


def snapshot_dates(snapshot_dir: Path, source: str) -> list[date]:
    """Every as-of date that has a snapshot, oldest first; a folder that is still being filled has none."""
    folders = {part.parent for part in (snapshot_dir / source).glob("as_of=*/*.parquet")}
    return sorted(date.fromisoformat(folder.name.removeprefix("as_of=")) for folder in folders)


def snapshot_parts(snapshot_dir: Path, source: str, as_of: date) -> list[Path]:
    """The parquet files of one snapshot; raises NotReady with the remedy when there is none."""
    folder = snapshot_folder(snapshot_dir, source, as_of)
    parts = sorted(folder.glob("*.parquet"))
    if not parts:
        raise NotReady(
            f"there is no snapshot of {source} as of {as_of} in {folder}; run `pharos features` for that date"
        )
    return parts


def snapshots_stamp(snapshot_dir: Path, source: str, until: date) -> tuple[tuple[str, int, int], ...]:
    """What the snapshots up to a day are: place, size and time (ns) of each file, without reading any.

    Two stamps differ when a snapshot came, went or was written anew in between.
    """
    days = [day for day in snapshot_dates(snapshot_dir, source) if day <= until]
    parts = [part for day in days for part in sorted(snapshot_folder(snapshot_dir, source, day).glob("*.parquet"))]
    found = [(f"{part.parent.name}/{part.name}", part.stat()) for part in parts]
    return tuple((name, one.st_size, one.st_mtime_ns) for name, one in found)


def snapshot_ids(snapshot_dir: Path, view: View, as_of: date) -> list[str]:
    """Who is in one snapshot, in its order."""
    parts = snapshot_parts(snapshot_dir, view.source, as_of)
    keys = [pq.read_table(part, columns=[view.key], partitioning=None).column(0) for part in parts]
    return [str(one) for key in keys for one in key.to_pylist()]


def content_hash(paths: list[Path]) -> str:
    """sha256 over the bytes of files, in the given order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def typed_snapshot(snapshot_dir: Path, views: tuple[View, ...], as_of: date) -> pd.DataFrame:
    """One snapshot with every declared field in its kind; what else it has stays as it is."""
    frame = read_snapshot(snapshot_dir, views[0].source, as_of)
    _declared(frame, views, as_of)
    return typed(frame, tuple(item for view in views for item in view.fields))


def read_snapshot(snapshot_dir: Path, source: str, as_of: date) -> pd.DataFrame:
    """One snapshot as it was written: the key, `as_of` and every feature column."""
    parts = snapshot_parts(snapshot_dir, source, as_of)
    frame: pd.DataFrame = pa.concat_tables([pq.read_table(part, partitioning=None) for part in parts]).to_pandas()
    return frame


def write_offline(snapshot_dir: Path, offline: Path, views: tuple[View, ...], as_of: date) -> bool:
    """Convert one snapshot for training; the views share a source. Returns whether anything had to be written."""
    source = views[0].source
    target = offline / source / f"{as_of.isoformat()}.parquet"
    digest = content_hash(snapshot_parts(snapshot_dir, source, as_of)) + _layout(views)
    if target.exists() and (pq.read_schema(target).metadata or {}).get(MADE_FROM) == digest.encode():
        return False
    _write(feast_table(read_snapshot(snapshot_dir, source, as_of), views, as_of), target, digest)
    return True


def write_online(snapshot_dir: Path, offline: Path, view: View, as_of: date, but: frozenset[str] = frozenset()) -> int:
    """Convert one snapshot, packed, for the online store, which only ever needs the newest; returns its rows.

    Officers in `but` are left out: the store holds newer features of them.
    """
    twin = online_view(view)
    frame = read_snapshot(snapshot_dir, view.source, as_of)
    if but and view.entity == "officer":
        frame = frame[~frame[view.key].isin(but)]
    table = feast_table(packed(_declared(frame, (view,), as_of), view), (twin,), as_of)
    target = offline / twin.source / f"{as_of.isoformat()}.parquet"
    _write(table, target, "")
    for older in set(target.parent.glob("*.parquet")) - {target}:
        older.unlink()
    return len(frame)


def _write(table: pa.Table, target: Path, digest: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_suffix(".partial")
    pq.write_table(table.replace_schema_metadata({MADE_FROM: digest.encode()}), scratch)
    scratch.replace(target)


def _declared(frame: pd.DataFrame, views: tuple[View, ...], as_of: date) -> pd.DataFrame:
    """The key and the declared fields; raises FeatureMismatch naming the first that the snapshot lacks."""
    names = list(dict.fromkeys(item.name for view in views for item in view.fields))
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise FeatureMismatch(
            f"the snapshot of {views[0].source} as of {as_of} lacks {len(absent)} declared features, "
            f"first {absent[0]!r}; "
            "build the snapshots again with this version"
        )
    return frame[[views[0].key, *names]]


def feast_table(frame: pd.DataFrame, views: tuple[View, ...], as_of: date) -> pa.Table:
    """Key, both timestamps and the declared fields, in declared order and kind.

    A snapshot is computed from what was known at its date, so it was created at its date too.
    """
    fields = {item.name: item for view in views for item in view.fields}
    frame = _declared(frame, views, as_of)
    key = views[0].key
    columns = {key: pa.array(frame[key].astype("string"), pa.string())}
    midnight = pd.Timestamp(as_of, tz="UTC").as_unit("us")
    for name in ("event_timestamp", "created_timestamp"):
        columns[name] = pa.array([midnight] * len(frame), UTC_MICROSECONDS)
    ready = typed(frame, tuple(fields.values()))
    columns |= {name: _arrow(ready[name], item) for name, item in fields.items()}
    return pa.table(columns)


def _arrow(column: pd.Series, item: Field) -> pa.Array:
    return pa.array(column, ARROW[item.kind], from_pandas=True)


def _layout(views: tuple[View, ...]) -> str:
    told = repr([(view.name, [(item.name, item.kind) for item in view.fields]) for view in views])
    return hashlib.sha256(told.encode()).hexdigest()
