"""Who belongs to which group at a later as-of. For the gate only: nothing read here ever meets a frame that trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.errors import NotReady
from data_contracts.gating import GroupLimits
from data_contracts.pseudonyms import KEY_FILE, Pseudonyms, pseudonyms
from data_contracts.settings import Settings
from features.history import History
from features.offline_files import snapshot_parts
from models.groups import bands, sizes

TABLE = "protected_attributes"
PROTECTED = ("sex", "ethnicity", "birth_year")
MOST_DAYS = 60


class Rows(Protocol):
    """Evidence: whose each row is, by pseudonym, and of which day; both (n,)."""

    @property
    def officers(self) -> NDArray[Any]:
        """Pseudonyms."""
        ...

    @property
    def days(self) -> NDArray[np.datetime64]:
        """Days."""
        ...


@dataclass(frozen=True)
class Audit:
    """One text column an attribute, rows as in the evidence, null where unknown; and attributes nobody recorded."""

    frame: pd.DataFrame
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Register:
    """Protected attributes by pseudonym, and officers of the unit by day and pseudonym."""

    protected: pd.DataFrame
    unit_sizes: Mapping[date, pd.Series]

    def audit(self, rows: Rows, limits: GroupLimits) -> Audit:
        """The groups of each row of evidence; raises NotReady where the pseudonyms are not those of the evidence."""
        units = self._units_of(rows)
        if self._placed(rows) and units.isna().all():
            raise NotReady(
                f"no officer of the evidence is in the snapshots of its days under the key keys/{KEY_FILE}, which was "
                "changed since the model was trained: put the key back from a copy, or train again"
            )
        of = self.protected.reindex(rows.officers).reset_index(drop=True)
        years = pd.Series(rows.days.astype("datetime64[Y]").astype(int) + 1970)
        found = {
            "sex": of["sex"],
            "ethnicity": of["ethnicity"],
            "age_band": bands(years - of["birth_year"].astype("float64"), limits.age_band_years),
            "unit_size": sizes(units, limits.unit_size_edges),
        }
        known = {name: found[name] for name in limits.attributes if found[name].notna().any()}
        lacking = tuple(name for name in limits.attributes if name not in known)
        return Audit(pd.DataFrame(known, index=of.index), lacking)

    def _placed(self, rows: Rows) -> bool:
        """Whether anybody of these days has a unit."""
        days = np.unique(rows.days)
        return any(len(size) > 0 for day, size in self.unit_sizes.items() if np.datetime64(day) in days)

    def _units_of(self, rows: Rows) -> pd.Series:
        result = np.full(len(rows.officers), np.nan)
        for day, size in self.unit_sizes.items():
            there = rows.days == np.datetime64(day)
            result[there] = size.reindex(rows.officers[there]).to_numpy(dtype=np.float64)
        return pd.Series(result)


def register_of(settings: Settings, days: set[date]) -> Register:
    """What the history and the snapshots of these days hold; absent tables and days leave their attribute unknown."""
    names = pseudonyms(settings.keys_dir, make=False)
    found = {day: sizes_of for day in sorted(days) if (sizes_of := _unit_sizes(settings, day, names)) is not None}
    return Register(_protected(settings, names), found)


def posted_register(settings: Settings, days: Sequence[date]) -> Register:
    """The same where no snapshot need be: units as postings tell, at most MOST_DAYS times over the days.

    Each day is looked at with what was known on the last one of its stretch, so that who joined in between has a unit.
    """
    names = pseudonyms(settings.keys_dir, make=False)
    history, ordered = History(settings.history_dir), sorted(days)
    if "postings" not in history.tables() or not ordered:
        return Register(_protected(settings, names), {})
    rows = history.frame("postings", ["officer_id", "unit_id", "started_on", "known_on"])
    rows = rows.dropna(subset=["unit_id"]).sort_values(["started_on", "known_on"], kind="stable")
    left = pd.to_datetime(rows["officer_id"].map(_left(history)))
    rows = rows.assign(hidden=_hidden(rows["officer_id"], names), left_on=left)
    step = -(-len(ordered) // MOST_DAYS)
    found: dict[date, pd.Series] = {}
    for start in range(0, len(ordered), step):
        stretch = ordered[start : start + step]
        found |= dict.fromkeys(stretch, _posted_sizes(rows, stretch[-1]))
    return Register(_protected(settings, names), found)


def _left(history: History) -> Mapping[str, pd.Timestamp]:
    """The day each officer left, where that is known."""
    if "officers" not in history.tables():
        return {}
    rows = history.frame("officers", ["officer_id", "left_on"]).dropna(subset=["left_on"])
    return dict(zip(rows["officer_id"].astype(str), rows["left_on"], strict=True))


def _posted_sizes(rows: pd.DataFrame, day: date) -> pd.Series:
    """Officers of each officer's unit by the last posting known on a day; `rows` in order of start."""
    told = pd.Timestamp(day)
    last = rows[(rows["started_on"] <= told) & (rows["known_on"] <= told)].drop_duplicates("officer_id", keep="last")
    last = last[last["left_on"].isna() | (last["left_on"] > told)]  # between two postings one still has a unit
    number = last.groupby("unit_id")["officer_id"].transform("size")
    return pd.Series(number.to_numpy(np.float64), index=last["hidden"].to_numpy(object))


def _protected(settings: Settings, names: Pseudonyms) -> pd.DataFrame:
    frame = History(settings.history_dir).frame(TABLE, ["officer_id", *PROTECTED])
    newest = frame[frame["superseded_on"].isna()].drop_duplicates("officer_id", keep="last")
    return newest.set_index(_hidden(newest["officer_id"], names))[list(PROTECTED)]


def _unit_sizes(settings: Settings, day: date, names: Pseudonyms) -> pd.Series | None:
    """Officers of each officer's unit; None without a snapshot. Where people stood is read as it lies: a snapshot that
    is too old to be scored still knows it."""
    try:
        parts = snapshot_parts(settings.snapshot_dir, "officers", day)
    except NotReady:
        return None
    rows = pd.concat([pd.read_parquet(part, columns=["officer_id", "unit_id"]) for part in parts], ignore_index=True)
    number = rows.groupby("unit_id")["officer_id"].transform("size")
    return pd.Series(number.to_numpy(), index=_hidden(rows["officer_id"], names))


def _hidden(officers: pd.Series, names: Pseudonyms) -> pd.Index:
    return pd.Index([names.of(str(officer)) for officer in officers], dtype=object)
