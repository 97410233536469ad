"""What each node of the unit tree gets beside its figures: a grade, how sure it is, and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.decisions import GradePolicy
from data_contracts.unit_grading import UnitGrading
from data_contracts.vocabulary import Grade
from models.base import Numbers
from models.risk.grades import by_cut_offs, decided_by
from models.units.model import Expected, Roster, beta_interval
from serving.night.past import Asked

SMALL = "small_unit"


@dataclass(frozen=True)
class Grades:
    """Grades of one scope, (units,): of the share, and of both ends of what is believed of the node; None without
    officers. `unsure` where the ends differ."""

    grade: list[str | None]
    best: list[str | None]
    worst: list[str | None]

    @property
    def unsure(self) -> list[bool]:
        """Whether what is believed of a node reaches into another grade."""
        return [best != worst for best, worst in zip(self.best, self.worst, strict=True)]


def grades_of(shares: Mapping[str, Expected], force: float, rules: UnitGrading) -> dict[str, Grades]:
    """Grades by scope, units and blocks against the whole force's share by the same cut-offs.

    What is believed is the middle `rules.sure` of the expectation at a given level of the force: the luck of the draw
    and a year that is worse everywhere are no doubt about a unit. The whole force is its own measure, so it is sure.
    """
    cuts, officers = rules.cut_offs(force), float(np.nansum(shares["own"].officers))
    found: dict[str, Grades] = {}
    for scope, one in shares.items():
        variance = np.where(one.officers == officers, 0.0, one.variance)
        ends = beta_interval(one.share, variance, rules.sure)
        ends = (np.minimum(ends[0], one.share), np.maximum(ends[1], one.share))
        found[scope] = Grades(*(by_cut_offs(share, cuts).tolist() for share in (one.share, *ends)))
    return found


def alerts_of(rows: pd.DataFrame, roster: Roster, rules: GradePolicy, asked: Asked) -> dict[str, dict[str, Any]]:
    """Officers flagged against the unit's budget, and how many approach a limit or earn praise, by scope.

    `decided_by` is what graded the officers: only in mode unit_budget does the budget limit who is flagged.
    """
    tree, where, officers = roster.tree, roster.where, roster.officers
    flags = rows["flags"] if "flags" in rows else pd.Series("[]", index=rows.index)
    marks = {
        "flagged": np.where(rows["grade"] == Grade.POOR.value, 1.0, 0.0),
        "approaching": flags.str.contains('"approach"', regex=False).fillna(False).to_numpy(np.float64),
        "commended": flags.str.contains('"commend"', regex=False).fillna(False).to_numpy(np.float64),
    }
    own = {name: tree.own(where, values) for name, values in marks.items()}
    sizes: Mapping[str, Numbers] = {"own": officers, "block": tree.block(officers)}
    found: dict[str, dict[str, Any]] = {}
    for scope, size in sizes.items():
        counts = {name: (values if scope == "own" else tree.block(values)) for name, values in own.items()}
        found[scope] = {name: values.astype(np.int64) for name, values in counts.items()}
        found[scope]["budget"] = [rules.unit.most_flagged(int(many)) for many in size]
        found[scope]["decided_by"] = decided_by(rules, *asked)
        found[scope]["poor_share"] = counts["flagged"] / np.maximum(size, 1.0)
    return found
