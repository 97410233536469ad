"""Whether an officer had the outcome in the last period, read from the features that training and serving share.

Features hold what was known at their day. A complaint still open counts with the chance that one of its kind counts
in the end, learned in training; otherwise the newest year would always look mild.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.base import Numbers

WINDOWS = (6, 12, 24, 60)  # months
COUNTED: Mapping[str, str] = {
    "conduct": "complaints_sustained",
    "force": "complaints_use_of_force",
    "any_complaint": "complaints",
}
OPEN: Mapping[str, str] = {"conduct": "complaints_pending"}


def past_columns(outcome: str, horizon_months: int) -> tuple[str, ...]:
    """The columns that `past_chances` reads, for any window it may have to take.

    >>> past_columns("conduct", 24)
    ('complaints_sustained_24m', 'complaints_pending_24m', 'complaints_sustained_60m', 'complaints_pending_60m')
    """
    bases = [base for base in (COUNTED.get(outcome), OPEN.get(outcome)) if base is not None]
    return tuple(f"{base}_{months}m" for months in WINDOWS if months >= horizon_months for base in bases)


def past_chances(frame: pd.DataFrame, outcome: str, horizon_months: int, open_chance: float) -> Numbers | None:
    """The chance (n,) of each officer of having had the outcome in the last period; None where no feature tells.

    The period is as long as the horizon, or the next longer one that there is a count of.

    >>> frame = pd.DataFrame({"complaints_sustained_12m": [1.0, 0.0, 0.0], "complaints_pending_12m": [0.0, 2.0, 0.0]})
    >>> past_chances(frame, "conduct", 12, 0.1).round(2).tolist()
    [1.0, 0.19, 0.0]
    """
    bases = [base for base in (COUNTED.get(outcome), OPEN.get(outcome)) if base is not None]
    for months in (window for window in WINDOWS if window >= horizon_months):
        names = [f"{base}_{months}m" for base in bases]
        if names and all(name in frame.columns and frame[name].notna().any() for name in names):
            counted, *still_open = (frame[name].fillna(0.0).to_numpy(np.float64) for name in names)
            missed = np.where(counted > 0, 0.0, 1.0)
            for waiting in still_open:
                missed = missed * (1.0 - open_chance) ** waiting
            return np.asarray(1.0 - missed, dtype=np.float64)
    return None


def open_share(frame: pd.DataFrame, outcome: str, horizon_months: int, known: Numbers) -> float:
    """The chance of an open complaint to count, so that `past_chances` sums to what is expected of the last period.

    `known` (n,) are the chances of having had the outcome in the period as training judges them, complaint by
    complaint. Nought where the outcome never waits for a finding.
    """
    if outcome not in OPEN or not len(frame):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        told = past_chances(frame, outcome, horizon_months, middle)
        if told is None:
            return 0.0
        low, high = (middle, high) if told.sum() < known.sum() else (low, middle)
    return (low + high) / 2
