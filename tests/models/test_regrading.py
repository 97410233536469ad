"""One officer graded in a force that was graded already: as grading the whole force again would."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.decisions import GradePolicy
from data_contracts.policy import policy
from models.risk.grades import grade
from models.risk.regrading import GradedForce

RULES = policy().grades
TIGHT = dataclasses.replace(RULES.unit, poor_budget=0.05, poor_budget_least=1)
SHARES = dataclasses.replace(RULES.shares, poor=0.3, fair=0.2, good=0.3, excellent=0.2)
MODES = [dataclasses.replace(RULES, mode=mode, unit=TIGHT, shares=SHARES) for mode in ("shares", "unit_budget")]
CHANCE = st.integers(0, 12).map(lambda number: number / 12)


@pytest.mark.parametrize("rules", MODES, ids=lambda rules: rules.mode)
@given(
    force=st.lists(st.tuples(st.none() | CHANCE, st.sampled_from(("a", "b", None))), min_size=1, max_size=60),
    chance=CHANCE,
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_a_new_chance_is_graded_as_a_new_night_would(
    rules: GradePolicy, force: list[tuple[float | None, str | None]], chance: float, data: st.DataObject
) -> None:
    chances = np.array([np.nan if one is None else one for one, _ in force], dtype=np.float64)
    units = np.array([unit for _, unit in force], dtype=object)
    place = data.draw(st.integers(0, len(force) - 1))
    changed = chances.copy()
    changed[place] = chance
    again = grade(changed, rules, units=units.tolist())
    assert GradedForce(chances, units, rules).grade(chance, place) == again[place]
    joined = grade(np.append(chances, chance), rules, units=[*units.tolist(), None])
    assert GradedForce(chances, units, rules).grade(chance) == joined[-1]
