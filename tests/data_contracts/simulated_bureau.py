"""One simulated bureau for all tests of the simulator, made once a process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

import pandas as pd

from data_contracts.simulator.simulation import simulate

END = date(2026, 1, 1)
OFFICERS, YEARS, SEED = 3_000, 10, 11


@cache
def bureau() -> Mapping[str, pd.DataFrame]:
    """3,000 officers over ten years; treat the frames as read-only."""
    return MappingProxyType(simulate(OFFICERS, YEARS, SEED, END))


def first_versions(complaints: pd.DataFrame) -> pd.DataFrame:
    """Each complaint of each officer once, as it was opened."""
    return complaints.sort_values("known_on", kind="stable").drop_duplicates(["complaint_id", "officer_id"])
