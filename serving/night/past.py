"""What earlier nights published: the same model's chances of the months before and of the night in force, what that
night measured of its alerts, and the courses officers have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.errors import PharosError, ResultsDamaged
from data_contracts.settings import Settings
from models.base import Numbers
from models.risk.course_book import CourseBook
from models.risk.flags import Followed
from serving.night.courses import NO_COURSES, published_courses
from serving.night.followed import published_followed
from serving.night.manifest import MANIFEST, Manifest, ModelIdentity
from serving.night.pointer import read_pointer
from serving.night.results import SCORED, PublishedRun, asked_of, latest_run, results_root

NEAR_DAYS = 15  # a night this near to a month's day stands for it
OLDER_MONTHS = 12  # how much longer ago what came of others may have been seen, where the newest nights do not tell it
Asked = tuple[str, int]  # outcome, months ahead


def earlier_runs(root: Path, as_of: date, models: Sequence[ModelIdentity], months: int) -> list[PublishedRun]:
    """The published runs of the same models nearest to 1, 2, ... `months` months before a day, oldest first.

    Of several runs of one day the one with the most officers is taken; a month without a run near it has none.
    """
    return _nearest(_published(root, as_of, models, months, heeded=months), as_of, months)


def looked_back_on(root: Path, as_of: date, models: Sequence[ModelIdentity], months: int) -> list[PublishedRun]:
    """Those `earlier_runs`, and before them those of OLDER_MONTHS more, in which others were followed.

    Of these a run that cannot be read counts as a night that was missed: it was no need of tonight's before either.
    """
    back = months + OLDER_MONTHS
    return _nearest(_published(root, as_of, models, back, heeded=months), as_of, back)


def _published(
    root: Path, as_of: date, models: Sequence[ModelIdentity], months: int, *, heeded: int
) -> dict[date, PublishedRun]:
    """By day, the largest run of the same models, of so many months before a day.

    Raises ResultsDamaged for a run of the last `heeded` months that cannot be read; an older one is left out.
    """
    found: dict[date, PublishedRun] = {}
    for path in sorted(root.glob(f"as_of=*/*/{MANIFEST}")):
        day = date.fromisoformat(path.parent.parent.name.removeprefix("as_of="))
        if day >= as_of or day < _first_near(as_of, months):
            continue
        try:
            run = PublishedRun(path.parent, Manifest.read(path.parent))
        except ResultsDamaged:
            if day >= _first_near(as_of, heeded):
                raise
            continue
        if tuple(run.manifest.models) == tuple(models) and _officers(run) > _officers(found.get(day)):
            found[day] = run
    return found


def _first_near(as_of: date, months: int) -> date:
    """The first day that stands for so many months before a day."""
    return add_months(as_of, -months) - timedelta(days=NEAR_DAYS)


def _nearest(found: Mapping[date, PublishedRun], as_of: date, months: int) -> list[PublishedRun]:
    """Those nearest to 1, 2, ... `months` months before a day, oldest first."""
    wanted = [add_months(as_of, -back) for back in range(months, 0, -1)]
    near = [min(found, key=lambda day: (abs((day - goal).days), day), default=None) for goal in wanted]
    kept = [day for day, goal in zip(near, wanted, strict=True) if day and abs((day - goal).days) <= NEAR_DAYS]
    return [found[day] for day in dict.fromkeys(kept)]


def _officers(run: PublishedRun | None) -> int:
    return -1 if run is None else run.manifest.counts.rows_in


@dataclass(frozen=True)
class Chances:
    """The chances of one night, (officers, asked), NaN where there was none; and each officer's unit, (officers,)."""

    as_of: date
    officers: pd.Index
    units: NDArray[np.object_]
    table: Mapping[Asked, Numbers]

    @classmethod
    def of(cls, run: PublishedRun) -> Chances:
        """Read once; an officer's row is found by id."""
        rows = run.officers(["officer_id", "unit_id", "outcome", "horizon_months", "status", "probability"])
        rows["probability"] = rows["probability"].where(rows["status"] == SCORED)
        each = {
            asked_of(group): part.set_index("officer_id")["probability"]
            for group, part in rows.groupby(["outcome", "horizon_months"], sort=True)
        }
        first = rows.drop_duplicates("officer_id")
        officers = pd.Index(first["officer_id"])
        found = {asked: part.reindex(officers).to_numpy(np.float64, na_value=np.nan) for asked, part in each.items()}
        return cls(run.manifest.as_of, officers, first["unit_id"].to_numpy(object), found)

    def at(self, asked: Asked, officer_ids: Sequence[str]) -> Numbers:
        """Of these officers, (n,)."""
        if asked not in self.table:
            return np.full(len(officer_ids), np.nan)
        place = self.officers.get_indexer(pd.Index(officer_ids))
        return np.where(place >= 0, self.table[asked][place], np.nan)


