"""Conformal sets keep their promise for each label on data drawn from a known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit

from models.base import Numbers
from models.risk.conformal import FIRST_PROMISE, Conformal

LEVELS = (0.9, 0.8, 0.7)


def drawn(seed: int, n: int = 4000) -> tuple[Numbers, Numbers]:
    """Chances of a rare event, and what came."""
    rng = np.random.default_rng(seed)
    chances = expit(-3.5 + 1.2 * rng.normal(size=n))
    return chances, (rng.random(n) < chances).astype(np.float64)


def test_the_promise_is_kept_for_each_label() -> None:
    told = [Conformal.fit(*drawn(seed)).coverage(*drawn(seed + 100)) for seed in range(40)]
    for name in ("held_when_it_came", "held_when_it_did_not"):
        assert np.mean([one[name] for one in told]) == pytest.approx(FIRST_PROMISE, abs=0.015)
    assert 0 < told[0]["unsure"] < 1


def test_a_promise_on_average_would_forget_the_rare_label() -> None:
    chances, y = drawn(1)
    highest = float(np.quantile(np.where(y == 1, 1 - chances, chances), FIRST_PROMISE))
    assert np.mean(1 - chances[y == 1] <= highest) < FIRST_PROMISE / 2  # what the label-conditional sets mend


def test_chances_as_labels_weigh_as_much_as_they_say() -> None:
    chances, y = drawn(2)
    soft = Conformal.fit(chances, chances)
    hard = Conformal.fit(chances, y)
    assert soft.comes == pytest.approx(hard.comes, rel=0.25)
    assert soft.stays == pytest.approx(hard.stays, rel=0.1)


def test_too_few_to_promise_is_unsure() -> None:
    few = Conformal.fit(np.array([0.2, 0.9]), np.array([0.0, 1.0]))
    assert few.unsure(np.array([0.0, 1.0])).all()
    assert math.isnan(few.coverage(np.array([0.5]), np.array([0.0]))["held_when_it_came"])
    assert Conformal.fit(np.zeros(0), np.zeros(0)) == Conformal() == Conformal(**Conformal().to_json())


def test_a_lower_promise_is_kept_and_leaves_fewer_unsure() -> None:
    told = [[Conformal.fit(*drawn(seed), level).coverage(*drawn(seed + 100)) for seed in range(20)] for level in LEVELS]
    for level, some in zip(LEVELS, told, strict=True):
        assert {one["promise"] for one in some} == {level}
        for name in ("held_when_it_came", "held_when_it_did_not"):
            assert np.mean([one[name] for one in some]) == pytest.approx(level, abs=0.02)
    unsure = [np.mean([one["unsure"] for one in some]) for some in told]
    assert unsure == sorted(unsure, reverse=True)
    assert unsure[-1] < unsure[0] / 2
