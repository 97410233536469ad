"""Every model of the risk backtest on one outcome and as-of: fitted on what was known then, and scoring that day."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from data_contracts.policy import policy
from data_contracts.vocabulary import Labels
from features.declared import declared_features
from features.windows import PLAIN_PEER_COLUMNS
from models.base import Numbers, RiskModel
from models.risk.baselines import PEERS, count_rule
from models.risk.conformal import Conformal
from models.risk.model import OutcomeModel
from training.risk.choosing import BLENDS, GLASS_BOX
from training.risk.dataset import Lesson, RiskRows, lesson_of
from training.risk.fit import FittedMembers, Origins, fit_members, fit_outcome
from training.risk.fit_sequence import sequence_chances
from training.risk.level import expected_level
from training.risk.outcomes import Question, labels
from training.risk.train import service_of
from training.splits import Split

SERVICE = "risk_v1"
COUNT_RULE, EBM, SEQUENCE, BLEND, PHAROS = "count_rule", "ebm", "event_sequence", "blend", "pharos"
MODELS = (COUNT_RULE, *PEERS, EBM, SEQUENCE, BLEND, PHAROS)
KNOWN_BY_FINDING = "finding"
Say = Callable[[str], None]
Made = TypeVar("Made")


@dataclass(frozen=True)
class Tested:
    """Every model's scores on the test officers of one outcome and as-of, and what was chosen to be `pharos`.

    `eventual` holds the scores of plain peers that were told what became known years later, by name; `unit_sizes`
    the size of each officer's unit, for the groups of the report.
    """

    outcome: str
    as_of: date
    n_train: int
    officers: pd.Series
    y: Numbers
    scores: Mapping[str, Numbers]
    seconds: Mapping[str, float]
    eventual: Mapping[str, Numbers] = field(default_factory=dict)
    chosen: Mapping[str, float] = field(default_factory=dict)
    unit_sizes: pd.Series | None = None
    sets: Conformal = field(default_factory=Conformal)


@dataclass(frozen=True)
class Exam:
    """One outcome at one test day: the rows, what training may know, and what exams of other days fitted already."""

    rows: RiskRows
    outcome: str
    split: Split
    labels: str = Labels.MATURE.value
    with_eventual: bool = False
    origins: Origins = field(default_factory=Origins)

    @property
    def test(self) -> pd.DataFrame:
        """Feature rows of the officers tested."""
        return self.rows.at([self.split.test])

    def lesson(self, columns: Sequence[str], kind: str) -> Lesson:
        """What is learned from, of the columns that are there."""
        there = [name for name in columns if name in self.rows.frame.columns]
        return lesson_of(self.rows, self.outcome, self.split, there, kind)

    def own_lesson(self) -> Lesson:
        """The columns, labels and level of `pharos train risk`."""
        lesson = self.lesson(declared_features().service(service_of([self.outcome])).chosen, self.labels)
        if self.labels != Labels.MATURE:
            return lesson
        expected = expected_level(self.rows, self.outcome, self.split)
        return lesson.at_level(expected.rate, expected.present)


def take(exam: Exam, say: Say) -> Tested:
    """Fit every model on the training rows and score the test officers."""
    test, scores, seconds = exam.test, {}, {}
    y = labels(exam.rows.tables, test[["officer_id", "as_of"]],
               Question(exam.outcome, exam.split.horizon_months, None))  # fmt: skip
    name = f"{exam.outcome} {exam.split.test}"
    scores[COUNT_RULE], seconds[COUNT_RULE] = _timed(partial(count_rule, test))
    plain = exam.lesson(PLAIN_PEER_COLUMNS, exam.labels)
    for peer, make in PEERS.items():
        say(f"{name} {peer}")
        scores[peer], seconds[peer] = _timed(partial(peer_chances, make(), plain, test))
    own = exam.own_lesson()
    say(f"{name} {SEQUENCE}")
    scores[SEQUENCE], seconds[SEQUENCE] = _timed(partial(sequence_chances, own, test))
    say(f"{name} {PHAROS}")
    fitted, spent = _timed(partial(fit_members, own, exam.origins))
    models, chosen = own_models(fitted)
    sets = Conformal() if isinstance(fitted, OutcomeModel) else fitted.sets(models[PHAROS])
    for model, fit in models.items():
        scores[model], extra = _timed(partial(fit.predict, own.design.matrix(test)))
        seconds[model] = spent + extra
    told = _eventual(exam, test, say)
    about = exam.outcome, exam.split.test, len(plain.x), test["officer_id"]
    return Tested(*about, y, scores, seconds, told, chosen, test.get("unit_size"), sets)


def own_models(fitted: FittedMembers | OutcomeModel) -> tuple[dict[str, OutcomeModel], Mapping[str, float]]:
    """The glass box, the best blend, and the choice between them; they share their fitted members."""
    if isinstance(fitted, OutcomeModel):
        return {EBM: fitted, BLEND: fitted, PHAROS: fitted}, {}
    chosen = fitted.choose()
    if chosen is None:
        blend = fitted.model(BLENDS[0])
        return {EBM: fitted.model(GLASS_BOX), BLEND: blend, PHAROS: blend}, BLENDS[0]
    models = {EBM: fitted.model(GLASS_BOX), BLEND: fitted.model(chosen.blend)}
    return {**models, PHAROS: models[EBM] if chosen.weights == GLASS_BOX else models[BLEND]}, chosen.weights


def peer_chances(model: RiskModel, lesson: Lesson, test: pd.DataFrame) -> Numbers:
    """What a plain peer says of the test officers, (n,)."""
    return fitted_peer(model, lesson)(test)


def fitted_peer(model: RiskModel, lesson: Lesson) -> Callable[[pd.DataFrame], Numbers]:
    """A plain peer that learned from hard labels; with one class only, everybody gets its rate."""
    y = lesson.answers(np.ones(len(lesson.x), dtype=bool), lesson.split.test, soft=False)
    if y.min() == y.max():
        return lambda test: np.full(len(test), float(y[0]))
    fitted = model.fit(lesson.x, y, lesson.design.names)
    return lambda test: fitted.predict(lesson.design.matrix(test))


def _eventual(exam: Exam, test: pd.DataFrame, say: Say) -> dict[str, Numbers]:
    """Peers told the findings of years later, where there are findings to wait for."""
    if not (exam.with_eventual and waits(exam.outcome)):
        return {}
    lesson, told = exam.lesson(PLAIN_PEER_COLUMNS, Labels.EVENTUAL.value), {}
    for peer, make in PEERS.items():
        say(f"{exam.outcome} {exam.split.test} {peer}, eventual labels")
        told[peer] = peer_chances(make(), lesson, test)
    return told


def waits(outcome: str) -> bool:
    """Whether an outcome is known by a finding, which comes later than the complaint."""
    return policy().outcome(outcome).known == KNOWN_BY_FINDING


def _timed(work: Callable[[], Made]) -> tuple[Made, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def pharos_chances(exam: Exam) -> Numbers:
    """What would be promoted, scoring the test: the same columns, labels and fit as `pharos train risk`, (n,)."""
    lesson = exam.own_lesson()
    return fit_outcome(lesson, origins=exam.origins).predict(lesson.design.matrix(exam.test))
