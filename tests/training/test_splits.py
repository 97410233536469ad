"""Rolling origins and the embargo."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput
from training.splits import Split, days_asked, inner_splits, rolling_origin


@given(
    st.dates(date(1990, 1, 1), date(2030, 12, 31)),
    st.sampled_from([6, 12, 24]),
    st.integers(0, 6000),
    st.sampled_from([1, 6, 12]),
)
def test_no_training_horizon_reaches_past_the_test(test: date, horizon: int, back: int, step: int) -> None:
    split = rolling_origin(test, horizon, test - timedelta(days=back), step)
    assert all(add_months(day, horizon) <= test for day in split.train)
    assert list(split.train) == sorted(set(split.train))


def test_a_split_without_embargo_is_refused() -> None:
    with pytest.raises(InvalidInput, match="embargo"):
        Split((date(2012, 1, 1),), date(2013, 1, 1), 24)


def test_the_inner_split_asks_the_same_question_one_horizon_earlier() -> None:
    outer = rolling_origin(date(2013, 1, 1), 24, date(2006, 1, 1))
    (inner,) = inner_splits(outer)
    assert inner.test == date(2011, 1, 1)
    assert inner.train[-1] == date(2009, 1, 1)
    assert inner_splits(rolling_origin(date(2013, 1, 1), 24, date(2010, 1, 1))) == []
    assert inner_splits(Split((), date(2013, 1, 1), 24)) == []


def test_several_inner_splits_are_rolling_origins_and_end_where_nothing_was_over() -> None:
    outer = rolling_origin(date(2013, 1, 1), 24, date(2007, 1, 1))
    assert [one.test.year for one in inner_splits(outer, 2)] == [2010, 2011]
    assert [one.test.year for one in inner_splits(outer, 9)] == [2009, 2010, 2011]
    assert [one.train[-1].year for one in inner_splits(outer, 2)] == [2008, 2009]


def test_test_days_are_read_once_each_and_in_order() -> None:
    assert days_asked(["2014-07-02", "2013-01-01", "2014-07-02"]) == [date(2013, 1, 1), date(2014, 7, 2)]
    for wrong in ([], ["2013"]):
        with pytest.raises(InvalidInput):
            days_asked(wrong)


@pytest.mark.parametrize("step", [0, -12])
def test_as_ofs_no_months_apart_are_refused_with_a_remedy(step: int) -> None:
    with pytest.raises(InvalidInput, match=rf"--step-months is {step}; .* at least 1 month"):
        rolling_origin(date(2025, 1, 1), 12, date(2020, 1, 1), step)
