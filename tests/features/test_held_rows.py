"""Rows held in memory tell exactly what the files tell: any officers, any day, after every new file, and when memory
is short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.simulator.simulation import simulate
from features.held_rows import BYTES_A_ROW, HeldRows
from features.history import History
from features.record import records_at
from tests.features.histories import records
from tests.features.test_record import OWN, WHOLE, framed, history_of, posting

TABLES = (*OWN, *WHOLE)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A simulated bureau in two deliveries."""
    frames = simulate(60, 5, 3, date(2023, 1, 1))
    ready = {name: framed(name, records(frames[name])) for name in TABLES}
    made = History(tmp_path_factory.mktemp("history"))
    made.append_all({name: frame.iloc[::2] for name, frame in ready.items()}, "first")
    made.append_all({name: frame.iloc[1::2] for name, frame in ready.items()}, "second")
    return made


def told(history: History, officers: Sequence[str], day: date, held: HeldRows | None) -> Mapping[str, pd.DataFrame]:
    return records_at(history, officers, day, TABLES, held)


def check_same(one: Mapping[str, pd.DataFrame], other: Mapping[str, pd.DataFrame]) -> None:
    assert list(one) == list(other)
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 70), max_size=5), st.dates(date(2017, 6, 1), date(2023, 6, 1)))
def test_memory_and_files_tell_the_same(history: History, places: list[int], day: date) -> None:
    ids = sorted(set(history.frame("officers", ["officer_id"])["officer_id"]))
    officers = [ids[place] if place < len(ids) else "nobody" for place in places]
    check_same(told(history, officers, day, None), told(history, officers, day, HeldRows(history)))


def test_a_file_that_comes_is_read(tmp_path: Path) -> None:
    history = history_of(tmp_path, postings=[posting("a"), posting("b")])
    held = HeldRows(history)
    assert len(records_at(history, ["a"], date(2022, 1, 1), ["postings"], held)["postings"]) == 1
    first = held.table("postings")
    assert held.table("postings") is first, "read once"
    history.append("postings", framed("postings", [posting("a", "2021-01-01", "2021-01-01", post_id="q")]))
    assert len(records_at(history, ["a"], date(2022, 1, 1), ["postings"], held)["postings"]) == 2


def test_what_does_not_fit_stays_on_disk_and_is_told_all_the_same(history: History) -> None:
    short = HeldRows(history, most_bytes=100)
    assert short.table("postings") is None
    officers = history.frame("officers", ["officer_id"])["officer_id"].tolist()[:3]
    check_same(told(history, officers, date(2022, 1, 1), None), told(history, officers, date(2022, 1, 1), short))


def test_the_tables_together_keep_within_their_share(history: History) -> None:
    sizes = {name: table.rows.nbytes for name in TABLES if (table := HeldRows(history).table(name)) is not None}
    share = max(max(sizes.values()), BYTES_A_ROW * max(history.rows(name) for name in TABLES))
    held = HeldRows(history, most_bytes=share)
    for name in TABLES:
        assert held.table(name) is not None
    assert held.nbytes <= max(share, sizes[TABLES[-1]])
    assert HeldRows(history).nbytes == 0
