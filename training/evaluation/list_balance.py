"""Whom a short list names: the share of each group on the list over its share of those who could be listed.

For audits only; nothing here feeds a list. A list is short, so the intervals are wide, and a group is called
uneven only where its interval excludes equality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from data_contracts.errors import InvalidInput
from data_contracts.gating import GroupLimits
from models.base import Numbers
from training.evaluation.groups import cells_of
from training.evaluation.intervals import Share, clopper_pearson
from training.gate.audit_groups import bands, sizes

State = Literal["even", "uneven", "unclear", "nothing"]


@dataclass(frozen=True)
class GroupOnList:
    """One group: how many of those who could be listed are in it (`eligible`), how many are listed.

    `ratio` is the share of the listed over the share of the eligible, with its interval; `state` is `even` when the
    interval lies inside the limits, `uneven` when it excludes equality and the ratio lies outside them, else `unclear`;
    `nothing` for an empty list.
    """

    attribute: str
    group: str
    eligible: int
    listed: int
    share_eligible: float
    share_listed: float
    ratio: float
    low: float
    high: float
    state: State


@dataclass(frozen=True)
class ListBalance:
    """A list's size and its groups; `lacking` names attributes that nobody recorded, `excused` groups too small."""

    eligible: int
    listed: int
    groups: tuple[GroupOnList, ...]
    lacking: tuple[str, ...]
    excused: tuple[str, ...]

    @property
    def uneven(self) -> tuple[str, ...]:
        """Groups that need a written explanation by the committee."""
        return tuple(one.group for one in self.groups if one.state == "uneven")


def audit_frame(protected: pd.DataFrame, units: pd.Series, year: int, limits: GroupLimits) -> pd.DataFrame:
    """The attributes of officers, one text column each, indexed by officer_id as in `units` (officer_id -> unit_id).

    `protected` is the audit-only table with `sex`, `ethnicity`, `birth_year`; a unit's size counts the officers in
    `units`.
    """
    of = protected.drop_duplicates("officer_id", keep="last").set_index("officer_id").reindex(units.index)
    found = {
        "sex": of["sex"].astype(object),
        "ethnicity": of["ethnicity"].astype(object),
        "age_band": bands(year - of["birth_year"].astype("float64"), limits.age_band_years),
        "unit_size": sizes(units.map(units.value_counts()).astype("float64"), limits.unit_size_edges),
    }
    return pd.DataFrame({name: found[name].where(found[name].notna(), None) for name in limits.attributes})


def list_balance(audit: pd.DataFrame, listed: Sequence[str], limits: GroupLimits) -> ListBalance:
    """The balance of a list; `audit` is indexed by the officers who could be listed, the listed among them.

    The share of the listed has exact limits (Clopper and Pearson 1934) at the policy's confidence; the share of the
    eligible is counted whole and has none. Raises InvalidInput for a listed officer who could not be listed.
    """
    strangers = len(set(listed) - set(audit.index))
    if strangers:
        raise InvalidInput(
            f"{strangers} listed officers are not in the audit frame; give everybody who could be listed"
        )
    chosen = audit.index.isin(listed).astype(np.float64)
    groups: list[GroupOnList] = []
    excused: list[str] = []
    known = [name for name in limits.attributes if name in audit and audit[name].notna().any()]
    for attribute in known:
        cells, small = cells_of(audit, [attribute], audit.index.to_numpy(object), limits.least_share)
        excused += small
        found = _groups(attribute, cells.names, cells.sums(np.ones(len(audit))), cells.sums(chosen))
        groups += [_judged(one, limits) for one in _bounded(found, len(audit), int(chosen.sum()), limits)]
    lacking = tuple(name for name in limits.attributes if name not in known)
    return ListBalance(len(audit), int(chosen.sum()), tuple(groups), lacking, tuple(excused))


Found = tuple[str, str, float, float]


def _groups(attribute: str, names: Sequence[str], eligible: Numbers, listed: Numbers) -> list[Found]:
    return [(attribute, *one) for one in zip(names, eligible.tolist(), listed.tolist(), strict=True)]


def _bounded(found: list[Found], officers: int, places: int, limits: GroupLimits) -> list[GroupOnList]:
    nan = float("nan")
    if not places:
        return [GroupOnList(a, g, int(n), 0, n / officers, nan, nan, nan, nan, "nothing") for a, g, n, _ in found]
    shares = np.array([listed / places for *_, listed in found])
    low, high = clopper_pearson(Share(shares, np.full(len(found), float(places))), 1.0 - limits.confidence)
    return [
        GroupOnList(attribute, group, int(eligible), int(listed), base, listed / places, listed / places / base,
                    float(low[at]) / base, float(high[at]) / base, "unclear")
        for at, (attribute, group, eligible, listed) in enumerate(found)
        if (base := eligible / officers) > 0
    ]  # fmt: skip


def _judged(one: GroupOnList, limits: GroupLimits) -> GroupOnList:
    if one.state == "nothing":
        return one
    inside = limits.ratio_low <= one.low and one.high <= limits.ratio_high
    outside = not limits.ratio_low <= one.ratio <= limits.ratio_high
    state: State = "even" if inside else "uneven" if outside and not one.low <= 1.0 <= one.high else "unclear"
    return GroupOnList(**{**vars(one), "state": state})
