"""Units at earlier as-ofs: officers scored with what was known then, and the rule learned from what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from features.versions import valid_at
from models.base import Numbers
from models.risk.boosting import Boosted
from models.units.model import Roster, UnitRule
from models.units.past import open_share, past_chances
from models.units.tree import UnitTree
from training.risk.dataset import RiskRows, lesson_of
from training.risk.outcomes import Question, labels
from training.splits import Split
from training.units.fit import EarlierDay, fit_unit_rule

DAYS = 3  # earlier as-ofs that a rule is learned from
LIGHT: Mapping[str, float] = {"rounds": 100, "learning_rate": 0.08}  # ranks units like the whole model, in a tenth


def unit_parents(tables: Mapping[str, pd.DataFrame], day: date) -> dict[str, str]:
    """The unit above each unit as known at a day; empty where the department has no tree."""
    units = tables.get("units")
    if units is None or "parent_unit_id" not in units:
        return {}
    known = valid_at(units, day).dropna(subset=["parent_unit_id"])
    return dict(zip(known["unit_id"].astype(str), known["parent_unit_id"].astype(str), strict=True))


def earlier_splits(split: Split) -> list[Split]:
    """The last as-ofs whose horizon was over by the test, each with what could be learned then.

    >>> some = Split(tuple(date(year, 1, 1) for year in range(2003, 2011)), date(2012, 1, 1), 24)
    >>> [(one.test.year, len(one.train)) for one in earlier_splits(some)]
    [(2008, 4), (2009, 5), (2010, 6)]
    """
    found = []
    for test in split.train[-DAYS:]:
        train = tuple(day for day in split.train if add_months(day, split.horizon_months) <= test)
        if train:
            found.append(Split(train, test, split.horizon_months))
    return found


def placed(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which officers are in a unit, (n,)."""
    there: np.ndarray[tuple[int], np.dtype[np.bool_]] = frame["unit_id"].notna().to_numpy(bool)
    return there


def roster_of(frame: pd.DataFrame, chances: Numbers, parents: Mapping[str, str], past: Numbers | None = None) -> Roster:
    """The officers of a day who are in a unit; `frame`, `chances` and `past` have a row for each, (n,)."""
    there = placed(frame)
    units = frame.loc[there, "unit_id"].astype(str).tolist()
    tree = UnitTree.of(units, parents)
    return Roster(tree, tree.places(units), chances[there], None if past is None else past[there])


@dataclass
class UnitLessons:
    """Rosters of earlier as-ofs for one outcome; each day is scored once, however many tests learn from it."""

    rows: RiskRows
    outcome: str
    columns: Sequence[str]
    _scored: dict[date, Numbers] = field(default_factory=dict)

    def rule(self, split: Split) -> UnitRule:
        """What the as-ofs before the test teach, as known at the test."""
        days = [self._earlier(one, split.test) for one in earlier_splits(split)]
        return fit_unit_rule(days, self.open_chance(split.test, split.horizon_months))

    def to_score(self, split: Split) -> list[Split]:
        """The as-ofs that `rule` needs and that were not scored yet."""
        return [one for one in earlier_splits(split) if one.test not in self._scored]

    def score(self, split: Split) -> None:
        """Score the officers of an earlier as-of with what was known then."""
        lesson = lesson_of(self.rows, self.outcome, split, self.columns)
        y = lesson.answers(np.ones(len(lesson.x), dtype=bool), split.test)
        frame = self.rows.at([split.test])
        if y.min() == y.max():
            self._scored[split.test] = np.full(len(frame), float(y[0]))
            return
        model = Boosted(dict(LIGHT)).fit(lesson.x, y, lesson.design.names)
        self._scored[split.test] = model.predict(lesson.design.matrix(frame))

    def open_chance(self, day: date, horizon_months: int) -> float:
        """The chance of a complaint open at a day to count, from how open ones of its kind ended before."""
        frame = self.rows.at([day])
        start = pd.Timestamp(add_months(day, -horizon_months))
        spine = frame[["officer_id"]].assign(as_of=start)
        known = labels(self.rows.tables, spine, Question(self.outcome, horizon_months, day))
        return open_share(frame, self.outcome, horizon_months, known)

    def _earlier(self, split: Split, known_at: date) -> EarlierDay:
        if split.test not in self._scored:
            self.score(split)
        frame, day = self.rows.at([split.test]), split.test
        past = past_chances(frame, self.outcome, split.horizon_months, self.open_chance(day, split.horizon_months))
        y = labels(self.rows.tables, frame[["officer_id", "as_of"]], _asked(self.outcome, split, known_at))
        parents = unit_parents(self.rows.tables, day)
        return EarlierDay(roster_of(frame, self._scored[day], parents, past), y[placed(frame)])


def _asked(outcome: str, split: Split, known_at: date) -> Question:
    return Question(outcome, split.horizon_months, known_at)
