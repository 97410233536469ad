"""What each model said of each officer at each test day, kept so that models can be compared on the same officers.

One parquet file for each model, test day and outcome. It holds ids of officers, as the history does: `pharos erase`
takes an officer out of it, and it never leaves the state folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

OFFICER, PART, ITEM, DAY = "officer_id", "part", "item", "as_of"
KEYS = (PART, DAY, OFFICER, ITEM)


@dataclass(frozen=True)
class Cost:
    """What a model took: CPU seconds of its fit, milliseconds of its answer about one officer, bytes of its files
    (None: it has none)."""

    fit_cpu_seconds: float
    answer_ms: float
    bytes: int | None = None


@dataclass(frozen=True)
class Scored:
    """Rows (officer_id, part, item and the figures of the kind), how many it learned from, and what it took.

    `part` is an outcome or a stratum, `item` tells rows of one officer apart.
    """

    rows: pd.DataFrame
    n_train: int
    cost: Cost


def write_scores(path: Path, rows: pd.DataFrame) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    rows.to_parquet(draft, index=False, compression="zstd")
    draft.replace(path)


def read_scores(path: Path, day: str) -> pd.DataFrame:
    """The rows of a test day, the day beside them."""
    return pd.read_parquet(path).assign(**{DAY: day})


def common(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """The rows that all of them have, in one order: what is compared is compared on the same officers."""
    indexed = [frame.set_index(list(KEYS)).sort_index() for frame in frames]
    shared = indexed[0].index
    for one in indexed[1:]:
        shared = shared.intersection(one.index)
    return [one.loc[shared].reset_index() for one in indexed]
