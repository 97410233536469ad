"""Whose standards and required courses a career goal asks for: the posts that it leads to, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from data_contracts.asof import last_known
from data_contracts.policy import Policy
from data_contracts.vocabulary import GoalKind, TalentField
from models.eligibility.standing_facts import Ladders

Goal = tuple[str, str]
"""Kind and code."""
POSTS_BY = (("posts", "post_id"), ("units", "unit_id"))  # the first that was delivered says which posts there are


@dataclass(frozen=True)
class GoalPosts:
    """The posts of goals by the records of a day; any table may be absent."""

    records: Mapping[str, pd.DataFrame]
    policy: Policy

    def known(self, goal: Goal) -> bool:
        """Whether the records or policy know such a goal; where no table says which posts there are, any may be."""
        kind, code = goal
        return (kind == GoalKind.POST and self._ids is None) or code in self.codes(kind)

    def codes(self, kind: str) -> set[str]:
        """The goals of a kind that the records or policy know."""
        if kind == GoalKind.POST:
            return set(self._ids or ())
        if kind == GoalKind.JOB_FAMILY:
            told = {str(one) for one in self._posts["job_family"].dropna()}
            return told | {one.code for one in self.policy.names.job_family}
        if kind == GoalKind.TALENT_FIELD:
            return {one.value for one in TalentField}
        return {step for _, step in self._ladders.steps}

    def of(self, goal: Goal | None, present: str | None) -> list[str]:
        """The post itself, those of a job family, those of a field's families, or those that a rank step opens.

        A step opens the posts that ask for it, or, where none does, for the highest step below it that any asks for; of
        these only those of the family of the `present` post, where there are any.
        """
        if goal is None:
            return []
        kind, code = goal
        if kind == GoalKind.POST:
            return [code]
        if kind == GoalKind.RANK_STEP:
            opened = self._opened_by(code)
            own = opened[opened["job_family"].isin(self._families.get(str(present), ()))]
            return [str(one) for one in (own if len(own) else opened)["post_id"]]
        families = self.policy.families_of(kind, code)
        rows = self._posts
        return [str(one) for one in rows.loc[rows["job_family"].isin(families), "post_id"]]

    def family_of(self, post: str) -> str | None:
        """The job family of a post, None where it is not known."""
        return next(iter(self._families.get(post, ())), None)

    def _opened_by(self, step: str) -> pd.DataFrame:
        if step in self._opened:
            return self._opened[step]
        rows = self._posts.dropna(subset=["track", "min_rank_step"])
        asked = [
            self._ladders.position(track, least)
            for track, least in zip(rows["track"].astype(str), rows["min_rank_step"].astype(str), strict=True)
        ]
        reach = {name: at for (name, one), (at, _) in self._ladders.steps.items() if one == step}
        goal = rows["track"].astype(str).map(reach)  # police ranks are no track, so they open none
        within = rows.assign(at=pd.Series(asked, index=rows.index, dtype="float64"))[lambda one: one["at"] <= goal]
        self._opened[step] = within[within["at"] == within.groupby("track")["at"].transform("max")]
        return self._opened[step]

    @cached_property
    def _opened(self) -> dict[str, pd.DataFrame]:
        """The posts by step, for many officers ask of the same."""
        return {}

    @cached_property
    def _families(self) -> dict[str, list[str]]:
        """The job family of each post, none where it is not known."""
        rows = self._posts.dropna(subset=["job_family"])
        return {str(post): [str(one)] for post, one in zip(rows["post_id"], rows["job_family"], strict=True)}

    @cached_property
    def _ids(self) -> frozenset[str] | None:
        for table, column in POSTS_BY:
            if table in self.records:
                return frozenset(self.records[table][column].astype(str))
        return None

    @cached_property
    def _posts(self) -> pd.DataFrame:
        """Each post as last known, with the columns looked at, null where they are not kept."""
        columns = ["post_id", "job_family", "track", "min_rank_step"]
        rows = self.records.get("posts", pd.DataFrame({"post_id": pd.Series(dtype=object), "known_on": []}))
        newest = last_known(rows, "post_id")
        return newest.reindex(columns=columns).astype(object)

    @cached_property
    def _ladders(self) -> Ladders:
        return Ladders.of(self.records)
