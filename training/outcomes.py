"""What happened to each officer after an as-of, as it was known on a later day.

`mature` labels use only versions known at `known_at` and give an open complaint its chance; `eventual` labels use
what the data set knows at its end, which flatters a model and exists for comparison with papers and as the test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.policy import policy
from models.base import Numbers
from training.maturity import sustained_chance

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Question:
    """Which outcome, how far ahead, and what is known: up to `known_at`, or (None) all there will ever be.

    `soft` gives chances for complaints still open; otherwise they count as nothing found.
    """

    outcome: str
    horizon_months: int
    known_at: date | None
    soft: bool = True


def labels(frames: Frames, spine: pd.DataFrame, question: Question) -> Numbers:
    """0, 1 or a chance for each row (officer_id, as_of) of the spine, (n,).

    Raises InvalidInput when a horizon ends after `known_at` (the embargo), MissingTable when the outcome's own
    tables are absent.
    """
    rule = OUTCOMES.get(question.outcome)
    if rule is None:
        raise InvalidInput(f"outcome {question.outcome!r} is unknown; use one of {', '.join(OUTCOMES)}")
    absent = [name for name in policy().outcome(question.outcome).needs_tables if name not in frames]
    if absent:
        raise MissingTable(f"outcome {question.outcome!r} needs table {absent[0]!r}, which is absent; ingest it first")
    result = np.zeros(len(spine))
    for stamp in sorted(spine["as_of"].unique()):
        rows = np.flatnonzero(spine["as_of"] == stamp)
        start = pd.Timestamp(stamp).date()
        end = add_months(start, question.horizon_months)
        if question.known_at is not None and end > question.known_at:
            raise InvalidInput(
                f"labels at {start} need {question.horizon_months} months, until {end}, but only what was known at "
                f"{question.known_at} may be used; leave that as-of out (the embargo)"
            )
        chances = rule(frames, question, Window(pd.Timestamp(start), pd.Timestamp(end)))
        result[rows] = spine["officer_id"].iloc[rows].map(chances).fillna(0.0).to_numpy(np.float64)
    return result


@dataclass(frozen=True)
class Window:
    """From `start` on and before `end`."""

    start: pd.Timestamp
    end: pd.Timestamp

    def holds(self, days: pd.Series) -> pd.Series:
        """Whether each day lies inside."""
        return (days >= self.start) & (days < self.end)


def versions_at(rows: pd.DataFrame, known_at: date | None) -> pd.DataFrame:
    """The version of each row that was in force at `known_at`; the newest of all for None."""
    if known_at is None:
        return rows[rows["superseded_on"].isna()]
    moment = pd.Timestamp(known_at)
    return rows[(rows["known_on"] <= moment) & ~(rows["superseded_on"] <= moment)]


def _complaints(frames: Frames, question: Question, window: Window) -> pd.DataFrame:
    inside = versions_at(frames["complaints"], question.known_at)
    return inside[window.holds(inside["opened_on"])]


def _conduct(frames: Frames, question: Question, window: Window) -> pd.Series:
    """One minus the chance that none of the window's complaints is sustained."""
    if question.soft and question.known_at is not None:
        known = versions_at(frames["complaints"], question.known_at)
        known = known[known["opened_on"] < pd.Timestamp(question.known_at)]
        inside = window.holds(known["opened_on"]).to_numpy(bool)
        found = known[inside].assign(chance=sustained_chance(known, question.known_at)[inside])
    else:
        found = _complaints(frames, question, window)
        found = found.assign(chance=(found["finding"] == "sustained").fillna(False).astype("float64"))
    none = found["chance"].rsub(1.0).groupby(found["officer_id"]).prod()
    return none.rsub(1.0)


def _force(frames: Frames, question: Question, window: Window) -> pd.Series:
    found = _complaints(frames, question, window)
    return _ones(found[(found["category"] == "use_of_force").fillna(False)])


def _any_complaint(frames: Frames, question: Question, window: Window) -> pd.Series:
    return _ones(_complaints(frames, question, window))


def _strain(frames: Frames, question: Question, window: Window) -> pd.Series:
    """Too much overtime for months on end, or too many sick days in one month; thresholds stand in policy."""
    limits = policy().outcome("strain").thresholds
    months = versions_at(frames["duty_months"], question.known_at)
    months = months[window.holds(months["month"])].sort_values(["officer_id", "month"])
    sick = (months["sick_days"] >= limits["sick_days_in_month"]).fillna(False)
    over = (months["overtime_hours"] >= limits["overtime_hours_in_month"]).fillna(False).astype("int64")
    run = over.groupby(months["officer_id"]).rolling(int(limits["months_in_a_row"])).sum().droplevel(0)
    long_run = run.reindex(months.index) >= limits["months_in_a_row"]
    return _ones(months[(sick | long_run).to_numpy(bool)])


