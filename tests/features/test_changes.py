"""Changes that bring a declined suggestion back: each once, from the day it is known, and none before."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from data_contracts.settings import Settings
from features.changes import changes, history_changes
from features.history import History

AS_OF = date(2026, 6, 1)


def dated(rows: list[tuple[object, ...]], *columns: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    days = [name for name in columns if name.endswith("_on")]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})


def told(frame: pd.DataFrame) -> list[tuple[str, str, str, str | None]]:
    rows = frame.sort_values(["cause", "officer_id", "since"])
    since = rows["since"].dt.strftime("%Y-%m-%d")
    items = [item if isinstance(item, str) else None for item in rows["item"]]
    return list(zip(rows["officer_id"].astype(str), rows["cause"].astype(str), since.astype(str), items, strict=True))


POSTINGS = dated(
    [
        ("a", "p-1", "u", "2020-01-01", "2020-01-01"),
        ("a", "p-1", "u", "2020-01-01", "2026-05-01"),  # the same posting told again, with its end
        ("a", "p-2", "u", "2026-05-01", "2026-05-03"),
        ("b", "p-2", "u", "2026-07-01", "2026-05-03"),  # known, not begun
    ],
    "officer_id", "post_id", "unit_id", "started_on", "known_on",
)  # fmt: skip
GOALS = dated(
    [("a", "post", "p-9", "2026-04-01", "2026-04-02"), ("b", "post", "p-9", "2026-05-01", "2026-06-02")],
    "officer_id", "goal_kind", "goal", "occurred_on", "known_on",
)  # fmt: skip
LEVELS = dated(
    [
        ("a", "law", 2.0, "2025-01-01", "2025-01-01"),
        ("a", "law", 3.0, "2026-03-01", "2026-03-05"),  # reaches p-1 (3), not p-2 (4)
        ("a", "law", 3.5, "2026-04-01", "2026-04-01"),  # p-1 was reached before
        ("b", "law", 5.0, "2026-03-01", "2026-03-01"),  # no assessment before: no gap that closed
        ("a", "law", 4.0, "2026-05-20", "2026-06-02"),  # not known yet
    ],
    "officer_id", "competency", "level", "occurred_on", "known_on",
)  # fmt: skip
STANDARDS = dated(
    [("p-1", "law", 5.0, "2020-01-01"), ("p-1", "law", 3.0, "2021-01-01"), ("p-2", "law", 4.0, "2020-01-01")],
    "post_id", "competency", "standard_level", "known_on",
)  # fmt: skip
FRAMES = {
    "postings": POSTINGS, "career_goals": GOALS, "competency_assessments": LEVELS, "competency_standards": STANDARDS,
}  # fmt: skip


def test_each_change_once_from_the_day_it_is_known() -> None:
    assert told(changes(FRAMES, AS_OF)) == [
        ("a", "closed_gap", "2026-03-05", "p-1"),
        ("a", "goal", "2026-04-02", None),
        ("a", "posting", "2020-01-01", None),
        ("a", "posting", "2026-05-03", None),
    ]


@pytest.mark.parametrize("absent", ["competency_assessments", "competency_standards"])
def test_absent_tables_change_nothing(absent: str) -> None:
    left = {name: frame for name, frame in FRAMES.items() if name != absent}
    assert {row[1] for row in told(changes(left, AS_OF))} == {"posting", "goal"}
    assert changes({}, AS_OF).empty


def test_a_history_is_asked_about_these_officers_only(state: Settings) -> None:
    history = History(state.history_dir)
    assert history_changes(history, ["a"], AS_OF).empty
    history.append("career_goals", GOALS.assign(horizon_months=pd.array([12, 12], dtype="Int64")))
    history.append("competency_standards", STANDARDS)
    assert told(history_changes(history, ["a"], AS_OF)) == [("a", "goal", "2026-04-02", None)]
    assert history_changes(history, ["b"], AS_OF).empty
    assert len(history_changes(history, ["a", "b"], date(2026, 7, 1))) == 2
