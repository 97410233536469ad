"""How old an online answer is. Feast enforces no ttl online and calls unknown officers PRESENT, so we look ourselves."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from features.views import Service, typed

PRESENT, EXPIRED, UNKNOWN = "present", "expired", "unknown"


def aged_answer(answer: dict[str, list[Any]], ids: list[str], service: Service, today: date) -> pd.DataFrame:
    """Feast's online answer as one typed row for each id, in the given order.

    `answer` holds for each feature a list of values and, under `<feature>__ts`, seconds since 1970 (0: no row).
    A value older than the ttl of its view is null. `status` is present when any view still holds, expired when
    rows exist but all are too old, unknown when there is no row.
    """
    now = pd.Timestamp(today).timestamp()
    seen = np.zeros(len(ids), dtype=np.int64)  # newest event second of each id, 0 where there is no row
    alive = np.zeros(len(ids), dtype=bool)
    columns: dict[str, list[Any]] = {}
    for view in service.views:
        limit = view.ttl.total_seconds()
        for item in view.fields:
            if item.name not in answer:
                continue
            stamps = np.asarray(answer[f"{item.name}__ts"], dtype=np.int64)
            holds = (stamps > 0) & (now - stamps <= limit)
            seen, alive = np.maximum(seen, stamps), alive | holds
            values = answer[item.name]
            columns[item.name] = [value if keep else None for value, keep in zip(values, holds, strict=True)]
    status = np.where(alive, PRESENT, np.where(seen > 0, EXPIRED, UNKNOWN))
    frame = pd.DataFrame({service.key: pd.array(ids, dtype="string"), "status": pd.array(status, dtype="string")})
    frame["feature_timestamp"] = pd.to_datetime(np.where(seen > 0, seen, np.nan), unit="s").astype("datetime64[us]")
    # Feast's order differs from process to process: the stored order is the only one.
    values = pd.DataFrame({name: pd.Series(columns[name], dtype=object) for name in service.chosen})
    return pd.concat([frame, typed(values, service.fields)], axis=1)
