"""What happened to each officer after an as-of, as it was known on a later day; policy/outcomes.toml says what counts.

`mature` labels use only versions known at `known_at` and give an open complaint its chance; `eventual` labels use
what the data set knows at its end, which flatters a model and exists for comparison with papers and as the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.decisions import SERVICE, OutcomeRule, Sign
from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.policy import policy
from models.base import Numbers
from training.risk.signs import Looked, Window, chance_of_finding, shown

Frames = Mapping[str, pd.DataFrame]
REAL_SHARE = 0.001
LONGEST_GAP_YEARS = 5
GAPS_OF_YEARS = 3  # how far back it is looked how seldom a table is filled


@dataclass(frozen=True)
class Question:
    """Which outcome, how far ahead, and what is known: up to `known_at`, or (None) all there will ever be.

    `soft` gives chances for complaints still open; otherwise they count as nothing found.
    """

    outcome: str
    horizon_months: int
    known_at: date | None
    soft: bool = True

    def window(self, as_of: date) -> Window:
        """The months asked about from an as-of on; raises InvalidInput when they are not mature (the embargo)."""
        end = add_months(as_of, self.horizon_months)
        ready = end + timedelta(days=policy().outcome(self.outcome).mature_after_days)
        if self.known_at is not None and ready > self.known_at:
            raise InvalidInput(
                f"labels at {as_of} need {self.horizon_months} months, until {ready}, but only what was known at "
                f"{self.known_at} may be used; leave that as-of out (the embargo)"
            )
        return Window(pd.Timestamp(as_of), pd.Timestamp(end))


def labels(frames: Frames, spine: pd.DataFrame, question: Question) -> Numbers:
    """0, 1 or a chance for each row (officer_id, as_of) of the spine, (n,).

    Raises InvalidInput for an unknown outcome or a window not over at `known_at` (the embargo), MissingTable when the
    outcome's own tables are absent.
    """
    rule = _rule(frames, question.outcome)
    result = np.zeros(len(spine))
    for rows, window in _windows(spine, question):
        looked = Looked(spine["officer_id"].iloc[rows], window, question.known_at)
        result[rows] = happened(frames, rule, looked, soft=question.soft)
    return result


def exposed(frames: Frames, spine: pd.DataFrame, question: Question) -> NDArray[np.bool_]:
    """Who was exposed in the window, (n,): those in service at as-of, or of them only who has a row of the table."""
    rule = _rule(frames, question.outcome)
    result = np.ones(len(spine), dtype=bool)
    if rule.exposure == SERVICE or rule.exposure not in frames:
        return result
    begins = next((sign.date for sign in rule.signs if sign.table == rule.exposure), "known_on")
    sign = Sign("row", rule.exposure, begins)
    for rows, window in _windows(spine, question):
        looked = Looked(spine["officer_id"].iloc[rows], window, question.known_at)
        result[rows] = shown(sign, frames[rule.exposure], looked) > 0
    return result


def happened(frames: Frames, rule: OutcomeRule, looked: Looked, *, soft: bool) -> Numbers:
    """The chance of the outcome for each officer asked about, (n,): by any sign, or by all that can be judged."""
    chances = [
        (chance_of_finding if soft and rule.known == "finding" else shown)(sign, frames[sign.table], looked)
        for sign in rule.signs
        if sign.table in frames
    ]
    if rule.combine == "all":
        together: Numbers = np.prod([np.nan_to_num(chance, nan=1.0) for chance in chances], axis=0)
        return together
    none: Numbers = np.prod([1.0 - np.nan_to_num(chance) for chance in chances], axis=0)
    return 1.0 - none


def _rule(frames: Frames, outcome: str) -> OutcomeRule:
    rule = policy().outcome(outcome)
    absent = [name for name in rule.needs_tables if name not in frames]
    if absent:
        raise MissingTable(f"outcome {outcome!r} needs table {absent[0]!r}, which is absent; ingest it first")
    return rule


def _windows(spine: pd.DataFrame, question: Question) -> list[tuple[NDArray[np.intp], Window]]:
    """Row numbers of each as-of of the spine, and its window."""
    stamps = sorted(spine["as_of"].unique())
    return [(np.flatnonzero(spine["as_of"] == stamp), question.window(pd.Timestamp(stamp).date())) for stamp in stamps]


def first_as_of(frames: Frames, outcome: str, known_at: date | None = None) -> date:
    """The earliest as-of with a year of real recording in each of the outcome's own tables behind it.

    With `known_at` only rows known by then count. Raises MissingTable without any row.
    """
    began = [_began(frames, sign, known_at) for sign in policy().outcome(outcome).signs if not sign.optional]
    absent = [table for table, day in began if day is None]
    if absent:
        raise MissingTable(
            f"outcome {outcome!r} needs rows in table {absent[0]!r}, and there are none; ingest them first"
        )
    return add_months(max(day.date() for _, day in began if day is not None), 12)


def recorded_until(frames: Frames, outcome: str) -> date:
    """The last day that the outcome's own tables know of; raises MissingTable without any row.

    After it nothing was recorded, which is not the same as nothing having happened.
    """
    return max(one.until for one in recordings(frames, outcome))


@dataclass(frozen=True)
class Recording:
    """How far a table's records reach, and how long it was silent between rows before, at most, of late."""

    table: str
    until: date
    usual_gap_days: int

    def silent(self, as_of: date, least_days: int) -> int:
        """For how many days more than usual it has been silent; 0 where it is not.

        A table that is filled once a year is silent for most of it, and nothing is amiss.

        >>> Recording("promotions", date(2025, 7, 1), 365).silent(date(2026, 1, 1), 62)
        0
        >>> Recording("course_completions", date(2025, 7, 1), 9).silent(date(2026, 1, 1), 62)
        122
        """
        return max(0, (as_of - self.until).days - max(least_days, self.usual_gap_days))


