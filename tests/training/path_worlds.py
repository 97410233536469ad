"""Small careers whose paths and times are known, for the tests of paths."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tests.training.careers import postings

CUT, END = date(2016, 12, 31), date(2020, 12, 31)


def ladder_careers(officers: int = 300, seed: int = 0) -> dict[str, list[tuple[str, str]]]:
    """a then m then z after two years each, or b then n then z: who wants z from a goes by m, never by n."""
    rng = np.random.default_rng(seed)
    careers = {}
    for number in range(officers):
        begin = pd.Timestamp("2006-01-01") + pd.Timedelta(days=int(rng.integers(0, 3900)))
        way = ("a", "m", "z") if number % 2 else ("b", "n", "z")
        days = [begin + pd.Timedelta(days=int(730 * step + rng.integers(-90, 90) * (step > 0))) for step in range(3)]
        careers[f"o{number:03d}"] = [(post, str(day.date())) for post, day in zip(way, days, strict=True)]
    return careers


def ladder_frames(officers: int = 300, seed: int = 0) -> dict[str, pd.DataFrame]:
    """The careers as tables; everybody entered a year before the first post."""
    rows = postings(ladder_careers(officers, seed))
    first = rows.groupby("officer_id", as_index=False)["started_on"].min()
    people = pd.DataFrame(
        {
            "officer_id": first["officer_id"],
            "entered_on": first["started_on"] - pd.Timedelta(days=365),
            "left_on": pd.Series(pd.NaT, index=first.index, dtype="datetime64[us]"),
            "known_on": first["started_on"],
        }
    )
    return {"postings": rows, "officers": people}


def rank_frames() -> dict[str, pd.DataFrame]:
    """Promotions on a ladder of work and on the police rank, which paths leave aside where there is another."""
    rows = [
        ("x", "work", "s1", "2010-01-01"), ("x", "work", "s2", "2013-01-01"), ("x", "police_rank", "r1", "2011-01-01"),
        ("x", "work", "s3", "2018-01-01"), ("y", "work", "s1", "2012-01-01"), ("y", "work", "s2", "2015-06-01"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["officer_id", "ladder", "rank_step", "occurred_on"])
    frame["occurred_on"] = pd.to_datetime(frame["occurred_on"]).astype("datetime64[us]")
    texts = dict.fromkeys(("officer_id", "ladder", "rank_step"), "string")
    frame = frame.astype(texts).assign(known_on=frame["occurred_on"])
    return {"promotions": frame.assign(superseded_on=pd.Series(pd.NaT, index=frame.index))}
