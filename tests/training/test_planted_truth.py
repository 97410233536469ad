"""The planted truth is used: the risk model finds again what was planted in the simulated bureau, and in its order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from data_contracts.asof import add_months
from data_contracts.catalog import catalog
from data_contracts.simulator.duty import LOAD_MEMORY, NIGHTS_SD
from data_contracts.simulator.effects import Effects
from data_contracts.simulator.simulation import simulate
from features.declared import declared_features
from features.versions import with_superseded_on
from models.base import Numbers
from models.risk.baselines import count_rule
from models.risk.explain import Told, theme_sums
from models.risk.themes import SHOWN
from training.evaluation.risk_metrics import soft_average_precision
from training.risk.dataset import RiskRows, as_ofs_needed, lesson_of, rows_from_tables
from training.risk.fit import fit_outcome
from training.risk.level import expected_level
from training.risk.outcomes import Frames, first_as_of
from training.splits import Split, rolling_origin

END, TEST, MONTHS = date(2026, 1, 1), date(2025, 1, 1), 12
SEED, OFFICERS, YEARS = 3, 4_000, 8
SHARE_OF_ORACLE = 0.6  # of the average precision of someone who knew every hazard to come; 0.66 to 0.70 were seen
SHARE_OF_EFFECT = 1 / 3  # of what the hazards of the year ahead show of each covariate; 0.45 to 0.77 were seen
NEAR_TIE = 1.25  # planted effects less than a quarter apart have no order
LEAST = 1e-5


@dataclass(frozen=True)
class Found:
    """What a fitted model says of the officers at the test as-of, (n,) each, beside the chances that were planted."""

    said: Numbers
    counted: Numbers
    planted: Numbers
    log_odds: Numbers
    reasons: list[str]

    def quality(self, scores: Numbers) -> float:
        """Average precision against the planted chances: no luck of the draw is in it."""
        return soft_average_precision(self.planted, scores)


def _fitted(rows: RiskRows, split: Split, truth: pd.DataFrame) -> Found:
    columns = [name for name in declared_features().service("risk_v1").chosen if name in rows.frame]
    expected = expected_level(rows, "conduct", split)
    lesson = lesson_of(rows, "conduct", split, columns).at_level(expected.rate, expected.present)
    model, test = fit_outcome(lesson), rows.at([TEST])
    x = lesson.design.matrix(test)
    sums = theme_sums(model.contributions(x), lesson.design.names)
    told = Told({name: float(test[name].mean()) for name in sorted(SHOWN & set(test.columns))}, model.silent)
    within = truth[(truth["month"] >= pd.Timestamp(TEST)) & (truth["month"] < pd.Timestamp(add_months(TEST, MONTHS)))]
    hazard = test["officer_id"].map(within.groupby("officer_id")["conduct"].sum()).fillna(0.0)
    chances = 1.0 - np.exp(-hazard.to_numpy(float))
    return Found(model.predict(x), count_rule(test), chances, sums.log_odds, told.reasons(test, sums, 3))


def _before(frame: pd.DataFrame, column: str, months: int) -> pd.DataFrame:
    """Rows of the months before the test day."""
    return frame[(frame[column] < pd.Timestamp(TEST)) & (frame[column] >= pd.Timestamp(add_months(TEST, -months)))]


def _loads(duty: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Running overtime above the job family and running nights of each officer, in standard deviations."""
    family = duty["officer_id"].map(test.set_index("officer_id")["post_id"].str.rsplit("-", n=1).str[0])
    back = (TEST.year - duty["month"].dt.year) * 12 + TEST.month - duty["month"].dt.month - 1
    weight = (1 - LOAD_MEMORY) * LOAD_MEMORY**back
    hours, nights = duty["overtime_hours"].astype("float64"), duty["nights"].astype("float64")
    peers = hours.groupby([family, duty["month"]])
    above = ((hours - peers.transform("mean")) / peers.transform("std")).fillna(0.0).clip(-3, 3)
    overtime, night = ((part * weight).groupby(duty["officer_id"]).sum() for part in (above, nights / NIGHTS_SD))
    return overtime, night


