"""The work of the feature benchmark, once as we do it and once as others would; each runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from data_contracts.running_load import overtime_limit
from data_contracts.settings import Settings
from experiments.benchmarks.feature_data import month_days, officer_ids, read_tables
from features import feast_opening
from features.asof_join import officer_days, with_blocks
from features.engine import arrow_table, duckdb_backend, load
from features.event_windows import event_windows
from features.measures import COMPLAINTS, DUTY, FORCE_REPORTS, WINDOWS, Measure
from features.officer_rows import ROWS_AT_ONCE
from features.store import FeatureReader
from features.views import Declared, Field, Service, View

MEASURED = (COMPLAINTS, FORCE_REPORTS, DUTY)
COUNTED = tuple(name for events in MEASURED for name in events.totals)
TRAINED_ON = tuple(name for name in COUNTED if name.endswith(("_12m", "_24m")))[:20]


def snapshots_in_duckdb(folder: Path, officers: int, months: int) -> float:
    """The windows of three tables as our Ibis expressions, months at a time."""
    backend = duckdb_backend()
    tables = {name: load(backend, name, arrow_table(name, frame)) for name, frame in read_tables(folder).items()}
    ids, days = officer_ids(np.arange(officers)), month_days(months)
    spine = load(backend, "spine", _spine(ids, days[:1]))
    blocks = [event_windows(officer_days(spine), tables[events.table], events) for events in MEASURED]
    wide = with_blocks(officer_days(spine), blocks)
    zeros = wide.select("officer_id", "as_of", **{name: wide[name].fill_null(0.0) for name in COUNTED})
    sql, checksum = str(ibis.to_sql(zeros, dialect="duckdb")), 0.0
    at_once = max(1, ROWS_AT_ONCE // officers)
    for start in range(0, len(days), at_once):
        some = days[start : start + at_once]
        load(backend, "spine", _spine(ids, some))
        rows = backend.con.sql(sql).to_arrow_table().to_pandas(date_as_object=False)
        for day, there in rows.groupby("as_of"):
            checksum += _put(there, folder, pd.Timestamp(str(day)))
    return checksum


def snapshots_in_pandas(folder: Path, officers: int, months: int) -> float:
    """The same windows as a pandas user writes them: filter what stood, then one grouped sum a window."""
    tables, checksum = read_tables(folder), 0.0
    everybody = officer_ids(np.arange(officers))
    for day in month_days(months):
        stamp = pd.Timestamp(day)
        columns: dict[str, pd.Series] = {}
        for events in MEASURED:
            rows = tables[events.table]
            newer = rows["superseded_on"].isna() | (rows["superseded_on"] > stamp)
            stood = rows[(rows[events.happened] < stamp) & (rows["known_on"] <= stamp) & newer]
            values = pd.DataFrame({measure.name: _pandas_value(stood, measure) for measure in events.measures})
            for window in WINDOWS:
                inside = _inside(stood[events.happened], stamp, window.months)
                sums = values[inside].groupby(stood.loc[inside, "officer_id"]).sum()
                columns |= {f"{name}_{window.suffix}": sums[name] for name in sums}
            columns |= _days_since(stood, values, events.happened, stamp)
        wide = pd.DataFrame(columns, index=pd.Index(everybody, name="officer_id")).reset_index()
        checksum += _put(wide.assign(as_of=stamp).fillna(dict.fromkeys(COUNTED, 0.0)), folder, stamp)
    return checksum


def training_frame_by_reader(folder: Path, officers: int, months: int) -> float:
    """Every officer at every month through FeatureReader, with Feast on DuckDB."""
    reader = FeatureReader(Settings(state=folder / "state"), _declared())
    reader.apply()
    frame = reader.training_frame(_entities(officers, months), "benchmark")
    return float(frame[list(TRAINED_ON)].sum().sum())


def training_frame_by_default_store(folder: Path, officers: int, months: int) -> float:
    """The same request through Feast's default (dask) store; raises FeatureMismatch where it loses rows."""
    text = feast_opening.REPO_FILE.read_text("utf-8").replace("type: duckdb", "type: dask")
    feast_opening.REPO_FILE = folder / "feature_store.yaml"
    feast_opening.REPO_FILE.write_text(text, "utf-8")
    return training_frame_by_reader(folder, officers, months)


