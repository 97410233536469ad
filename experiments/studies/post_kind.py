"""Studies of next posts: the moves in the months after each test day, the whole catalogue ranked for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.vocabulary import Bilingual
from experiments.studies.ground import Ground
from experiments.studies.kind import Exam, Kind, answered, folded, set_over, spent
from experiments.studies.scores import ITEM, OFFICER, PART, Cost, Scored
from features.declared import declared_features
from models.artifacts import size_of
from models.posts.baselines import BASELINES, PostScorer
from models.posts.next_post import NextPostModel
from training.evaluation.ranking_metrics import item_metrics
from training.posts.data import TrainingData, WindowItems, day_before, training_data, window_items
from training.posts.fit import FitSettings, choose_ease_weight, fit_pharos, target_places, tuned_baselines
from training.posts.train import NAME, SERVICE
from training.tuning.search import Objective
from training.tuning.spaces import SPACES, next_post_objective

STRATA = ("all", "novel")
MEASURES = {"ndcg_at_10": Bilingual("NDCG@10", "NDCG@10"), "hr_at_10": Bilingual("前十命中率", "hit rate at 10")}
BLENDED = "markov_ease"  # the one peer whose weight is chosen on validation time


@dataclass(frozen=True)
class Window:
    """What was known at a test day, and the moves after it."""

    data: TrainingData
    items: WindowItems


@dataclass(frozen=True)
class PostStudy:
    """A study of next posts with its records at hand."""

    ground: Ground
    _windows: dict[date, Window] = field(default_factory=dict)

    def exams(self) -> list[Exam]:
        """Each test day; the window of each must have moves."""
        for day in self.ground.study.test.as_ofs:
            self._window(day)
        return [Exam(day) for day in self.ground.study.test.as_ofs]

    def objective(self, way: FitSettings) -> Objective:
        """HR@10 + NDCG@10 on moves held out, at several origins up to the first test day."""
        study = self.ground.study
        folds = study.tune.folds if study.tune is not None else 1
        origins = [add_months(study.test.as_ofs[0], -12 * back) for back in reversed(range(folds))]
        known = [training_data(self.ground.frames, day_before(day)) for day in origins]
        return folded([next_post_objective(data, way) for data in known])

    def score(self, exam: Exam, model: str, way: Any | None) -> Scored:
        """The figures of each move, all of them and those to posts never held before."""
        window = self._window(exam.day)
        data, items = window.data, window.items
        fitted, seconds = spent(self._fit(data, model, way))
        parts, strata = list[pd.DataFrame](), items.strata()
        per_officer = 0.0
        for name in STRATA:
            moves = items.moves.take(strata[name])
            places, ms = answered(
                partial(target_places, fitted, moves, name == "novel", data.catalogue.size), len(moves)
            )
            per_officer = ms if name == "all" else per_officer
            figures = item_metrics(places)
            told = {measure: figures[measure] for measure in MEASURES}
            officers, number = items.officer_ids[strata[name]], np.flatnonzero(strata[name])
            parts.append(pd.DataFrame({OFFICER: officers.astype(str), PART: name, ITEM: number, **told}))
        size = size_of(fitted.to_parts()) if isinstance(fitted, NextPostModel) else None
        return Scored(pd.concat(parts, ignore_index=True), len(data.moves), Cost(seconds, per_officer, size))

    def _fit(self, data: TrainingData, model: str, way: FitSettings | None) -> Callable[[], PostScorer]:
        if way is not None:
            return lambda: fit_pharos(data, way)
        usual = FitSettings()

        def peer() -> PostScorer:
            weight = choose_ease_weight(data, usual) if model == BLENDED else 0.0
            return tuned_baselines(data, weight, usual)[model]()

        return peer

    def _window(self, day: date) -> Window:
        if day not in self._windows:
            after, frames = day_before(day), self.ground.frames
            data = training_data(frames, after)
            until = add_months(after, self.ground.study.test.months)
            self._windows[day] = Window(data, window_items(frames, after, until, data))
        return self._windows[day]


NEXT_POST = Kind(
    name=NAME,
    peers=tuple(BASELINES),
    measures=MEASURES,
    ranks=False,
    way=FitSettings,
    fitted_with=set_over,
    space=SPACES[NAME][0],
    defaults=SPACES[NAME][1],
    service=SERVICE,
    features_hash=lambda: declared_features().service(SERVICE).hash,
    load=PostStudy,
)
