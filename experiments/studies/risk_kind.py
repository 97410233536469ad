"""Studies of risk: chances of an outcome, each test at one day, plain peers beside candidates of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field

from data_contracts.asof import add_months
from data_contracts.decisions import STRICT
from data_contracts.vocabulary import Bilingual, Labels
from experiments.backtests.risk_models import COUNT_RULE, SERVICE, fitted_peer
from experiments.backtests.risk_models import Exam as RiskExam
from experiments.reports.groups import audit_of
from experiments.studies.features import feature_rows
from experiments.studies.ground import Ground
from experiments.studies.kind import Exam, Kind, answered, spent
from experiments.studies.scores import ITEM, OFFICER, PART, Cost, Scored
from features.declared import declared_features
from features.windows import PLAIN_PEER_COLUMNS
from models.artifacts import size_of
from models.base import Numbers
from models.risk.baselines import PEERS, count_rule
from models.risk.model import OutcomeModel, RiskBundle
from training.risk.counted import first_learnable
from training.risk.dataset import RiskRows, as_ofs_needed, check_learnable
from training.risk.fit import MEMBERS, FitSettings, fit_outcome
from training.risk.outcomes import Question, labels
from training.risk.record import NAME
from training.risk.train import STRAIN_SERVICE
from training.splits import Split, rolling_origin
from training.tuning.search import Objective
from training.tuning.spaces import SPACES, risk_objective, risk_settings

Member = Literal["boosted", "logistic", "glass_box"]


@dataclass(frozen=True)
class Trees:
    """What may be set of the trees, over the defaults of models/risk/boosting.py; None leaves the default."""

    __pydantic_config__ = STRICT

    rounds: Annotated[int, Field(ge=1)] | None = None
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = None
    num_leaves: Annotated[int, Field(ge=2)] | None = None
    min_data_in_leaf: Annotated[int, Field(ge=1)] | None = None
    feature_fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    lambda_l2: Annotated[float, Field(ge=0)] | None = None
    extra_trees: bool | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What was set."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class RiskWay:
    """What may be set at a candidate of a study of risk."""

    __pydantic_config__ = STRICT

    boosted: Trees = field(default_factory=Trees)
    penalty: float = 300.0
    least_positives: float = 20.0
    seed: int = 0
    members: tuple[Member, ...] = MEMBERS  # type: ignore[assignment]  # its names are those of Member
    held_out_years: int = 2

    def __post_init__(self) -> None:
        """Refuse members that no blend is made of."""
        if not {"boosted", "glass_box"} & set(self.members):
            raise ValueError("members must have boosted or glass_box: no blend is made without either")


def fitted_with(way: RiskWay, found: Mapping[str, Any]) -> FitSettings:
    """The settings of a fit; what a search found stands over the candidate's own."""
    trees = {**way.boosted.told, **risk_settings(found).boosted}
    own = FitSettings(trees, way.penalty, way.least_positives, way.seed, tuple(way.members), way.held_out_years)
    return replace(own, penalty=found.get("penalty", own.penalty))


def features_hash() -> str:
    """Of the columns that any outcome may see."""
    return "-".join(declared_features().service(name).hash for name in (SERVICE, STRAIN_SERVICE))


@dataclass(frozen=True)
class OfficersOnADay:
    """Who is asked about for fairness, as experiments/reports/groups.py takes them."""

    as_of: date
    officers: pd.Series
    unit_sizes: pd.Series | None


