"""What-if: a changed record is what the features would have been, and what is told is an association within bounds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.simulator.simulation import simulate
from data_contracts.supporting import Change
from data_contracts.vocabulary import Outcome
from features.snapshots import officer_frame
from features.versions import with_superseded_on
from features.windows import FEATURE_COLUMNS, TEXT_COLUMNS
from models.base import Numbers
from models.risk.design_matrix import Design
from models.risk.logistic import SoftLogistic
from models.risk.model import OutcomeModel
from models.risk.themes import theme_of
from models.risk.what_if import altered, what_if

AS_OF = date(2025, 1, 1)
CHANGES: Mapping[str, Change] = {change.code: change for change in policy().what_if.change}
MEANS = {"nights_per_duty_month_12m": 2.0}
NUMBERS = [name for name in FEATURE_COLUMNS if name not in TEXT_COLUMNS]


@pytest.fixture(scope="module")
def bureau() -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Tables of a simulated bureau, and the features of one officer of each of many posts."""
    frames = simulate(160, 3, 5, date(2026, 1, 1))
    tables = {name: with_superseded_on(table, frames[name]) for name, table in catalog().tables.items()}
    stays = tables["officers"][tables["officers"]["left_on"].isna()]["officer_id"].iloc[:70]
    spine = pd.DataFrame({"officer_id": stays.to_numpy(), "as_of": pd.Timestamp(AS_OF)})
    rows = officer_frame(tables, spine)
    old = rows[(rows["duty_months_12m"] == 12) & rows["overtime_hours_12m_minus_post_others"].notna()]
    return tables, old.drop_duplicates("post_id").reset_index(drop=True)


def _raw(tables: Mapping[str, pd.DataFrame], officer: str, change: Change, step: float) -> dict[str, pd.DataFrame]:
    """The tables as if the officer's record had been another, row by row."""
    if change.measure == "courses":
        taken = tables["course_completions"]
        day = pd.Timestamp(AS_OF) - pd.Timedelta(days=1)
        row = taken.iloc[[0]].assign(officer_id=officer, occurred_on=day, known_on=day, hours=change.hours)
        row["course_id"] = "one that nobody must take"
        row[["score", "superseded_on"]] = None
        return {**tables, "course_completions": pd.concat([taken, row.astype(taken.dtypes)], ignore_index=True)}
    duty = tables["duty_months"].copy()
    start = pd.Timestamp(AS_OF) - pd.DateOffset(months=change.months)
    there = (duty["officer_id"] == officer) & (duty["month"] >= start) & (duty["month"] < pd.Timestamp(AS_OF))
    for name in {change.measure, *(["hours"] if change.measure == "overtime_hours" else [])}:
        duty[name] = duty[name].astype("float64").where(~there, duty[name].astype("float64") + step)
    return {**tables, "duty_months": duty}


def _numbers(frame: pd.DataFrame, place: int) -> Numbers:
    return np.asarray(frame.loc[[place], NUMBERS].to_numpy(np.float64, na_value=np.nan)[0], dtype=np.float64)


def test_every_feature_is_what_the_changed_record_would_give(
    bureau: tuple[dict[str, pd.DataFrame], pd.DataFrame],
) -> None:
    tables, rows = bureau
    chosen: dict[str, int] = {}
    for code, change in CHANGES.items():
        applies = np.flatnonzero(altered(rows, change, MEANS).applies)
        chosen[code] = next(int(place) for place in applies if place not in chosen.values())
    for code, place in chosen.items():  # officers of different posts: nobody is another's peer
        other = altered(rows, CHANGES[code], MEANS)
        tables = _raw(tables, str(rows["officer_id"][place]), CHANGES[code], other.after[place] - other.before[place])
    again = officer_frame(tables, rows.loc[list(chosen.values()), ["officer_id", "as_of"]])
    for code, place in chosen.items():
        thought = _numbers(altered(rows, CHANGES[code], MEANS).frame, place)
        real = _numbers(again, place)
        assert np.array_equal(np.isnan(thought), np.isnan(real)), code
        off = np.abs(thought - real) > 0.01 * (1 + np.abs(real))
        assert [name for name, wrong in zip(NUMBERS, off, strict=True) if wrong] == [], code
        assert (np.abs(real - _numbers(rows, place)) > 0.01).sum() >= 8


