"""Dated events of officers as padded arrays: what an event-sequence model reads, as it was known at each as-of.

An event has a kind, an age at as-of and a gap to the event before it. A complaint is told by its category and by the
finding as known at as-of; later findings change it for later as-ofs only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LONGEST = 48  # the newest events of an officer; nine in ten have fewer
TABLES: Mapping[str, str] = {
    "complaints": "opened_on",
    "force_reports": "occurred_on",
    "postings": "started_on",
    "promotions": "occurred_on",
    "course_completions": "occurred_on",
    "honours": "occurred_on",
}
FINDINGS = ("sustained", "not_sustained", "unfounded", "exonerated", "no_affidavit")


@dataclass(frozen=True)
class EventHistories:
    """For n rows of a spine, oldest event first, padded in front with kind 0: `kinds` (n, k) whole numbers into
    `names`, `ages` and `gaps` (n, k) in days, 0 where padded."""

    names: tuple[str, ...]
    kinds: NDArray[np.int16]
    ages: NDArray[np.float32]
    gaps: NDArray[np.float32]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> EventHistories:
        """Some rows."""
        return EventHistories(self.names, self.kinds[rows], self.ages[rows], self.gaps[rows])


def event_histories(frames: Mapping[str, pd.DataFrame], spine: pd.DataFrame, longest: int = LONGEST) -> EventHistories:
    """Histories for each row (officer_id, as_of) of the spine, in its order.

    `frames` are contract tables with `superseded_on`; those that are absent tell nothing. A row counts when it
    happened before as-of, was known by it, and no newer version of it was.

    >>> day = pd.Timestamp
    >>> rows = pd.DataFrame({"officer_id": ["a"], "started_on": [day("2020-01-01")], "known_on": [day("2020-01-01")],
    ...                      "superseded_on": [pd.NaT]})
    >>> asked = pd.DataFrame({"officer_id": ["a"], "as_of": [day("2020-01-31")]})
    >>> told = event_histories({"postings": rows}, asked, 2)
    >>> told.names[told.kinds[0, -1]], told.ages.tolist()
    ('postings', [[0.0, 30.0]])
    """
    events = [_events(name, frames[name]) for name in TABLES if len(frames.get(name, ()))]
    names = ("", *sorted({kind for some in events for kind in some["kind"].unique()}))
    shape = (len(spine), longest)
    told = EventHistories(names, np.zeros(shape, np.int16), np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    if not events:
        return told
    together = pd.concat(events, ignore_index=True)
    together["kind"] = together["kind"].map({name: number for number, name in enumerate(names)}).astype("int16")
    for as_of in spine["as_of"].unique():
        _fill(told, together, spine, pd.Timestamp(as_of))
    return told


def _events(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """(officer_id, day, known_on, superseded_on, kind), the kind in words."""
    frame = rows[["officer_id", "known_on", "superseded_on"]].assign(day=rows[TABLES[table]], kind=_kinds(table, rows))
    return frame[frame["day"].notna()]


def _kinds(table: str, rows: pd.DataFrame) -> pd.Series:
    """What each row tells, as text."""
    if table == "complaints":
        finding = rows["finding"].astype("object").where(rows["finding"].isin(FINDINGS), "open")
        force = _told((rows["category"] == "use_of_force").astype("boolean"), "force", "other")
        return table + ":" + finding.astype(str) + ":" + force + ":" + _told(rows["officer_filed"], "inside", "outside")
    if table == "force_reports":
        armed = _told(rows["firearm_used"], "firearm", "no_firearm")
        return table + ":" + armed + ":" + _told(rows["subject_injured"], "injured", "unhurt")
    if table == "promotions":
        return table + ":" + rows["kind"].astype("object").where(rows["kind"].notna(), "").astype(str)
    return pd.Series(table, index=rows.index)


def _told(flags: pd.Series, yes: str, no: str) -> pd.Series:
    return flags.astype("boolean").fillna(False).map({True: yes, False: no}).astype(str)


def _fill(told: EventHistories, events: pd.DataFrame, spine: pd.DataFrame, as_of: pd.Timestamp) -> None:
    """Write the newest standing events of everybody asked about at one as-of."""
    asked = np.flatnonzero(spine["as_of"] == as_of)
    place = pd.Series(asked, index=spine["officer_id"].iloc[asked])
    standing = events[
        (events["day"] < as_of)
        & (events["known_on"] <= as_of)
        & ~(events["superseded_on"] <= as_of)
        & events["officer_id"].isin(place.index)
    ]
    standing = standing.sort_values(["officer_id", "day", "kind"], kind="stable")
    newest_first = standing.groupby("officer_id").cumcount(ascending=False).to_numpy()
    age = (as_of - standing["day"]).dt.days.to_numpy(np.float32)
    before = standing.groupby("officer_id")["day"].shift()
    gap = (standing["day"] - before).dt.days.fillna(0).to_numpy(np.float32)
    longest = told.kinds.shape[1]
    kept = newest_first < longest
    rows = place.loc[standing["officer_id"]].to_numpy()[kept]
    columns = longest - 1 - newest_first[kept]
    told.kinds[rows, columns] = standing["kind"].to_numpy()[kept]
    told.ages[rows, columns], told.gaps[rows, columns] = age[kept], gap[kept]
