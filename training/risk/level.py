"""How often an outcome is to be expected from now on, from what is known of the newest months.

Calibration learns the level from a window that began a horizon ago; by now it has moved on. What was opened in
the last months is known at once, so the change against the same months a year before tells where the level goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from data_contracts.asof import add_months
from data_contracts.policy import policy
from training.risk.dataset import KEYS, RiskRows
from training.risk.outcomes import Question, exposed, first_as_of, labels
from training.splits import Split

FRESH_MONTHS = (3, 12)  # the newest are the timeliest, a year is the steadiest: their mean erred least up to 2013
DRIFT_SHARE = 0.5  # of a year's change, for each year between the window known and the window asked about
MOST_DRIFT = 0.4  # log-odds a year; the most seen up to 2012, and more is a single odd year


@dataclass(frozen=True)
class Level:
    """The mean chance (None: not known) that a calibrated model should have over the force as it stands, `present`."""

    rate: float | None
    present: pd.DataFrame


def expected_level(rows: RiskRows, outcome: str, split: Split) -> Level:
    """The rate of the last window that is over, moved by the change of a year as known at the test day."""
    present, last = rows.at([split.test]), split.train[-1]
    rate = _rate(rows, outcome, Asked(last, last, split.horizon_months, split.test))
    if present.empty or not 0 < rate < 1:
        return Level(None, present)
    years = (split.test - last).days / 365.25
    return Level(float(expit(logit(rate) + DRIFT_SHARE * years * change_of_a_year(rows, outcome, split.test))), present)


def change_of_a_year(rows: RiskRows, outcome: str, day: date) -> float:
    """By how much the log-odds moved between the newest months and the same ones a year before, as known at `day`.

    0 where a year of the two was not recorded yet, or saw the outcome never or always.
    """
    ready = day - timedelta(days=policy().outcome(outcome).mature_after_days)
    moves = []
    for months in FRESH_MONTHS:
        starts = [add_months(ready, -months - ago) for ago in (0, 12)]
        counted = [add_months(day, -12 - ago) for ago in (0, 12)]
        pairs = zip(counted, starts, strict=True)
        now, then = (_rate(rows, outcome, Asked(there, start, months, day)) for there, start in pairs)
        if min(now, then) > 0 and max(now, then) < 1:
            moves.append(float(logit(now) - logit(then)))
    return float(np.clip(np.mean(moves), -MOST_DRIFT, MOST_DRIFT)) if moves else 0.0


@dataclass(frozen=True)
class Asked:
    """Of those counted at `there`: who had the outcome within `months` from `start`, as known at `known_at`."""

    there: date
    start: date
    months: int
    known_at: date


def _rate(rows: RiskRows, outcome: str, asked: Asked) -> float:
    """The share; 0 where nobody was counted or nothing recorded yet."""
    spine = rows.spine([asked.there])
    if spine.empty or min(asked.there, asked.start) < first_as_of(rows.tables, outcome):
        return 0.0
    spine = spine.assign(as_of=pd.Timestamp(asked.start).as_unit("us"))[list(KEYS)]
    question = Question(outcome, asked.months, asked.known_at)
    spine = spine[exposed(rows.tables, spine, question)].reset_index(drop=True)
    return float(labels(rows.tables, spine, question).mean()) if len(spine) else 0.0