def recordings(frames: Frames, outcome: str) -> list[Recording]:
    """Of each of the outcome's own tables that ever had a row. One that goes on does not speak for another: where
    courses fall silent, everybody seems to learn nothing. Raises MissingTable without any row."""
    tables = {sign.table for sign in policy().outcome(outcome).signs if not sign.optional}
    found = [_recording(table, frames[table]["known_on"].dropna()) for table in sorted(tables)
             if table in frames and frames[table]["known_on"].notna().any()]  # fmt: skip
    if not found:
        raise MissingTable(f"outcome {outcome!r} needs rows in its tables, and there are none; ingest them first")
    return found


def _recording(table: str, known_on: pd.Series) -> Recording:
    last = known_on.max()
    days = known_on[known_on >= last - pd.DateOffset(years=GAPS_OF_YEARS)].drop_duplicates().sort_values()
    gap = days.diff().max()
    return Recording(table, date.fromisoformat(str(last.date())), 0 if pd.isna(gap) else int(gap.days))


def _began(frames: Frames, sign: Sign, known_at: date | None) -> tuple[str, pd.Timestamp | None]:
    if sign.table not in frames:
        return sign.table, None
    rows = frames[sign.table]
    days = (rows if known_at is None else rows[rows["known_on"] <= pd.Timestamp(known_at)])[sign.date].dropna()
    return sign.table, None if days.empty else recording_began(days)


def recording_began(days: pd.Series) -> pd.Timestamp:
    """The first day of the years that recording is real in.

    A slip of the pen dates a complaint 1901; a century of empty training years would follow from it. Real are the
    years with a thousandth of the rows, about the fullest one, without a long gap between them.

    >>> slip = ["1901-05-01", "2010-02-01", "2010-03-01", "2011-01-01"]
    >>> str(recording_began(pd.Series(pd.to_datetime(slip))).date())
    '2010-02-01'
    """
    counts = days.dt.year.value_counts().sort_index()
    counts = counts[counts >= REAL_SHARE * len(days)]
    stretch = (counts.index.to_series().diff() > LONGEST_GAP_YEARS).cumsum()
    real = stretch.index[stretch == stretch[counts.idxmax()]]
    began: pd.Timestamp = days[days.dt.year >= real.min()].min()
    return began
