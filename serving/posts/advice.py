"""From ranked posts to advice: the learned model's likelihood, rules, vacancies and fit, for a frame of officers.

Rules and fit need the records of the officers; whoever they do not know is ranked as before, and told so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual
from models.eligibility.opening import Opening, opening
from models.eligibility.rules import (
    BlockedBy,
    Post,
    Requirement,
    allowed_and_untold,
    bars_of_posts,
    judgement,
    of_a_first_post,
    posts_of,
    requirements,
    told_later,
)
from models.eligibility.standing_facts import Facts, facts_of
from models.posts.background import numbers_told
from models.posts.fit import Standard, Wanting, of_open_rounds, wanting_of
from models.posts.newcomers import Newcomers
from models.posts.suggestions import Known, Person, Suggestion, Suggestions, Unmet, Vacancy, open_vacancies, suggest
from serving.paths.goals import Goals
from serving.posts.career_records import CareerRecord
from serving.posts.notices import goal_notices
from serving.posts.recommend import Advised, Asked
from serving.waiting import while_wanted

if TYPE_CHECKING:
    from models.posts.histories import CareerState
    from models.posts.next_post import NextPostModel, Ranking

BARRED = (BlockedBy("", "", ""),)  # stands for the rules of a post until they are told in words


@dataclass
class Ranks:
    """A model, with the posts on record that are newer than it: reckoned once for the tables as they stand."""

    model: NextPostModel
    _newer: tuple[pd.DataFrame | None, pd.DataFrame | None, Newcomers] | None = field(default=None, repr=False)

    def newcomers(self, frames: Mapping[str, pd.DataFrame]) -> Newcomers:
        """Those of the tables; requests of one day share the tables that have no officers, while nothing is learned."""
        posts, standards = frames.get("posts"), frames.get("competency_standards")
        held = self._newer
        if held is None or held[0] is not posts or held[1] is not standards:
            held = self._newer = posts, standards, newcomers_of(frames, self.model.catalogue.codes)
        return held[2]


@dataclass(frozen=True)
class Advice:
    """What is the same for every officer of one request. `ruled` are the officers whose rules can be checked.

    `recruits` are those of them who were never posted, with their track: where others began decides, and what can only
    be asked once a post is held bars nothing.
    """

    ranks: Ranks
    asked: Asked
    policy: Policy
    record: CareerRecord | None
    ruled: tuple[str, ...]
    recruits: Mapping[str, str | None] = field(default_factory=dict)

    @cached_property
    def known(self) -> Known:
        """Standards, counts, names of courses, and where only open places count, the vacancies."""
        frames = {} if self.record is None else self.record.frames
        vacancies, model = self.vacancies if self.asked.open_only else None, self.ranks.model
        return Known(
            self.policy.suggestions, Standard.of(frames), model.within, _course_names(frames), _mandated(frames),
            vacancies, model.moved_to,
        )  # fmt: skip

    @cached_property
    def vacancies(self) -> Mapping[str, tuple[Vacancy, ...]]:
        """Open places by post."""
        if self.record is None or "vacancies" not in self.record.frames:
            return {}
        frames = self.record.frames
        return open_vacancies(frames["vacancies"], self.record.as_of, frames.get("units"))

    @cached_property
    def posts(self) -> Mapping[str, Post]:
        """What is known of each post that can be suggested; of some only the id."""
        told = {} if self.record is None else {post.post_id: post for post in posts_of(self.record.frames)}
        return {one: told.get(one, Post(one)) for one in (*self.ranks.model.catalogue.posts, *self.newcomers.kin)}

    @cached_property
    def newcomers(self) -> Newcomers:
        """Posts on record that are newer than the model."""
        return Newcomers() if self.record is None else self.ranks.newcomers(self.record.frames)

    @cached_property
    def facts(self) -> Facts | None:
        """Of the officers in `ruled`, in their order."""
        if self.record is None or not self.ruled:
            return None
        return facts_of(self.record.frames, self.ruled, self.record.as_of)

    @cached_property
    def _goals(self) -> Goals:
        return Goals({} if self.record is None else self.record.frames, self.policy)

    @property
    def free(self) -> NDArray[np.bool_]:
        """Officers in `ruled` x posts of the catalogue: whether nothing bars."""
        return self._judged[0]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each officer stands in `facts`."""
        return {officer_id: place for place, officer_id in enumerate(self.ruled)}

    def advised(self, officer_id: str, ranking: Ranking, person: Person) -> Advised:
        """The suggestions for one officer; the likeliest barred posts where asked for, or where nothing is open."""
        place = self.places.get(officer_id)
        blocked = {} if place is None else {
            post: BARRED for post, free in zip(self.posts, self.free[place], strict=True) if not free
        }  # fmt: skip
        whole, recruit = self.newcomers.joined(ranking, person.present), officer_id in self.recruits
        if recruit and self.record is not None:
            first, rules = self.record.first_posts, self.policy.suggestions.counts
            whole = first.applied(whole, self.recruits[officer_id], rules)
        own = replace(person, blocked=blocked, why=whole.why)
        found = suggest(whole.posts, own, self.known, self.asked.top)
        shown = found.barred if self.asked.with_barred or not found.open else ()
        began_in = [[self._began(one, officer_id) for one in some] for some in (found.open, shown)]
        told = Suggestions(*(tuple(self._vacant(self._told(one, place)) for one in some) for some in began_in))
        unchecked = {} if place is None or not recruit else self._unchecked(told.open)
        wanted = () if found.open or not found.barred else [one.post_id for one in whole.posts]
        began, opens = self._first(officer_id), self._opening(wanted, place)
        notices = goal_notices(person.wanting, self._goals)
        return Advised(
            officer_id, told, place is not None, person.held, self.newcomers.waiting, unchecked, began, opens, notices
        )

    def _opening(self, posts: Sequence[str], place: int | None) -> Opening | None:
        """From when one of these posts, all of them barred, could be open; those without a place are not asked about
        where only open places count."""
        if place is None or self.facts is None or self.record is None or not posts:
            return None
        vacant = [one for one in posts if self.known.vacancies is None or self.known.vacancies.get(one)]
        asking = _of_a_recruit if self.ruled[place] in self.recruits else requirements
        asked = [self.posts[one] for one in vacant]
        return opening(bars_of_posts(self.facts, place, asked, self.policy, asking), self.record.as_of)

    def _first(self, officer_id: str) -> bool:
        """Whether where others began decides."""
        return officer_id in self.recruits and self.record is not None and bool(self.record.first_posts.every)

    def _began(self, one: Suggestion, officer_id: str) -> Suggestion:
        """Of a recruit's post it is first posts that are few, not moves."""
        if self.record is None or not self._first(officer_id):
            return one
        began = self.record.first_posts.counts(self.recruits[officer_id]).get(one.post_id, 0)
        return replace(one, few_moves=began < self.policy.suggestions.counts.least_officers)

    def _unchecked(self, posts: Sequence[Suggestion]) -> dict[str, tuple[Unmet, ...]]:
        """By post, what it asks of a recruit that cannot be asked yet, or that the record does not tell."""
        return {
            one.post_id: (*map(told_later, of_a_first_post(self.posts[one.post_id], self.policy)[1]), *one.unknown)
            for one in posts
        }

    def _vacant(self, one: Suggestion) -> Suggestion:
        return replace(one, vacancies=self.vacancies.get(one.post_id, ()))

    def _told(self, one: Suggestion, place: int | None) -> Suggestion:
        """With what bars it, and what the record does not tell of it; most of what is open has neither."""
        if self.facts is None or place is None:
            return one
        column = self._columns[one.post_id]
        if self.free[place, column] and not self._judged[1][place, column]:
            return one
        asked = _of_a_recruit(self.posts[one.post_id], self.policy) if self.ruled[place] in self.recruits else None
        found = judgement(self.facts, place, self.posts[one.post_id], self.policy, asked)
        return replace(one, blocked_by=found.blocked_by, unknown=found.unknown)

    @cached_property
    def _columns(self) -> Mapping[str, int]:
        """Where each post stands in `free`."""
        return {post_id: place for place, post_id in enumerate(self.posts)}

    @cached_property
    def _judged(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Officers in `ruled` x posts of the catalogue, recruits by what can be asked of a first post: whether nothing
        bars, and whether the record does not tell of something asked."""
        if self.facts is None:
            return np.ones((0, len(self.posts)), dtype=bool), np.zeros((0, len(self.posts)), dtype=bool)
        posts = list(self.posts.values())
        found = allowed_and_untold(self.facts, posts, self.policy)
        first = np.array([one in self.recruits for one in self.ruled])
        if first.any():
            for mask, own in zip(found, allowed_and_untold(self.facts, posts, self.policy, _of_a_recruit), strict=True):
                mask[first] = own[first]
        return found


def advise(
    ranks: Ranks, states: Mapping[str, CareerState], asked: Asked, record: CareerRecord | None, policy: Policy
) -> list[Advised]:
    """Advice for each officer, in order. Rules of moves are asked of officers in a post; a recruit has none yet."""
    ruled = [one for one in states if record is not None and record.ruled and one in record.known]
    never = {} if record is None else record.recruits
    recruits = {one: never[one] for one, state in states.items() if one in never and not state.posts}
    advice = Advice(ranks, asked, policy, record, tuple(ruled), recruits)
    wanting = (
        {} if record is None else wanting_of(of_open_rounds(record.frames, record.as_of), list(states), record.as_of)
    )
    full = {one: with_background(state, one, record) for one, state in while_wanted(states.items())}
    rankings = ranks.model.rankings(list(full.values()))
    return [
        advice.advised(one, ranking, _person(state, wanting.get(one, Wanting())))
        for (one, state), ranking in while_wanted(zip(full.items(), rankings, strict=True))
    ]


def _of_a_recruit(post: Post, policy: Policy) -> Sequence[Requirement]:
    return of_a_first_post(post, policy)[0]


def newcomers_of(frames: Mapping[str, pd.DataFrame], known: Collection[str]) -> Newcomers:
    """Posts on record that the model does not know; where every post is a unit (no posts table) none is told of."""
    if "posts" not in frames or all(post.post_id in known for post in posts_of(frames)):
        return Newcomers()
    return Newcomers.of(frames, known)


def with_background(state: CareerState, officer_id: str, record: CareerRecord | None) -> CareerState:
    """The state with courses, goal and numbers as training counts them; unchanged where nothing is on record."""
    if record is None or officer_id not in record.background.index:
        return state
    row = record.background.loc[[officer_id]]
    kind, goal = row["goal_kind"].iloc[0], row["goal"].iloc[0]
    return replace(
        state,
        courses=row["courses"].iloc[0],
        goal=None if kind is None else (str(kind), str(goal)),
        numbers=numbers_told(row)[0].tolist(),
    )


def _person(state: CareerState, wanting: Wanting) -> Person:
    held: Sequence[str] = state.posts
    return Person(held[-1] if held else None, frozenset(state.courses), wanting, held=len(held))


def _mandated(frames: Mapping[str, pd.DataFrame]) -> frozenset[str]:
    """The courses that everybody must take."""
    if "courses" not in frames:
        return frozenset()
    rows = frames["courses"]
    return frozenset(rows.loc[rows["mandated"].fillna(False).astype(bool), "course_id"].astype(str))


def _course_names(frames: Mapping[str, pd.DataFrame]) -> dict[str, Bilingual]:
    """Names of courses; one without a name in a language has that of the other."""
    if "courses" not in frames:
        return {}
    rows = frames["courses"]
    named = zip(rows["course_id"].astype(str), rows["name_zh"], rows["name_en"], strict=True)
    given = {one: [str(name) for name in names if not pd.isna(name)] for one, *names in named}
    return {one: Bilingual(names[0], names[-1]) for one, names in given.items() if names}
