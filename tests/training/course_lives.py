"""Hand-made records of courses whose next one is known: waves, followers and tastes, without any real row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

Row = tuple[str, str, str]
FIRST = "2019-01-07"  # a Monday


def completions(rows: Sequence[Row], known: dict[Row, str] | None = None) -> pd.DataFrame:
    """(officer, course, day) as the contract has them; `known` overrides when a row became known."""
    told = [(*row, (known or {}).get(row, row[2])) for row in rows]
    frame = pd.DataFrame(told, columns=["officer_id", "course_id", "occurred_on", "known_on"])
    texts = dict.fromkeys(("officer_id", "course_id"), "string")
    frame = frame.astype({**texts, **dict.fromkeys(("occurred_on", "known_on"), "datetime64[us]")})
    return frame.assign(
        score=np.nan, hours=np.nan, superseded_on=pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    )


def force(officers: int = 60, weeks: int = 60, seed: int = 0) -> list[Row]:
    """Two camps: a new course a week rolls out in one camp at a time, and each officer takes a chain in order.

    Week after week one of ten officers of the camp takes each of its last five courses; popularity cannot tell the
    camps apart, colleagues can.
    """
    rng = np.random.default_rng(seed)
    start = pd.Timestamp(FIRST)
    rows: set[Row] = set()
    taken: set[tuple[int, str]] = set()
    for week in range(weeks):
        for officer in range(officers):
            camp = officer % 2
            offered = [f"wave {camp} {number}" for number in range(max(0, week - 5), week + 1)]
            chain = [f"step {camp} {number % 12}" for number in range(week // 3, week // 3 + 1)]
            for course in (*offered, *chain):
                if (officer, course) in taken or rng.random() > 0.2:
                    continue
                taken.add((officer, course))
                day = start + pd.Timedelta(days=7 * week + int(rng.integers(0, 5)))
                rows.add((f"o{officer:03d}", course, str(day.date())))
    return sorted(rows)
