"""An outcome's own past as a rule to beat: counted as known on the day, and what the gate makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.base import Numbers
from models.risk.evidence import Later, Pooled
from tests.training.risk_bureau import complaint, complaints, days
from tests.training.risk_versions import DAYS, fewer_draws
from training.gate.evidence import Checked, check, check_pooled
from training.gate.lines import Line, Status
from training.risk.persistence import persistence

AS_OF = date(2015, 1, 1)
CHECK = "strain.persistence.precision"
PEOPLE = 2000


@pytest.fixture(scope="module", autouse=True)
def _fewer_draws() -> Iterator[None]:
    with fewer_draws():
        yield


def officers(*names: str) -> pd.Series:
    return pd.Series(names, dtype="string")


def duty(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    """Months of duty (officer, month, overtime hours, sick days), each known a month later."""
    frame = pd.DataFrame(rows, columns=["officer_id", "month", "overtime_hours", "sick_days"])
    month = days(frame["month"].tolist())
    known = month + pd.DateOffset(months=1)
    return frame.assign(month=month, known_on=known, superseded_on=days([None] * len(frame))).astype(
        {"officer_id": "string"}
    )


def test_findings_count_as_known_on_the_day_and_within_two_years() -> None:
    frames = {
        "complaints": complaints(
            complaint(1, "a", "2013-01-01", "2013-06-01", "sustained"),
            complaint(2, "a", "2014-06-01", "2014-12-31", "sustained"),
            complaint(3, "a", "2012-12-31", "2013-06-01", "sustained"),  # too long ago
            complaint(4, "b", "2014-06-01", "2015-06-01", "sustained"),  # not known yet
            complaint(5, "b", "2014-07-01", "2014-09-01", "unfounded"),
        )
    }
    assert persistence(frames, "conduct", officers("a", "b", "c"), AS_OF).tolist() == [2.0, 0.0, 0.0]
    assert persistence(frames, "any_complaint", officers("a", "b", "c"), AS_OF).tolist() == [2.0, 2.0, 0.0]


def test_months_that_reach_the_limits_count_for_strain_by_themselves() -> None:
    months = duty(
        ("a", "2014-03-01", 61.0, 0.0),
        ("a", "2014-05-01", 60.0, 12.0),  # both signs
        ("a", "2014-12-01", 90.0, 0.0),  # known on the day itself
        ("b", "2014-03-01", 59.0, 9.0),
        ("b", "2012-12-01", 99.0, 30.0),  # too long ago
        ("b", "2015-01-01", 99.0, 30.0),  # not yet
    )
    assert persistence({"duty_months": months}, "strain", officers("a", "b"), AS_OF).tolist() == [4.0, 0.0]


def test_who_is_in_service_has_no_past_of_leaving() -> None:
    people = pd.DataFrame(
        {"officer_id": officers("a", "b", "gone"), "left_on": days([None, None, "2014-01-01"]),
         "leave_kind": pd.array([None, None, "resigned"], dtype="string"), "known_on": days(["2010-01-01"] * 3),
         "superseded_on": pd.NaT}
    )  # fmt: skip
    assert persistence({"officers": people}, "departure", officers("a", "b"), AS_OF).tolist() == [0.0, 0.0]


def said(past: Numbers | None, chances: Numbers, truth: Numbers) -> list[Later]:
    """Two days; the events follow `truth`."""
    rng, names = np.random.default_rng(4), [f"o{n}" for n in range(PEOPLE)]
    events = [(rng.random(PEOPLE) < truth).astype(np.float64) for _ in DAYS]
    return [Later(day, names, y, chances, np.zeros(PEOPLE), past) for day, y in zip(DAYS, events, strict=True)]


def line_of(checked: Checked) -> Line | None:
    return next((line for line in checked.lines if line.check == CHECK), None)


TRUTH = np.linspace(0.0, 0.6, PEOPLE) ** 2 + 0.02
NOISE = np.random.default_rng(3).random(PEOPLE)
BLURRED = [TRUTH * np.random.default_rng(seed).uniform(0.7, 1.3, PEOPLE) for seed in (1, 2)]  # equally good


@pytest.mark.parametrize(
    ("past", "chances", "status"),
    [
        (NOISE, TRUTH, Status.PASS),
        (BLURRED[0], BLURRED[1], Status.INCONCLUSIVE),
        (TRUTH, NOISE / 8, Status.FAIL),
    ],
    ids=["ahead", "level", "behind"],
)
def test_the_gate_tells_whether_the_model_adds_to_the_past(past: Numbers, chances: Numbers, status: Status) -> None:
    checked = check("strain", said(past, chances, TRUTH))
    line = line_of(checked)
    assert line is not None
    assert line.status is status
    against = [why for why in checked.because if "own past 24 months" in why.en]
    assert bool(against) is (status is Status.FAIL)  # what cannot be told leaves the outcome in, for people to sign


def test_without_a_past_there_is_no_line_and_evidence_of_before_is_inconclusive() -> None:
    assert line_of(check("strain", said(None, TRUTH, TRUTH))) is None
    assert line_of(check("strain", said(np.ones(PEOPLE), TRUTH, TRUTH))) is None
    rows = Pooled.of(said(NOISE, TRUTH, TRUTH))
    old = check_pooled("strain", Pooled(rows.days, rows.officers, rows.y, rows.chances, rows.counts))
    line = line_of(old)
    assert line is not None
    assert (line.status, line.found) == (Status.INCONCLUSIVE, "not measured")