@dataclass(frozen=True)
class RiskStudy:
    """A study of risk with its records at hand."""

    ground: Ground

    @cached_property
    def _splits(self) -> Mapping[tuple[str, date], Split]:
        """Of every test day, and of the origins that the search looks at before the first of them."""
        test, frames = self.ground.study.test, self.ground.frames
        days = [*test.as_ofs, *self._origins]
        return {
            (name, day): rolling_origin(day, test.months, first_learnable(frames, name))
            for name in test.outcomes for day in days
        }  # fmt: skip

    @cached_property
    def _origins(self) -> list[date]:
        """Oldest first; the last is the first test day, before which its own validation year lies."""
        study = self.ground.study
        folds = study.tune.folds if study.tune is not None else 0
        return [add_months(study.test.as_ofs[0], -12 * back) for back in reversed(range(folds))]

    @cached_property
    def rows(self) -> RiskRows:
        """Features of everybody at every day needed; computed once a study, and kept."""
        return feature_rows(self.ground, as_ofs_needed(list(self._splits.values())))

    def exams(self) -> list[Exam]:
        """Each outcome at each day."""
        test = self.ground.study.test
        asked = [Exam(day, name) for name in test.outcomes for day in test.as_ofs]
        for exam in asked:
            check_learnable(self.rows, exam.outcome, self._splits[exam.outcome, exam.day])
        return asked

    def objective(self, way: RiskWay) -> Objective:
        """Mean average precision over outcomes and origins, fairness a limit where the study says so."""
        study = self.ground.study
        exams = [self._exam(Exam(day, name)) for day in self._origins for name in study.test.outcomes]
        fair = study.tune is not None and study.tune.fairness
        lessons = [one.own_lesson() for one in exams]
        return risk_objective(lessons, self._audit if fair else None, partial(fitted_with, way))

    def score(self, exam: Exam, model: str, way: Any | None) -> Scored:
        """Chances, or counts of the count rule, of the officers on the exam's day, beside what came."""
        asked = self._exam(exam)
        test = asked.test
        question = Question(exam.outcome, asked.split.horizon_months, None)
        y = labels(self.rows.tables, test[[OFFICER, "as_of"]], question)
        said, n_train, cost = self._said(asked, test, model, way)
        rows = pd.DataFrame({OFFICER: test[OFFICER].astype(str), PART: exam.outcome, ITEM: 0, "y": y, "score": said})
        return Scored(rows, n_train, cost)

    def _said(
        self, asked: RiskExam, test: pd.DataFrame, model: str, way: Any | None
    ) -> tuple[Numbers, int, Cost]:  # fmt: skip
        if model == COUNT_RULE:
            said, ms = answered(partial(count_rule, test), len(test))
            return said, 0, Cost(0.0, ms)
        if way is None:
            plain = asked.lesson(PLAIN_PEER_COLUMNS, asked.labels)
            peer, seconds = spent(partial(fitted_peer, PEERS[model](), plain))
            said, ms = answered(partial(peer, test), len(test))
            return said, len(plain.x), Cost(seconds, ms)
        own = asked.own_lesson()
        fitted, seconds = spent(partial(fit_outcome, own, way))
        said, ms = answered(lambda: fitted.predict(own.design.matrix(test)), len(test))
        return said, len(own.x), Cost(seconds, ms, _bytes(fitted))

    def _exam(self, exam: Exam) -> RiskExam:
        return RiskExam(self.rows, exam.outcome, self._splits[exam.outcome, exam.day], Labels.MATURE.value)

    def _audit(self, officers: Sequence[str], day: date) -> pd.DataFrame:
        """Protected attributes of these officers, which no lesson ever sees, and the size of their units."""
        asked = pd.Series(list(officers), dtype="string")
        there = self.rows.at([day])
        sizes = there.assign(officer_id=there[OFFICER].astype("string")).set_index(OFFICER)["unit_size"]
        here = OfficersOnADay(day, asked, sizes.reindex(asked).reset_index(drop=True))
        return audit_of([here], self.ground.frames.get("protected_attributes"))


def _bytes(model: OutcomeModel) -> int:
    """Of its files, as a version of one outcome would have them."""
    return size_of(RiskBundle((model,), SERVICE, declared_features().service(SERVICE).hash).to_parts())


RISK = Kind(
    name="risk",
    peers=(COUNT_RULE, *PEERS),
    measures={
        "average_precision": Bilingual("平均精确率", "average precision"),
        "precision_at_5pct": Bilingual("前 5 % 精确率", "precision in the top 5 %"),
    },
    ranks=True,
    way=RiskWay,
    fitted_with=fitted_with,
    space=SPACES[NAME][0],
    defaults=SPACES[NAME][1],
    service=SERVICE,
    features_hash=features_hash,
    load=RiskStudy,
)
