"""Flags: near a limit is an approach, with what came of others as near; good without any warning a commendation."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import policy
from models.risk.flags import Edge, Followed, Trend, approach, best_below, commend, flags_json, merits, near_margin

AS_OF = date(2024, 4, 1)
MONTHS = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
LIMITS = {"poor": 0.30, "fair": 0.10, "good": 0.02}
RULES = policy().grades
EDGE = Edge(LIMITS, RULES.unit.approach_margin)
WHOLE = dataclasses.replace(RULES, unit=dataclasses.replace(RULES.unit, approach_share=1.0))
MERIT = '{"text": {"zh": "近两年受表彰1次", "en": "1 honour in two years"}, "since": "2024-01-05"}'


def _trend(*chances: list[float]) -> Trend:
    """One list for each officer: the months, then now."""
    table = np.array(chances, dtype=np.float64)
    earlier = [(day, table[:, place]) for place, day in enumerate(MONTHS)]
    return Trend.of(AS_OF, table[:, -1], earlier)


def test_a_trend_is_the_rise_since_the_first_night_that_is_known() -> None:
    odds = np.array([-3.0, -2.9, -2.8, -2.7])
    chances = (1 / (1 + np.exp(-odds))).tolist()
    trend = _trend(chances, [np.nan, np.nan, chances[2], chances[3]], [np.nan] * 3 + [0.1])
    assert trend.rise[:2] == pytest.approx([0.3, 0.1])
    assert np.isnan(trend.rise[2])
    assert [str(day) for day in trend.since] == ["2024-01-01", "2024-03-01", "2024-04-01"]


def _alerts(chances: list[float], grades: list[str | None], followed: Followed | None = None) -> list[Any]:
    return approach(np.array(chances), AS_OF, grades, EDGE, RULES, followed)


def test_near_is_told_with_what_came_of_others_as_near() -> None:
    seen = Followed(date(2023, 12, 1), date(2024, 3, 1), 197, 91)
    (flag,) = _alerts([0.095], ["good"], seen)
    assert (flag["kind"], flag["since"], flag["expected_on"]) == ("approach", "2024-04-01", None)
    assert (
        "near the limit of fair at 10.0%; of 197 officers as near on 2023-12-01, 91 (46%) were graded worse by"
        in (flag["text"]["en"])
    )
    assert (
        "接近「一般」的界限10.0%；2023-12-01同样接近的197人中，到2024-03-01有91人（46%）的等级变差过"
        in flag["text"]["zh"]
    )


def test_what_was_not_measured_is_not_promised() -> None:
    (flag,) = _alerts([0.29], ["fair"])
    assert (
        "limit of poor at 30.0%; how many who are as near go on to cross it is not measured yet" in flag["text"]["en"]
    )
    assert "尚无统计" in flag["text"]["zh"]


def test_where_hardly_anyone_near_went_on_being_near_is_no_news() -> None:
    few, enough = (Followed(date(2023, 12, 1), date(2024, 3, 1), 100, crossed) for crossed in (24, 25))
    assert _alerts([0.095], ["good"], few) == [None]
    assert _alerts([0.095], ["good"], enough) != [None]


@pytest.mark.parametrize(
    ("chance", "grade"),
    [
        (0.085, "good"),  # still far away
        (0.10, "good"),  # at the limit already
        (0.31, "fair"),  # past it, graded milder by a unit's budget
        (0.40, "poor"),  # nothing worse is left
        (0.0195, "excellent"),  # from best to good is no alarm
        (0.09, None),  # not scored
        (np.nan, "good"),
    ],
)
def test_what_is_no_approach(chance: float, grade: str | None) -> None:
    assert _alerts([chance], [grade]) == [None]


def test_each_officer_has_their_own_flag_and_policy_sets_the_margin() -> None:
    chances, grades = np.array([0.092, 0.03, 0.28]), ["good", "good", "fair"]
    flags = approach(chances, AS_OF, grades, EDGE, RULES)
    assert [flag is not None for flag in flags] == [True, False, True]
    assert approach(chances, AS_OF, grades, Edge(LIMITS, 0.05), RULES) == [None] * 3


def test_of_a_crowd_near_a_limit_the_nearest_are_alerted() -> None:
    crowd = np.concatenate([np.linspace(0.0901, 0.0999, 40), np.linspace(0.03, 0.05, 55), np.full(5, 0.4)])
    margin = near_margin(crowd, LIMITS, RULES)
    assert margin < RULES.unit.approach_margin
    alerts = approach(crowd, AS_OF, ["good"] * 95 + ["poor"] * 5, Edge(LIMITS, margin), RULES)
    assert [place for place, alert in enumerate(alerts) if alert] == [35, 36, 37, 38, 39]  # a twentieth of the force
    assert near_margin(crowd[36:], LIMITS, RULES) != near_margin(crowd[37:], LIMITS, RULES)
    assert near_margin(crowd[37:], LIMITS, RULES) == RULES.unit.approach_margin
    equals = np.concatenate([np.full(40, 0.095), np.full(60, 0.03)])
    assert near_margin(equals, LIMITS, RULES) == 0.0  # a crowd of equals would be more than the share
    none = dataclasses.replace(RULES, unit=dataclasses.replace(RULES.unit, approach_share=0.0))
    assert near_margin(crowd, LIMITS, none) == 0.0


NIGHTS = [date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]


def _followed(*chances: list[float], days: Sequence[date] = NIGHTS, copies: int = 10) -> Followed | None:
    """One list of nights for each officer, each so many times."""
    table = np.repeat(np.array(chances, dtype=np.float64), copies, axis=0)
    return Followed.of([(day, table[:, place], LIMITS) for place, day in enumerate(days)], WHOLE)


def test_who_was_near_is_followed_from_the_first_night() -> None:
    found = _followed(
        [0.095, 0.12, 0.09, 0.09],  # worse for one night
        [0.28, 0.29, 0.29, 0.31],  # fair, and poor in the end
        [0.28, 0.29, 0.29, 0.29],  # stays fair, above the limit of fair all along
        [0.095, 0.09, np.nan, 0.09],  # not known of one night
        [0.095, 0.12, np.nan, np.nan],  # was worse before it was not known
        [0.05, 0.12, 0.12, 0.12],  # was not near
        [0.019, 0.12, 0.12, 0.12],  # nor was who was excellent
        [0.12, 0.31, 0.31, 0.31],  # nor who was fair and far from poor
    )
    assert found == Followed(NIGHTS[0], NIGHTS[-1], 40, 30)
    assert found.share == 0.75


def test_nights_that_span_too_little_and_few_officers_measure_nothing() -> None:
    near = [0.095, 0.12, 0.12, 0.12]
    assert _followed(near, copies=10) is not None
    assert _followed(near, copies=9) is None
    assert _followed(near[:3], days=NIGHTS[:3]) is None
    assert _followed(near[:1], days=NIGHTS[:1]) is None
    assert np.isnan(Followed(NIGHTS[0], NIGHTS[1], 0, 0).share)


def test_a_force_too_small_for_a_grade_has_no_limit_to_come_near() -> None:
    assert approach(np.array([1.9]), AS_OF, ["fair"], Edge({"poor": 2.0}, 0.1), RULES) == [None]


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