def test_a_change_stays_within_what_policy_allows() -> None:
    frame = pd.DataFrame({"duty_months_3m": [3.0, 3.0, 3.0, 0.0, 3.0], "leave_days_3m": [3.0, 15.0, 21.0, 0.0, np.nan]})
    found = altered(frame, CHANGES["days_off"], {})
    assert found.after[:3].tolist() == [3.0, 6.0, 7.0]
    assert found.applies.tolist() == [True, True, False, False, False]
    assert found.frame["leave_days_3m"].tolist()[:4] == [9.0, 18.0, 21.0, 0.0]
    small = dataclasses.replace(CHANGES["nights_to_force_mean"], most_step=1.5)
    nights = altered(pd.DataFrame({"duty_months_3m": [3.0, 3.0], "nights_3m": [30.0, 3.0]}), small, MEANS)
    assert nights.after.tolist() == [8.5, 1.0]  # never more nights than there were
    assert nights.applies.tolist() == [True, False]


def test_a_record_without_the_measure_is_left_alone() -> None:
    frame = pd.DataFrame({"complaints_24m": [1.0]})
    for change in CHANGES.values():
        found = altered(frame, change, MEANS)
        assert not found.applies.any()
        assert found.frame.equals(frame)


def _model(frame: pd.DataFrame, weights: Mapping[str, float]) -> OutcomeModel:
    design = Design(tuple(frame.columns[1:]), {})
    member = SoftLogistic()
    member.middle, member.scale = np.zeros(len(design.names)), np.ones(len(design.names))
    member.coefficients = np.array([weights.get(name, 0.0) for name in design.names])
    return OutcomeModel("strain", 12, design, {"logistic": member}, {"logistic": 1.0})


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "officer_id": ["a", "b"],
            "duty_months_3m": [3.0, 3.0],
            "nights_3m": [30.0, 3.0],
            "leave_days_3m": [0.0, 0.0],
            "courses_12m": [1.0, 0.0],
            "overtime_hours_3m": [90.0, 0.0],
            "overtime_hours_12m": [360.0, 0.0],
            "overtime_hours_12m_minus_post_others": [240.0, -120.0],
        }
    )


def test_the_best_changes_are_told_first_as_an_association() -> None:
    frame = _frame()
    model = _model(frame, {"nights_3m": 0.4, "overtime_hours_3m": 0.1, "leave_days_3m": -0.05, "courses_12m": 0.3})
    first, second = (json.loads(row) for row in what_if([model], frame, MEANS, policy().what_if)["what_if"])
    assert [one["change"] for one in first] == ["nights_to_force_mean", "overtime_to_post_mean", "days_off"]
    assert [one["change"] for one in second] == ["days_off"]
    assert first[0]["difference"] < first[1]["difference"] < first[2]["difference"] < 0
    now = model.predict(model.design.matrix(frame))[0]
    for one in first:  # as they are told: rounded before they are set against each other, so that they add up
        assert one["probability"] == round(one["probability"], 4)
        assert one["difference"] == round(one["probability"] - round(float(now), 4), 4)
        then, points = f"{one['probability']:.2%}", f"{-100 * one['difference']:.2f}"
        assert f"about {then} ({points} points below {now:.2%})" in one["text"]["en"]
        assert f"约为{then}（比{now:.2%}低{points}个百分点）" in one["text"]["zh"]
    assert "at the mean of the force, 2 instead of 10 a month" in first[0]["text"]["en"]
    assert "由每月30小时降到同岗位平均的10小时" in first[1]["text"]["zh"]
    assert all("no promise" in one["text"]["en"] and "不是保证" in one["text"]["zh"] for one in first)


def test_a_change_cut_short_is_not_told_as_if_it_reached_the_mean() -> None:
    frame = _frame().assign(nights_3m=[45.0, 3.0], overtime_hours_3m=[240.0, 0.0])
    model = _model(frame, {"nights_3m": 0.4, "overtime_hours_3m": 0.1})
    told = {
        one["change"]: one["text"] for one in json.loads(what_if([model], frame, MEANS, policy().what_if)["what_if"][0])
    }
    assert "at 7 instead of 15 a month, still above the mean of the force" in told["nights_to_force_mean"]["en"]
    assert "由每月80小时降到40小时（仍高于同岗位平均）" in told["overtime_to_post_mean"]["zh"]


def test_nobody_is_told_what_one_of_three_colleagues_works() -> None:
    model = _model(_frame(), {"overtime_hours_3m": 0.1})

    def changes(officers: float) -> set[str]:
        frame = _frame().assign(post_size=officers)
        return {one["change"] for one in json.loads(what_if([model], frame, MEANS, policy().what_if)["what_if"][0])}

    assert changes(5.0) - changes(4.0) == {"overtime_to_post_mean"}


def test_little_gain_and_worse_are_not_told_and_policy_says_how_many() -> None:
    frame = _frame()
    model = _model(frame, {"nights_3m": 0.4, "overtime_hours_3m": 0.1, "leave_days_3m": -0.05})
    one = dataclasses.replace(policy().what_if, told=1)
    assert [len(json.loads(row)) for row in what_if([model], frame, MEANS, one)["what_if"]] == [1, 1]
    strict = dataclasses.replace(policy().what_if, least_difference=0.9)
    assert what_if([model], frame, MEANS, strict)["what_if"].tolist() == ["[]", "[]"]
    only = tuple(dataclasses.replace(change, outcomes=(Outcome.CONDUCT,)) for change in policy().what_if.change)
    other = dataclasses.replace(policy().what_if, change=only)
    assert what_if([model], frame, MEANS, other)["what_if"].tolist() == ["[]", "[]"]


