"""Importing Feast (5 s, 375 MB) without what it does to the process on the way."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from datetime import datetime

from data_contracts.settings import settings
from features.quiet import quiet_thread

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def load_feast() -> None:
    """Import Feast once; whoever needs it imports it again from the module cache.

    Feast points PROMETHEUS_MULTIPROC_DIR at a folder of its own that is gone when this process ends: a service
    started from here would inherit it and fail. Loaded before Feast, prometheus_client keeps its counters in memory.
    """
    if "feast" in sys.modules:
        _tame_its_engine()
        return
    import prometheus_client  # noqa: F401

    given = os.environ.get(METRICS_FOLDER)
    atexit.register(_end_in_silence)
    with feast_quietly():
        import feast  # noqa: F401
    if given is None:
        os.environ.pop(METRICS_FOLDER, None)
    _tame_its_engine()


@functools.cache
def _tame_its_engine() -> None:
    """Feast's offline store joins in Ibis' default DuckDB: every core, and bars past any redirection."""
    import ibis

    backend = ibis.get_backend()
    backend.raw_sql(f"SET threads = {settings().threads}")
    backend.raw_sql("SET enable_progress_bar = false")


def sqlite_times_as_feast_has_them() -> None:
    """Make this process write and read times in SQLite as Feast's online store does: seconds, not text.

    pandas, once it has written to a bare SQLite connection anywhere in the process, has changed that for everybody.
    """
    load_feast()
    from feast.infra.online_stores.sqlite import adapt_datetime_epoch, convert_timestamp

    sqlite3.register_adapter(datetime, adapt_datetime_epoch)
    sqlite3.register_converter("timestamp", convert_timestamp)


@contextlib.contextmanager
def feast_quietly() -> Iterator[None]:
    """Feast prints, draws its own progress bars and resets warning filters; ours are drawn by the command.

    Only this thread falls silent: a service opens Feast beside its requests, and what it says then is its log.
    """
    with warnings.catch_warnings(), quiet_thread():
        warnings.filterwarnings("ignore", "fetch_arrow_table", DeprecationWarning)  # ibis 12 on DuckDB 2
        yield


def _end_in_silence() -> None:
    """After the last line of ours, DuckDB's binding prints forty about objects that Feast still holds at exit."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
