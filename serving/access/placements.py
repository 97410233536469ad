"""Where every officer serves and which unit lies under which, as the newest records say: what a caller's reach is
measured by. Read once, and again when the history has grown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from features.history import History
from features.record import records_at
from features.sequences import posting_sequences


@dataclass(frozen=True)
class Placements:
    """The present unit of each officer, the unit above each unit, and how units are called, where that is known."""

    unit_of: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Bilingual] = field(default_factory=dict)

    def under(self, unit_id: str, roots: Sequence[str]) -> bool:
        """Whether a unit is one of the roots or lies under one; a loop in the tree ends where it closes.

        >>> tree = Placements({}, {"station": "district", "district": "bureau"})
        >>> tree.under("station", ["district"]), tree.under("bureau", ["district"])
        (True, False)
        """
        seen: set[str] = set()
        here: str | None = unit_id
        while here is not None and here not in seen:
            if here in roots:
                return True
            seen.add(here)
            here = self.parents.get(here)
        return False

    def subtree(self, roots: Sequence[str]) -> frozenset[str]:
        """The roots that exist and every unit under them."""
        return frozenset(unit for unit in self.units if self.under(unit, roots))

    @property
    def units(self) -> frozenset[str]:
        """Every unit there is."""
        return frozenset((*self.parents, *self.parents.values(), *self.unit_of.values(), *self.names))

    def name(self, unit_id: str) -> Bilingual:
        """How a unit is called; its id where nobody said."""
        return self.names.get(unit_id, Bilingual(unit_id, unit_id))


class ReadPlacements:
    """Placements from the history of a deployment, as of the service's day."""

    def __init__(self, settings: Settings, today: Callable[[], date]) -> None:
        self._history = History(settings.history_dir)
        self._today = today
        self._lock = threading.Lock()
        self._held: tuple[tuple[str, date], Placements] | None = None

    def __call__(self) -> Placements:
        """The placements in force; empty where nothing was ever taken in."""
        with self._lock:
            key = (self._history.fingerprint(), self._today())
            if self._held is None or self._held[0] != key:
                self._held = (key, self._read(key[1]))
            return self._held[1]

    def _read(self, day: date) -> Placements:
        frames = records_at(self._history, None, day, ("postings", "units"))
        unit_of: dict[str, str] = {}
        if "postings" in frames:
            last = posting_sequences(frames["postings"]).drop_duplicates("officer_id", keep="last")
            unit_of = dict(zip(last["officer_id"].astype(str), last["unit_id"].astype(str), strict=True))
        parents: dict[str, str] = {}
        names: dict[str, Bilingual] = {}
        if "units" in frames:
            known = frames["units"].dropna(subset=["parent_unit_id"])
            parents = dict(zip(known["unit_id"].astype(str), known["parent_unit_id"].astype(str), strict=True))
            names = {str(row["unit_id"]): _called(row) for row in frames["units"].to_dict("records")}
        return Placements(unit_of, parents, names)


def _called(row: Mapping[Any, Any]) -> Bilingual:
    """A unit's names, each standing in for the other where there is one only."""
    zh, en = (None if pd.isna(name := row.get(column)) else str(name) for column in ("name_zh", "name_en"))
    either = zh or en or str(row["unit_id"])
    return Bilingual(zh or either, en or either)
