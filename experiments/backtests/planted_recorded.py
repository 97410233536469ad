"""The best that a reader of tables could do: someone who knows how strain and departure are planted, nothing hidden.

The load of overtime and nights, steps on the ladder and time in service stand in the tables, and are read back. What
stands in none is left out or estimated: the age, and the habit of working overtime that a month's hours only hint at
(a running mean of their logarithm, as far as the noise of a month allows: a Kalman filter in its steady state).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from scipy.special import digamma, polygamma

from data_contracts.simulator.duty import (
    FAMILY_OVERTIME,
    HABIT_MEMORY,
    HABIT_SD,
    LOAD_MEMORY,
    NIGHTS_MEAN,
    NIGHTS_SD,
    OVERTIME_SHAPE,
)
from data_contracts.simulator.effects import Effects
from data_contracts.simulator.families import FAMILIES
from experiments.backtests.planted_truth import Asked, long_overtime
from models.base import Numbers
from training.risk.outcomes import Frames
from training.risk.signs import versions_at

RECORDED: Final = ("strain", "departure")
WORKDAYS, LEAST_THERE, LEAST_HOURS = 22.0, 0.2, 0.05
NODES = 7  # of the sum over what a habit may be
MONTHS_BACK = 36  # what is older weighs nothing in a load and little in a habit


def recorded(outcome: str, tables: Frames, asked: Asked) -> Numbers:
    """The chance (n,) of one of RECORDED by the planted hazard and what the tables tell as of the day."""
    duty = _duty(tables, asked)
    overtime = _running(duty, duty["above"], asked)
    if outcome == "departure":
        facts = Effects().departure
        score = facts.stagnation * (_months_since_step(tables, asked) > facts.stagnation_months)
        score = score + facts.short_tenure * (_months_of_service(tables, asked) < facts.short_tenure_months)
        hazard = facts.base * np.exp(score + facts.overtime_above_peers * overtime)
        return np.asarray(1.0 - np.exp(-asked.months * hazard))
    load = Effects().strain
    nights = _running(duty, (duty["nights"].astype(float) - NIGHTS_MEAN) / NIGHTS_SD, asked)
    hazard = load.base * np.exp(load.overtime_above_peers * overtime + load.nights * nights)
    usual, doubt = _usual(duty, asked)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    each = [long_overtime(usual * np.exp(doubt * node), asked.months) for node in nodes]
    run = np.asarray(weights / weights.sum()) @ np.array(each)  # over what the habit may be
    return np.asarray(1.0 - np.exp(-asked.months * hazard) * (1.0 - run))


def _duty(tables: Frames, asked: Asked) -> pd.DataFrame:
    """The duty months known at the as-of, each with the job family of its month and the overtime above its mean."""
    start = asked.window.start
    known = versions_at(tables["duty_months"], asked.as_of)
    rows = known[(known["month"] < start) & (known["month"] >= start - pd.DateOffset(months=MONTHS_BACK))]
    posts = versions_at(tables["postings"], asked.as_of)[["officer_id", "started_on", "post_id"]].dropna()
    rows = pd.merge_asof(rows.sort_values("month"), posts.sort_values("started_on"), left_on="month",
                         right_on="started_on", by="officer_id")  # fmt: skip
    family = rows["post_id"].map(tables["posts"].drop_duplicates("post_id").set_index("post_id")["job_family"])
    hours = rows["overtime_hours"].astype(float)
    gap = hours - hours.groupby([rows["month"], family]).transform("mean")
    spread = np.sqrt((gap**2).groupby(rows["month"]).transform("mean")).clip(lower=1e-9)
    back = (start.year - rows["month"].dt.year) * 12 + start.month - rows["month"].dt.month - 1
    return rows.assign(family=family, above=(gap / spread).clip(-3, 3).fillna(0.0), back=back)


def _running(duty: pd.DataFrame, values: pd.Series, asked: Asked) -> Numbers:
    """(n,) the load that months leave behind, each worth LOAD_MEMORY of the one after it."""
    weighed = values * (1 - LOAD_MEMORY) * LOAD_MEMORY ** duty["back"]
    return _each(weighed.groupby(duty["officer_id"]).sum(), asked, 0.0)


def _usual(duty: pd.DataFrame, asked: Asked) -> tuple[Numbers, Numbers]:
    """(n,) hours of overtime in a month without leave, by the family of the last month and the habit so far; and the
    standard deviation of what is not known of their logarithm."""
    usual = dict(zip((family.key for family in FAMILIES), FAMILY_OVERTIME, strict=True))
    away = (duty["sick_days"].fillna(0) + duty["leave_days"].fillna(0)).astype(float)
    there = 1.0 - np.minimum(away, WORKDAYS) / WORKDAYS
    expected = duty["family"].map(usual).astype(float) * there
    seen = np.log(duty["overtime_hours"].astype(float).clip(lower=LEAST_HOURS) / expected.where(there > LEAST_THERE))
    seen = seen - (digamma(OVERTIME_SHAPE) - np.log(OVERTIME_SHAPE))
    table = pd.DataFrame({"officer_id": duty["officer_id"], "back": duty["back"], "seen": seen})
    wide = table.pivot_table(index="officer_id", columns="back", values="seen").reindex(columns=range(MONTHS_BACK))
    habit, doubt = np.zeros(len(wide)), np.full(len(wide), HABIT_SD**2)
    for back in reversed(range(MONTHS_BACK)):
        habit = HABIT_MEMORY * habit
        doubt = HABIT_MEMORY**2 * doubt + HABIT_SD**2 * (1 - HABIT_MEMORY**2)
        now = wide[back].to_numpy(float)
        weight = np.where(np.isnan(now), 0.0, doubt / (doubt + polygamma(1, OVERTIME_SHAPE)))
        habit = habit + weight * (np.nan_to_num(now) - habit)
        doubt = (1 - weight) * doubt
    last = duty.sort_values("month").groupby("officer_id")["family"].last().map(usual)
    habits = pd.DataFrame({"usual": np.exp(habit), "doubt": np.sqrt(doubt)}, index=wide.index)
    return _each(last * habits["usual"], asked, 0.0), _each(habits["doubt"], asked, 0.0)


def _months_since_step(tables: Frames, asked: Asked) -> Numbers:
    rows = versions_at(tables["promotions"], asked.as_of)
    rows = rows[(rows["ladder"] != "police_rank") & (rows["occurred_on"] < asked.window.start)]
    return _months(rows.groupby("officer_id")["occurred_on"].max(), asked)


def _months_of_service(tables: Frames, asked: Asked) -> Numbers:
    return _months(versions_at(tables["officers"], asked.as_of).groupby("officer_id")["entered_on"].max(), asked)


def _months(since: pd.Series, asked: Asked) -> Numbers:
    """(n,) calendar months, as the simulator counts them; endless where nothing is recorded."""
    start = asked.window.start
    return _each((start.year - since.dt.year) * 12 + start.month - since.dt.month, asked, float("inf"))


def _each(found: pd.Series, asked: Asked, absent: float) -> Numbers:
    return np.asarray(asked.officers.map(found).astype(float).fillna(absent), dtype=np.float64)
