"""A tiny bureau written by hand: complaints whose findings close later, duty months, promotions, courses."""

from __future__ import annotations

import pandas as pd

from data_contracts.catalog import catalog
from features.versions import with_superseded_on


def days(values: list[str | None]) -> pd.Series:
    """Dates as our frames hold them."""
    return pd.to_datetime(pd.Series(values, dtype="string")).astype("datetime64[us]")


def complaint(
    number: int,
    officer: str,
    opened: str,
    closed: str | None = None,
    finding: str | None = None,
    category: str = "operations",
) -> list[dict[str, object]]:
    """The versions of one complaint."""
    base: dict[str, object] = {
        "complaint_id": f"k{number}",
        "officer_id": officer,
        "opened_on": opened,
        "category": category,
        "officer_filed": False,
    }
    versions = [{**base, "closed_on": None, "finding": None, "known_on": opened}]
    if closed is not None:
        versions.append({**base, "closed_on": closed, "finding": finding, "known_on": closed})
    return versions


def complaints(*versions: list[dict[str, object]]) -> pd.DataFrame:
    """The table of these complaints, with `superseded_on`."""
    frame = pd.DataFrame([row for rows in versions for row in rows])
    for name in ("opened_on", "closed_on", "known_on"):
        frame[name] = days(frame[name].tolist())
    types = {"complaint_id": "string", "officer_id": "string", "category": "string", "finding": "string"}
    frame = frame.astype({**types, "officer_filed": "boolean"})
    return with_superseded_on(catalog().table("complaints"), frame)


def spine(officers: list[str], as_of: str) -> pd.DataFrame:
    """Officers at one day."""
    frame = pd.DataFrame({"officer_id": pd.array(officers, dtype="string")})
    return frame.assign(as_of=days([as_of] * len(officers)))