def _covariates(tables: Frames, test: pd.DataFrame) -> dict[str, Numbers]:
    """What the simulator multiplies its effects with, read back from the tables as of the test day, (n,) each."""
    facts = Effects().conduct
    complaints = tables["complaints"].drop_duplicates(["complaint_id", "officer_id"])
    opened = complaints[complaints["opened_on"] < pd.Timestamp(TEST)]
    months = (pd.Timestamp(TEST) - opened["opened_on"]).dt.days / 30.44
    heat = np.exp(-months / facts.past_complaints_decay_months)
    overtime, nights = _loads(_before(tables["duty_months"], "month", 12), test)
    courses = _before(tables["course_completions"], "occurred_on", facts.training_lasts_months)
    trained = courses.loc[courses["course_id"] == "k-conduct", "officer_id"].unique()
    honours = _before(tables["honours"], "occurred_on", 12)
    new = test.loc[test["tenure_days"] < 30.44 * facts.short_tenure_months, "officer_id"]
    sums = {
        "past_complaints": heat.groupby(opened["officer_id"]).sum(),
        "overtime_above_peers": overtime,
        "nights": nights,
        "missing_training": pd.Series(-1.0, index=trained),
        "short_tenure": pd.Series(1.0, index=new),
        "commendations": honours[honours["level"] == "commendation"].groupby("officer_id").size(),
    }
    return {name: test["officer_id"].map(values).fillna(0.0).to_numpy(float) for name, values in sums.items()}


def _held_equal(test: pd.DataFrame) -> Numbers:
    """(n, k): what else is planted and goes with the covariates: the work and the unit's climate."""
    family = pd.get_dummies(test["post_id"].str.rsplit("-", n=1).str[0], drop_first=True).to_numpy(float)
    return np.column_stack([np.ones(len(test)), test["unit_others_mean_complaints_24m"].fillna(0.0), family])


def _effects(covariates: Mapping[str, Numbers], held: Numbers, log_odds: Numbers) -> dict[str, float]:
    """What one standard deviation more of each covariate adds to `log_odds` (n,), all others held equal."""
    told = np.linalg.lstsq(np.column_stack([*covariates.values(), held]), log_odds, rcond=None)[0]
    return {name: float(slope * covariates[name].std()) for name, slope in zip(covariates, told, strict=False)}


@pytest.fixture(scope="module")
def bureau() -> tuple[RiskRows, Split, pd.DataFrame]:
    """Rows of a simulated bureau, the question asked of them, and the truth, which nothing learns from."""
    frames = simulate(OFFICERS, YEARS, SEED, END)
    truth = frames["truth"]
    tables = {name: with_superseded_on(table, frames[name]) for name, table in catalog().tables.items()}
    split = rolling_origin(TEST, MONTHS, first_as_of(tables, "conduct"))
    return rows_from_tables(tables, as_ofs_needed([split])), split, truth


@pytest.mark.slow
def test_the_risk_model_recovers_the_planted_effects_in_their_order(
    bureau: tuple[RiskRows, Split, pd.DataFrame],
) -> None:
    rows, split, truth = bureau
    found = _fitted(rows, split, truth)
    test = rows.at([TEST])
    covariates, held = _covariates(rows.tables, test), _held_equal(test)
    present = found.planted > LEAST
    planted = _effects(
        {name: values[present] for name, values in covariates.items()}, held[present], np.log(found.planted[present])
    )
    said = _effects(covariates, held, found.log_odds)
    for name in ("past_complaints", "missing_training", "overtime_above_peers", "nights", "short_tenure"):
        assert planted[name] > 0.1
        assert said[name] > SHARE_OF_EFFECT * planted[name], name
    for stronger, weaker in permutations(planted, 2):
        if planted[stronger] > NEAR_TIE * max(planted[weaker], LEAST):
            assert said[stronger] > said[weaker], (stronger, weaker)
    assert Effects().conduct.commendations == 0.0
    assert abs(said["commendations"]) < 0.2 * min(said[name] for name in said if name != "commendations")
    told = [one for row in found.reasons for one in json.loads(row)]
    assert {one["theme"] for one in told} >= {"complaints", "workload", "training", "people_around"}
    assert {one["theme"] for one in told} & {"honours", "supervisor", "moves"} == set()  # nothing of them is planted
    own, counted, best = (found.quality(scores) for scores in (found.said, found.counted, found.planted))
    assert own > 1.25 * counted
    assert own > SHARE_OF_ORACLE * best
