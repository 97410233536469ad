"""The glass box wins ties, and loses where a blend is ahead for sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy.special import expit

from models.base import Numbers
from training.risk.choosing import BLENDS, GLASS_BOX, HeldOut, Judged, best_blend, choose

RNG = np.random.default_rng(5)
SIGNAL = RNG.normal(size=1500)
CAME = (RNG.random(1500) < expit(2.0 * SIGNAL - 2.0)).astype(np.float64)
OFFICERS = [f"o{number}" for number in range(1500)]


def judged(glass_noise: float, blend_noise: float, answers: Numbers = CAME, seed: int = 0) -> Judged:
    rng = np.random.default_rng(seed)
    noise = {name: rng.normal(size=len(SIGNAL)) for name in ("boosted", "logistic", "glass_box")}
    width = {"boosted": blend_noise, "logistic": blend_noise, "glass_box": glass_noise}
    return Judged((HeldOut({name: SIGNAL + width[name] * noise[name] for name in noise}, answers, OFFICERS),))


def one_year(scores: Mapping[str, Numbers], answers: Numbers, officers: Sequence[str]) -> Judged:
    return Judged((HeldOut(scores, answers, officers),))


def test_a_tie_in_one_year_is_settled_by_several() -> None:
    years = tuple(judged(0.7, 0.9, seed=seed).newest for seed in (2, 3, 4, 0))
    first, together = choose(Judged(years[:1])), choose(Judged(years))
    assert first.weights == GLASS_BOX
    assert together.ahead.low > 0
    assert together.weights == together.blend != GLASS_BOX


def test_years_are_judged_one_under_the_other() -> None:
    year = judged(0.2, 0.3).newest
    both = Judged((year, year))
    assert both.quality(GLASS_BOX) == pytest.approx(Judged((year,)).quality(GLASS_BOX), abs=1e-3)
    assert (len(both.answers), both.officers[:1500]) == (3000, both.officers[1500:])
    assert both.newest is year


def test_the_glass_box_wins_a_tie() -> None:
    chosen = choose(judged(0.2, 0.4))
    assert chosen.ahead.low <= 0 <= chosen.ahead.high
    assert chosen.weights == GLASS_BOX
    assert chosen.blend in BLENDS


def test_a_blend_that_is_ahead_for_sure_serves() -> None:
    chosen = choose(judged(3.0, 0.1))
    assert chosen.ahead.low > 0
    assert chosen.weights == chosen.blend != GLASS_BOX


def test_chances_as_answers_are_judged_too() -> None:
    assert choose(judged(3.0, 0.1, expit(2.0 * SIGNAL - 2.0))).weights != GLASS_BOX


def test_without_a_glass_box_the_best_blend_serves() -> None:
    some = judged(0.3, 0.3).newest
    fewer = one_year({name: some.scores[name] for name in ("boosted", "logistic")}, some.answers, OFFICERS)
    assert set(choose(fewer).weights) <= {"boosted", "logistic"}


def test_another_blend_needs_to_be_clearly_better() -> None:
    y, who = np.array([1.0, 0.0, 1.0, 0.0]), ["a", "b", "c", "d"]
    good, bad = np.array([2.0, 1.0, 3.0, 0.0]), np.array([0.0, 2.0, 1.0, 3.0])
    assert best_blend(one_year({"boosted": good, "logistic": good}, y, who)) == BLENDS[0]
    assert best_blend(one_year({"boosted": good, "logistic": 3 * bad}, y, who))["boosted"] == pytest.approx(1.0)
