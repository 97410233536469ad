"""Among whom officers are compared when it is asked whether a code stands for what nobody may be judged by.

The protected attributes are for audits. Whether a code may be told is one: nothing read here ever meets a column, a
label or a model, and all that is kept of it is whether a code is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.policy import policy
from features.history import History
from models.groups import bands

TABLE = "protected_attributes"
RECORDED = {"age_band": "birth_year", "sex": "sex", "ethnicity": "ethnicity"}  # the column that tells each
LEFT_OUT = -1


@dataclass(frozen=True)
class Withheld:
    """The protected attributes on record, one row an officer: index officer_id, columns sex, ethnicity, birth_year."""

    people: pd.DataFrame

    def lacking(self) -> tuple[str, ...]:
        """The attributes of policy that are on record of nobody: codes are not compared within them."""
        asked = policy().reasons.compared_within
        return tuple(name for name in asked if not self.people[RECORDED[name]].notna().any())

    def groups(self, spine: pd.DataFrame) -> NDArray[np.intp]:
        """In which group each row (officer_id, as_of) stands, (n,): those alike in age band, sex and ethnicity are one.

        Attributes on record of nobody split nobody. Who lacks another one is LEFT_OUT: a group of unknown ages would
        hide an age again.
        """
        rules, gone = policy().reasons, self.lacking()
        of = self.people.reindex(spine["officer_id"].astype(str)).reset_index(drop=True)
        years = pd.to_datetime(spine["as_of"]).dt.year.reset_index(drop=True) - of["birth_year"].astype("float64")
        found = of.assign(age_band=bands(years, rules.code_age_band_years))
        told = found[[name for name in rules.compared_within if name not in gone]].astype("string")
        if told.columns.empty:
            return np.zeros(len(spine), dtype=np.intp)
        number = told.groupby(list(told.columns), sort=True, dropna=False).ngroup().to_numpy(np.intp)
        return np.where(told.notna().all(axis=1), number, LEFT_OUT)


def withheld_of(history: History) -> Withheld | None:
    """What the history holds; None where nobody delivered it, and codes are then compared among all officers alone."""
    if TABLE not in history.tables():
        return None
    rows = history.frame(TABLE, ["officer_id", *RECORDED.values()])
    newest = rows[rows["superseded_on"].isna()].drop_duplicates("officer_id", keep="last")
    return Withheld(newest.set_index(newest["officer_id"].astype(str))[list(RECORDED.values())])
