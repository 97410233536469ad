"""Importing Feast (2 s, 180 MB) without what it does to the process on the way.

Imported as it is it takes 7 s and 360 MB: it brings torch along for answers as tensors, which nobody here asks for,
and rewrites its own functions to check the types of their arguments, parsing a whole module for each of them.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import os
import sqlite3
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from data_contracts.settings import settings
from features.quiet import quiet_thread

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
TORCH_WRAPPER = "feast.torch_wrapper"


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
    with feast_quietly(), _arguments_unchecked():
        _torch_when_asked_for()
        import feast  # noqa: F401
    if given is None:
        os.environ.pop(METRICS_FOLDER, None)
    _tame_its_engine()


@contextlib.contextmanager
def _arguments_unchecked() -> Iterator[None]:
    """What is decorated meanwhile stays as it was written, as under `python -O`; tests check our calls."""
    import typeguard

    checked = typeguard.typechecked
    typeguard.typechecked = _as_written
    try:
        yield
    finally:
        typeguard.typechecked = checked


def _as_written(target: Any = None, **_: object) -> Any:
    """Both forms of the decorator: `@typechecked`, and `@typechecked(...)` with its options."""
    decorate: Callable[[Any], Any] = lambda found: found  # noqa: E731
    return decorate if target is None else target


def _torch_when_asked_for() -> None:
    """Feast's one module that imports torch, made to do so when it is asked for it."""
    wrapper = types.ModuleType(TORCH_WRAPPER)
    vars(wrapper)["get_torch"] = functools.partial(importlib.import_module, "torch")
    sys.modules.setdefault(TORCH_WRAPPER, wrapper)


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
