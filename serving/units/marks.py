"""What each node of the unit tree gets beside its figures: a grade, where a small one is rolled up to, and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.decisions import GradePolicy
from data_contracts.vocabulary import Grade
from models.base import Numbers
from models.risk.grades import cut_offs
from models.units.model import Expected, Roster
from models.units.moves import SCOPES
from models.units.tree import UnitTree
from serving.night.results import SCORED

SMALL = "small_unit"


def grades_of(shares: Mapping[str, Expected], rules: GradePolicy) -> dict[str, dict[str, Any]]:
    """Status, grade and where small nodes are rolled up to, by scope.

    The cut-offs come from the units' own shares, as far as they are large enough (else from the blocks), so that a
    block is graded as if it were one of the units.
    """
    least = rules.unit.minimum_officers
    large = {scope: one.officers >= least for scope, one in shares.items()}
    basis = next((shares[scope].share[large[scope]] for scope in SCOPES if large[scope].any()), np.zeros(0))
    cuts = cut_offs(basis, rules) if len(basis) else {}
    return {
        scope: {
            "status": np.where(large[scope], SCORED, SMALL),
            "grade": [_grade(share, cuts) if ok else None for share, ok in zip(one.share, large[scope], strict=True)],
        }
        for scope, one in shares.items()
    }


def _grade(share: float, cuts: Mapping[str, float]) -> str:
    """The worst grade whose cut-off a share reaches."""
    return next((grade.value for grade in Grade if share >= cuts.get(grade.value, 2.0)), Grade.EXCELLENT.value)


def _rolled_up(tree: UnitTree, sizes: Numbers, least: int) -> list[str | None]:
    """For each unit the nearest one above whose block is large enough to be graded, itself included."""
    large = sizes >= least
    return [next((tree.units[k] for k in tree.line(place) if large[k]), None) for place in range(len(tree.units))]


def alerts_of(rows: pd.DataFrame, roster: Roster, rules: GradePolicy) -> dict[str, dict[str, Any]]:
    """Officers flagged against the unit's budget, and how many approach a limit or earn praise, by scope."""
    tree, where, officers = roster.tree, roster.where, roster.officers
    flags = rows["flags"] if "flags" in rows else pd.Series("[]", index=rows.index)
    marks = {
        "flagged": np.where(rows["grade"] == Grade.POOR.value, 1.0, 0.0),
        "approaching": flags.str.contains('"approach"', regex=False).fillna(False).to_numpy(np.float64),
        "commended": flags.str.contains('"commend"', regex=False).fillna(False).to_numpy(np.float64),
    }
    own = {name: tree.own(where, values) for name, values in marks.items()}
    least = rules.unit.minimum_officers
    sizes = {"own": officers, "block": tree.block(officers)}
    above = _rolled_up(tree, sizes["block"], least)
    found: dict[str, dict[str, Any]] = {}
    for scope, size in sizes.items():
        counts = {name: (values if scope == "own" else tree.block(values)) for name, values in own.items()}
        found[scope] = {name: values.astype(np.int64) for name, values in counts.items()}
        found[scope]["budget"] = [rules.unit.most_flagged(int(many)) for many in size]
        found[scope]["poor_share"] = counts["flagged"] / np.maximum(size, 1.0)
        found[scope]["rolled_up_to"] = [None if many >= least else name for many, name in zip(size, above, strict=True)]
    return found
