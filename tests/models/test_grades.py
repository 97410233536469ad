"""Grades in each of the three modes of policy."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.decisions import CutOffs, GradePolicy
from data_contracts.policy import policy
from data_contracts.vocabulary import Outcome
from models.risk.grades import by_cut_offs, by_shares, cut_offs, grade, limits, overall, tells_excellent, within_budget
from models.risk.regrading import GradedForce

RULES = policy().grades
CUTS = CutOffs(Outcome.CONDUCT, 12, 0.5, 0.2, 0.1)
BY_CUTS = dataclasses.replace(RULES, mode="cut_offs", cut_off=(CUTS,))
BY_BUDGET = dataclasses.replace(RULES, mode="unit_budget")
CHANCES = np.arange(100) / 100


def _poor(grades: np.ndarray, units: list[str]) -> Counter[str]:
    return Counter(unit for unit, one in zip(units, grades, strict=True) if one == "poor")


def test_cut_offs_grade_one_officer_as_they_grade_a_force() -> None:
    found = grade(CHANCES, BY_CUTS, "conduct", 12)
    assert Counter(found) == {"poor": 50, "fair": 30, "good": 10, "excellent": 10}
    assert by_cut_offs(np.array([0.5]), CUTS.by_grade).tolist() == ["poor"]
    assert grade(CHANCES, BY_CUTS, "strain", 12).tolist() == by_shares(CHANCES, RULES.shares).tolist()
    assert limits({"poor": 0.9}, BY_CUTS, "conduct", 12) == CUTS.by_grade
    assert limits({"poor": 0.9}, BY_CUTS, "conduct", 24) == {"poor": 0.9}
    assert limits({"poor": 0.9}, RULES, "conduct", 12) == {"poor": 0.9}


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc")), min_size=1, max_size=200))
@settings(max_examples=50, deadline=None)
def test_no_unit_has_more_poor_than_its_budget(force: list[tuple[int, str]]) -> None:
    chances, units = np.array([chance / 20 for chance, _ in force]), [unit for _, unit in force]
    poor = np.full(len(force), "poor", dtype=object)
    found = within_budget(poor, chances, units, RULES.unit)
    size = Counter(units)
    assert all(count <= RULES.unit.most_flagged(size[unit]) for unit, count in _poor(found, units).items())
    for unit in size:
        kept = [chance for (chance, of), one in zip(force, found, strict=True) if of == unit and one == "poor"]
        lost = [chance for (chance, of), one in zip(force, found, strict=True) if of == unit and one == "fair"]
        assert not kept or not lost or min(kept) > max(lost)


def test_a_budget_takes_nobody_who_was_not_poor_and_asks_for_units() -> None:
    units = ["a"] * 50 + ["b"] * 50
    found, shared = grade(CHANCES, BY_BUDGET, units=units), by_shares(CHANCES, RULES.shares)
    assert _poor(found, units) == {"b": 5}
    assert [one for one, other in zip(found, shared, strict=True) if one != other] == []
    tight: GradePolicy = dataclasses.replace(
        BY_BUDGET, unit=dataclasses.replace(RULES.unit, poor_budget=0.04, poor_budget_least=1)
    )
    assert _poor(grade(CHANCES, tight, units=units), units) == {"b": 2}
    assert Counter(grade(CHANCES, tight, units=units))["fair"] == Counter(shared)["fair"] + 3
    assert grade(CHANCES, tight).tolist() == shared.tolist()
    nowhere: list[str | None] = [None] * 100
    assert grade(CHANCES, tight, units=nowhere).tolist() == shared.tolist()


def test_nobody_of_a_negligible_chance_is_warned_though_shares_would_have_it() -> None:
    """Stagnation: a few of a force at 60 %, all others next to never."""
    chances = np.concatenate([np.linspace(0.5, 0.7, 30), np.linspace(0.0001, 0.0007, 970)])
    found = grade(chances, RULES)
    assert Counter(found) == {"poor": 30, "good": 970}
    cuts = cut_offs(chances, RULES)
    assert by_cut_offs(chances, cuts).tolist() == found.tolist()
    assert cuts["poor"] > cuts["fair"] > 0.0007
    free = dataclasses.replace(
        RULES, shares=dataclasses.replace(RULES.shares, warned_from_mean=0.0, poor_from_mean=0.0)
    )
    assert Counter(grade(chances, free)) == {"poor": 50, "fair": 150, "good": 800}


def test_who_is_just_above_the_mean_is_fair_and_not_poor_though_shares_would_have_it() -> None:
    """A stranger read a growth plan to two officers at 1.1 times the mean: of an outcome few have to fear."""
    chances = np.concatenate([np.linspace(0.3, 0.7, 30), [0.020, 0.018, 0.010], np.linspace(0.0001, 0.0007, 967)])
    force = RULES.shares.warned_from_mean * chances.mean()
    chances[30:33] = force * np.array([1.4, 1.1, 0.95])
    found = grade(chances, RULES)
    assert Counter(found) == {"poor": 30, "fair": 2, "good": 968}
    assert by_cut_offs(chances, cut_offs(chances, RULES)).tolist() == found.tolist()
    again = GradedForce(chances, np.full(1000, None, dtype=object), RULES)
    assert [again.grade(float(chances[place]), place) for place in range(1000)] == found.tolist()
    unset = dataclasses.replace(RULES, shares=dataclasses.replace(RULES.shares, poor_from_mean=0.0))
    assert Counter(grade(chances, unset)) == {"poor": 32, "good": 968}, "never below the least that is warned of"


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=80))
@settings(max_examples=100, deadline=None)
def test_shares_stay_upper_bounds_of_warnings_and_the_best_keep_theirs(chances: list[float]) -> None:
    force = np.array(chances)
    found = by_shares(force, RULES.shares)
    free = by_shares(force, dataclasses.replace(RULES.shares, warned_from_mean=0.0, poor_from_mean=0.0))
    warned = np.isin(found.astype(str), ("poor", "fair"))
    assert np.isin(free[warned].astype(str), ("poor", "fair")).all()
    assert (free[found == "poor"] == "poor").all()
    assert (force[warned] >= force.mean() * (1 - 1e-6)).all()
    mean = force.mean()
    assert (force[found == "poor"] >= 1.5 * mean / (1.0 + 0.5 * mean) * (1 - 1e-6)).all()
    assert ((found == "excellent") == (free == "excellent")).all()


def test_excellent_is_nothing_where_it_is_not_told_from_good() -> None:
    """Nineteen in twenty have a chance of one in a million: nobody of them is better than another."""
    rules = policy().grades
    chances = np.concatenate([np.linspace(0.5, 0.9, 5), np.linspace(1e-7, 9e-6, 95)])
    assert set(by_shares(chances, rules.shares)) == {"poor", "good"}
    cuts = cut_offs(chances, rules)
    assert (cuts["good"], tells_excellent(cuts)) == (0.0, False)
    assert set(by_cut_offs(chances, cuts)) == {"poor", "good"}
    force = GradedForce(chances, np.full(100, None, dtype=object), rules)
    assert [force.grade(float(chances[place]), place) for place in range(100)] == by_shares(
        chances, rules.shares
    ).tolist()
    assert set(by_shares(chances + 0.001, rules.shares)) >= {"poor", "good", "excellent"}


def test_an_outcome_that_cannot_tell_takes_nothing_from_an_excellent() -> None:
    assert overall(["excellent", "good"], [True, False]) == "excellent"
    assert overall(["excellent", "good"], [True, True]) == "good"
    assert overall(["excellent", "fair"], [True, False]) == "fair"
    assert overall(["good", "good"], [False, False]) == "good"
