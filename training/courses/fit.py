"""Fit `pharos` for the next courses: the sets taken in the last weeks of the training time, each ranked as it was then.

Every example is looked up in a state of the Sunday before it, so nothing is learned from what came later.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from data_contracts.decisions import STRICT
from data_contracts.errors import InvalidInput
from models.courses.features import CandidateFeatures
from models.courses.histories import Array
from models.courses.next_course import CANDIDATES, NextCourseModel, candidates_at
from models.courses.record import CourseHistory
from training.courses.data import CourseWeek, teaching_weeks

FIXED = {
    "objective": "lambdarank", "lambdarank_truncation_level": 15, "bagging_fraction": 0.8, "bagging_freq": 1,
    "max_bin": 63, "force_col_wise": True, "deterministic": True, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True)
class CourseFit:
    """How it is fitted; the defaults were chosen on New York's 2019 (record 0011).

    `hard` and `others` are how many wrong answers each set is shown with: with few, trees learn to tell only those.
    """

    __pydantic_config__ = STRICT

    seed: int = 0
    days: int = 364
    sets_a_week: int = 300
    most_weeks: int = 60
    hard: int = 50
    others: int = 25
    rounds: int = 120
    learning_rate: float = 0.05
    num_leaves: int = 63
    min_data_in_leaf: int = 300
    feature_fraction: float = 0.3
    lambda_l2: float = 5.0

    def params(self, rows: int) -> dict[str, object]:
        """For LightGBM; a leaf holds at most a hundredth of the rows, so that small data fits too."""
        own = {name: getattr(self, name) for name in
               ("seed", "learning_rate", "num_leaves", "feature_fraction", "lambda_l2")}  # fmt: skip
        threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        leaf = max(1, min(self.min_data_in_leaf, rows // 100))
        return {**FIXED, **own, "min_data_in_leaf": leaf, "num_threads": threads}


@dataclass(frozen=True)
class Examples:
    """x (rows, f), y (rows,) 1 for a right answer, group (questions,) how many rows each question has."""

    x: Array
    y: Array
    group: Array


def fit_courses(history: CourseHistory, until: int, settings: CourseFit | None = None) -> NextCourseModel:
    """Learn from the sets taken in the year up to `until`; raises InvalidInput when none of them can teach."""
    import lightgbm

    chosen = settings or CourseFit()
    names, examples = examples_of(history, until, chosen)
    rows = lightgbm.Dataset(examples.x, examples.y, group=examples.group, feature_name=list(names))
    booster = lightgbm.train(chosen.params(len(examples.y)), rows, num_boost_round=chosen.rounds)
    return NextCourseModel(booster, names, CANDIDATES)


def examples_of(history: CourseHistory, until: int, settings: CourseFit) -> tuple[tuple[str, ...], Examples]:
    """Names of the features, and the examples of every week."""
    rng = np.random.default_rng(settings.seed)
    weeks = teaching_weeks(history, until - settings.days, until, settings.most_weeks)
    names: tuple[str, ...] = ()
    parts: list[Examples] = []
    for week, state in zip(weeks, history.states([week.cut for week in weeks]), strict=True):
        have = CandidateFeatures(state, candidates_at(state))
        rows = np.sort(rng.permutation(len(week.asked))[: settings.sets_a_week])
        for start in range(0, len(rows), 256):
            names, values = have.of(week.asked.take(rows[start : start + 256]))
            parts.extend(_chosen(week, have.candidates, rows[start : start + 256], values, rng, settings))
    if not parts:
        raise InvalidInput("no set of courses can be learned from before train-until; give a longer history")
    return names, Examples(
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.group for part in parts]),
    )


def _chosen(
    week: CourseWeek, candidates: Array, rows: Array, values: Array, rng: np.random.Generator, settings: CourseFit
) -> Iterator[Examples]:
    """For each set its right answers, the most taken wrong ones, and some of the rest."""
    right = np.asarray(week.sets[rows].tocsc()[:, candidates].toarray()) > 0
    allowed = ~week.asked.masked[rows][:, candidates]
    for row in range(len(rows)):
        good = np.flatnonzero(right[row] & allowed[row])
        wrong = np.flatnonzero(~right[row] & allowed[row])
        if not len(good) or not len(wrong):
            continue
        rest = wrong[settings.hard :]
        some = rng.choice(rest, min(len(rest), settings.others), replace=False)
        picked = np.concatenate([good, wrong[: settings.hard], some])
        y = np.zeros(len(picked), np.int32)
        y[: len(good)] = 1
        yield Examples(values[row, picked], y, np.array([len(picked)]))
