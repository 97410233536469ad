"""Hand-made careers whose next post is known: what a next-post model must find, without any real row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

Step = tuple[str, str]
CUT, END = date(2020, 12, 31), date(2022, 12, 31)


def postings(careers: Mapping[str, Sequence[Step]], known: dict[tuple[str, str], str] | None = None) -> pd.DataFrame:
    """Postings as (post, start) by officer; `known` overrides when a start became known."""
    rows = [
        (officer, post, post, start, (known or {}).get((officer, start), start))
        for officer, steps in careers.items()
        for post, start in steps
    ]
    frame = pd.DataFrame(rows, columns=["officer_id", "post_id", "unit_id", "started_on", "known_on"])
    texts = dict.fromkeys(("officer_id", "post_id", "unit_id"), "string")
    days = dict.fromkeys(("started_on", "known_on"), "datetime64[us]")
    frame = frame.astype({**texts, **days})
    return frame.assign(
        superseded_on=pd.Series(pd.NaT, index=frame.index),
        rank_step=pd.Series(pd.NA, index=frame.index, dtype="string"),
    )


def two_step_careers(officers: int, seed: int = 0) -> dict[str, list[Step]]:
    """a or b, then hub, then c for those from a and d for those from b: the present post alone tells nothing."""
    rng = np.random.default_rng(seed)
    careers = {}
    for number in range(officers):
        start = pd.Timestamp("2010-01-01") + pd.Timedelta(days=int(rng.integers(0, 4300)))
        first, last = ("a", "c") if rng.random() < 0.5 else ("b", "d")
        days = [start, start + pd.Timedelta(days=100), start + pd.Timedelta(days=200)]
        careers[f"o{number}"] = [(post, str(day.date())) for post, day in zip((first, "hub", last), days, strict=True)]
    return careers


def checkerboard_careers(officers: int, posts: int, seed: int = 0) -> dict[str, list[Step]]:
    """Even posts go with even posts and odd with odd, in any order: what was held together tells the rest."""
    rng = np.random.default_rng(seed)
    careers = {}
    for number in range(officers):
        own = np.arange(number % 2, posts, 2)
        start = pd.Timestamp("2010-01-01") + pd.Timedelta(days=int(rng.integers(0, 4000)))
        chosen = rng.choice(own, size=4, replace=False)
        careers[f"o{number}"] = [
            (f"p{post}", str((start + pd.Timedelta(days=90 * step)).date())) for step, post in enumerate(chosen)
        ]
    return careers
