"""Nothing learned on a day depends on what became known after it, and no feature that does is let in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.asof import add_months
from data_contracts.catalog import catalog
from data_contracts.errors import ForbiddenFeature
from data_contracts.policy import policy
from data_contracts.simulator.simulation import simulate
from data_contracts.vocabulary import Outcome
from features.versions import with_superseded_on
from models.base import Numbers
from training.risk.dataset import Lesson, RiskRows, lesson_of
from training.risk.fit import fit_outcome
from training.risk.leaks import refuse_leaks
from training.risk.outcomes import Frames, Question, exposed, first_as_of, labels
from training.splits import rolling_origin

END, TEST, OFFICERS = date(2026, 1, 1), date(2012, 1, 1), 400
HORIZONS = policy().outcome("conduct").horizons_months
LABELLED = sorted({table for rule in policy().outcomes for table in rule.tables})


@cache
def frames() -> Frames:
    """A bureau, made once and not while tests are collected, which every process does."""
    return {name: frame for name, frame in simulate(80, 7, 5, END).items() if name in catalog().tables}


def known_by(day: date | None) -> Frames:
    """The tables as somebody sees them who asks on that day; all there ever is for None."""
    limit = pd.Timestamp.max if day is None else pd.Timestamp(day)
    cut = {name: frames()[name][frames()[name]["known_on"] <= limit].reset_index(drop=True) for name in LABELLED}
    return {name: with_superseded_on(catalog().table(name), frame) for name, frame in cut.items()}


@cache
def everything() -> Frames:
    """All there ever is to know."""
    return known_by(None)


@given(months=st.integers(0, 24), outcome=st.sampled_from(list(Outcome)), horizon=st.sampled_from(HORIZONS))
@settings(max_examples=15, deadline=None)
def test_rows_known_later_change_no_label(months: int, outcome: Outcome, horizon: int) -> None:
    day = add_months(date(2023, 1, 15), months)
    then, question = known_by(day), Question(outcome, horizon, day)
    officers = frames()["officers"]["officer_id"].drop_duplicates().sort_values(ignore_index=True)
    as_of = pd.Timestamp(add_months(day, -horizon)).as_unit("us")
    spine = pd.DataFrame({"officer_id": officers, "as_of": as_of})
    assert labels(then, spine, question).tolist() == labels(everything(), spine, question).tolist()
    assert exposed(then, spine, question).tolist() == exposed(everything(), spine, question).tolist()
    assert first_as_of(then, outcome, day) == first_as_of(everything(), outcome, day)


def complaints(rng: np.random.Generator) -> pd.DataFrame:
    """Twelve years of complaints, more often of the same officers; every one is sustained, months later."""
    often = np.repeat(np.arange(OFFICERS), rng.poisson(rng.gamma(1.0, 4.0, OFFICERS)))
    opened = pd.Timestamp(2002, 1, 1) + pd.to_timedelta(rng.integers(0, 12 * 365, len(often)), unit="D")
    base = pd.DataFrame({"complaint_id": [f"k{n}" for n in range(len(often))], "officer_id": [f"o{n}" for n in often]})
    base = base.assign(opened_on=opened, category="traffic", officer_filed=False)
    closed = opened + pd.to_timedelta(rng.integers(30, 200, len(often)), unit="D")
    found = base.assign(known_on=closed, closed_on=closed, finding="sustained")
    begun = base.assign(known_on=opened).reindex(columns=found.columns)
    kinds: dict[str, str] = dict.fromkeys(("opened_on", "closed_on", "known_on"), "datetime64[us]")
    both = [versions.astype(kinds | {"finding": "string"}) for versions in (begun, found)]
    return with_superseded_on(catalog().table("complaints"), pd.concat(both, ignore_index=True))


def counted(table: pd.DataFrame, spine: pd.DataFrame, column: str, first: int, last: int) -> Numbers:
    """How many complaints of each row have a date from `first` to before `last` months after the as-of, (n,)."""
    once = table[table["superseded_on"].isna()]
    pairs = spine.reset_index().merge(once[["officer_id", column]], on="officer_id")
    ahead = (pairs[column] - pairs["as_of"]).dt.days / 30.4375
    inside = pairs[(ahead >= first) & (ahead < last)]
    sizes = inside.groupby("index").size().reindex(spine.index, fill_value=0)
    return np.asarray(sizes, dtype=np.float64)


LEAKS: dict[str, Callable[[pd.DataFrame, pd.DataFrame, int, np.random.Generator], Numbers]] = {
    "opened_ahead": lambda table, spine, months, _: counted(table, spine, "opened_on", 0, months),
    "found_ahead": lambda table, spine, months, _: counted(table, spine, "closed_on", 3, months + 6),
    "noisy": lambda table, spine, months, rng: (
        counted(table, spine, "opened_on", 0, months) + rng.poisson(0.5, len(spine))
    ),
    "known_for_half": lambda table, spine, months, rng: np.where(
        rng.random(len(spine)) < 0.5, counted(table, spine, "opened_on", 0, months), np.nan
    ),
}


def taught(months: int, leak: str | None = None) -> Lesson:
    """A lesson on honest counts of the past, and the leak where one is planted."""
    rng = np.random.default_rng(7)
    table = complaints(rng)
    days = [pd.Timestamp(year, 1, 1) for year in range(2006, 2013)]
    spine = pd.DataFrame({"officer_id": [f"o{n}" for n in range(OFFICERS)] * len(days)}).astype("string")
    spine["as_of"] = np.repeat(np.array(days, dtype="datetime64[us]"), OFFICERS)
    past = {f"complaints_{back}m": counted(table, spine, "opened_on", -back, 0) for back in (12, 24, 60)}
    planted = {} if leak is None else {"visits_60m": LEAKS[leak](table, spine, months, rng)}
    frame = spine.assign(tenure_days=rng.integers(400, 9000, len(spine)).astype(float), **past, **planted)
    columns = ("tenure_days", *past, *planted)
    split = rolling_origin(TEST, months, date(2006, 1, 1))
    return lesson_of(RiskRows(frame, {"complaints": table}, columns), "conduct", split, columns)


@pytest.mark.parametrize(("times", "refused"), [(1, False), (40, True)])
def test_a_column_that_few_events_put_ahead_is_let_in_and_one_that_many_do_is_not(times: int, refused: bool) -> None:
    """The same areas, .80 ahead and .60 behind, of 25 events and of a thousand."""
    events = np.repeat([True] + [False] * 15, 25 * times)
    column = np.empty(len(events), dtype=np.float32)
    column[events] = np.tile(np.linspace(0.6, 1.0, 25), times)
    column[~events] = np.tile(np.linspace(0.0, 1.0, 375), times)
    behind = np.zeros(len(events))
    behind[np.flatnonzero(~events & (column > 0.2))[::12][: 25 * times]] = 1.0
    asked = column[:, None], events.astype(float), ["days_since_courses"], behind
    if refused:
        with pytest.raises(ForbiddenFeature, match="days_since_courses"):
            refuse_leaks(*asked)
    else:
        refuse_leaks(*asked)


@pytest.mark.parametrize("months", HORIZONS)
@pytest.mark.parametrize("leak", list(LEAKS))
def test_a_feature_that_only_later_facts_explain_is_refused(leak: str, months: int) -> None:
    with pytest.raises(ForbiddenFeature, match="visits_60m"):
        fit_outcome(taught(months, leak))


@pytest.mark.parametrize("months", HORIZONS)
def test_counts_of_the_past_are_let_in_however_well_they_tell(months: int) -> None:
    lesson = taught(months)
    y = lesson.answers(np.ones(len(lesson.x), dtype=bool), TEST)
    refuse_leaks(lesson.x, y, lesson.design.names, lesson.behind())


@pytest.mark.parametrize(
    ("noise", "lasts", "refused"), [(0.5, 0.0, True), (0.9, 0.0, True), (1.5, 0.0, False), (1.0, 0.5, False)]
)
def test_what_the_guard_cannot_see_is_as_it_says(noise: float, lasts: float, refused: bool) -> None:
    """The outcome itself behind noise: `lasts` is the part of those with it behind who have it ahead as well."""
    rng = np.random.default_rng(3)
    was = rng.random(15_000) < 0.07
    came = np.where(was, rng.random(15_000) < max(lasts, 0.07), rng.random(15_000) < 0.07 * (1 - lasts))
    column = (came + rng.normal(0.0, noise, 15_000)).astype(np.float32)[:, None]
    known = column, came.astype(float), ["of_tomorrow"], was.astype(float)
    if refused:
        with pytest.raises(ForbiddenFeature, match="of_tomorrow"):
            refuse_leaks(*known)
    else:
        refuse_leaks(*known)