def _departure(frames: Frames, question: Question, window: Window) -> pd.Series:
    rule = policy().outcome("departure")
    officers = versions_at(frames["officers"], question.known_at)
    left = window.holds(officers["left_on"])
    if "leave_kind" in officers and officers["leave_kind"].notna().any():
        left &= officers["leave_kind"].isin(rule.leave_kinds).fillna(False)
    return _ones(officers[left.fillna(False).to_numpy(bool)])


def _stagnation(frames: Frames, question: Question, window: Window) -> pd.Series:
    """At the end of the window: no step for longer than the least time and the grace, and no course for long."""
    limits = policy().outcome("stagnation").thresholds
    steps = versions_at(frames["promotions"], question.known_at)
    steps = steps[(steps["kind"] != "roster") & (steps["ladder"] != "police_rank")]
    steps = steps[steps["occurred_on"] < window.end]
    last = steps.sort_values("occurred_on").drop_duplicates("officer_id", keep="last").set_index("officer_id")
    ladders, names = last["ladder"].astype(str), last["rank_step"].astype(str)
    needed = [_minimum_months(*pair) + limits["months_past_minimum"] for pair in zip(ladders, names, strict=True)]
    held = (window.end - last["occurred_on"]).dt.days / 30.4375
    stuck = held >= np.array(needed, dtype=np.float64)
    courses = versions_at(frames["course_completions"], question.known_at)
    since = window.end - pd.DateOffset(months=int(limits["months_without_training"]))
    trained = courses[(courses["occurred_on"] >= since) & (courses["occurred_on"] < window.end)]["officer_id"]
    idle = stuck & ~last.index.isin(trained)
    return pd.Series(1.0, index=last.index[idle.to_numpy(bool)])


def _minimum_months(ladder: str, step: str) -> float:
    """The least time before the next step; never over where there is no next by time, or the ladder is unknown."""
    known = policy().step(ladder, step)
    return float("inf") if known is None or known.minimum_years is None else 12.0 * known.minimum_years


def _ones(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(1.0, index=pd.Index(rows["officer_id"].unique(), name="officer_id"), dtype="float64")


OUTCOMES: Mapping[str, Callable[[Frames, Question, Window], pd.Series]] = {
    "conduct": _conduct,
    "force": _force,
    "any_complaint": _any_complaint,
    "strain": _strain,
    "departure": _departure,
    "stagnation": _stagnation,
}
BEGINS: Mapping[str, tuple[str, str]] = {
    "conduct": ("complaints", "opened_on"),
    "force": ("complaints", "opened_on"),
    "any_complaint": ("complaints", "opened_on"),
    "strain": ("duty_months", "month"),
    "departure": ("officers", "entered_on"),
    "stagnation": ("promotions", "occurred_on"),
}
REAL_SHARE = 0.001
LONGEST_GAP_YEARS = 5


def first_as_of(frames: Frames, outcome: str) -> date:
    """The earliest as-of with a year of real recording in the outcome's own table behind it.

    Raises MissingTable without any row.
    """
    table, column = BEGINS[outcome]
    days = frames[table][column].dropna() if table in frames else pd.Series(dtype="datetime64[us]")
    if days.empty:
        raise MissingTable(f"outcome {outcome!r} needs rows in table {table!r}, and there are none; ingest them first")
    return add_months(_recording_began(days).date(), 12)


def _recording_began(days: pd.Series) -> pd.Timestamp:
    """The first day of the years that recording is real in.

    A slip of the pen dates a complaint 1901; a century of empty training years would follow from it. Real are the
    years with a thousandth of the rows, about the fullest one, without a long gap between them.

    >>> slip = ["1901-05-01", "2010-02-01", "2010-03-01", "2011-01-01"]
    >>> str(_recording_began(pd.Series(pd.to_datetime(slip))).date())
    '2010-02-01'
    """
    counts = days.dt.year.value_counts().sort_index()
    counts = counts[counts >= REAL_SHARE * len(days)]
    stretch = (counts.index.to_series().diff() > LONGEST_GAP_YEARS).cumsum()
    real = stretch.index[stretch == stretch[counts.idxmax()]]
    began: pd.Timestamp = days[days.dt.year >= real.min()].min()
    return began
