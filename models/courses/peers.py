"""Who belongs with whom at a day, as known by then: command, rank, cohort and class of every officer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.courses.histories import UNKNOWN, Array, Peers

POLICE_RANK = "police_rank"
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Changes:
    """What an officer became, and when it was known: officer, code, since, known (n,), in the order of `since`.

    Of several versions of one change the last known stands.
    """

    officer: Array
    code: Array
    since: Array
    known: Array

    @classmethod
    def of(cls, rows: pd.DataFrame, value: str, since: str, officers: pd.Index) -> Changes:
        """From rows with officer_id, `value`, `since` and known_on; officers not asked about are left out."""
        at = officers.get_indexer(pd.Index(rows["officer_id"].astype(str)))
        kept = (at >= 0) & rows[value].notna().to_numpy() & rows[since].notna().to_numpy()
        rows, at = rows[kept], at[kept]
        days, known = _days(rows[since]), _days(rows["known_on"])
        order = np.lexsort((known, days))
        code = pd.factorize(rows[value].astype(str), sort=True)[0]
        return cls(at[order], code[order], days[order], np.maximum(known, days)[order])

    def at(self, day: int, officers: int) -> tuple[Array, Array]:
        """(officers,) the last code known by a day, UNKNOWN without one, and the days since, NaN without one."""
        seen = self.known <= day
        code, since = np.full(officers, UNKNOWN), np.full(officers, np.nan, np.float32)
        code[self.officer[seen]] = self.code[seen]  # of several the last stands, for they are in order
        since[self.officer[seen]] = day - self.since[seen]
        return code, since


@dataclass(frozen=True)
class Leavings:
    """Every word on whether officers left: officer, left, known (n,) days, in the order of `known`; `left` is NEVER
    where a row tells none, so that a leaving that was taken back is none."""

    officer: Array
    left: Array
    known: Array

    @classmethod
    def of(cls, rows: pd.DataFrame, officers: pd.Index) -> Leavings:
        """From rows with officer_id, left_on and known_on; officers not asked about are left out."""
        at = officers.get_indexer(pd.Index(rows["officer_id"].astype(str)))
        rows, at = rows[at >= 0], at[at >= 0]
        known, told = _days(rows["known_on"]), rows["left_on"].notna().to_numpy()
        left = np.full(len(rows), NEVER, np.int64)
        left[told] = _days(rows["left_on"][told])
        order = np.argsort(known, kind="stable")
        return cls(at[order], left[order], known[order])

    def gone(self, day: int, officers: int) -> Array:
        """(officers,) True for those who had left by a day, by the last word known by then."""
        seen, left = self.known <= day, np.full(officers, NEVER, np.int64)
        left[self.officer[seen]] = self.left[seen]  # of several the last stands, for they are in order
        return np.asarray(left <= day)


@dataclass(frozen=True)
class PeerTimeline:
    """Every change of command and rank, and when each officer joined and left."""

    officers: int
    commands: Changes | None
    ranks: Changes | None
    entries: Changes | None
    leavings: Leavings | None = None

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame], officers: tuple[str, ...]) -> PeerTimeline:
        """From contract tables; any may be absent."""
        index = pd.Index(officers)
        postings, promotions, people = (frames.get(name) for name in ("postings", "promotions", "officers"))
        commands = None if postings is None else Changes.of(postings, "unit_id", "started_on", index)
        ranks = None
        if promotions is not None:
            ladder = promotions["ladder"] != POLICE_RANK
            rows = promotions[ladder] if ladder.any() else promotions
            ranks = Changes.of(rows, "rank_step", "occurred_on", index)
        entries = None
        if people is not None and "entered_on" in people:
            month = people["entered_on"].dt.strftime("%Y-%m")
            entries = Changes.of(people.assign(month=month), "month", "entered_on", index)
        leavings = None if people is None or "left_on" not in people else Leavings.of(people, index)
        return cls(len(officers), commands, ranks, entries, leavings)

    def at(self, day: int) -> Peers:
        """Groups and times in service and rank as known at the end of a day."""
        groups: dict[str, Array] = {}
        days_in_rank = days_in_service = np.full(self.officers, np.nan, np.float32)
        if self.commands is not None:
            groups["command"], _ = self.commands.at(day, self.officers)
        if self.ranks is not None:
            groups["rank"], days_in_rank = self.ranks.at(day, self.officers)
        if self.entries is not None:
            groups["class"], days_in_service = self.entries.at(day, self.officers)
            joined = np.where(np.isnan(days_in_service), 0, day - days_in_service).astype("datetime64[D]")
            years = joined.astype("datetime64[Y]").astype(int)
            groups["cohort"] = np.where(np.isnan(days_in_service), UNKNOWN, years)
        gone = None if self.leavings is None else self.leavings.gone(day, self.officers)
        return Peers(groups, days_in_service, days_in_rank, gone)


def _days(dates: pd.Series) -> Array:
    return dates.to_numpy("datetime64[D]").astype(np.int64)
