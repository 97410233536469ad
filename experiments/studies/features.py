"""Feature rows of a study, computed once: workers of a search and runs after a kill read what lies there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date

import pandas as pd

from experiments.studies.ground import Ground
from features.declared import declared_features
from features.windows import FEATURE_COLUMNS
from training.risk.dataset import RiskRows, rows_from_tables

FILE = "features.parquet"


def feature_rows(ground: Ground, days: Sequence[date]) -> RiskRows:
    """Features of everybody counted at each day. The file holds ids of officers, and `pharos erase` reaches it."""
    path = ground.steps.folder / FILE
    hashes = [one.hash for one in declared_features().services]
    about = {"data": ground.data_hash, "days": [str(day) for day in days], "features": hashes}
    made: list[pd.DataFrame] = []

    def work() -> dict[str, int]:
        made.append(rows_from_tables(ground.frames, days).frame)
        draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        made[0].to_parquet(draft, index=False, compression="zstd")
        draft.replace(path)
        return {"rows": len(made[0])}

    if not path.is_file():
        ground.steps.forget("features")
    ground.steps.do("features", about, work)
    return RiskRows(made[0] if made else pd.read_parquet(path), ground.frames, tuple(FEATURE_COLUMNS))
