"""What stands in for the online store while it cannot be read: the snapshots of the day it was filled for.

They are older than what events brought forward since, and they are honest: each row says that it stands in. Whoever is
in the snapshot and not in the store was lost there, so a store that was emptied shows itself by that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.errors import NotReady
from features.ages import AWAY, STAND_IN, UNKNOWN, WITHOUT_EVENTS
from features.offline_files import snapshot_parts
from features.pending import Late
from features.views import Service, View, typed


def stand_in(snapshot_dir: Path, ids: Sequence[str], service: Service, as_of: date) -> pd.DataFrame:
    """Rows as the online store gives them, from the snapshots of a day, one for each id in order.

    `status` is stand_in where a row was found and away where none was: then nothing is known, not even that the
    officer is unknown. Without a snapshot all are away.
    """
    frames = [_rows(snapshot_dir, ids, service, view, as_of) for view in service.views]
    found = np.logical_or.reduce([frame[service.key].notna().to_numpy(bool) for frame in frames])
    told = pd.DataFrame(
        {
            service.key: pd.array(list(ids), dtype="string"),
            "status": pd.array(np.where(found, STAND_IN, AWAY), dtype="string"),
            "feature_timestamp": pd.Series(pd.Timestamp(as_of), index=range(len(ids))).astype("datetime64[us]"),
        }
    )
    told["feature_timestamp"] = told["feature_timestamp"].where(found)
    parts = pd.concat([frame.drop(columns=service.key) for frame in frames], axis=1)
    return pd.concat([told, parts[list(service.chosen)]], axis=1)


def with_lost_rows(frame: pd.DataFrame, snapshot_dir: Path, service: Service, as_of: date) -> pd.DataFrame:
    """The store's answer with the rows that it lost: those that are unknown to it and that its snapshot has."""
    unknown = frame["status"] == UNKNOWN
    if not unknown.any():
        return frame
    lost = stand_in(snapshot_dir, frame.loc[unknown, service.key].astype(str).tolist(), service, as_of)
    lost = lost.set_index(frame.index[unknown])
    lost = lost[lost["status"] == STAND_IN]
    if lost.empty:
        return frame
    return pd.concat([frame.drop(index=lost.index), lost]).sort_index()


def with_events_missing(frame: pd.DataFrame, late: Mapping[str, Late], key: str) -> pd.DataFrame:
    """Rows with the day since which events of an officer were accepted that the row does not know of; null for none,
    and no such column where there are none at all.

    Such rows are those of snapshots, and those of the store while the events wait to be brought forward.
    """
    days = [
        None
        if (one := late.get(str(name))) is None or status == AWAY or (one.in_store and status != STAND_IN)
        else one.since
        for name, status in zip(frame[key], frame["status"], strict=True)
    ]
    return frame.assign(**{WITHOUT_EVENTS: pd.Series(days, index=frame.index, dtype=object)}) if any(days) else frame


def _rows(snapshot_dir: Path, ids: Sequence[str], service: Service, view: View, as_of: date) -> pd.DataFrame:
    """The chosen fields of one view, one row for each id; the key is null where the snapshot has no such row."""
    fields = tuple(item for item in view.fields if item.name in service.by_name and item.name in service.chosen)
    names = [service.key, *(item.name for item in fields)]
    try:
        parts = snapshot_parts(snapshot_dir, view.source, as_of)
    except NotReady:
        parts = []
    tables = [_of(part, names, ids) for part in parts]
    if not tables:
        empty: Mapping[str, list[object]] = {name: [None] * len(ids) for name in names}
        return typed(pd.DataFrame(empty, dtype=object), fields)
    found = pa.concat_tables(tables).to_pandas().set_index(service.key, drop=False)
    return typed(found.reindex(list(ids)).reset_index(drop=True), fields)


def _of(part: Path, names: list[str], ids: Sequence[str]) -> pa.Table:
    """The rows of few officers: the keys are looked through first, so that little of a wide file is decoded."""
    opened = pq.ParquetFile(part)
    wanted, tables = pa.array(list(dict.fromkeys(ids)), pa.string()), []
    for group in range(opened.num_row_groups):
        key = opened.read_row_group(group, [names[0]]).column(0).cast(pa.string())
        hit = pc.is_in(key, value_set=wanted)
        if pc.any(hit).as_py():
            tables.append(opened.read_row_group(group, names).filter(hit))
    return pa.concat_tables(tables) if tables else opened.schema_arrow.empty_table().select(names)
