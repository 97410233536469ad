"""Fairness as a limit of the search: what policy's gate would refuse of a group, settings may not do on validation
time either.

Protected attributes are read beside what was said, by officer and day, and never meet a column that is learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.errors import MissingTable
from data_contracts.gating import GroupLimits
from data_contracts.policy import policy
from models.risk.evidence import budget_spent
from training.evaluation.fairness import Group, Judged, Verdict, fairness
from training.risk.fit import Validated

GAP, CALIBRATION = "true_positive_gap", "calibration"
Audit = Callable[[Sequence[str], date], pd.DataFrame]
"""One text column an attribute for these officers on a day, null where unknown; read for this only."""


def limits_broken(said: Mapping[str, Sequence[Validated]], audit: Audit) -> dict[str, float]:
    """By how much the worst group is beyond each limit of policy/gate.toml, of what was said by outcome; 0 where no
    group is.

    A group is beyond one where the gate would fail it: the figure lies outside of the band, and the interval that holds
    for all groups at once excludes equality. A group of three officers convicts nobody.
    """
    limits, outcomes = policy().gate.groups, len(said)
    found = {GAP: 0.0, CALIBRATION: 0.0}
    for some in said.values():
        for group in _groups(some, audit, outcomes):
            found[GAP] = max(found[GAP], _gap(group, limits))
            found[CALIBRATION] = max(found[CALIBRATION], _off(group, limits))
    return found


def _groups(some: Sequence[Validated], audit: Audit, outcomes: int) -> tuple[Group, ...]:
    """Every group of every fold of one outcome; where nobody recorded an attribute there is nothing to hold to."""
    rows = pd.concat([audit(one.officers, one.as_of) for one in some], ignore_index=True)
    if rows.empty or rows.columns.empty:
        raise MissingTable(
            "nobody recorded a protected attribute, so fairness cannot be a limit of the search; ingest "
            "protected_attributes, or set fairness = false under [tune]"
        )
    days: NDArray[Any] = np.concatenate([np.full(len(one.y), one.as_of, dtype="datetime64[D]") for one in some])
    chances = np.concatenate([one.chances for one in some])
    flagged = budget_spent(days, chances, policy().grades.shares.poor)
    officers = np.array([officer for one in some for officer in one.officers], dtype=object)
    judged = Judged(officers, np.concatenate([one.y for one in some]), chances, flagged)
    return fairness(judged, rows, policy().gate.groups, outcomes).groups


def _gap(group: Group, limits: GroupLimits) -> float:
    """Beyond the gap in true positives, as a share of events."""
    if group.gap_verdict(limits) is not Verdict.FAIL:
        return 0.0
    return max(0.0, abs(group.true_positive_gap.value) - limits.gap_at_most)


def _off(group: Group, limits: GroupLimits) -> float:
    """Beyond the band of predicted over observed, as a ratio."""
    if group.calibration_verdict(limits) is not Verdict.FAIL:
        return 0.0
    ratio = group.predicted_ratio.value
    return max(0.0, limits.ratio_low - ratio, ratio - limits.ratio_high)
