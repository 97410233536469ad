"""A small feature store on disk: two views of officers and one of units, three monthly snapshots."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from data_contracts.settings import Settings
from features.store import FeatureReader
from features.views import Declared, Field, Service, View

DAYS = (date(2016, 10, 1), date(2016, 11, 1), date(2016, 12, 1))
HISTORY = View(
    "history",
    "officer",
    "officers",
    (
        Field("complaints_24m", "integer"),
        Field("rate_12m", "number"),
        Field("on_duty", "boolean"),
        Field("rank_code", "string"),
    ),
)
CAREER = View("career", "officer", "careers", (Field("recent_posts", "strings"), Field("posts_held", "integer")))
UNIT = View("unit", "unit", "units", (Field("officers", "number"),))
SMALL = Declared(
    (HISTORY, CAREER, UNIT),
    (
        Service("risk_v1", (HISTORY,), ("rate_12m", "rank_code", "complaints_24m", "on_duty")),
        Service("career_v1", (CAREER, HISTORY), ("posts_held", "recent_posts", "rank_code")),
        Service("unit_v1", (UNIT,), ("officers",)),
    ),
)


def officers(count: int, seed: int) -> pd.DataFrame:
    """Officers with nulls of every kind; ids sort in another order than they are numbered."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "officer_id": pd.array([f"o-{number}" for number in range(count)], dtype="string"),
            "complaints_24m": pd.array(draw.integers(0, 9, count), dtype="Int64"),
            "rate_12m": draw.random(count),
            "on_duty": pd.array(draw.random(count) < 0.5, dtype="boolean"),
            "rank_code": pd.array(draw.choice(["一级警员", "sergeant"], count), dtype="string"),
            "recent_posts": [[f"p{post}" for post in range(number % 4)] for number in range(count)],
            "posts_held": pd.array([number % 4 for number in range(count)], dtype="Int64"),
        }
    )
    frame.loc[draw.random(count) < 0.3, ["complaints_24m", "rate_12m", "on_duty", "rank_code"]] = None
    return frame


def write(settings: Settings, source: str, day: date, frame: pd.DataFrame) -> Path:
    """One snapshot where the snapshot builder puts it."""
    folder = settings.snapshot_dir / source / f"as_of={day.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    frame.assign(as_of=pd.Timestamp(day).as_unit("us")).to_parquet(folder / "part-0.parquet", index=False)
    return folder / "part-0.parquet"


def small_store(settings: Settings, count: int = 12) -> FeatureReader:
    """Three months of snapshots; an officer more each month, so each month has a recruit."""
    for place, day in enumerate(DAYS):
        frame = officers(count + place, seed=place)
        write(settings, "officers", day, frame.drop(columns=["recent_posts", "posts_held"]))
        write(settings, "careers", day, frame[["officer_id", "recent_posts", "posts_held"]])
        units = pd.DataFrame({"unit_id": pd.array(["u-1", "u-2"], dtype="string"), "officers": [5.0, 7.0 + place]})
        write(settings, "units", day, units)
    reader = FeatureReader(settings, SMALL)
    reader.apply()
    return reader
