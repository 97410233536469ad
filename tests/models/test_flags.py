"""Flags: near and rising is an approach, good without any warning a commendation; a fall or noise is neither."""

from __future__ import annotations

import dataclasses
import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import policy
from models.risk.flags import Trend, approach, best_below, commend, flags_json, merits

AS_OF = date(2024, 4, 1)
MONTHS = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
LIMITS = {"poor": 0.30, "fair": 0.10, "good": 0.02}
RULES = policy().grades
MERIT = '{"text": {"zh": "近两年受表彰1次", "en": "1 honour in two years"}, "since": "2024-01-05"}'


def _trend(*chances: list[float]) -> Trend:
    """One list for each officer: the months, then now."""
    table = np.array(chances, dtype=np.float64)
    earlier = [(day, table[:, place]) for place, day in enumerate(MONTHS)]
    return Trend.of(AS_OF, table[:, -1], earlier)


def test_a_trend_is_a_line_through_the_nights_that_are_known() -> None:
    odds = np.array([-3.0, -2.9, -2.8, -2.7])
    chances = (1 / (1 + np.exp(-odds))).tolist()
    trend = _trend(chances, [np.nan, np.nan, chances[2], chances[3]], [np.nan] * 3 + [0.1])
    assert trend.slope[0] * 30.33 == pytest.approx(0.1, rel=0.01)
    assert trend.rise[:2] == pytest.approx([0.3, 0.1])
    assert np.isnan(trend.slope[2])
    assert np.isnan(trend.rise[2])
    assert [str(day) for day in trend.since] == ["2024-01-01", "2024-03-01", "2024-04-01"]


def test_near_and_rising_is_told_with_the_day_it_would_cross() -> None:
    (flag,) = approach(_trend([0.070, 0.076, 0.083, 0.090]), AS_OF, ["good"], LIMITS, RULES)
    assert flag is not None
    assert (flag["kind"], flag["since"]) == ("approach", "2024-01-01")
    assert AS_OF < date.fromisoformat(flag["expected_on"]) < date(2024, 6, 1)
    assert "near the limit of fair at 10.0%" in flag["text"]["en"]
    assert "接近「一般」的界限10.0%" in flag["text"]["zh"]


@pytest.mark.parametrize(
    ("chances", "grade"),
    [
        ([0.090, 0.083, 0.076, 0.070], "good"),  # falling
        ([0.090, 0.090, 0.090, 0.091], "good"),  # noise
        ([0.0985, 0.0988, 0.0991, 0.0996], "good"),  # noise close to the limit
        ([0.030, 0.035, 0.040, 0.045], "good"),  # rising, and still far away
        ([0.081, 0.082, 0.083, 0.0835], "good"),  # near, and too slow to be there in time
        ([np.nan, np.nan, np.nan, 0.09], "good"),  # no night to compare with
        ([0.29, 0.33, 0.36, 0.40], "poor"),  # nothing worse is left
        ([0.012, 0.014, 0.016, 0.0195], "excellent"),  # from best to good is no alarm
        ([0.07, 0.076, 0.083, 0.09], None),  # not scored
    ],
)
def test_what_is_no_approach(chances: list[float], grade: str | None) -> None:
    assert approach(_trend(chances), AS_OF, [grade], LIMITS, RULES) == [None]


def test_each_officer_has_their_own_flag_and_policy_sets_the_margin() -> None:
    trend = _trend([0.070, 0.076, 0.083, 0.090], [0.03, 0.03, 0.03, 0.03], [0.20, 0.22, 0.24, 0.26])
    flags = approach(trend, AS_OF, ["good", "good", "fair"], LIMITS, RULES)
    assert [flag is not None for flag in flags] == [True, False, True]
    assert flags[2] is not None
    assert "limit of poor" in flags[2]["text"]["en"]
    strict = dataclasses.replace(RULES, unit=dataclasses.replace(RULES.unit, approach_margin=0.05))
    assert approach(trend, AS_OF, ["good", "good", "fair"], LIMITS, strict) == [None] * 3


def test_a_force_too_small_for_a_grade_has_no_limit_to_come_near() -> None:
    assert approach(_trend([0.7, 0.76, 0.83, 0.9]), AS_OF, ["fair"], {"poor": 2.0}, RULES) == [None]


def test_praise_needs_a_fact_and_no_warning_anywhere() -> None:
    level = _trend(*[[0.01] * 4] * 5)
    best = np.array([True, True, True, False, True])
    overall = ["excellent", "fair", "good", "excellent", "poor"]
    told = commend(level, overall, best, [MERIT, MERIT, None, MERIT, MERIT], RULES)
    assert [flag is not None for flag in told] == [True, False, False, False, False]
    assert told[0] is not None
    assert told[0]["text"]["en"] == "among the best of the force, and 1 honour in two years; worth a commendation"
    assert told[0]["since"] == "2024-01-05"
    assert commend(level, [None] * 5, best, [MERIT] * 5, RULES) == [None] * 5  # a short history is no merit


def test_getting_better_is_a_fact_too() -> None:
    fell = _trend([0.05, 0.04, 0.03, 0.02])
    (flag,) = commend(fell, ["excellent"], np.array([True]), [None], RULES)
    assert flag is not None
    assert flag["text"]["zh"] == "处于全员最好的一部分，且概率自2024-01-01起下降；宜予表扬"
    rose = _trend([0.02, 0.03, 0.04, 0.05])
    assert commend(rose, ["excellent"], np.array([True]), [None], RULES) == [None]


def test_honours_are_merits_for_two_years() -> None:
    frame = pd.DataFrame({"as_of": pd.Timestamp("2024-04-01"), "honours_24m": [0.0, 1.0, np.nan],
                          "days_since_honours": [900.0, 87.0, np.nan]})  # fmt: skip
    assert merits(frame) == [None, MERIT, None]
    assert merits(frame.drop(columns="honours_24m")) == [None] * 3


def test_the_best_share_is_of_those_scored() -> None:
    assert best_below(np.append(np.arange(100) / 100, np.nan), 0.10) == 0.10
    assert best_below(np.array([0.1, np.nan]), 0.10) == 0.0
    assert json.loads(flags_json(None, {"kind": "commend"})) == [{"kind": "commend"}]
