"""Matching: wishes x vacancies x points to one post an officer, stable, and safe to be honest in.

>>> from data_contracts.policy import policy
>>> officers = pd.DataFrame({"officer_id": ["o-1", "o-2"], "points": [28.0, 31.5], "grassroots_months": [60, 24],
...                          "service_months": [60, 60]})
>>> wishes = pd.DataFrame({"officer_id": ["o-1", "o-1", "o-2"], "vacancy_id": ["v-1", "v-2", "v-1"],
...                        "preference_order": [1, 2, 1]})
>>> vacancies = pd.DataFrame({"vacancy_id": ["v-1", "v-2"], "places": [1, 1]})
>>> match(MatchInput(officers, wishes, vacancies), policy().matching).assignments()["vacancy_id"].to_list()
['v-2', 'v-1']
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data_contracts.placing import MatchingPolicy
from models.matching.deferred_acceptance import NOBODY, Places, Wishes, blocking_wishes, deferred_acceptance, last_held
from models.matching.order import strict_rank
from models.matching.wishes import COUNTS, MatchInput, Stated, read_wishes


@dataclass(frozen=True)
class Match:
    """One round and its result; rows are those of `stated`.

    `wishes` are the stated wishes that take part, `rows` (wishes,) says which they are, and `granted` (officers,)
    holds for each officer a place in `rows`, NOBODY for none.
    """

    stated: Stated
    rules: MatchingPolicy
    wishes: Wishes
    rows: Places
    granted: Places

    @cached_property
    def last(self) -> Places:
        """(vacancies,): the wish that took the last place, NOBODY where a place is free or none was open."""
        return last_held(self.wishes, self.granted)

    @cached_property
    def filled(self) -> Places:
        """(vacancies,): how many places were given."""
        given = self.granted[self.granted != NOBODY]
        return np.bincount(self.wishes.vacancy[given], minlength=len(self.wishes.places)).astype(np.int64)

    def assignments(self, granted: Places | None = None) -> pd.DataFrame:
        """officer_id, vacancy_id and preference_order of every officer; empty where no wish was granted.

        Officers stand in the order of the officers' frame. `granted` may be that of another assignment of this round.
        """
        granted = self.granted if granted is None else granted
        placed = granted != NOBODY
        row = self.rows[granted[placed]]
        vacancy = np.full(len(granted), None, dtype=object)
        vacancy[placed] = self.stated.vacancy_ids[self.stated.vacancy[row]]
        order = pd.array([pd.NA], dtype="Int64").repeat(len(granted))
        order[placed] = self.stated.order[row].astype(np.int64)
        ids = self.stated.officer_ids
        return pd.DataFrame({"officer_id": ids, "vacancy_id": vacancy, "preference_order": order})

    def pairs(self, blocking: Places) -> pd.DataFrame:
        """officer_id and vacancy_id of wishes that block an assignment."""
        row = self.rows[blocking]
        vacancy = self.stated.vacancy_ids[self.stated.vacancy[row]]
        return pd.DataFrame({"officer_id": self.stated.officer_ids[self.stated.officer[row]], "vacancy_id": vacancy})

    def blocking(self) -> pd.DataFrame:
        """The blocking pairs of the result itself; there are none, and a test or an auditor may ask."""
        return self.pairs(blocking_wishes(self.wishes, self.granted))


def match(given: MatchInput, rules: MatchingPolicy) -> Match:
    """Match one round by officer-proposing deferred acceptance in the published order.

    Every officer gets the best post that any stable assignment could give, and cannot gain by stating other wishes
    than the true ones, in another order, or fewer. Raises InvalidInput for a round that cannot be read.
    """
    stated = read_wishes(given, rules)
    rank = strict_rank(stated.criteria, stated.officer, stated.officer_ids)
    rows = np.flatnonzero(stated.aside == COUNTS)
    wishes = Wishes.of(
        len(stated.officer_ids), stated.officer[rows], stated.vacancy[rows], rank[rows], places=stated.places
    )
    return Match(stated, rules, wishes, rows, deferred_acceptance(wishes))
