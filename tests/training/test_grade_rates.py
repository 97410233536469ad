"""Rates by grade against a hand count; order, ties, pooling."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.decisions import Shares
from data_contracts.policy import policy
from data_contracts.vocabulary import Grade
from models.risk.grade_rate import GradeRate
from training.evaluation.grade_rates import (
    Order,
    as_records,
    grade_rates,
    order_of,
    order_told,
    poor_over_excellent,
    ratio_told,
)

SHARES = Shares(poor=0.1, fair=0.2, good=0.4, excellent=0.3)


def test_rates_are_counted_by_hand() -> None:
    chances = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    came = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    rates = grade_rates(came, chances, SHARES)
    assert list(rates) == list(Grade)
    assert [(rate.n, rate.events) for rate in rates.values()] == [(1, 1), (2, 1), (4, 1), (3, 0)]
    assert [rate.rate for rate in rates.values()] == [1.0, 0.5, 0.25, 0.0]
    assert order_of(rates) is Order.STRICT
    assert math.isnan(poor_over_excellent(rates))
    assert ratio_told(rates).en == "no event among 3 excellent", "never inf"


def test_equal_rates_are_no_strict_order_and_nobody_in_a_grade_is_none() -> None:
    level = {grade: GradeRate.of(1, 10) for grade in Grade}
    assert order_of(level) is Order.BROKEN
    assert order_told(level).en == "no"
    assert poor_over_excellent(level) == 1.0
    one = grade_rates(np.ones(3), np.array([0.1, 0.2, 0.3]), SHARES)
    assert (one[Grade.POOR].n, math.isnan(one[Grade.POOR].rate)) == (0, True)
    assert order_of(one) is not Order.STRICT
    assert ratio_told(one).en == "none, for nobody has one of the grades"
    assert math.isnan(poor_over_excellent({grade: GradeRate.of(0, 5) for grade in Grade}))


def test_each_as_of_is_graded_by_itself_when_pooled() -> None:
    chances = np.concatenate([np.linspace(0.5, 0.9, 20), np.linspace(0.01, 0.1, 20)])
    came = np.zeros(40)
    came[[19, 39]] = 1.0
    days = np.repeat(np.array(["2012-01-01", "2013-01-01"]), 20)
    pooled = grade_rates(came, chances, SHARES, days)
    assert (pooled[Grade.POOR].n, pooled[Grade.POOR].events) == (4, 2.0)
    mixed = grade_rates(came, chances, SHARES)
    assert mixed[Grade.POOR].events == 1.0


def test_a_chance_that_is_unknown_is_in_no_grade_and_json_has_no_nan() -> None:
    rates = grade_rates(np.ones(4), np.array([np.nan, 0.2, 0.3, 0.4]), SHARES)
    assert sum(rate.n for rate in rates.values()) == 3
    told = json.dumps(as_records(rates), allow_nan=False)
    assert json.loads(told)[0] == {"grade": "poor", "n": 0, "events": 0.0, "rate": None, "low": None, "high": None}


@given(st.integers(1, 400), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_an_interval_holds_its_rate(n: int, share: float) -> None:
    rate = GradeRate.of(round(share * n), n)
    assert 0.0 <= rate.low <= rate.rate <= rate.high <= 1.0


def test_wilson_as_published() -> None:
    found = GradeRate.of(0, 10)  # Newcombe 1998, table I: 0/10 is 0 to 0.2775
    assert found.low == 0.0
    assert found.high == pytest.approx(0.2775, abs=5e-4)


def test_the_rates_of_a_good_model_are_in_order_under_the_shares_of_policy() -> None:
    rng = np.random.default_rng(3)
    chances = rng.beta(1, 12, 20_000)
    came = (rng.random(20_000) < chances).astype(np.float64)
    rates = grade_rates(came, chances, policy().grades.shares)
    assert order_of(rates) is Order.STRICT
    assert [rate.n for rate in rates.values()] == [1000, 3000, 12000, 4000]
    assert order_of(grade_rates(came, -chances, policy().grades.shares)) is Order.BROKEN