class Past(Protocol):
    """What a request may know of earlier nights."""

    def chances(self, as_of: date, /) -> Sequence[Chances]:
        """Of the months before a day, oldest first."""
        ...

    def night(self) -> Chances | None:
        """The whole force of the run in force; None where there is none of this model."""
        ...

    def followed(self) -> Mapping[Asked, Followed]:
        """What the run in force measured of who was near a limit; nothing where there is none of this model."""
        ...

    def courses(self) -> CourseBook:
        """Of the run in force."""
        ...


class NoPast:
    """Nothing was published yet."""

    def chances(self, *_: date) -> Sequence[Chances]:
        """None."""
        return ()

    def night(self) -> Chances | None:
        """None."""
        return None

    def followed(self) -> Mapping[Asked, Followed]:
        """None."""
        return {}

    def courses(self) -> CourseBook:
        """None."""
        return NO_COURSES


@dataclass
class PublishedPast:
    """The published nights of one model, read again only when the pointer moves.

    A result folder that cannot be read costs flags, courses and the grades of the night, never the answer.
    """

    settings: Settings
    models: tuple[ModelIdentity, ...]
    months: int
    _read: dict[str, tuple[str, Sequence[Chances]]] = field(default_factory=dict)
    _book: dict[str, CourseBook] = field(default_factory=dict)
    _night: dict[str, Chances | None] = field(default_factory=dict)
    _measured: dict[str, Mapping[Asked, Followed]] = field(default_factory=dict)

    def chances(self, as_of: date) -> Sequence[Chances]:
        """Of the months before a day, oldest first."""
        key, pointer = as_of.isoformat(), self._pointer()
        held = self._read.get(key)
        if held is not None and held[0] == pointer:
            return held[1]
        try:
            runs = earlier_runs(results_root(self.settings), as_of, self.models, self.months)
            found: Sequence[Chances] = [Chances.of(run) for run in runs]
        except (PharosError, OSError):
            found = ()
        self._read = {key: (pointer, found)}  # one day at a time is asked for; the older is let go
        return found

    def night(self) -> Chances | None:
        """The whole force of the run in force; None where there is none, or where another model scored it."""
        pointer = self._pointer()
        held = self._night
        if pointer not in held:
            held = self._night = {pointer: self._last_night()}
        return held[pointer]

    def _last_night(self) -> Chances | None:
        try:
            run = latest_run(self.settings)
            return Chances.of(run) if tuple(run.manifest.models) == self.models else None
        except (PharosError, OSError):
            return None

    def followed(self) -> Mapping[Asked, Followed]:
        """What the run in force measured, as it published it: a request tells what the night told."""
        pointer = self._pointer()
        held = self._measured
        if pointer not in held:
            held = self._measured = {pointer: self._last_followed()}
        return held[pointer]

    def _last_followed(self) -> Mapping[Asked, Followed]:
        try:
            run = latest_run(self.settings)
            return published_followed(run.folder) if tuple(run.manifest.models) == self.models else {}
        except (PharosError, OSError):
            return {}

    def courses(self) -> CourseBook:
        """Of the run in force."""
        pointer = self._pointer()
        if pointer not in self._book:
            self._book = {pointer: self._courses()}
        return self._book[pointer]

    def _courses(self) -> CourseBook:
        try:
            pointer = read_pointer(results_root(self.settings))
            return NO_COURSES if pointer is None else published_courses(pointer.folder(results_root(self.settings)))
        except (PharosError, OSError):
            return NO_COURSES

    def _pointer(self) -> str:
        try:
            pointer = read_pointer(results_root(self.settings))
        except (PharosError, OSError):
            return ""
        return "" if pointer is None else f"{pointer.as_of}/{pointer.run}"