def test_where_no_change_is_told_it_is_said_why() -> None:
    frame = _frame().assign(nights_3m=[30.0, 0.0])
    model = _model(frame, {"nights_3m": 0.4})

    def why(outcome: str, least: float = policy().what_if.least_difference) -> list[str | None]:
        asked = (CHANGES["nights_to_force_mean"],)
        rules = dataclasses.replace(policy().what_if, change=asked, least_difference=least)
        found = what_if([dataclasses.replace(model, outcome=outcome)], frame, MEANS, rules)["no_what_if"]
        return [None if one is None else json.loads(one)["en"] for one in found]

    fewest = "what could be changed is on record as the change would have it, or not on record"
    assert why("strain") == [None, fewest]
    little = "each change was thought through, and none lowers the chance by 90 points or more"
    assert why("strain", 0.9) == [little, fewest]
    assert set(why("stagnation")) == {"nothing that policy counts as changeable may be told of this outcome"}


def test_nothing_that_policy_lets_change_is_sensitive_or_about_others() -> None:
    assert {change.measure for change in CHANGES.values()} <= {"overtime_hours", "nights", "leave_days", "courses"}
    assert {change.who for change in CHANGES.values()} <= {"officer", "leader"}


def test_a_course_is_no_what_if_where_it_ends_the_outcome_by_definition() -> None:
    """Stagnation asks for two years without a course; telling that one course ends it would be ticking a box."""
    frame = _frame().assign(courses_12m=[0.0, 0.0], days_since_courses=[900.0, 900.0])
    rules = dataclasses.replace(policy().what_if, change=(CHANGES["course_now"],))
    model = _model(frame, {"days_since_courses": 0.002})
    for outcome, told in (("conduct", 1), ("stagnation", 0)):
        found = what_if([dataclasses.replace(model, outcome=outcome)], frame, {}, rules)
        assert [len(json.loads(one)) for one in found["what_if"]] == [told, told]
    no_growth = policy().outcome("stagnation")
    assert CHANGES["course_now"].ends(no_growth)
    assert not CHANGES["course_now"].ends(dataclasses.replace(no_growth, combine="any"))  # another may show
    assert not CHANGES["days_off"].ends(no_growth)


def test_nothing_is_advised_that_may_not_be_told_as_a_reason_of_the_outcome() -> None:
    """Overtime and leave are no reasons of stagnation, whatever a model found in them; a silent figure is no lever."""
    frame = _frame()
    weights = {"nights_3m": 0.4, "overtime_hours_3m": 0.1, "leave_days_3m": -0.05, "courses_12m": -0.3}

    def told(outcome: str, silent: tuple[str, ...] = ()) -> set[str]:
        model = dataclasses.replace(_model(frame, weights), outcome=outcome, silent=silent)
        found = what_if([model], frame, MEANS, dataclasses.replace(policy().what_if, told=9))["what_if"]
        return {one["change"] for row in found for one in json.loads(row)}

    duty = {"nights_to_force_mean", "overtime_to_post_mean", "days_off"}
    assert told("stagnation") == set()
    assert told("strain") == told("departure") == duty
    assert told("conduct") == {*duty, "course_now"}
    assert told("conduct", ("training", "nights_per_duty_month_12m")) == duty - {"nights_to_force_mean"}
    assert told("strain", ("workload",)) == set()


def test_every_measure_that_policy_lets_change_belongs_to_a_theme() -> None:
    themes = {change.code: theme_of(f"{change.measure}_12m") for change in CHANGES.values()}
    assert themes == {
        "overtime_to_post_mean": "workload", "nights_to_force_mean": "workload", "days_off": "workload",
        "course_now": "training"}  # fmt: skip


def test_a_what_if_says_what_it_rests_on() -> None:
    frame = _frame().assign(courses_12m=[0.0, 0.0], days_since_courses=[900.0, 900.0])
    rules = dataclasses.replace(policy().what_if, change=(CHANGES["course_now"],))
    model = dataclasses.replace(_model(frame, {"days_since_courses": 0.002}), outcome="conduct")
    found = what_if([model], frame, {}, rules)
    (told,) = json.loads(found["what_if"][0])
    assert "依据模型从全员以往记录中学到的统计关联，不是保证" in told["text"]["zh"]
    assert "rests on an association that the model learned from past records" in told["text"]["en"]
