"""Paths over the records: the champion's model, and everything else about an officer read as of the day asked.

One read of the history answers all officers of a request; what was known on the day of a last plan is read again only
where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.asof import months_on
from data_contracts.errors import FeatureMismatch
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, GoalKind
from models.courses.aims import KnownLifts
from models.courses.goals import GoalPosts
from models.courses.learners import Readings, offered_courses
from models.eligibility.rules import Post, posts_of
from models.eligibility.standing_facts import NEEDS, POLICE_LADDER, Facts, facts_of
from models.paths.bundle import POST, RANK_STEP, SERVICE, PathBundle, service_hash
from models.paths.climbing import Climb, Place, across, ladder_changes, ladder_of, least_months_in, moves_allowed
from models.paths.helping import Pathless, with_what_helps
from models.paths.plans import PathPlanner
from models.paths.telling import Question, StepFacts, Told, ToldPath
from models.paths.together import Ahead, Wanted, search_all
from models.paths.told_plan import Event, Plan, knew
from models.points.lines import tables_needed
from models.posts.fit import Standard, Wanting, of_open_rounds, wanting_of
from models.posts.histories import Array, CareerState
from models.posts.newcomers import Newcomers
from serving.api.opened import Absent, champion_or_absent, of_its_parts
from serving.on_force import NOT_SERVING, UNKNOWN_OFFICER
from serving.paths.answers import PathDesk
from serving.paths.asking import NO_GOAL, NO_HISTORY, AskedPath
from serving.paths.catalogues import Catalogues
from serving.paths.checking import check_goal
from serving.paths.earnings import EarningStep, EarningWay, earned
from serving.paths.facts import OfficerSteps
from serving.paths.goals import Goals
from serving.paths.newer import NewerGoal
from serving.paths.record import Frames, OfficerRecord, RecordsOfDay
from serving.paths.schemas import PathGoal
from serving.points.answers import RecordSource
from serving.schemas import Because

if TYPE_CHECKING:
    from serving.ground import Ground
    from serving.loading import Loaded

NAME, PATH = "paths", "/v1/paths"
OWN_TABLES = ("career_goals", "competency_standards", "vacancies", "appraisals")
EVENT_TABLES = (
    "postings", "promotions", "course_completions", "career_goals", "appraisals", "competency_assessments", "vacancies",
)  # fmt: skip


@dataclass(frozen=True)
class RecordPaths:
    """The real source behind `/v1/paths`."""

    bundle: PathBundle
    records: RecordSource
    policy: Policy
    counted_until: date | None = None

    def on(self, officer_ids: Sequence[str], as_of: date) -> RecordDay:
        """The records of these officers as they stood on a day."""
        tables = tuple(dict.fromkeys((*NEEDS, *OWN_TABLES, *tables_needed(self.policy.points))))
        ids = list(dict.fromkeys(officer_ids))
        return RecordDay(self, ids, RecordsOfDay(self.records(ids, as_of, tables), as_of), {})


@dataclass(frozen=True)
class RecordDay:
    """One day of records; answers the questions of its officers."""

    source: RecordPaths
    officer_ids: Sequence[str]
    records: RecordsOfDay
    before: dict[date, RecordsOfDay]
    moves: dict[Place | None, Array] = field(default_factory=dict)

    @property
    def as_of(self) -> date:
        """The day."""
        return self.records.as_of

    @property
    def frames(self) -> Frames:
        """The records of all these officers."""
        return self.records.frames

    def question(self, officer_id: str, goal: PathGoal | None, horizon_months: int | None) -> AskedPath | Because:
        """The question of one officer, or why there is none."""
        record = self._record(officer_id)
        if not record.known:
            return UNKNOWN_OFFICER
        if not record.serving:
            return NOT_SERVING
        stated = record.stated_goal()
        if goal is None and stated is None:
            return NO_GOAL
        asked = goal or PathGoal.model_validate({"kind": stated.kind, "goal": stated.goal} if stated else {})
        kind = RANK_STEP if asked.kind == "rank_step" else POST
        if kind not in self.source.bundle.kinds or record.steps(kind).empty:
            return NO_HISTORY
        same = stated is not None and (stated.kind, stated.goal) == (asked.kind, asked.goal)
        own_months = stated.horizon_months if same and stated is not None else None
        horizon = horizon_months or own_months or self.source.policy.paths.default_horizon_months
        state, climb = self._standing(record, asked, kind)
        question = Question(
            officer_id, state, asked.goal, self._posts(asked, state.posts[-1]), horizon, kind=kind,
            called=self._goals.called(asked), goal_kind=GoalKind(asked.kind), climb=climb,
            unseen=self._goals.unseen(asked, climb, self._catalogues.posts),
            ended_on=record.post_ended_on() if kind == POST else None, counted_until=self.source.counted_until,
        )  # fmt: skip
        if asked.kind == "post" and (newer := self._newer(asked.goal, state.posts[-1])) is not None:
            called = newer.called(self.name(newer.post), self.name(newer.like))
            question = replace(question, posts=(newer.post, newer.like), like=newer.like, called=called)
        if question.unseen == "police_rank":
            code, words = self._goals.police(record.police_state(), asked.goal)
            question = replace(question, unseen=code, unseen_words=words)
        if kind == POST and self._catalogues.lifts is not None:
            question = replace(question, factors=self._steps(question).factors())
        own = same and horizon_months in (None, own_months)
        told = None if goal is None else f"{goal.kind}:{goal.goal}"
        return AskedPath(question, state.posts[-1], told, own, stated if same else None)

    def _standing(self, record: OfficerRecord, asked: PathGoal, kind: str) -> tuple[CareerState, Climb | None]:
        """Where the officer stands on the way to a goal, and for a rank step how far it is.

        A police rank that is held or passed is reached, though no way is searched to one.
        """
        state, goals = record.state(kind), self._goals
        if kind != RANK_STEP:
            return state, None
        if goals.only_a_police_rank(asked.goal) and (held := record.police_state()) is not None:
            police = goals.climb(POLICE_LADDER, held, asked.goal)
            if police is not None and police.steps is not None and police.steps <= 0:
                return held, police
        climb = goals.climb(record.ladder(), state, asked.goal)
        if climb is None or climb.steps is not None:
            return state, climb
        steps = self.source.bundle.kinds[RANK_STEP]
        held_step = (record.ladder(), state.posts[-1])
        seen = across(goals.ladders, held_step, asked.goal, steps.catalogue.posts, steps.model.transitions.seen)
        return state, replace(climb, across=seen)

    def check_goal(self, goal: PathGoal | None) -> None:
        """Raises InvalidInput for a goal that neither the records, policy nor the model know."""
        check_goal(goal, GoalPosts(self.frames, self.source.policy), self.as_of, self._learned(goal))

    def _learned(self, goal: PathGoal | None) -> Sequence[str]:
        """The posts or rank steps of the model, which the records may not tell any more."""
        kind = {"post": POST, "rank_step": RANK_STEP}.get("" if goal is None else goal.kind, "")
        return self.source.bundle.kinds[kind].catalogue.posts if kind in self.source.bundle.kinds else ()

    def knows(self, item: str) -> bool:
        """Whether the records or the model have a post or rank step of this id; a ladder's step counts as one."""
        learned = any(item in kind.catalogue.codes for kind in self.source.bundle.kinds.values())
        goals = GoalPosts(self.frames, self.source.policy)
        return learned or any(goals.known((kind, item)) for kind in (POST, RANK_STEP))

    def tell_all(self, questions: Sequence[Question], top: int) -> list[Told]:
        """Paths of each, or why there is none; the points of all steps are counted together."""
        told = self._told(questions, top)
        ways = [
            [self._ways(question, path) if question.kind == POST else [None] * len(path.steps) for path in one.paths]
            for question, one in zip(questions, told, strict=True)
        ]
        wanted = list(dict.fromkeys(way for one in ways for path in one for way in path if way is not None))
        points = dict(zip(wanted, earned(self.frames, wanted, self.source.policy.points), strict=True))
        return [
            one.with_points([[None if way is None else points[way] for way in path] for path in some])
            for one, some in zip(told, ways, strict=True)
        ]

    def _ways(self, question: Question, path: ToldPath) -> list[EarningWay | None]:
        """The way up to each step, None where nothing is known of its post."""
        posts = self._catalogues.posts
        steps = [
            EarningStep(
                posts.get(step.post, Post(step.post)), tuple(course.course_id for course in step.courses),
                months_on(self.as_of, step.months),
                tuple((course.course_id, course.take_by) for course in step.courses if course.take_by is not None),
            )
            for step in path.steps
        ]  # fmt: skip
        return [
            EarningWay(question.officer_id, tuple(steps[: place + 1])) if step.post in posts else None
            for place, step in enumerate(path.steps)
        ]

    def _told(self, questions: Sequence[Question], top: int) -> list[Told]:
        """All of one kind are searched together."""
        planners = [self._planner(question) for question in questions]
        asked = [one.asking(question) for one, question in zip(planners, questions, strict=True)]
        ahead: dict[int, Ahead] = {}
        for kind in self.source.bundle.kinds:
            some = {place: one for place, found in enumerate(asked) for one in found if questions[place].kind == kind}
            model, wanted = self.source.bundle.kinds[kind].model, Wanted(top, self.source.policy.paths.least_chance)
            ahead |= dict(zip(some, search_all(model, list(some.values()), wanted), strict=True))
        every = enumerate(zip(planners, questions, strict=True))
        told = {place: planner.tell(question, top, ahead.get(place)) for place, (planner, question) in every}
        for kind in self.source.bundle.kinds:
            refused = {
                place: Pathless(planners[place], questions[place], found, told[place])
                for place, found in ahead.items()
                if questions[place].kind == kind and told[place].refused
            }
            told |= dict(zip(refused, with_what_helps(list(refused.values())), strict=True))
        return [
            told[place] if one.like is None else NewerGoal(one.goal, one.like).told(told[place])
            for place, one in enumerate(questions)
        ]

    def _planner(self, question: Question) -> PathPlanner:
        kind = self.source.bundle.kinds[question.kind]
        planner = PathPlanner(kind.model, kind.catalogue, kind.ranks, self.source.policy.paths)
        if question.kind == POST:
            least = np.full(kind.catalogue.size, least_months_in_post(self.source.policy))
            facts = self._steps(question).as_step_facts()
            own = facts if question.like is None else NewerGoal(question.goal, question.like).facts(facts)
            return replace(planner, facts=own, least_months=least)
        steps = np.array([least_months_in(self._goals.ladders, step) for step in kind.catalogue.posts])
        return replace(planner, facts=StepFacts(name=self.name), least_months=steps, moves=self._moves(question))

    def _moves(self, question: Question) -> Array:
        """Which rank step may follow which by the ladders, also from one held that the model does not know."""
        kind, held = self.source.bundle.kinds[RANK_STEP], question.state.posts[-1]
        ladder = self._record(question.officer_id).ladder() or ladder_of(self._goals.ladders, held)
        place = None if held in kind.catalogue.codes else (str(ladder), self._goals.ladders.position(ladder, held))
        if place not in self.moves:
            self.moves[place] = moves_allowed(self._goals.ladders, kind.catalogue.posts, kind.on_record, place)
        return self.moves[place]

    def events(self, question: Question, posts: Sequence[str]) -> Sequence[Event]:
        """Everything on record that may change an officer's plan, with the vacancies of these posts."""
        return self._events(self.records, question, posts)

    def knew(self, question: Question, last: Plan) -> frozenset[str]:
        """What a plan that nobody kept this of was made with: what is known today to have been known on its day."""
        if last.made_on not in self.before:
            frames = self.source.records(self.officer_ids, last.made_on, EVENT_TABLES)
            self.before[last.made_on] = RecordsOfDay(frames, last.made_on)
        return knew(self._events(self.before[last.made_on], question, last.path), last.made_on, last.path)

    def _events(self, records: RecordsOfDay, question: Question, posts: Sequence[str]) -> list[Event]:
        vacant = records.vacancies(posts) if question.kind == POST else ()
        own = records.of(question.officer_id).events(question.kind)
        return sorted((*own, *vacant), key=lambda one: (one.known_on, one.occurred_on, one.kind, one.item))

    def closed(self, question: Question, path: Sequence[str]) -> bool:
        """Whether rules open some post of a path not within the horizon."""
        return self._planner(question).closed(question, path)

    def required(self, officer_id: str) -> frozenset[str]:
        """The courses that rules require of an officer now, as advice on courses has it."""
        return frozenset(one.course.course_id for one in self._readings.due(officer_id, self.as_of))

    def name(self, item: str) -> Bilingual:
        """Name of a post, rank step, course, family or field; the code quoted as one where it has none."""
        return self._goals.name(item)

    def _record(self, officer_id: str) -> OfficerRecord:
        return self.records.of(officer_id)

    def _newer(self, post: str, held: str) -> NewerGoal | None:
        """A goal that the model does not know, with the post most like it, which is not the one held; None without."""
        like = next((one for one in self._newcomers.kin.get(post, ()) if one != held), None)
        return None if like is None or post == held else NewerGoal(post, like)

    @cached_property
    def _newcomers(self) -> Newcomers:
        """The posts on record that are newer than the model."""
        kind = self.source.bundle.kinds.get(POST)
        if kind is None or "posts" not in self.frames or kind.catalogue.codes.keys() >= self._catalogues.posts.keys():
            return Newcomers()
        return Newcomers.of(self.frames, kind.catalogue.codes)

    def _posts(self, asked: PathGoal, held: str) -> tuple[str, ...]:
        """The posts that count as reaching a goal: of a family or field those that the model knows, and the one held.

        Of the post held the records know best: the model may have learned before it was opened or moved.
        """
        if asked.kind in ("post", "rank_step"):
            return (asked.goal,)
        catalogue = self.source.bundle.kinds[POST].catalogue
        families = self.source.policy.families_of(asked.kind, asked.goal)
        named = dict(zip(catalogue.posts, catalogue.families, strict=True))
        if held in self._catalogues.posts and (own := self._catalogues.posts[held].job_family) is not None:
            named[held] = own
        return tuple(post for post, family in named.items() if family in families)

    def _steps(self, question: Question) -> OfficerSteps:
        officer, catalogue = question.officer_id, self.source.bundle.kinds[POST].catalogue
        families = [catalogue.families[catalogue.code(post)] for post in question.posts if post in catalogue.codes]
        levels = self._wanting[officer].levels
        return OfficerSteps(
            self._record(officer), self._facts, self._facts.officer_ids.index(officer),
            None if levels is None else dict(levels), self._catalogues,
            tuple(sorted({family for family in families if family})),
            {one.course.course_id: one for one in self._readings.due(officer, self.as_of)}, question.declined,
        )  # fmt: skip

    @cached_property
    def _facts(self) -> Facts:
        """With the changes of ladder on record, where the model knows any rank step."""
        facts, steps = facts_of(self.frames, self.officer_ids, self.as_of), self.source.bundle.kinds.get(RANK_STEP)
        if steps is None:
            return facts
        changes = ladder_changes(facts.ladders, steps.catalogue.posts, steps.on_record)
        return replace(facts, ladders=replace(facts.ladders, changes=changes))

    @cached_property
    def _readings(self) -> Readings:
        return Readings(GoalPosts(self.frames, self.source.policy))

    @cached_property
    def _wanting(self) -> Mapping[str, Wanting]:
        return wanting_of(of_open_rounds(self.frames, self.as_of), list(self.officer_ids), self.as_of)

    @cached_property
    def _catalogues(self) -> Catalogues:
        posts = {post.post_id: post for post in posts_of(self.frames)}
        advice = self.source.policy.courses
        offered = [one for one in offered_courses(self.frames) if one.finishable_from(self.as_of, advice)]
        return Catalogues(
            posts, Standard.of(self.frames), tuple(offered), self.source.bundle.lifts,
            self.source.policy, self.name,
        )  # fmt: skip

    @cached_property
    def _goals(self) -> Goals:
        return Goals(self.frames, self.source.policy)


