"""The risk model against the planted truth: how near it comes to someone who knows every hazard of the simulator.

The oracle of an as-of knows the planted hazards of that month and nothing later; `foresight` also knows the hazards
of the months to come, which nobody can. Both rank officers by them. The truth lies beside the tables, is no table of
the contracts, and is read here only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.stats import gamma, norm

from data_contracts.asof import add_months
from data_contracts.decisions import Sign
from data_contracts.policy import policy
from data_contracts.simulator.development import MEASURING_SD
from data_contracts.simulator.duty import OVERTIME_SHAPE
from data_contracts.simulator.effects import Effects
from models.base import Numbers
from training.risk.outcomes import Frames
from training.risk.signs import Looked, Window, shown, versions_at

LEAVE_SHARE, WORKED_WITH_LEAVE = 0.2, 0.82  # of months, and how much of such a month is worked
MEASURED, OLD = 3, 50  # competencies a year; the age over which strain is planted to rise


@dataclass(frozen=True)
class Asked:
    """Officers (n,) at an as-of, and how many months ahead."""

    officers: pd.Series
    as_of: date
    months: int

    @property
    def window(self) -> Window:
        """The months asked about."""
        return Window(pd.Timestamp(self.as_of), pd.Timestamp(add_months(self.as_of, self.months)))


def oracle(outcome: str, truth: pd.DataFrame, tables: Frames, asked: Asked) -> Numbers:
    """The chance (n,) of an outcome by the hazards planted in the month of the as-of."""
    now = truth[truth["month"] == asked.window.start].set_index("officer_id")
    known = now.reindex(asked.officers.to_numpy())
    if outcome == "stagnation":
        return _stagnation(known, tables, asked)
    quiet = np.exp(-asked.months * known[outcome].fillna(0.0).to_numpy(float))
    if outcome == "strain":
        quiet *= 1.0 - long_overtime(known["usual_overtime"].fillna(0.0).to_numpy(float), asked.months)
    return np.asarray(1.0 - quiet)


def hazard_alone(outcome: str, truth: pd.DataFrame, tables: Frames, asked: Asked) -> Numbers:
    """The hazard planted under the outcome's own name and nothing else: for strain the sick spells, without the chance
    of long overtime; stagnation follows from several, and is as the oracle has it."""
    if outcome == "stagnation":
        return oracle(outcome, truth, tables, asked)
    return oracle(outcome, truth.assign(usual_overtime=0.0), tables, asked)


def age_blind(outcome: str, truth: pd.DataFrame, tables: Frames, asked: Asked) -> Numbers:
    """The oracle without the one hazard that reads a protected attribute: strain rises over fifty, and no model of
    ours may know an age. Everybody has the mean of that factor."""
    if outcome != "strain" or "protected_attributes" not in tables:
        return oracle(outcome, truth, tables, asked)
    born = tables["protected_attributes"].drop_duplicates("officer_id").set_index("officer_id")["birth_year"]
    over_fifty = asked.as_of.year - asked.officers.map(born).astype("float64") > OLD
    factor = np.exp(Effects().strain.over_fifty * over_fifty)
    ageless = dict(zip(asked.officers, factor.mean() / factor, strict=True))
    now = truth[truth["month"] == asked.window.start]
    blind = now.assign(strain=now["strain"] * now["officer_id"].map(ageless).astype("float64"))
    return oracle(outcome, blind, tables, asked)


def foresight(outcome: str, truth: pd.DataFrame, tables: Frames, asked: Asked) -> Numbers:
    """The same by the mean of the hazards of all months to come; as at the as-of for stagnation."""
    if outcome == "stagnation":
        return oracle(outcome, truth, tables, asked)
    inside = truth[asked.window.holds(truth["month"])]
    means = inside.groupby("officer_id")[[outcome, "usual_overtime"]].mean().reset_index()
    return oracle(outcome, means.assign(month=asked.window.start), tables, asked)


def long_overtime(usual: Numbers, months: int) -> Numbers:
    """The chance (n,) of the overtime run that policy calls strain, for officers with this usual overtime."""
    sign = next(one for one in policy().outcome("strain").signs if one.how == "run")
    least = sign.at_least["overtime_hours"] / np.maximum(usual, 1e-9)
    over = [gamma.sf(least / share, OVERTIME_SHAPE, scale=1.0 / OVERTIME_SHAPE) for share in (1.0, WORKED_WITH_LEAVE)]
    chance = (1.0 - LEAVE_SHARE) * over[0] + LEAVE_SHARE * over[1]
    run = np.zeros((sign.in_a_row + 1, len(usual)))  # chance of each length of the present run; the last one stays
    run[0] = 1.0
    for _ in range(months):
        longer = run[:-1] * chance
        run[0] = (run[:-1] * (1.0 - chance)).sum(axis=0)
        run[1:-1], run[-1] = longer[:-1], run[-1] + longer[-1]
    return np.asarray(run[-1])


def _stagnation(known: pd.DataFrame, tables: Frames, asked: Asked) -> Numbers:
    """No step and no course to come, from rates; and the level measured at the end no higher than it was."""
    signs = {sign.how: sign for sign in policy().outcome("stagnation").signs}
    looked = Looked(asked.officers, asked.window, asked.as_of)  # what shows at the end if nothing more happens
    still = [shown(signs[how], tables[signs[how].table], looked) for how in ("past_minimum", "without")]
    no_step = (1.0 - known["step"].fillna(0.0).to_numpy(float)) ** asked.months
    no_course = np.exp(-asked.months * known["courses"].fillna(0.0).to_numpy(float))
    growth = signs["no_growth"]
    before = _measured(tables[growth.table], growth, asked)
    then = asked.officers.map(before).to_numpy(float)
    end = (known["level"] + known["growth"] * asked.months / 12.0).to_numpy(float)
    lower = norm.cdf((then + growth.growth - end) / (MEASURING_SD / np.sqrt(MEASURED)))
    return np.asarray(still[0] * still[1] * no_step * no_course * np.where(np.isnan(lower), 1.0, lower))


def _measured(rows: pd.DataFrame, sign: Sign, asked: Asked) -> Mapping[str, float]:
    """The mean level that each officer will be compared with, as known at the as-of."""
    known = versions_at(rows, asked.as_of)
    early = known[known[sign.date] < asked.window.end - pd.DateOffset(months=sign.months or 0)]
    last = early.sort_values(sign.date).groupby(["officer_id", str(sign.each)])[str(sign.level)].last()
    means = last.groupby(level=0).mean()
    return {str(officer): float(level) for officer, level in means.items()}
