"""The units' rules of a risk model: learned from its own checks on later years, which scored officers honestly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.asof import add_months
from data_contracts.errors import NotReady
from features.offline_files import read_snapshot
from features.store import FeatureReader
from models.units.model import UnitRule
from models.units.past import OPEN, open_share, past_chances
from training.risk.dataset import RiskRows
from training.risk.outcomes import Question, labels
from training.risk.record import Later
from training.units.days import placed, roster_of
from training.units.fit import EarlierDay, fit_unit_rule

Answer = tuple[str, int]  # outcome, months ahead


@dataclass(frozen=True)
class UnitLearning:
    """What rules are learned from: rows of all as-ofs, who was in which unit, and the unit tree of each day."""

    rows: RiskRows
    reader: FeatureReader
    snapshots: Path

    def rules(self, later: Mapping[Answer, Sequence[Later]], as_of: date) -> dict[Answer, UnitRule]:
        """The rule of each outcome and horizon; what was checked before `as_of` is all it knows."""
        return {answer: self._rule(answer, some, as_of) for answer, some in later.items()}

    def _rule(self, answer: Answer, some: Sequence[Later], as_of: date) -> UnitRule:
        days = [day for one in some if len((day := self._earlier(answer, one)).y)]
        last = max((one.as_of for one in some), default=None)
        return fit_unit_rule(days, 0.0 if last is None else self._open(answer, last, as_of))

    def _earlier(self, answer: Answer, one: Later) -> EarlierDay:
        frame = self.rows.at([one.as_of]).set_index("officer_id").reindex(one.officers).reset_index()
        where = self.reader.snapshot(one.as_of).drop_duplicates("officer_id").set_index("officer_id")["unit_id"]
        frame = frame.assign(unit_id=where.reindex(frame["officer_id"]).to_numpy(object))
        past = past_chances(frame, *answer, self._open(answer, one.as_of, one.as_of))
        return EarlierDay(roster_of(frame, one.chances, self._tree(one.as_of), past), one.y[placed(frame)])

    def _open(self, answer: Answer, day: date, known_at: date) -> float:
        """The chance of a complaint that was open at a day to count, as it could be known at `known_at`."""
        outcome, months = answer
        if outcome not in OPEN:
            return 0.0
        frame = self.rows.at([day])
        spine = frame[["officer_id"]].assign(as_of=pd.Timestamp(add_months(day, -months)))
        known = labels(self.rows.tables, spine, Question(outcome, months, known_at))
        return open_share(frame, outcome, months, known)

    def _tree(self, day: date) -> dict[str, str]:
        """The unit above each unit; empty where the day has no snapshot of units."""
        try:
            units = read_snapshot(self.snapshots, "units", day).dropna(subset=["parent_unit_id"])
        except NotReady:
            return {}
        return dict(zip(units["unit_id"].astype(str), units["parent_unit_id"].astype(str), strict=True))
