"""Importing Feast (5 s, 375 MB) without what it does to the process on the way."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterator

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def load_feast() -> None:
    """Import Feast once; whoever needs it imports it again from the module cache.

    Feast points PROMETHEUS_MULTIPROC_DIR at a folder of its own that is gone when this process ends: a service
    started from here would inherit it and fail. Loaded before Feast, prometheus_client keeps its counters in memory.
    """
    if "feast" in sys.modules:
        return
    import prometheus_client  # noqa: F401

    given = os.environ.get(METRICS_FOLDER)
    atexit.register(_end_in_silence)
    with feast_quietly():
        import feast  # noqa: F401
    if given is None:
        os.environ.pop(METRICS_FOLDER, None)


@contextlib.contextmanager
def feast_quietly() -> Iterator[None]:
    """Feast prints, draws its own progress bars and resets warning filters; ours are drawn by the command."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.filterwarnings("ignore", "fetch_arrow_table", DeprecationWarning)  # ibis 12 on DuckDB 2
        yield


def _end_in_silence() -> None:
    """After the last line of ours, DuckDB's binding prints forty about objects that Feast still holds at exit."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
