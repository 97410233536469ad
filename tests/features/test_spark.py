"""The same expressions on a local Spark session: the same numbers as on DuckDB, block by block.

The whole expression agrees too, but planning it takes Spark minutes; each block is what a cluster would run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import Phase, find
from hypothesis import settings as hypothesis_settings
from ibis.expr.types import Table

from features.asof_join import officer_days
from features.duty_load import LOAD_COLUMNS, duty_load
from features.engine import READS, arrow_table, connect, load
from features.event_windows import event_windows
from features.exposure import with_exposure, with_rates
from features.mandated import mandated_training
from features.measures import COMPLAINTS, DUTY, FORCE_REPORTS
from features.network import co_accused
from features.recency import fading
from features.standing import population, postings_at, rank_at, tenure_at
from features.supervisors import supervisors_at
from features.surroundings import SHIFT_MEASURES, with_surroundings
from tests.features.engines import spine_of
from tests.features.histories import AS_OFS, OFFICERS, bureaus
from tests.features.oracle import Oracle

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.enable_socket]
TEXT_ENDINGS = ("_id", "_code", "_step", "shift", "ladder", "track", "education")
DAYS = ("as_of", "entered_on", "supervisor_since")
Tables = Mapping[str, Table]


def _rates(tables: Tables, days: Table) -> Table:
    """Rates and surroundings over invented counts: arithmetic only, so that Spark can plan it."""
    wide = event_windows(days, tables["duty_months"], DUTY)
    for events in (COMPLAINTS, FORCE_REPORTS):
        wide = wide.mutate(**dict.fromkeys(events.totals, wide.duty_months_12m))
    return with_rates(with_exposure(wide, has_duty=True), has_duty=True)


def _surroundings(tables: Tables, days: Table) -> Table:
    placed = postings_at(days, tables["postings"])
    names = (*SHIFT_MEASURES, "courses_12m", "overtime_hours_12m", "exposure_hours_24m", *LOAD_COLUMNS)
    measures = {name: placed.days_in_unit.cast("float64") / 7 for name in names}
    return with_surroundings(placed.mutate(counted=placed.moves_ever == 0, **measures))


BLOCKS: dict[str, Callable[[Tables, Table], Table]] = {
    "complaints": lambda tables, days: event_windows(days, tables["complaints"], COMPLAINTS),
    "duty_load": lambda tables, days: duty_load(days, tables["duty_months"]),
    "mandated": lambda tables, days: mandated_training(
        days, tables["course_completions"], tables["courses"], tables["officers"]
    ),
    "duty": lambda tables, days: event_windows(days, tables["duty_months"], DUTY),
    "fading": lambda tables, days: fading(days, tables["complaints"], COMPLAINTS),
    "network": lambda tables, days: co_accused(days, tables["complaints"]),
    "population": lambda tables, days: population(days, tables),
    "postings": lambda tables, days: postings_at(days, tables["postings"]),
    "rank": lambda tables, days: rank_at(days, tables["promotions"], tables["rank_steps"]),
    "rates": _rates,
    "supervisors": lambda tables, days: supervisors_at(days, tables["postings"]),
    "surroundings": _surroundings,
    "tenure": lambda tables, days: tenure_at(days, tables["officers"]),
}


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    """One random bureau with people in most places."""
    few = hypothesis_settings(max_examples=300, phases=[Phase.generate], database=None, derandomize=True)
    return find(bureaus(), _is_lively, settings=few)


def _is_lively(bureau: Mapping[str, pd.DataFrame]) -> bool:
    oracle = Oracle(bureau)
    accused = [oracle.network(officer, AS_OFS[-1])["co_accused_ever"] for officer in OFFICERS]
    return len(oracle.counted(AS_OFS[-1])) > 1 and max(filter(None, accused), default=0.0) > 0.0


@pytest.fixture(scope="module")
def spark_tables(frames: Mapping[str, pd.DataFrame]) -> Iterator[tuple[Tables, Table]]:
    """The bureau in Spark, dates in UTC; skips aloud where Spark cannot run, fails in CI."""
    if find_spec("pyspark") is None or shutil.which("java") is None:
        reason = "Spark needs Java (apt-get install openjdk-17-jre-headless) and the extra: pip install -e '.[spark]'"
        if os.environ.get("CI"):
            pytest.fail(f"in CI nothing may be skipped: {reason}")
        pytest.skip(reason)
    session = _session()
    for table, frame in frames.items():
        session.createDataFrame(arrow_table(table, frame)).createOrReplaceTempView(table)
    session.createDataFrame(spine_of()).createOrReplaceTempView("spine")
    backend = ibis.pyspark.connect(session)
    yield {table: backend.table(table) for table in READS}, backend.table("spine")
    session.stop()


def _session() -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("pharos")
    told = {
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",  # compiling wide plans costs more than these few rows
    }
    for name, value in told.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


@pytest.fixture(scope="module")
def duckdb_tables(frames: Mapping[str, pd.DataFrame]) -> tuple[Tables, Table]:
    """The same bureau in DuckDB."""
    backend, tables = connect(frames)
    return tables, load(backend, "spine", spine_of())


def rows_of(tables: Tables, spine: Table, block: str) -> pd.DataFrame:
    """A block's rows in order of officer and day, in plain types."""
    rows: pd.DataFrame = BLOCKS[block](tables, officer_days(spine)).to_pandas()
    rows = rows.assign(**{day: pd.to_datetime(rows[day]) for day in DAYS if day in rows})
    ordered = rows.sort_values(["as_of", "officer_id"])[sorted(rows.columns)].reset_index(drop=True)
    text = {name for name in ordered.columns if name.endswith(TEXT_ENDINGS)}
    kinds = {name: "string" if name in text else "float64" for name in ordered.columns if name not in DAYS}
    plain: pd.DataFrame = ordered.astype({**kinds, **{day: "datetime64[us]" for day in DAYS if day in ordered}})
    return plain


@pytest.mark.parametrize("block", sorted(BLOCKS))
def test_spark_and_duckdb_give_the_same_numbers(
    block: str, spark_tables: tuple[Tables, Table], duckdb_tables: tuple[Tables, Table]
) -> None:
    on_duckdb = rows_of(*duckdb_tables, block)
    assert len(on_duckdb) > 0
    on_spark = rows_of(*spark_tables, block)
    pd.testing.assert_frame_equal(on_spark, on_duckdb, check_dtype=False, rtol=1e-12)
