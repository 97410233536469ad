"""Who belongs to which group on a test day of a backtest; read for the report only, never beside a feature."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd

from data_contracts.policy import policy
from models.groups import bands, sizes


class OnADay(Protocol):
    """Officers at one day, and the size of the unit of each where it is known; both (n,)."""

    @property
    def as_of(self) -> date:
        """The day."""
        ...

    @property
    def officers(self) -> pd.Series:
        """Who."""
        ...

    @property
    def unit_sizes(self) -> pd.Series | None:
        """Officers of the unit of each."""
        ...


def audit_of(tested: Sequence[OnADay], protected: pd.DataFrame | None) -> pd.DataFrame:
    """One text column an attribute, rows as the tests together, null where unknown; empty where nobody recorded any.

    `protected` holds the versions of the audit table (officer_id, sex, ethnicity, birth_year, superseded_on).
    """
    limits = policy().gate.groups
    officers = pd.concat([one.officers.astype(str) for one in tested], ignore_index=True)
    years = np.concatenate([np.full(len(one.officers), one.as_of.year) for one in tested])
    columns: dict[str, pd.Series] = {}
    if protected is not None:
        newest = protected[protected["superseded_on"].isna()].drop_duplicates("officer_id", keep="last")
        of = newest.assign(officer_id=newest["officer_id"].astype(str)).set_index("officer_id").reindex(officers)
        columns = {"sex": of["sex"], "ethnicity": of["ethnicity"]}
        ages = pd.Series(years, index=of.index) - of["birth_year"].astype("float64")
        columns["age_band"] = bands(ages, limits.age_band_years)
    units = [one.unit_sizes for one in tested if one.unit_sizes is not None]
    if len(units) == len(tested):
        columns["unit_size"] = sizes(pd.concat(units, ignore_index=True).astype("float64"), limits.unit_size_edges)
    plain = {name: column.astype(object).to_numpy() for name, column in columns.items()}
    known = {name: plain[name] for name in limits.attributes if name in plain and pd.notna(plain[name]).any()}
    return pd.DataFrame(known, index=range(len(officers))) if known else pd.DataFrame()
