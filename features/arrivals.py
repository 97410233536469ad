"""Events as they happen: the door that files pass, for rows that come one by one, each with an answer of its own.

in = accepted + duplicates + conflicts + quarantined, for every call. What came before changes nothing when it comes
again, under its id or under another. A version of a row has its place by `known_on`, not by when it arrived, so that
events may come in any order: an older one never takes the place of a newer one. A row that does not say `known_on` is
known from the day it came. Nothing is registered by reference here: whom and what an event names must be known.

Beside rows of officers, vacancies come this way: they open and close from day to day, and plans and wishes hang on
them. Catalogues (courses, posts, units, ladders, standards) change by the department's decision and come as files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_contracts.catalog import Table, catalog
from data_contracts.coercion import day_of
from data_contracts.erased import Erased
from data_contracts.faults import Circumstances
from data_contracts.intake import Intake, Known, take_in
from data_contracts.pseudonyms import Pseudonyms
from data_contracts.vocabulary import Refusal
from features.event_log import EventLog, Kept
from features.history import EVENTS, History
from features.ingest import told_faults, write_quarantine
from features.record import happens
from features.reexports import already_told
from features.versions import Sifted, sift

Value = str | int | float | bool | None
Outcome = Literal["accepted", "duplicate", "conflict", "quarantined"]
UNKNOWN_TABLE, UNKNOWN_COLUMN, NOT_YET, ID_TAKEN = "unknown_table", "unknown_column", "not_yet", "event_id_taken"
OPERATOR = "operator"  # who sends where nobody says so
ELSEWHERE = "of_another_unit"
WAIT_SECONDS = 5.0  # for an ingest that is under way; then the caller is told to come again
OF_UNITS = ("vacancies",)  # of no officer; whoever may name the unit may tell of them
NOT_TAKEN = ("protected_attributes", "feedback")  # for audits only; has a route of its own


@dataclass(frozen=True)
class Arrival:
    """An event as it was sent: a row of a contract table, under an id that its sender chose."""

    event_id: str
    table: str
    row: Mapping[str, Value]

    @property
    def digest(self) -> str:
        """sha256 of what it says; absent and null are the same, and so are 5 and 5.0.

        >>> Arrival("a", "honours", {"x": 5, "y": None}).digest == Arrival("b", "honours", {"x": 5.0}).digest
        True
        """
        told = {name: _plain(value) for name, value in self.row.items() if value is not None}
        return hashlib.sha256(json.dumps([self.table, told], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Became:
    """What became of an event; `faults` are columns, each with the code of what is wrong, never values.

    `counts_from` is the first as-of at which an accepted row is seen: what happened on a day counts from the next, and
    a vacancy, which does not happen but stands open, from the day it opens.
    """

    outcome: Outcome
    faults: tuple[tuple[str, str], ...] = ()
    counts_from: date | None = None


@dataclass(frozen=True)
class Arrivals:
    """Takes events into the history of a deployment. `pending` is told of officers before their rows are visible."""

    history: History
    log: EventLog
    names: Pseudonyms
    quarantine_dir: Path
    pending: Callable[[Set[str], date], None]

    def take(
        self,
        events: Sequence[Arrival],
        today: date,
        *,
        may_register: bool,
        sender: str = OPERATOR,
        sees: SeesUnit = lambda _: True,
    ) -> list[Became]:
        """What became of each, in order; `may_register` lets a row of `officers` bring a new one.

        The ids of events are those of their `sender`: another's are others. `sees` says which units the sender may
        name: what stands in the records as another unit's stays as it is.
        Raises NotReady when the history is being written for too long; then nothing was taken.
        """
        first: dict[str, Arrival] = {}
        for event in events:
            first.setdefault(event.event_id, event)
        keys = {name: self.names.own_id(sender, name) for name in first}
        held = self.log.known(list(keys.values()))
        known = {name: held[key] for name, key in keys.items() if key in held}
        became = {name: _replayed(first[name], digest) for name, digest in known.items()}
        became |= self._through_the_door(
            [one for name, one in first.items() if name not in known], today, Sender(may_register, sees)
        )
        stands = {name for name in first if name not in known and became[name].outcome in ("accepted", "duplicate")}
        self.log.keep({keys[name]: self._kept(first[name]) for name in stands}, today)
        return list(_each(events, first, became))

    def _kept(self, event: Arrival) -> Kept:
        officer = event.row.get("officer_id")
        return Kept(event.digest, "" if officer is None else self.names.of(str(officer).strip()))

    def _through_the_door(self, events: Sequence[Arrival], today: date, sender: Sender) -> dict[str, Became]:
        became = {one.event_id: Became("quarantined", faults) for one in events if (faults := _faults(one, today))}
        due = [one for one in events if one.event_id not in became]
        if not due:
            return became
        refused: dict[str, pd.DataFrame] = {}
        with self.history.batch(EVENTS, WAIT_SECONDS) as batch:
            known = replace(self.history.known(), erased=Erased(self.history.root, self.names).among)
            for name in sorted({one.table for one in due}, key=lambda one: (one != "officers", one)):
                of_table = [one for one in due if one.table == name]
                if name == "officers" and not sender.may_register:
                    became |= {one.event_id: STRANGER for one in of_table if not _is_known(one, known)}
                if name in OF_UNITS:
                    became |= dict.fromkeys(_of_others(of_table, self.history, sender.sees), NOT_YOURS)
                here = _OfTable.of([one for one in of_table if one.event_id not in became], today)
                if here is None:
                    continue
                taken = here.checked(known)
                sifted = here.sifted(taken, self.history)
                if len(rows := taken.accepted.iloc[sifted.new]):
                    if name not in OF_UNITS:
                        self.pending(set(rows["officer_id"].astype(str)), today)
                    batch.write(here.table, rows)
                known = _with_officers(known, rows) if name == "officers" else known
                refused[name] = told_faults(taken, sifted.conflicts, self.names)
                became |= here.became(taken, sifted)
        write_quarantine(EVENTS, refused, self.quarantine_dir)
        return became


SeesUnit = Callable[[str], bool]


@dataclass(frozen=True)
class Sender:
    """What whoever sends events may do."""

    may_register: bool
    sees: SeesUnit


NOT_YOURS = Became("quarantined", (("vacancy_id", ELSEWHERE),))
STRANGER = Became("quarantined", (("officer_id", str(Refusal.UNKNOWN_REFERENCE.value)),))


@dataclass(frozen=True)
class _OfTable:
    """Events of one table in one call; `dated` are those that say since when they are known."""

    table: Table
    event_ids: list[str]
    raw: pd.DataFrame
    dated: npt.NDArray[np.bool_]
    today: date

    @classmethod
    def of(cls, events: Sequence[Arrival], today: date) -> Self | None:
        if not events:
            return None
        table = catalog().table(events[0].table)
        raw = pd.DataFrame([{name: one.row.get(name) for name in table.column_names} for one in events], dtype=object)
        dated = raw["known_on"].notna().to_numpy(bool)
        raw.loc[~dated, "known_on"] = today.isoformat()
        return cls(table, [one.event_id for one in events], raw, dated, today)

    def checked(self, known: Known) -> Intake:
        """The checks that rows of files pass, and that all they name is known."""
        keys = {target: known.keys.get(target, frozenset()) for target in self.table.references.values()}
        if self.table.name == "officers":
            keys.pop("officers", None)
        return take_in(self.table, self.raw, Circumstances(keys, known.joined, self.today, known.erased))

    def sifted(self, taken: Intake, history: History) -> Sifted:
        """Which accepted rows are new, which stood already, which contradict one that stands; positions in them."""
        rows, whose = taken.accepted, "vacancy_id" if self.table.name in OF_UNITS else "officer_id"
        held = history.rows_of(self.table.name, whose, rows[whose].astype(str))
        told = already_told(self.table, held, rows) & ~self.dated[taken.rows]
        if not self.table.key:
            told |= rows.duplicated().to_numpy()
        left = np.flatnonzero(~told)
        found = sift(self.table, held, rows.iloc[left])
        same = np.sort(np.concatenate([np.flatnonzero(told), left[found.duplicates]]))
        return Sifted(left[found.new], same, left[found.conflicts])

    def became(self, taken: Intake, sifted: Sifted) -> dict[str, Became]:
        """What became of each event; whatever is neither new nor at fault came before."""
        fates = dict.fromkeys(self.event_ids, Became("duplicate"))
        for row, lines in taken.faults.groupby("row"):
            faults = tuple(dict.fromkeys(zip(lines["column"].astype(str), lines["reason"].astype(str), strict=True)))
            fates[self.event_ids[int(str(row))]] = CONTRADICTS if faults == CONTRADICTS.faults else Became(
                "quarantined", faults)  # fmt: skip
        fates |= {self.event_ids[taken.rows[position]]: CONTRADICTS for position in sifted.conflicts}
        fates |= {
            self.event_ids[taken.rows[position]]: Became("accepted", counts_from=self._seen_from(taken, position))
            for position in sifted.new
        }
        return fates

    def _seen_from(self, taken: Intake, position: int) -> date:
        row = taken.accepted.iloc[position]
        known: date = row["known_on"].date()
        happened = None if self.table.event_date is None else row[self.table.event_date]
        if happened is None or pd.isna(happened):
            return known
        seen: date = happened.date() + timedelta(days=1 if happens(self.table) else 0)
        return max(known, seen)


CONTRADICTS = Became("conflict", (("known_on", str(Refusal.CONFLICT.value)),))
ID_USED = Became("conflict", (("event_id", ID_TAKEN),))


@cache
def event_tables() -> tuple[str, ...]:
    """The tables that events may bring rows of: those that tell of officers, and vacancies.

    >>> [name in event_tables() for name in ("course_completions", "vacancies", "protected_attributes", "courses")]
    [True, True, False, False]
    """
    tables = catalog().tables.items()
    told = (name for name, one in tables if "officer_id" in one.column_names and name not in NOT_TAKEN)
    return tuple(sorted((*told, *OF_UNITS)))


def _faults(event: Arrival, today: date) -> tuple[tuple[str, str], ...]:
    """What is wrong with an event before any table is looked at."""
    if event.table not in event_tables():
        return (("table", UNKNOWN_TABLE),)
    table = catalog().table(event.table)
    strange = tuple((name, UNKNOWN_COLUMN) for name in event.row if name not in table.column_names)
    happened = None if table.event_date is None else day_of(event.row.get(table.event_date))
    ahead = isinstance(happened, datetime) and happened.date() > today
    return (*strange, (str(table.event_date), NOT_YET)) if ahead else strange


def _replayed(event: Arrival, digest: str) -> Became:
    return Became("duplicate") if event.digest == digest else ID_USED


def _each(events: Sequence[Arrival], first: Mapping[str, Arrival], became: Mapping[str, Became]) -> Iterator[Became]:
    """What the sender is told of each event, of which the first under its id became something."""
    told: set[str] = set()
    for event in events:
        fate = became[event.event_id]
        if event.event_id in told and event.digest != first[event.event_id].digest:
            yield ID_USED
        else:
            again = event.event_id in told and fate.outcome == "accepted"
            yield Became("duplicate") if again else fate
        told.add(event.event_id)


def _is_known(event: Arrival, known: Known) -> bool:
    return str(event.row.get("officer_id")).strip() in known.keys.get("officers", frozenset())


def _of_others(events: Sequence[Arrival], history: History, sees: SeesUnit) -> set[str]:
    """The events about vacancies that the records have in a unit which the sender may not name."""
    ids = {one.event_id: str(one.row.get("vacancy_id")).strip() for one in events}
    held = history.rows_of("vacancies", "vacancy_id", ids.values())
    taken = {str(one) for one, unit in zip(held["vacancy_id"], held["unit_id"], strict=True) if not sees(str(unit))}
    return {event_id for event_id, vacancy in ids.items() if vacancy in taken}


def _with_officers(known: Known, rows: pd.DataFrame) -> Known:
    ids = {*known.keys.get("officers", ()), *rows["officer_id"].astype(str)}
    return replace(known, keys={**known.keys, "officers": ids})


def _plain(value: Value) -> Value:
    return int(value) if isinstance(value, float) and value.is_integer() else value
