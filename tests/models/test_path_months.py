"""Calendar months: every day over the leap years, forward and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.asof import add_months, months_on, months_until
from data_contracts.policy import policy
from models.paths.rules import Rules
from models.posts.histories import EPOCH, Histories
from models.service_end import ServiceEnd, service_end

DAYS = st.dates(date(1998, 1, 1), date(2040, 12, 31))


@given(DAYS, st.integers(-480, 480))
def test_months_are_added_as_pandas_adds_them(day: date, months: int) -> None:
    assert add_months(day, months) == (pd.Timestamp(day) + pd.DateOffset(months=months)).date()
    assert months_on(day, float(months)) == add_months(day, months)


@given(DAYS, st.integers(0, 5000))
def test_the_time_between_two_days_leads_from_one_to_the_other(day: date, more: int) -> None:
    end = day + timedelta(days=more)
    assert months_on(day, months_until(day, end)) == end
    assert months_until(end, day) == 0.0


@pytest.mark.parametrize("start", [date(2023, 3, 1), date(2024, 2, 29), date(2024, 1, 31), date(2022, 12, 31)])
@pytest.mark.parametrize("months", [12, 24, 36])
def test_a_least_time_ends_on_its_day_and_not_one_before(start: date, months: int) -> None:
    due = add_months(start, months)
    for day, left in ((due - timedelta(days=1), True), (due, False), (due + timedelta(days=1), False)):
        waits = Rules(least_months=np.array([float(months)])).waits(_one(start, day), 1)
        assert waits is not None
        assert bool(waits[0] > 0) == left
        assert months_on(day, float(waits[0])) == max(due, day)
    assert ServiceEnd(due, "given").months_from(start) == float(months)


def _one(started: date, day: date) -> Histories:
    unknown = np.full(1, np.nan, np.float32)
    days = np.array([[(day - started).days, 0]], np.float32)
    return Histories(np.array([[0, -1]], np.int32), days, np.zeros(1, np.int32), unknown, unknown,
                     np.array([(day - EPOCH).days], np.int32))  # fmt: skip


def test_who_serves_after_the_latest_day_of_retirement_is_told_that_the_record_cannot_be_right() -> None:
    end = service_end(None, date(1980, 1, 1), policy().paths)
    assert end.on is not None
    last = end.words_on(end.on)
    past = end.words_on(end.on + timedelta(days=1))
    assert f"{end.on} at the latest" in last.en
    assert "past" not in last.en
    assert all(word in past.en for word in (str(end.on), "which is past", "still serving", "retires_on"))
    assert all(word in past.zh for word in (str(end.on), "已过", "在职", "retires_on"))
    sent = replace(end, basis="given").words_on(end.on + timedelta(days=1))
    assert sent.en.startswith(f"retires on {end.on}, as the request says, which is past though the record says still")
    assert replace(end, basis="given").words_on(end.on).en == f"retires on {end.on}, as the request says"
