"""Fairness as a limit of the search: a group that the gate would fail is seen, a small one convicts nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import MissingTable
from training.risk.fit import Validated
from training.tuning.fair import CALIBRATION, GAP, limits_broken

DAY = date(2024, 1, 1)
PEOPLE = 4000


def said(factor: float = 1.0, hidden: float = 0.0) -> Validated:
    """Half are women. `factor`: how much too high their chances are; `hidden`: the share of women whose chance is put
    below everybody's, the others keep theirs."""
    rng = np.random.default_rng(4)
    chances = rng.beta(1.0, 6.0, PEOPLE)
    y = (rng.random(PEOPLE) < chances).astype(np.float64)
    women = np.arange(PEOPLE) % 2 == 0
    told = np.where(women, np.minimum(chances * factor, 1.0), chances)
    told = np.where(women & (rng.random(PEOPLE) < hidden), told * 0.01, told)
    return Validated(DAY, [f"o{n}" for n in range(PEOPLE)], y, told, 0.3)


def sexes(officers: Sequence[str], day: date) -> pd.DataFrame:
    assert day == DAY
    return pd.DataFrame({"sex": ["female" if int(one[1:]) % 2 == 0 else "male" for one in officers]})


def test_what_is_fair_breaks_no_limit() -> None:
    assert limits_broken({"conduct": [said()]}, sexes) == {GAP: 0.0, CALIBRATION: 0.0}


def test_chances_that_are_too_high_for_a_group_break_calibration() -> None:
    found = limits_broken({"conduct": [said(factor=1.8)]}, sexes)
    assert found[CALIBRATION] == pytest.approx(0.5, abs=0.15)


def test_events_of_a_group_that_are_missed_break_the_gap() -> None:
    found = limits_broken({"strain": [said()], "conduct": [said(hidden=0.9)]}, sexes)
    assert found[GAP] > 0.05


def test_three_officers_convict_nobody() -> None:
    def few(officers: Sequence[str], day: date) -> pd.DataFrame:
        return pd.DataFrame({"sex": ["female" if n < 3 else "male" for n in range(len(officers))]})

    assert limits_broken({"conduct": [said(factor=1.8)]}, few) == {GAP: 0.0, CALIBRATION: 0.0}


def test_where_nobody_recorded_an_attribute_nothing_is_promised() -> None:
    with pytest.raises(MissingTable, match="protected_attributes"):
        limits_broken({"conduct": [said()]}, lambda officers, _: pd.DataFrame(index=range(len(officers))))
