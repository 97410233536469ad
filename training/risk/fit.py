"""Fit `pharos` for one outcome: members on soft labels, chosen, blended and calibrated on later data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from data_contracts.policy import policy
from models.base import ExplainedModel, Matrix, Numbers
from models.risk.boosting import SHALLOW, Boosted
from models.risk.calibration import Platt, Reliability, log_odds, matching_shift
from models.risk.conformal import Conformal
from models.risk.glass_box import FEW_EVENTS, ROWS_A_CALM_LEAF, GlassBox
from models.risk.logistic import SoftLogistic
from models.risk.model import OutcomeModel
from training.risk.choosing import BLENDS, GLASS_BOX, Asked, Chosen, HeldOut, Judged, Weights, best_blend, choose
from training.risk.dataset import Lesson
from training.risk.leaks import refuse_leaks
from training.risk.theme_worth import silent_themes
from training.splits import Split, inner_splits

MEMBERS = ("boosted", "logistic", "glass_box")
IN_DOUBT = "shallow"  # one more member where events are few


@dataclass(frozen=True)
class FitSettings:
    """How `pharos` is fitted; the defaults were chosen on Chicago as-ofs up to 2013."""

    boosted: Mapping[str, Any] = field(default_factory=dict)
    penalty: float = 300.0
    least_positives: float = 20.0
    seed: int = 0
    members: tuple[str, ...] = MEMBERS
    held_out_years: int = 2


@dataclass(frozen=True)
class FittedMembers:
    """Every member on all rows, beside what those fitted a horizon earlier said of the last as-ofs (None: too little).

    A model of any weights is made of them without fitting again: what the backtest shows of each member is what
    `pharos` chose from.
    """

    lesson: Lesson
    members: Mapping[str, ExplainedModel]
    judged: Judged | None

    def choose(self) -> Chosen | None:
        """What would serve; None where nothing later could be judged."""
        return None if self.judged is None else choose(self.judged)

    def model(self, weights: Weights) -> OutcomeModel:
        """Calibrated, of these weights: slope and doubt of the newest year held out, level as expected now."""
        used = {name: self.members[name] for name in weights}
        bare = OutcomeModel(
            self.lesson.outcome, self.lesson.split.horizon_months, self.lesson.design, used, dict(weights)
        )
        platt, reliability = self._learned(bare)
        return replace(bare, platt=self._at_level(bare, platt), reliability=reliability)

    def served(self) -> OutcomeModel:
        """The model of the chosen weights; of the first blend where nothing could be judged.

        What told nothing of the years held out is silent in it; without such a year it is unsure of everyone.
        """
        chosen = self.choose()
        weights = _first(self.members) if chosen is None else chosen.weights
        model = self.model(weights)
        return replace(model, silent=self._silent(weights), sets=self.sets(model))

    def _silent(self, weights: Weights) -> tuple[str, ...]:
        return () if self.judged is None else silent_themes(self.judged, weights, self.lesson.outcome)

    def sets(self, model: OutcomeModel) -> Conformal:
        """Where this model is not sure, of the newest year held out; everywhere without one."""
        if self.judged is None:
            return Conformal()
        newest = self.judged.newest
        chances = model.platt.apply(newest.blended(model.weights))
        return Conformal.fit(chances, newest.answers, policy().grades.doubt.promise)

    def _learned(self, bare: OutcomeModel) -> tuple[Platt, Reliability]:
        """How sure is learned before the level is moved: the year held out knows nothing of it."""
        if self.judged is None:
            lesson, everything = self.lesson, np.ones(len(self.lesson.x), dtype=bool)
            scores, y = bare.scores(lesson.x), lesson.answers(everything, lesson.split.test)
            return Platt(), Reliability.fit(Platt().apply(scores), y)
        scores, came = self.judged.newest.blended(bare.weights), self.judged.newest.answers
        platt = Platt.fit(scores, came)
        return platt, Reliability.fit(platt.apply(scores), came)

    def _at_level(self, bare: OutcomeModel, platt: Platt) -> Platt:
        """The same slope, moved so that the mean chance of the force as it stands is the one expected."""
        level, present = self.lesson.level, self.lesson.present
        if level is None or present is None:
            return platt
        return Platt(platt.slope, matching_shift(platt.slope * bare.scores(present), level))


class Origins:
    """Members by the test day they were learned for, each fitted once, and the labels that they learned from.

    Rolling origins overlap: the year that one test holds out is judged by the very members that the test a horizon
    before learned. They differ in nothing, columns and codes included, so they are fitted once and shared.
    """

    def __init__(self, settings: FitSettings | None = None) -> None:
        """Of one way to fit."""
        self.settings = settings or FitSettings()
        self._fitted: dict[tuple[object, ...], ExplainedModel] = {}
        self._answers: dict[tuple[object, ...], Numbers] = {}

    def answers(self, lesson: Lesson) -> Numbers:
        """The labels of all rows of the lesson as known at its test, (n,), which cost as much as a small fit."""
        key = _key(lesson)
        if key not in self._answers:
            self._answers[key] = lesson.answers(np.ones(len(lesson.x), dtype=bool), lesson.split.test)
        return self._answers[key]

    def members(self, lesson: Lesson, names: Sequence[str]) -> Mapping[str, ExplainedModel]:
        """These members on all rows of the lesson, told what was known at its test."""
        key = _key(lesson)
        for name in names:
            if (*key, name) not in self._fitted:
                y = self.answers(lesson)
                self._fitted[*key, name] = _made(name, self.settings, len(y)).fit(lesson.x, y, lesson.design.names)
        return {name: self._fitted[*key, name] for name in names}

    def names_for(self, y: Numbers) -> tuple[str, ...]:
        """The members that labels y (n,) call for."""
        few = _rarer(y) < FEW_EVENTS and set(self.settings.members) == set(MEMBERS)
        return (*self.settings.members, IN_DOUBT) if few else self.settings.members


def _key(lesson: Lesson) -> tuple[object, ...]:
    """What lessons that teach the same have in common."""
    return id(lesson.rows), lesson.outcome, lesson.split, lesson.labels, lesson.columns


def fit_outcome(lesson: Lesson, settings: FitSettings | None = None, origins: Origins | None = None) -> OutcomeModel:
    """The calibrated choice of a lesson; `origins` spares fits that another lesson of the same rows has had.

    Where all had the same end, everybody gets the rate seen. Without an earlier year to hold out, the first blend
    is taken as it comes.
    """
    fitted = fit_members(lesson, origins or Origins(settings))
    return fitted if isinstance(fitted, OutcomeModel) else fitted.served()


def fit_members(lesson: Lesson, origins: Origins | None = None) -> FittedMembers | OutcomeModel:
    """Every member, and what it said of the years held out; a model of the one rate where all had the same end.

    Raises ForbiddenFeature when one column alone tells the outcome.
    """
    shared = origins or Origins()
    y = shared.answers(lesson)
    if _rarer(y) < 1.0:
        return OutcomeModel(lesson.outcome, lesson.split.horizon_months, lesson.design, {}, {}, rate=float(y.mean()))
    refuse_leaks(lesson.x, y, lesson.design.names, lesson.behind())
    names = shared.names_for(y)
    return FittedMembers(lesson, shared.members(lesson, names), _held_out(lesson, shared, names))


@dataclass(frozen=True)
class Validated:
    """What the best blend said of the newest year held out; arrays (n,).

    `quality` is its average precision; `chances` are calibrated on that year as a whole, so that what is left between
    groups is theirs.
    """

    as_of: date
    officers: list[str]
    y: Numbers
    chances: Numbers
    quality: float


def validated(lesson: Lesson, settings: FitSettings) -> Validated | None:
    """Fit a year earlier and look at the newest year held out; None when there is too little to judge by."""
    quick = Origins(replace(settings, members=("boosted", "logistic"), held_out_years=1))
    judged = _held_out(lesson, quick, quick.settings.members)
    if judged is None:
        return None
    newest, blend = judged.newest, best_blend(judged)
    scores = newest.blended(blend)
    chances = Platt.fit(scores, newest.answers).apply(scores)
    day = inner_splits(lesson.split)[-1].test
    return Validated(day, list(newest.officers), newest.answers, chances, judged.quality(blend))


def _first(members: Mapping[str, ExplainedModel]) -> Weights:
    return next((weights for weights in BLENDS if set(weights) <= set(members)), GLASS_BOX)


def _held_out(lesson: Lesson, origins: Origins, names: Sequence[str]) -> Judged | None:
    """Fit a horizon earlier, with what was known then, and look at the last training as-ofs (rolling origins).

    A year with too few of either label to judge by is left out; None where no year is left.
    """
    splits = inner_splits(lesson.split, origins.settings.held_out_years)
    years = [year for split in splits if (year := _year(lesson, split, origins, names)) is not None]
    return Judged(tuple(years)) if years else None


def _year(lesson: Lesson, inner: Split, origins: Origins, names: Sequence[str]) -> HeldOut | None:
    early, late = lesson.at_origin(inner), lesson.mask([inner.test])
    y_early = origins.answers(early)
    y_late = lesson.answers(late, lesson.split.test)
    if min(_rarer(y_early), _rarer(y_late)) < origins.settings.least_positives:
        return None
    members, x = origins.members(early, names), lesson.asked_at(inner.test, early.design)
    officers = lesson.spine["officer_id"][late].tolist()
    return HeldOut(_scores(x, members), y_late, officers, members, Asked(x, early.design.names))


def _rarer(y: Numbers) -> float:
    return float(min(y.sum(), len(y) - y.sum())) if len(y) else 0.0


def _made(name: str, settings: FitSettings, rows: int) -> ExplainedModel:
    """A member ready to learn from so many rows."""
    leaf = {"min_data_in_leaf": max(200, rows // ROWS_A_CALM_LEAF)}
    made: Mapping[str, Callable[[], ExplainedModel]] = {
        "boosted": lambda: Boosted(settings.boosted, settings.seed),
        "logistic": lambda: SoftLogistic(settings.penalty),
        "glass_box": lambda: GlassBox(seed=settings.seed),
        IN_DOUBT: lambda: Boosted({**SHALLOW, **leaf}, settings.seed),
    }
    return made[name]()


def _scores(x: Matrix, members: Mapping[str, ExplainedModel]) -> dict[str, Numbers]:
    return {name: log_odds(member.predict(x)) for name, member in members.items()}
