"""What the short list and the profile read: the rows of contract tables as they stood on a day, and who asks.

The reader is given at start; it never fetches what was learned after the day. Where a caller's credential covers only
part of the unit tree, officers elsewhere and officers who do not exist look exactly alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd

from data_contracts.policy import Policy
from serving.schemas import Because

UNKNOWN_OFFICER = Because(code="unknown_officer", zh="查无此人", en="no such officer")


@dataclass(frozen=True)
class Records:
    """The rows known by a day, by table."""

    as_of: date
    frames: Mapping[str, pd.DataFrame]

    def age_hours(self, now: datetime) -> float:
        """Hours since the day began."""
        return round((now - datetime.combine(self.as_of, time())).total_seconds() / 3600.0, 2)


RecordReader = Callable[[date | None], Records]
"""Reads the records of a day, of the newest day for None; raises NotReady where there are none."""


@dataclass(frozen=True)
class Sight:
    """The units a caller may see (the subtree of the credential, with everything under it); None is every unit."""

    units: frozenset[str] | None = None

    def covers(self, unit_id: str) -> bool:
        """Whether officers of a unit may be named."""
        return self.units is None or unit_id in self.units


def old(records: Records, now: datetime, policy: Policy) -> bool:
    """Whether an answer from these records is to be marked `degraded`."""
    return records.age_hours(now) > policy.grades.scoring.flag_features_after_hours
