"""The counts behind "6 of 10 officers from your post with this training moved here", as known on the training day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from data_contracts.suggesting import CountRules
from features.sequences import posting_sequences
from models.posts.histories import Catalogue
from models.posts.moved_within import MovedWithin, count_moved_within
from training.posts.data import known_by

Frames = Mapping[str, pd.DataFrame]


def moved_within(frames: Frames, until: date, catalogue: Catalogue, rules: CountRules) -> MovedWithin:
    """Counted on postings and completions that had happened and were known by `until`, in the version then valid."""
    day = pd.Timestamp(until)
    steps = posting_sequences(known_by(frames["postings"], until))
    rows = frames.get("course_completions")
    if rows is not None:
        rows = rows[(rows["occurred_on"] <= day) & (rows["known_on"] <= day)]
        if "superseded_on" in rows:
            rows = rows[rows["superseded_on"].isna() | (rows["superseded_on"] > day)]
    return count_moved_within(steps, rows, catalogue, day, rules)
