"""The recent career of an officer as a row: the last posts in order, from the sequences recommenders train on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.errors import MissingTable
from features.sequences import posting_sequences
from features.views import Field

RECENT_POSTS = 8
CAREER_FIELDS = (
    Field("recent_posts", "strings", "posts in order, the present one last; at most 8"),
    Field("recent_units", "strings", "the unit of each recent post"),
    Field("recent_started", "strings", "the day each recent post started, YYYY-MM-DD"),
    Field("recent_rank_steps", "strings", "the rank step on each posting's row; empty text where unknown"),
    Field("posts_held", "integer", "steps in the whole posting sequence"),
)


def career_frame(frames: Mapping[str, pd.DataFrame], as_of: date) -> pd.DataFrame:
    """One row for each officer with a posting known by `as_of`: officer_id, as_of and CAREER_FIELDS.

    `frames` are contract tables with `superseded_on`; postings must be there.

    >>> day = pd.Timestamp
    >>> rows = pd.DataFrame({"officer_id": ["a", "a"], "post_id": ["p", "q"], "unit_id": ["u", "u"],
    ...     "started_on": [day("2020-01-01"), day("2021-01-01")], "known_on": [day("2020-01-01"), day("2021-01-01")]})
    >>> career_frame({"postings": rows}, date(2021, 1, 31)).loc[0, ["recent_posts", "recent_started"]].tolist()
    [['p', 'q'], ['2020-01-01', '2021-01-01']]
    """
    if "postings" not in frames:
        raise MissingTable("table 'postings' is absent or empty; careers need it: ingest postings first")
    steps = posting_sequences(frames["postings"], as_of)
    text = steps.assign(started=steps["started_on"].dt.strftime("%Y-%m-%d"), rank=steps["rank_step"].fillna(""))
    recent = text.groupby("officer_id", sort=True).tail(RECENT_POSTS).groupby("officer_id", sort=True)
    lists = recent.agg(
        recent_posts=("post_id", list),
        recent_units=("unit_id", list),
        recent_started=("started", list),
        recent_rank_steps=("rank", list),
    )
    career = lists.assign(posts_held=steps.groupby("officer_id", sort=True).size().astype("Int64"))
    return career.reset_index().assign(as_of=pd.Timestamp(as_of).as_unit("us"))


def write_careers(frames: Mapping[str, pd.DataFrame], snapshot_dir: Path, dates: Iterable[date]) -> int:
    """Write careers/as_of=YYYY-MM-DD/part-0.parquet for each date; returns the rows written."""
    rows = 0
    for as_of in dates:
        folder = snapshot_dir / "careers" / f"as_of={as_of.isoformat()}"
        folder.mkdir(parents=True, exist_ok=True)
        frame = career_frame(frames, as_of)
        frame.to_parquet(folder / ".part-0.partial", index=False)
        (folder / ".part-0.partial").replace(folder / "part-0.parquet")
        rows += len(frame)
    return rows
