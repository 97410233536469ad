"""What is known beside posts at each move, in the numbers that the next-post model learns from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from features.background import UnitMoves, background_frame
from models.posts.background import Background, background_coded
from models.posts.histories import Catalogue

Frames = Mapping[str, pd.DataFrame]


def course_codes(frames: Frames, until: date) -> dict[str, int]:
    """A number for each course that two officers or more had taken by a day, as known then."""
    rows = frames.get("course_completions")
    if rows is None or rows.empty:
        return {}
    known = rows[rows[["occurred_on", "known_on"]].max(axis=1) <= pd.Timestamp(until)]
    officers = known.groupby("course_id", observed=True)["officer_id"].nunique()
    return {str(name): code for code, name in enumerate(sorted(officers.index[officers >= 2]))}


def background_data(
    frames: Frames, asked: pd.DataFrame, steps: pd.DataFrame, courses: Mapping[str, int], catalogue: Catalogue
) -> Background:
    """One row for each of `asked` (officer_id, started_on: the day of the move, unit_id: where the officer is).

    What became known on the day of a move itself does not count: it may tell of the move.
    """
    day = asked["started_on"].astype("datetime64[us]")
    told = asked[["officer_id", "unit_id"]].assign(day=day, known_until=day - pd.Timedelta(days=1))
    return background_coded(background_frame(frames, told, UnitMoves.of(steps), courses), catalogue, courses)
