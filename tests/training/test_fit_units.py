from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from models.units.model import DOUBT, Roster, UnitRule
from models.units.tree import UnitTree
from training.evaluation.unit_metrics import UnitTest, correlation, interval, together
from training.units.fit import EarlierDay, fit_unit_rule

UNITS = [f"u{place}" for place in range(80) for _ in range(80)]


def a_day(seed: int, *, known: bool, level: float = 0.0) -> EarlierDay:
    """Units with a lasting effect of 0.5; `known` tells whether the officers' chances hold it already."""
    draw = np.random.default_rng(seed)
    tree = UnitTree.of(UNITS, {})
    where = tree.places(UNITS)
    effect = np.random.default_rng(1).normal(0, 0.5, 80)[where]
    base = draw.normal(logit(0.12), 0.5, len(where))
    past = (draw.random(len(where)) < expit(base + effect)).astype(np.float64)
    y = (draw.random(len(where)) < expit(base + effect + level)).astype(np.float64)
    return EarlierDay(Roster(tree, where, expit(base + effect * known), past), y)


def test_what_lasts_in_a_unit_and_its_officers_do_not_tell_is_learned() -> None:
    rule = fit_unit_rule([a_day(seed, known=False) for seed in (1, 2, 3)], 0.2)
    assert 0.4 < rule.past < 1.2
    assert rule.open_chance == 0.2
    assert rule.doubt < 0.35  # less than the effect: the past told most of it


def test_what_officers_tell_already_is_not_counted_twice() -> None:
    rule = fit_unit_rule([a_day(seed, known=True) for seed in (1, 2, 3)])
    assert rule.past < 0.1
    assert rule.doubt < 0.15


def test_a_year_that_was_milder_everywhere_is_no_units_doing_and_widens_the_level() -> None:
    calm, mild = (fit_unit_rule([a_day(1, known=True), a_day(2, known=True, level=level)]) for level in (0.0, -0.8))
    assert mild.level > calm.level + 0.2
    assert mild.past == pytest.approx(calm.past, abs=0.05)


def test_without_an_earlier_day_or_without_the_outcome_the_officers_are_all() -> None:
    nothing = a_day(1, known=True)
    empty = EarlierDay(nothing.roster, np.zeros_like(nothing.y))
    for days in ([], [empty]):
        assert fit_unit_rule(days, 0.1) == UnitRule(past=0.0, doubt=DOUBT, open_chance=0.1)
    assert fit_unit_rule([a_day(1, known=False)]).past > 0.1  # one day: cautious, not blind


def test_units_are_ranked_against_the_share_that_came_of_the_officers_drawn() -> None:
    y = np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    test = UnitTest({"one": np.array([0.1, 0.2, 0.3]), "other": np.array([0.3, 0.2, 0.1])},
                    ["a", "b", "c", "d", "e", "f"], np.array([0, 0, 1, 1, 2, 2]), y)  # fmt: skip
    assert test.seen.tolist() == [0.0, 0.5, 1.0]
    assert test.spearman() == pytest.approx({"one": 1.0, "other": -1.0})
    drawn = test.draws(1)
    assert len(drawn["one"]) == 1000
    assert drawn["one"] == pytest.approx(-drawn["other"], nan_ok=True)
    low, high = interval(drawn["one"])
    assert low < high == pytest.approx(1.0)
    both = together([test, test])
    assert (both.units, len(both.y)) == (6, 12)
    assert both.where.tolist()[-2:] == [5, 5]


def test_units_all_alike_have_no_rank() -> None:
    assert np.isnan(correlation(np.array([[0.1, 0.1]]), np.array([1.0, 2.0]))[0])
    assert np.isnan(interval(np.array([np.nan]))).all()
