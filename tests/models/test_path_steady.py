"""The steady rate finds planted rates from follow-up that was cut short, and bears what says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from models.paths.steady import SteadyRate


def _followed(rng: np.random.Generator, rows: int = 6000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Moves at a rate that doubles with the first term; half a year to four years followed; the second says nothing."""
    terms = rng.normal(size=(rows, 3))
    terms[:, 2] = 7.0
    time = rng.exponential(1.0 / (0.02 * np.exp(np.log(2.0) * terms[:, 0])))
    end = rng.uniform(6.0, 48.0, rows)
    return terms, np.minimum(time, end), time <= end


def test_planted_rates_come_back_though_follow_up_ends() -> None:
    terms, months, seen = _followed(np.random.default_rng(3))
    found = SteadyRate.fit(terms, months, seen)
    assert found.weights[0] * found.scale[0] ** -1 == pytest.approx(np.log(2.0), abs=0.08)
    assert abs(found.weights[1]) < 0.06
    assert found.weights[2] == 0.0, "a term that is always the same says nothing"


def test_what_is_unknown_counts_as_the_middle_and_what_is_far_out_as_less() -> None:
    terms, months, seen = _followed(np.random.default_rng(4))
    terms[::5, 0] = np.nan
    terms[:, 1] = np.nan
    found = SteadyRate.fit(terms, months, seen)
    asked = np.array([[np.nan, np.nan, 7.0], [found.centre[0], 0.0, 7.0], [1e9, 0.0, 7.0], [4.5, 0.0, 7.0]])
    score = found.score(asked)
    assert score[0] == score[1]
    assert score[2] == score[3] < 4.0
