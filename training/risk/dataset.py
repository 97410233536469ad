"""Rows to learn from: who was counted at each as-of, their features then, and what the model may be told of later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.errors import ForbiddenFeature, NotReady
from data_contracts.policy import check_features
from models.base import Matrix, Numbers
from models.risk.design_matrix import Design
from training.risk.outcomes import Frames, Question, exposed, labels
from training.splits import Split

KEYS = ("officer_id", "as_of")


@dataclass(frozen=True)
class RiskRows:
    """Feature rows (officer_id, as_of, features) of several as-ofs, and the tables that labels come from."""

    frame: pd.DataFrame
    tables: Frames
    columns: tuple[str, ...]

    def at(self, days: Sequence[date]) -> pd.DataFrame:
        """The rows of these as-ofs, index renewed."""
        wanted = self.frame["as_of"].isin([pd.Timestamp(day) for day in days])
        return self.frame[wanted].reset_index(drop=True)

    def spine(self, days: Sequence[date]) -> pd.DataFrame:
        """Officer and as-of only."""
        return self.at(days)[list(KEYS)]


@dataclass(frozen=True)
class Lesson:
    """One outcome at one test as-of: matrix and days of the training rows, and their labels as known on a day."""

    outcome: str
    split: Split
    design: Design
    x: Matrix
    spine: pd.DataFrame
    rows: RiskRows
    columns: tuple[str, ...]
    labels: str = "mature"
    level: float | None = None
    present: Matrix | None = None

    @property
    def days(self) -> NDArray[np.datetime64]:
        """As-of of each row, (n,)."""
        return self.spine["as_of"].to_numpy("datetime64[D]")

    def mask(self, days: Sequence[date]) -> NDArray[np.bool_]:
        """Which rows are of these as-ofs, (n,)."""
        return np.isin(self.days, np.array(days, dtype="datetime64[D]"))

    def answers(self, rows: NDArray[np.bool_], known_at: date, soft: bool = True) -> Numbers:
        """Labels of the chosen rows as known at `known_at`; as known in the end for `eventual` lessons."""
        known = None if self.labels == "eventual" else known_at
        question = Question(self.outcome, self.split.horizon_months, known, soft)
        return labels(self.rows.tables, self.spine[rows].reset_index(drop=True), question)

    def behind(self) -> Numbers:
        """The same outcome in as many months before each row's as-of, as known at the test, (n,)."""
        months = self.split.horizon_months
        before = self.spine.assign(as_of=self.spine["as_of"] - pd.DateOffset(months=months))
        return labels(self.rows.tables, before, Question(self.outcome, months, self.split.test))

    def at_origin(self, split: Split) -> Lesson:
        """The same lesson as it would have been learned at another test day, columns and codes of that day too."""
        return lesson_of(self.rows, self.outcome, split, self.columns, self.labels)

    def asked_at(self, day: date, design: Design) -> Matrix:
        """The training rows of one as-of as another design sees them, (n, f)."""
        here = self.spine[self.mask([day])]
        frame = self.rows.at([day])
        return design.matrix(frame[frame["officer_id"].isin(here["officer_id"])])

    def at_level(self, rate: float | None, present: pd.DataFrame) -> Lesson:
        """The same lesson, to be calibrated so that the force as it stands has this mean chance (None: as it comes)."""
        return replace(self, level=rate, present=self.design.matrix(present) if len(present) else None)


def check_columns(columns: Sequence[str], outcome: str) -> None:
    """Refuse forbidden features, and anything named like an outcome: a leak planted on purpose is caught here."""
    check_features(columns, outcome)
    leaks = [name for name in columns if name.startswith(("outcome_", "label_", "future_", "next_"))]
    if leaks:
        raise ForbiddenFeature(f"feature {leaks[0]!r} is named like something known only later; take it out")


def lesson_of(rows: RiskRows, outcome: str, split: Split, columns: Sequence[str], kind: str = "mature") -> Lesson:
    """The lesson of an outcome on `columns`, of those exposed to it; raises NotReady when there is no row."""
    check_columns(columns, outcome)
    check_learnable(rows, outcome, split)
    frame = rows.at(split.train)
    question = Question(outcome, split.horizon_months, None if kind == "eventual" else split.test)
    frame = frame[exposed(rows.tables, frame, question)].reset_index(drop=True)
    design = Design.of(frame, columns, least=20)
    return Lesson(outcome, split, design, design.matrix(frame), frame[list(KEYS)], rows, tuple(columns), kind)


def check_learnable(rows: RiskRows, outcome: str, split: Split) -> None:
    """Raise NotReady when the split has no row to learn from."""
    if rows.at(split.train).empty:
        raise NotReady(
            f"no officer can be learned from for {outcome} at {split.test}: with {split.horizon_months} months ahead "
            "the history starts too late; use a later --as-of or a shorter --horizon-months"
        )


def as_ofs_needed(splits: Sequence[Split]) -> list[date]:
    """Every as-of of the splits, and the two years before each test that tell the drift."""
    days = {day for split in splits for day in (*split.train, split.test)}
    days |= {add_months(split.test, -12 * years) for split in splits for years in (1, 2)}
    return sorted(days)


def rows_from_tables(tables: Mapping[str, pd.DataFrame], days: Sequence[date]) -> RiskRows:
    """Features computed in memory for everybody counted at each day; what the backtests use."""
    from features.snapshots import eligible_officers, officer_frame
    from features.windows import FEATURE_COLUMNS

    spine = eligible_officers(tables, list(days))
    return RiskRows(officer_frame(tables, spine), tables, tuple(FEATURE_COLUMNS))