def least_months_in_post(policy: Policy) -> float:
    """The least time in any post before the next, by the rules that speak of every post; 0 where none does."""
    months = [rule.minimum_post_months for rule in policy.eligibility if rule.applies_to_all]
    return float(max((one for one in months if one is not None), default=0))


def open_paths(ground: Ground, champion: Callable[[str], Loaded]) -> PathDesk | Absent:
    """The desk, or what to do where no paths model was promoted; raises FeatureMismatch or UntrustedArtifact."""
    loaded = champion_or_absent(champion, NAME)
    if isinstance(loaded, Absent):
        return loaded
    identity = loaded.identity
    if (identity.service, identity.service_hash) != (SERVICE, service_hash()):
        raise FeatureMismatch(
            f"{NAME} version {identity.version} was trained on another reading of the records ({identity.service}) "
            f"than this checkout has; train it again, or start the checkout that it was trained with"
        )

    def desk() -> PathDesk:
        bundle = of_its_parts(identity, PathBundle.from_parts, loaded.parts)
        source = RecordPaths(bundle, ground.records, ground.policy, identity.counted_until)
        lifts = None if bundle.lifts is None else KnownLifts(bundle.lifts, identity.counted_until)
        return PathDesk(identity, source, ground.plans, ground.suggester, ground.policy, lifts)

    return ground.built.of(identity, desk)
