"""What a goal is called, how far it is on a ladder, and what is said of one that the model has never seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import cast

import pandas as pd

from data_contracts.asof import DAYS_A_MONTH, add_months, months_until
from data_contracts.naming import quoted
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, TalentField
from models.courses.learners import offered_courses
from models.eligibility.rules import Post
from models.eligibility.standing_facts import POLICE_LADDER, Ladders
from models.paths.climbing import Climb, climb_of
from models.posts.histories import CareerState
from serving.paths.record import Frames
from serving.paths.schemas import GoalKind, PathGoal


@dataclass(frozen=True)
class Goals:
    """Names and ladders of one day's records, with those of policy behind them."""

    frames: Frames
    policy: Policy

    @cached_property
    def ladders(self) -> Ladders:
        """Every ladder, those of the records first."""
        return Ladders.of(self.frames)

    def name(self, item: str) -> Bilingual:
        """Name of a post, rank step, course, family or field; the code quoted as one where it has none."""
        return self._names.get(item) or quoted(item)

    def called(self, asked: PathGoal) -> Bilingual:
        """The name of a goal, told by its kind: a family may share its code with a field."""
        if asked.kind == "job_family":
            return self.policy.names.family_named(asked.goal)
        if asked.kind == "talent_field" and asked.goal in list(TalentField):
            return TalentField(asked.goal).label
        return self.name(asked.goal)

    def on_record(self, code: tuple[str, str]) -> Bilingual:
        """The name of a goal by kind and code as records have it, whatever these are."""
        return self.called(PathGoal.model_construct(kind=cast("GoalKind", code[0]), goal=code[1]))

    def climb(self, ladder: str | None, state: CareerState, goal: str) -> Climb | None:
        """How far a rank goal is from the step held, whose ladder promotions tell."""
        months = (state.as_of - state.started_on[-1]).days / DAYS_A_MONTH
        return climb_of(self.ladders, (ladder, state.posts[-1]), goal, months)

    def unseen(self, asked: PathGoal, climb: Climb | None, posts: Mapping[str, Post]) -> str:
        """Why there is no path to a goal of which the model has seen no post: a code of `refusals.WORDS`."""
        if asked.kind == "rank_step":
            if climb is None:
                return "goal_unknown"
            return "police_rank" if self.only_a_police_rank(asked.goal) else "never_held"
        if asked.kind == "post":
            return "never_held" if asked.goal in posts else "goal_unknown"
        fields = [one.value for one in TalentField]
        families = self.policy.families_of(asked.kind, asked.goal)
        if any(post.job_family in families for post in posts.values()):
            return "never_held"
        known = fields if asked.kind == "talent_field" else [one.code for one in self.policy.names.job_family]
        return "no_posts" if asked.goal in known else "goal_unknown"

    def police(self, held: CareerState | None, goal: str) -> tuple[str, dict[str, object]]:
        """What is said of a police rank, a code of `refusals.WORDS` with its words: by selection, or by time and when.

        `held` are the police ranks on record, None where there are none.
        """
        now = None if held is None else held.posts[-1]
        start, end = (self.ladders.position(POLICE_LADDER, step) for step in (now, goal))
        every = sorted(
            ((at, years, step) for (ladder, step), (at, years) in self.ladders.steps.items()
            if ladder == POLICE_LADDER and at < end and not at < start),
            key=lambda one: one[0],
        )  # fmt: skip
        chosen = next((step for _, years, step in every if years is None), None)
        if chosen is not None:
            return "police_rank_selected", {"last": self.ladders.named(POLICE_LADDER, chosen)}
        if held is None or now is None or not every or every[0][2] != now:
            return "police_rank", {}
        own, *rest = [round(12 * (years or 0.0)) for _, years, _ in every]
        due = add_months(max(add_months(held.started_on[-1], own), held.as_of), sum(rest))
        needs = ceil(round(months_until(held.as_of, due), 2))
        return "police_rank_due", {"held": self.ladders.named(POLICE_LADDER, now), "due": due, "needs": needs}

    def only_a_police_rank(self, step: str) -> bool:
        """Whether no other ladder has a step."""
        return {ladder for ladder, known in self.ladders.steps if known == step} == {POLICE_LADDER}

    @cached_property
    def _names(self) -> Mapping[str, Bilingual]:
        """By code; a post before a rank step before a field, should two share one."""
        fields = {one.value: one.label for one in TalentField}
        families = {one.code: Bilingual(one.name_zh, one.name_en) for one in self.policy.names.job_family}
        by_ladder = sorted(self.ladders.names.items(), key=lambda one: one[0][0] != POLICE_LADDER)
        ranks = {step: name for (_, step), name in by_ladder}  # of a code on two ladders, that of the work
        courses = {one.course_id: one.name for one in offered_courses(self.frames)}
        return fields | families | courses | ranks | _named(self.frames, "posts", "post_id")


def _named(frames: Frames, table: str, key: str) -> dict[str, Bilingual]:
    rows = frames.get(table)
    if rows is None:
        return {}
    told = rows.drop_duplicates(key, keep="last")
    pairs = zip(told[key], told["name_zh"], told["name_en"], strict=True)
    names = {str(code): [str(one) for one in (zh, en) if not pd.isna(one)] for code, zh, en in pairs}
    return {code: Bilingual(found[0], found[-1]) for code, found in names.items() if found}
