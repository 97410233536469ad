"""What the short list and the profile read: the rows of contract tables as they stood on a day, and who asks.

The reader is given at start; it never fetches what was learned after the day. Where a caller's credential covers only
part of the unit tree, officers elsewhere and officers who do not exist look exactly alike.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from data_contracts.asof import FIRST_DAY
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from features.history import History
from features.record import records_at
from serving.freshness import hours_since
from serving.waiting import still_wanted


@dataclass(frozen=True)
class Records:
    """The rows known by a day, by table."""

    as_of: date
    frames: Mapping[str, pd.DataFrame]

    def age_hours(self, now: datetime) -> float:
        """Hours since the day began."""
        return round(hours_since(self.as_of, now), 2)


RecordReader = Callable[[date], Records]
"""Reads the records of the whole force on a day; the same object while nothing was learned. Raises NotReady without
any."""


def day_asked(as_of: date | None, now: datetime) -> date:
    """The day of a request, today where it names none.

    Raises InvalidInput for one that has not come yet, and for one before the first that a record may tell of: months
    are counted back from it, and before the year 1 there is none.

    >>> day_asked(None, datetime(2026, 3, 1, 9))
    datetime.date(2026, 3, 1)
    """
    today = local_day(now)
    if as_of is not None and as_of > today:
        raise InvalidInput(
            f"as_of {as_of} has not come yet; ask for {today} or earlier, or null for today",
            zh=f"as_of {as_of} 尚未到来；请询问 {today} 或更早的日期，空为今天",
        )
    if as_of is not None and as_of < FIRST_DAY:
        raise InvalidInput(
            f"as_of {as_of} is before {FIRST_DAY}, the first day that a record may tell of; ask for a later one",
            zh=f"as_of {as_of} 早于记录可能的最早日期 {FIRST_DAY}；请询问更晚的日期",
        )
    return as_of or today


class ForceRecords:
    """The records of everybody, read from the history once for each day asked about and again when it has grown."""

    def __init__(self, settings: Settings, tables: Sequence[str]) -> None:
        """Of these contract tables; reads nothing yet."""
        self._history = History(settings.history_dir)
        self._tables = tuple(tables)
        self._lock = threading.Lock()  # two questions at once must not read a whole force twice
        self._held: tuple[str, Records] | None = None

    def __call__(self, as_of: date) -> Records:
        """The records of a day."""
        with self._lock:
            still_wanted()  # it may have stood in line behind a whole force
            known = self._history.fingerprint()
            if self._held is None or (self._held[0], self._held[1].as_of) != (known, as_of):
                frames = records_at(self._history, None, as_of, self._tables)
                if "postings" not in frames and self._history.rows("postings"):
                    raise InvalidInput(
                        f"as_of {as_of} lies before anything was known; ask for a later day",
                        zh=f"as_of {as_of} 时尚无任何已知记录；请询问更晚的日期",
                    )
                if "postings" not in frames:
                    raise NotReady("the history has no postings; run `pharos ingest` first")
                self._held = known, Records(as_of, frames)
            return self._held[1]


def old(records: Records, now: datetime, policy: Policy) -> bool:
    """Whether an answer from these records is to be marked `degraded`."""
    return records.age_hours(now) > policy.grades.scoring.flag_features_after_hours
