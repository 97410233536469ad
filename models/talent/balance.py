"""Whom a short list names: the share of each group on the list over its share of those who could be listed.

For audits only; nothing here feeds a list. A list is short, so the intervals are wide, and a group is called uneven
only where its interval excludes equality. Nobody is told of alone: a group of fewer officers than policy allows is
joined to the other small ones, and these to the next larger, so that no count can be had by subtraction either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv

from data_contracts.errors import InvalidInput
from data_contracts.gating import GroupLimits
from models.groups import POOLED, UNKNOWN, bands, sizes

Mask = NDArray[np.bool_]
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
    """A list's size and its groups; `lacking` names attributes that nobody recorded, `withheld` those of which fewer
    than two groups are large enough to be told."""

    eligible: int
    listed: int
    groups: tuple[GroupOnList, ...]
    lacking: tuple[str, ...]
    withheld: tuple[str, ...]

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


def list_balance(audit: pd.DataFrame, listed: Sequence[str], limits: GroupLimits, least_group: int = 1) -> ListBalance:
    """The balance of a list; `audit` is indexed by the officers who could be listed, the listed among them.

    Groups of fewer than `least_group` officers, or of less than the limits' least share, are joined. The share of the
    listed has exact limits (Clopper and Pearson 1934) at the limits' confidence; the share of the eligible is counted
    whole and has none. Raises InvalidInput for a listed officer who could not be listed.
    """
    strangers = len(set(listed) - set(audit.index))
    if strangers:
        raise InvalidInput(
            f"{strangers} listed officers are not in the audit frame; give everybody who could be listed"
        )
    chosen = audit.index.isin(listed)
    known = [name for name in limits.attributes if name in audit and audit[name].notna().any()]
    least = max(least_group, int(np.ceil(limits.least_share * len(audit))))
    groups: list[GroupOnList] = []
    for attribute in known:
        named = _joined(audit[attribute].fillna(UNKNOWN).astype(str), least)
        if named.nunique() > 1:
            groups += [_group(attribute, str(name), named == name, chosen, limits) for name in sorted(named.unique())]
    told = {one.attribute for one in groups}
    return ListBalance(
        len(audit),
        int(chosen.sum()),
        tuple(groups),
        lacking=tuple(name for name in limits.attributes if name not in known),
        withheld=tuple(name for name in known if name not in told),
    )


def _joined(values: pd.Series, least: int) -> pd.Series:
    """Values of fewer than `least` rows joined to one, with the next larger ones until it is large enough itself.

    >>> _joined(pd.Series(["a"] * 5 + ["b"] * 2 + ["c"]), 3).tolist()
    ['a', 'a', 'a', 'a', 'a', 'pooled', 'pooled', 'pooled']
    >>> _joined(pd.Series(["a"] * 5 + ["b"] * 4 + ["c"]), 3).value_counts().to_dict()
    {'a': 5, 'pooled': 5}
    """
    counts = values.value_counts().sort_index().sort_values(kind="stable")
    if counts.iloc[0] >= least:
        return values
    few = int((counts < least).sum())
    while counts.iloc[:few].sum() < least and few < len(counts):
        few += 1
    return values.where(~values.isin(counts.index[:few]), POOLED)


def _group(attribute: str, name: str, inside: pd.Series, chosen: Mask, limits: GroupLimits) -> GroupOnList:
    places, there = int(chosen.sum()), int((inside.to_numpy(bool) & chosen).sum())
    eligible, nan = int(inside.sum()), float("nan")
    base = eligible / len(inside)
    one = GroupOnList(attribute, f"{attribute}={name}", eligible, there, base, nan, nan, nan, nan, "nothing")
    if not places:
        return one
    low, high = clopper_pearson(there, places, 1.0 - limits.confidence)
    share = there / places
    found = replace(one, share_listed=share, ratio=share / base, low=low / base, high=high / base)
    return replace(found, state=_state(found, limits))


def clopper_pearson(hits: int, number: int, error: float) -> tuple[float, float]:
    """The exact limits of a share.

    >>> [round(one, 4) for one in clopper_pearson(1, 10, 0.05)], clopper_pearson(0, 10, 0.05)[0]
    ([0.0025, 0.445], 0.0)
    """
    low = 0.0 if hits == 0 else float(betaincinv(hits, number - hits + 1, error / 2))
    high = 1.0 if hits == number else float(betaincinv(hits + 1, number - hits, 1 - error / 2))
    return low, high


def _state(one: GroupOnList, limits: GroupLimits) -> State:
    if limits.ratio_low <= one.low and one.high <= limits.ratio_high:
        return "even"
    outside = not limits.ratio_low <= one.ratio <= limits.ratio_high
    return "uneven" if outside and not one.low <= 1.0 <= one.high else "unclear"
