"""Do officers who follow the plan reach their goals sooner than those who follow what is popular?

One bureau is simulated up to a day, the models are fitted on what was known by then, and from that day on the same
bureau runs once for each arm, with the same seeds. Every few months a follower takes the course and states the wish
that the arm advises; the world answers by its planted chain and knows nothing of plans.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.errors import InvalidInput
from data_contracts.figures import told_to
from data_contracts.simulator.families import FAMILIES, SENIORITIES, post_ids
from data_contracts.simulator.moves import move_facts
from data_contracts.simulator.simulation import Block, Plan, static_frames
from experiments.backtests.plan_arms import Advice, Bureau, PlanArm, PopularArm, opens_a_family
from experiments.backtests.plan_changes import Looks, change_lines
from models.courses.lifts import CourseLifts
from models.posts.histories import Array
from training.evaluation.bootstrap import DRAWS, OfficerDraws, difference, weighted_means
from training.paths.course_histories import courses_before
from training.paths.fit import PathTraining, fit_paths, path_training

ARMS = ("plan", "popularity", "popular_course")


@dataclass(frozen=True)
class Study:
    """How large and how long: officers, months of history, months to the goal, months between two pieces of advice."""

    officers: int = 1500
    history_months: int = 72
    horizon_months: int = 36
    advice_months: int = 6
    seed: int = 11
    end: date = date(2026, 1, 1)

    def __post_init__(self) -> None:
        if min(self.history_months, self.horizon_months, self.advice_months) < 1:
            raise InvalidInput(
                f"{self.history_months} months of history, {self.horizon_months} to the goal and {self.advice_months} "
                "between two pieces of advice make no study; give 1 or more of each"
            )


@dataclass(frozen=True)
class Ahead:
    """How far the plan is ahead of another arm: times as many, and the difference of shares, with 95 % intervals."""

    ratio: float
    ratio_low: float
    ratio_high: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class StudyResult:
    """Share of followers who stood at their goal within the horizon, by arm, and how far the plan is ahead; how often
    a plan that was looked at again had changed, by what had become known."""

    followers: int
    reached: Mapping[str, float]
    months: Mapping[str, float]
    ahead: Mapping[str, Ahead]
    looks: Mapping[str, Looks]


def run_study(study: Study, say: Callable[[str], None] = lambda _: None) -> StudyResult:
    """Run all arms from the same day; `say` hears of each step. Raises InvalidInput for a bureau that is too small."""
    say("history")
    plan = Plan(study.officers, -(-(study.history_months + study.horizon_months) // 12), study.seed, study.end)
    block = Block(plan, 0)
    block.begin()
    for month in range(study.history_months):
        block.advance(month)
    frames = known_frames(block, plan)
    today = pd.Timestamp(plan.calendar.month_of(study.history_months)).date()
    say("models")
    training = path_training(frames, "post", today)
    model = fit_paths(training, study.seed)
    lifts = _lifts(frames, training, model.transitions)
    followers, goals = drawn_goals(block, study)
    bureau = Bureau(block, followers, goals, training, today, study.horizon_months)
    planned = PlanArm(model, lifts)
    popular = (PopularArm.of(frames, today, own_wish=own) for own in (False, True))
    arms: Mapping[str, Advice] = dict(zip(ARMS, (planned, *popular), strict=True))
    arrived: dict[str, Array] = {}
    for name, arm in arms.items():
        say(name)
        arrived[name] = _followed(bureau, arm, study)
    return _result(bureau, arrived, study, planned.book.looks)


def known_frames(block: Block, plan: Plan) -> dict[str, pd.DataFrame]:
    """The tables as they are known now, the bureau itself left as it is."""
    here = copy.deepcopy(block)
    here.close()
    return dict(here.frames()) | static_frames(plan)


def drawn_goals(block: Block, study: Study) -> tuple[Array, Array]:
    """Slots of officers in service and a goal post for each, drawn as the simulated wishes are: a post that
    the present one may lead to."""
    rng, chain = np.random.default_rng([study.seed, 99]), move_facts().chain
    roster = block.world.roster
    slots = roster.present()
    bounds = np.cumsum(chain[roster.post[slots]], axis=1)
    post = np.minimum((rng.random((len(slots), 1)) >= bounds).sum(1), len(chain) - 1)
    other = post != roster.post[slots]
    return slots[other], post[other]


def _lifts(frames: Mapping[str, pd.DataFrame], training: PathTraining, transitions: Any) -> CourseLifts:
    offered = frames["courses"].loc[~frames["courses"]["mandated"], "course_id"]
    courses = tuple(sorted(course for course in offered if opens_a_family(course)))
    keys = [family.key for family in FAMILIES]
    of_post = dict(zip(post_ids(), np.repeat(np.arange(len(keys)), SENIORITIES), strict=True))
    family = np.array([of_post[post] for post in training.data.catalogue.posts])
    held = courses_before(training, frames["course_completions"], courses)
    return CourseLifts.fit(training.data.moves, held, transitions, (courses, keys, family))


def _followed(bureau: Bureau, arm: Advice, study: Study) -> Array:
    """(followers,) months until each stood at the goal, NaN for those who did not within the horizon or left."""
    block = copy.deepcopy(bureau.block)
    roster, arrived = block.world.roster, np.full(len(bureau.slots), np.nan)
    person = roster.person[bureau.slots].copy()
    for month in range(study.horizon_months):
        here = (roster.person[bureau.slots] == person) & roster.active[bureau.slots]
        seeking = np.flatnonzero(here & np.isnan(arrived))
        if month % study.advice_months == 0:
            arm.advise(bureau, block, seeking, month)
        block.advance(study.history_months + month)
        there = (roster.post[bureau.slots] == bureau.goals) & (roster.person[bureau.slots] == person)
        arrived[there & np.isnan(arrived)] = month + 1
    return arrived


def _result(bureau: Bureau, arrived: Mapping[str, Array], study: Study, looks: Mapping[str, Looks]) -> StudyResult:
    reached = {name: np.isfinite(months).astype(float) for name, months in arrived.items()}
    draws = OfficerDraws([str(slot) for slot in bureau.slots], draws=DRAWS, seed=study.seed)
    drawn = draws.each(lambda times: weighted_means(reached, times))
    shares = {name: float(values.mean()) for name, values in reached.items()}
    return StudyResult(
        followers=len(bureau.slots),
        reached=shares,
        months={name: float(np.where(np.isnan(months), study.horizon_months, months).mean())
                for name, months in arrived.items()},
        ahead={name: _ahead(shares, drawn, name) for name in ARMS[1:]},
        looks=dict(looks),
    )  # fmt: skip


def _ahead(shares: Mapping[str, float], drawn: Mapping[str, Array], versus: str) -> Ahead:
    found = difference((shares["plan"], shares[versus]), (drawn["plan"], drawn[versus]))
    low, high = np.quantile(drawn["plan"] / np.maximum(drawn[versus], 1e-9), [0.025, 0.975])
    ratio = shares["plan"] / max(shares[versus], 1e-9)
    return Ahead(ratio, float(low), float(high), found.difference, found.low, found.high)


def lines_of(result: StudyResult) -> list[str]:
    """The result for people."""
    told = [
        f"{name}: {share:.3f} of {result.followers:,} reached their goal, {result.months[name]:.1f} months on the way"
        for name, share in result.reached.items()
    ]
    for name, one in result.ahead.items():
        ratio = f"{one.ratio:.2f} times as many as with {name} ({one.ratio_low:.2f} to {one.ratio_high:.2f})"
        told.append(f"plan: {ratio}, difference {told_to(one.difference, one.low, one.high)}")
    return [*told, *change_lines(result.looks)]
