"""Studies of courses: the sets of courses taken in the months after each test day, refreshed every week."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.vocabulary import Bilingual
from experiments.backtests.courses import Ranked, stratum_values
from experiments.studies.ground import Ground
from experiments.studies.kind import Exam, Kind, answered, folded, set_over, spent
from experiments.studies.scores import ITEM, OFFICER, PART, Cost, Scored
from models.artifacts import size_of
from models.courses.baselines import COURSE_PEERS, CourseScorer
from models.courses.histories import Array
from models.courses.next_course import SERVICE, NextCourseModel, features_hash
from models.courses.record import CourseHistory, course_history, day_number
from training.courses.data import STRATA, CourseWeek, window_weeks
from training.courses.fit import CourseFit, fit_courses
from training.courses.ranking import week_places
from training.courses.train import NAME
from training.evaluation.set_metrics import set_metrics
from training.posts.data import day_before
from training.tuning.search import Number, Objective, Report, Space

JUDGED_MONTHS = 3  # before each origin, on which settings are judged
SPACE: Space = {
    "rounds": Number(40, 300, whole=True),
    "learning_rate": Number(0.01, 0.2, log=True),
    "num_leaves": Number(7, 127, log=True, whole=True),
    "min_data_in_leaf": Number(20, 1000, log=True, whole=True),
    "feature_fraction": Number(0.1, 0.9),
    "lambda_l2": Number(0.1, 100.0, log=True),
}
MEASURES = {"ndcg_at_10": Bilingual("NDCG@10", "NDCG@10"), "hr_at_10": Bilingual("前十命中率", "hit rate at 10")}


@dataclass(frozen=True)
class CourseStudy:
    """A study of courses with its records at hand."""

    ground: Ground

    @cached_property
    def history(self) -> CourseHistory:
        """Every taking; what was known on a day is asked of it."""
        return course_history(self.ground.frames)

    def exams(self) -> list[Exam]:
        """Each test day; the months after each must have takings."""
        for day in self.ground.study.test.as_ofs:
            self._weeks(day)
        return [Exam(day) for day in self.ground.study.test.as_ofs]

    def objective(self, way: CourseFit) -> Objective:
        """NDCG@10 on the months before several origins up to the first test day."""
        study = self.ground.study
        folds = study.tune.folds if study.tune is not None else 1
        untils = [
            add_months(day_before(study.test.as_ofs[0]), -JUDGED_MONTHS * back) for back in reversed(range(folds))
        ]
        return folded([partial(_judged, self.history, until, way) for until in untils])

    def score(self, exam: Exam, model: str, way: Any | None) -> Scored:
        """The figures of each set, by stratum."""
        after, weeks = day_number(day_before(exam.day)), self._weeks(exam.day)
        fitted, seconds = spent(self._fit(after, model, way))
        asked = sum(len(week.asked) for week in weeks)
        places, ms = answered(partial(_places, self.history, fitted, weeks), asked)
        parts = [self._part(weeks, places, stratum) for stratum in STRATA]
        size = size_of(fitted.to_parts()) if isinstance(fitted, NextCourseModel) else None
        learned = int((self.history.takings.known <= after).sum())
        return Scored(pd.concat(parts, ignore_index=True), learned, Cost(seconds, ms, size))

    def _part(self, weeks: list[CourseWeek], places: list[Array], stratum: str) -> pd.DataFrame:
        values, officers, _ = stratum_values(weeks, Ranked({"one": places}, {}), stratum)
        names = np.asarray(self.history.officers, dtype=object)[officers]
        told = {measure: values["one"][measure] for measure in MEASURES}
        rows = pd.DataFrame({OFFICER: names.astype(str), PART: stratum, **told})
        return rows.assign(**{ITEM: rows.groupby(OFFICER).cumcount()})

    def _fit(self, after: int, model: str, way: CourseFit | None) -> Callable[[], CourseScorer]:
        if way is not None:
            return lambda: fit_courses(self.history, after, way)
        return lambda: COURSE_PEERS[model](self.history.state(after))

    def _weeks(self, day: date) -> list[CourseWeek]:
        after = day_before(day)
        until = add_months(after, self.ground.study.test.months)
        return window_weeks(self.history, day_number(after), day_number(until))


def _places(history: CourseHistory, model: CourseScorer, weeks: list[CourseWeek]) -> list[Array]:
    """Where the right answers stood, one array a week."""
    states = history.states([week.cut for week in weeks])
    return [week_places(model, state, week) for week, state in zip(weeks, states, strict=True)]


def _judged(history: CourseHistory, until: date, way: CourseFit, params: Mapping[str, Any], _: Report) -> float:
    """NDCG@10 of these settings on the months up to a day, fitted on what was known before them."""
    after = day_number(add_months(until, -JUDGED_MONTHS))
    weeks = window_weeks(history, after, day_number(until))
    places = _places(history, fit_courses(history, after, replace(way, **params)), weeks)
    counts = np.concatenate([np.diff(week.sets.indptr) for week in weeks])
    return float(set_metrics(np.concatenate(places), counts)["ndcg_at_10"].mean())


COURSES = Kind(
    name=NAME,
    peers=tuple(COURSE_PEERS),
    measures=MEASURES,
    ranks=False,
    way=CourseFit,
    fitted_with=set_over,
    space=SPACE,
    defaults={name: getattr(CourseFit(), name) for name in SPACE},
    service=SERVICE,
    features_hash=features_hash,
    load=CourseStudy,
)
