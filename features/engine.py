"""What the features read, and the engine they run on.

A feature reads accepted rows with `superseded_on` (see features/history.py). Only the columns listed in
READS travel into the engine; an absent optional column arrives as nulls, an absent or empty table not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from data_contracts.catalog import catalog
from data_contracts.errors import MissingTable
from data_contracts.settings import settings
from features.history import History

TEXT, NUMBER, TRUTH, DAY = pa.string(), pa.float64(), pa.bool_(), pa.date32()
IBIS_TYPES = {TEXT: "string", NUMBER: "float64", TRUTH: "boolean", DAY: "date"}
KNOWN = {"known_on": DAY, "superseded_on": DAY}

READS: Mapping[str, Mapping[str, pa.DataType]] = {
    "officers": {"officer_id": TEXT, "entered_on": DAY, "left_on": DAY, "track": TEXT, "education": TEXT, **KNOWN},
    "postings": {
        "officer_id": TEXT,
        "post_id": TEXT,
        "unit_id": TEXT,
        "started_on": DAY,
        "ended_on": DAY,
        "rank_step": TEXT,
        "shift": TEXT,
        "supervisor_id": TEXT,
        **KNOWN,
    },
    "rank_steps": {"ladder": TEXT, "rank_step": TEXT, "position": NUMBER, **KNOWN},
    "promotions": {
        "officer_id": TEXT,
        "ladder": TEXT,
        "rank_step": TEXT,
        "occurred_on": DAY,
        "kind": TEXT,
        **KNOWN,
    },
    "complaints": {
        "complaint_id": TEXT,
        "officer_id": TEXT,
        "opened_on": DAY,
        "category": TEXT,
        "finding": TEXT,
        "officer_filed": TRUTH,
        **KNOWN,
    },
    "force_reports": {
        "officer_id": TEXT,
        "occurred_on": DAY,
        "taser": TRUTH,
        "firearm_used": TRUTH,
        "subject_injured": TRUTH,
        "officer_injured": TRUTH,
        "on_duty": TRUTH,
        **KNOWN,
    },
    "courses": {"course_id": TEXT, "competency": TEXT, "mandated": TRUTH, "valid_months": NUMBER, **KNOWN},
    "course_completions": {
        "officer_id": TEXT,
        "course_id": TEXT,
        "occurred_on": DAY,
        "score": NUMBER,
        "hours": NUMBER,
        **KNOWN,
    },
    "competency_assessments": {"officer_id": TEXT, "competency": TEXT, "occurred_on": DAY, "level": NUMBER, **KNOWN},
    "appraisals": {
        "officer_id": TEXT,
        "kind": TEXT,
        "occurred_on": DAY,
        "score": NUMBER,
        "grade": TEXT,
        **KNOWN,
    },
    "honours": {"officer_id": TEXT, "level": TEXT, "occurred_on": DAY, **KNOWN},
    "duty_months": {
        "officer_id": TEXT,
        "month": DAY,
        "hours": NUMBER,
        "nights": NUMBER,
        "overtime_hours": NUMBER,
        "leave_days": NUMBER,
        "sick_days": NUMBER,
        **KNOWN,
    },
}


def arrow_table(name: str, frame: pd.DataFrame) -> pa.Table:
    """One table's columns that features read, in the types of READS.

    >>> frame = pd.DataFrame({"officer_id": ["a"], "occurred_on": [pd.Timestamp("2020-01-01")],
    ...                       "known_on": [pd.Timestamp("2020-01-01")]})
    >>> arrow_table("honours", frame).column_names
    ['officer_id', 'level', 'occurred_on', 'known_on', 'superseded_on']
    """
    columns = {column: _column(frame, column, kind) for column, kind in READS[name].items()}
    return pa.table(columns)


def _column(frame: pd.DataFrame, column: str, kind: pa.DataType) -> pa.Array:
    if column not in frame:
        return pa.nulls(len(frame), kind)
    values = frame[column]
    if kind == DAY:
        values = pd.to_datetime(values).astype("datetime64[us]")
    return pa.Array.from_pandas(values).cast(kind)


def duckdb_backend() -> Backend:
    """An in-memory DuckDB within the threads and memory of the settings; it spills under the state folder."""
    limits = settings()
    backend = ibis.duckdb.connect(
        threads=limits.threads,
        memory_limit=f"{limits.duckdb_memory_gib}GiB",
        temp_directory=str(limits.state / "duckdb"),
        preserve_insertion_order=False,
        asof_loop_join_threshold=0,  # with few probe rows DuckDB's ASOF JOIN falls into a loop: 380 s, not 0.7 s
    )
    backend.raw_sql("SET enable_progress_bar = false")  # it would draw over our own, and into logs
    return backend


def load(backend: Backend, name: str, table: pa.Table) -> ibis.Table:
    """Copy an Arrow table into the engine under a name, in place of what had it, and answer with it."""
    backend.raw_sql(f'DROP TABLE IF EXISTS "{name}"')
    backend.con.from_arrow(table).create(name)
    return backend.table(name)


def connect(frames: Mapping[str, pd.DataFrame]) -> tuple[Backend, Mapping[str, ibis.Table]]:
    """Load frames of accepted rows with `superseded_on` into DuckDB; absent and empty tables are left out.

    Raises MissingTable when there are no postings, the one table all else hangs on.
    """
    backend = duckdb_backend()
    there = [name for name in READS if len(frames.get(name, ()))]
    return backend, _with_postings({name: load(backend, name, arrow_table(name, frames[name])) for name in there})


def connect_history(history: History) -> tuple[Backend, Mapping[str, ibis.Table]]:
    """The same from the history's files, which DuckDB reads itself: 12 million duty months never become a frame."""
    backend = duckdb_backend()
    there = [name for name in READS if history.rows(name)]
    return backend, _with_postings({name: _load_file(backend, name, history) for name in there})


def fill_again(backend: Backend, name: str, history: History) -> None:
    """Put a table's rows as they are now in the place of those it holds; statements that read it stay prepared."""
    with _arriving(backend, name, history) as rows:
        backend.con.execute("BEGIN")
        backend.con.execute(f'TRUNCATE "{name}"')
        backend.con.execute(f'INSERT INTO "{name}" {rows}')
        backend.con.execute("COMMIT")


def _load_file(backend: Backend, name: str, history: History) -> ibis.Table:
    """A table's committed rows, with `superseded_on` as features/versions.py defines it."""
    with _arriving(backend, name, history) as rows:
        backend.con.sql(rows).create(name)
    return backend.table(name)


@contextmanager
def _arriving(backend: Backend, name: str, history: History) -> Iterator[str]:
    """The query of a table's committed rows, while it may be asked."""
    backend.con.register("arriving", history.dataset(name))
    rows = backend.table("arriving")
    key = catalog().table(name).key
    versions = ibis.window(group_by=key, order_by="known_on")
    newer = rows.known_on.lead().over(versions) if key else ibis.null("date")
    wanted = rows.mutate(superseded_on=newer).select(
        **{column: _typed(column, kind) for column, kind in READS[name].items()}
    )
    try:
        yield str(ibis.to_sql(wanted, dialect="duckdb"))
    finally:
        backend.con.unregister("arriving")


def _typed(column: str, kind: pa.DataType) -> ibis.Deferred:
    return ibis._[column].cast(IBIS_TYPES[kind])


def _with_postings(tables: dict[str, ibis.Table]) -> Mapping[str, ibis.Table]:
    if "postings" not in tables:
        raise MissingTable("table 'postings' is absent or empty; features need it: ingest postings first")
    return tables
