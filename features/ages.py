"""How old an online answer is: Feast enforces no ttl online and calls unknown officers PRESENT, so we look."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.errors import FeatureMismatch
from features.packing import LAYOUT, NUMBERS, TEXTS, layout_hash, online_view, unpacked
from features.views import Service, View

PRESENT, EXPIRED, UNKNOWN = "present", "expired", "unknown"
STAND_IN, AWAY = "stand_in", "away"  # of a store that cannot be read (features/standing_in.py)
WITHOUT_EVENTS = "without_events_since"  # the column of events that a row does not know of


def aged_answer(answer: dict[str, list[Any]], ids: list[str], service: Service, today: date) -> pd.DataFrame:
    """Feast's packed online answer as one typed row for each id, in the given order.

    `answer` holds for each view `<view>_online__numbers`, `__texts`, `__layout`, and with `__ts` behind it the
    seconds since 1970 of the row (0: no row). What is older than the ttl of its view is null. `status` is present
    when any view still holds, expired when rows exist but all are too old, unknown when there is no row.
    Raises FeatureMismatch when a row was packed by another version of the features.
    """
    now = pd.Timestamp(today).timestamp()
    seen = np.zeros(len(ids), dtype=np.int64)  # newest event second of each id
    alive = np.zeros(len(ids), dtype=bool)
    parts: list[pd.DataFrame] = []
    for view in service.views:
        told = {name: answer[f"{online_view(view).name}__{name}"] for name in (NUMBERS, TEXTS, LAYOUT)}
        stamps = np.asarray(answer[f"{online_view(view).name}__{LAYOUT}__ts"], dtype=np.int64)
        holds = (stamps > 0) & (now - stamps <= view.ttl.total_seconds())
        _check_layout(told[LAYOUT], holds, view)
        seen, alive = np.maximum(seen, stamps), alive | holds
        parts.append(unpacked(_held(told[NUMBERS], holds), _held(told[TEXTS], holds), view))
    status = np.where(alive, PRESENT, np.where(seen > 0, EXPIRED, UNKNOWN))
    frame = pd.DataFrame({service.key: pd.array(ids, dtype="string"), "status": pd.array(status, dtype="string")})
    frame["feature_timestamp"] = pd.to_datetime(np.where(seen > 0, seen, np.nan), unit="s").astype("datetime64[us]")
    return pd.concat([frame, pd.concat(parts, axis=1)[list(service.chosen)]], axis=1)


def _held(values: list[Any], holds: NDArray[np.bool_]) -> list[Any]:
    return [value if keep else None for value, keep in zip(values, holds, strict=True)]


def _check_layout(layouts: list[Any], holds: NDArray[np.bool_], view: View) -> None:
    wanted = layout_hash(view)
    if any(found != wanted for found, keep in zip(layouts, holds, strict=True) if keep):
        raise FeatureMismatch(
            f"online features of {view.name} come from another version; run `pharos materialize` again"
        )
