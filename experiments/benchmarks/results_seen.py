"""What a reader of the results' database sees, against what lies in the files."""

from __future__ import annotations

import sqlalchemy as sa

from experiments.benchmarks.killed_night import Asked
from serving.night.pointer import read_pointer
from serving.night.results import PublishedRun, latest_run, results_root
from serving.night.results_database import METADATA

VIEWS = ("risk_results_current", "unit_results_current")


def emptied(url: str) -> None:
    """Take everything of ours out of a database of tests."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for view in VIEWS:
            connection.execute(sa.text(f"DROP VIEW IF EXISTS {view}"))
        METADATA.drop_all(connection)
    engine.dispose()


def rows_seen(url: str) -> dict[str, tuple[int, set[str]]]:
    """Rows of each view and the runs that they are of."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        seen = {view: [row[0] for row in connection.execute(sa.text(f"SELECT run FROM {view}"))] for view in VIEWS}  # noqa: S608
    engine.dispose()
    return {view: (len(runs), set(runs)) for view, runs in seen.items()}


def rows_of(run: PublishedRun) -> dict[str, tuple[int, set[str]]]:
    """The same of a published run's files."""
    name = {run.manifest.run}
    return dict(zip(VIEWS, ((len(run.officers(["officer_id"])), name), (len(run.units()), name)), strict=True))


def unlike_files(asked: Asked) -> str:
    """What differs between database and files once a night has ended; empty for nothing, or without a database."""
    settings = asked.settings
    if not asked.results_url or read_pointer(results_root(settings)) is None:
        return ""
    seen, there = rows_seen(asked.results_url), rows_of(latest_run(settings))
    return "" if seen == there else f"the database shows {seen} and the files hold {there}"
