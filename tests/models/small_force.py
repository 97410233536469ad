"""A few officers whose every figure can be worked out by hand: rows of contract tables as they stood on DAY."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from pandas.api.types import pandas_dtype

from data_contracts.asof import AsOf
from data_contracts.catalog import catalog

DAY = AsOf(date(2026, 1, 1))


def rows(table: str, *values: dict[str, Any]) -> pd.DataFrame:
    """Rows of a contract table in its types; columns not given are null, `known_on` is the event's day."""
    contract = catalog().table(table)
    event = contract.event_date or "known_on"
    filled = [{event: "1900-01-01", **one, "known_on": one.get(event, "1900-01-01")} for one in values]
    frame = pd.DataFrame({column.name: [one.get(column.name) for one in filled] for column in contract.columns})
    for column in contract.columns:
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[us]")
        else:
            frame[column.name] = frame[column.name].astype(pandas_dtype(column.dtype))
    return frame


def force(officers: Sequence[str], post: str = "patrol-1", unit: str = "u-1") -> dict[str, pd.DataFrame]:
    """Officers in one post since 2020, with the posts, units and standards that go with it."""
    return {
        "officers": rows("officers", *({"officer_id": name, "entered_on": "2020-01-01"} for name in officers)),
        "postings": rows(
            "postings",
            *({"officer_id": name, "post_id": post, "unit_id": unit, "started_on": "2020-01-01"} for name in officers),
        ),
        "posts": rows(
            "posts",
            {"post_id": "patrol-1", "job_family": "patrol", "track": "enforcement"},
            {"post_id": "patrol-2", "job_family": "patrol", "track": "enforcement"},
            {"post_id": "traffic-1", "job_family": "traffic", "track": "enforcement"},
        ),
        "units": rows("units", {"unit_id": "u-0"}, {"unit_id": "u-1", "parent_unit_id": "u-0"},
                      {"unit_id": "u-2", "parent_unit_id": "u-0"}),
        "competency_standards": rows("competency_standards",
                                     {"post_id": "patrol-1", "competency": "law", "standard_level": 2.0}),
    }  # fmt: skip