def training_frame_in_pandas(folder: Path, officers: int, months: int) -> float:
    """The same frame by reading every snapshot and an as-of merge."""
    parts = [
        pd.read_parquet(part, partitioning=None) for part in sorted((folder / "state/snapshots").rglob("*.parquet"))
    ]
    known = pd.concat(parts, ignore_index=True).sort_values("as_of")
    kinds = {"officer_id": known["officer_id"].dtype, "event_timestamp": known["as_of"].dtype}
    asked = _entities(officers, months).astype(kinds)
    frame = pd.merge_asof(
        asked.sort_values("event_timestamp"),
        known[["officer_id", "as_of", *TRAINED_ON]],
        left_on="event_timestamp",
        right_on="as_of",
        by="officer_id",
        tolerance=pd.Timedelta(days=45),
    )
    return float(frame[list(TRAINED_ON)].sum().sum())


JOBS: Mapping[str, Callable[[Path, int, int], float]] = {
    "snapshots: pharos": snapshots_in_duckdb,
    "snapshots: pandas": snapshots_in_pandas,
    "training frame: pharos": training_frame_by_reader,
    "training frame: pandas": training_frame_in_pandas,
    "training frame: feast default store": training_frame_by_default_store,
}


def _spine(ids: pd.Series, days: list[date]) -> pa.Table:
    column = np.tile(ids.to_numpy(), len(days))
    return pa.table({"officer_id": column.tolist(), "as_of": pa.array([day for day in days for _ in ids], pa.date32())})


def _put(rows: pd.DataFrame, folder: Path, stamp: pd.Timestamp) -> float:
    part = folder / "state/snapshots/officers" / f"as_of={stamp:%Y-%m-%d}" / "part-0.parquet"
    part.parent.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(part, index=False)
    return float(rows[list(COUNTED)].sum().sum())


def _pandas_value(stood: pd.DataFrame, measure: Measure) -> pd.Series:
    """The value of a measure in pandas: its declaration reads columns by attribute, as a pandas user would."""
    name = measure.name
    if measure.kind == "sum":
        return stood["hours" if name == "duty_hours" else name]
    words = name.removeprefix("complaints_").removeprefix("force_reports_")
    if name in ("complaints", "force_reports", "duty_months"):
        return pd.Series(1.0, index=stood.index)
    if name == "complaints_sustained_use_of_force":
        return ((stood["finding"] == "sustained") & (stood["category"] == "use_of_force")).fillna(False).astype(float)
    if name == "overtime_months_over_limit":
        return (stood["overtime_hours"] >= overtime_limit()).astype(float)
    if words == "pending":
        return stood["finding"].isna().astype(float)
    if words == "off_duty":
        return (~stood["on_duty"]).astype(float)
    if words in stood:
        return stood[words].astype(float)
    column = (
        "finding" if words in ("sustained", "not_sustained", "unfounded", "exonerated", "no_affidavit") else "category"
    )
    return (stood[column] == words).fillna(False).astype(float)


def _inside(happened: pd.Series, stamp: pd.Timestamp, months: int | None) -> pd.Series:
    return happened.notna() if months is None else happened >= stamp - pd.DateOffset(months=months)


def _days_since(stood: pd.DataFrame, values: pd.DataFrame, happened: str, stamp: pd.Timestamp) -> dict[str, pd.Series]:
    since = {}
    for name in values.columns:
        last = stood.loc[values[name] > 0, happened].groupby(stood["officer_id"]).max()
        since[f"days_since_{name}"] = (stamp - last).dt.days
    return since


def _declared() -> Declared:
    view = View("officer_history", "officer", "officers", tuple(Field(name, "number") for name in TRAINED_ON))
    return Declared((view,), (Service("benchmark", (view,), TRAINED_ON),))


def _entities(officers: int, months: int) -> pd.DataFrame:
    ids, days = officer_ids(np.arange(officers)).to_numpy(), pd.to_datetime(month_days(months))
    return pd.DataFrame({"officer_id": np.repeat(ids, len(days)), "event_timestamp": np.tile(days, len(ids))})
