"""The door: a frame becomes accepted rows and quarantined rows, each with its reasons, and nothing is lost.

rows in = accepted + quarantined + duplicates, exactly, for every table, counted over rows as they were delivered: a
complaint that a source tells opened and found in one row is one row. Behind this door nobody re-checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from graphlib import TopologicalSorter

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_contracts.catalog import Table, catalog
from data_contracts.coercion import typed_empty
from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.faults import OFFICER, Circumstances, WhoErased, erased_cells, faults_of
from data_contracts.schema import typed_frame
from data_contracts.vocabulary import Refusal

REGISTERED_ON = pd.Timestamp("1899-12-31")
"""`known_on` of a row that was only referred to: a day before any row a contract admits, so that each supersedes it."""
DELIVERED_ROW = "_delivered_row"
"""Column by which a source that makes several versions of a row says which row it was, numbered from 0."""
NOTHING_KNOWN = Circumstances(known_keys={})


@dataclass(frozen=True)
class Intake:
    """What became of one table's rows.

    `rows_in`: rows delivered. `accepted`: typed rows in contract columns, index 0..n-1; `rows`: the place of each in
    what was delivered, where the versions of one row share a place. `faults`: one line a fault with `row` (place),
    `row_key`, `column`, `reason`, `value_class`; a row may have several. `twins`: identical rows of a table without
    a key, kept beyond the first of each.
    """

    table: Table
    rows_in: int
    accepted: pd.DataFrame
    rows: npt.NDArray[np.intp]
    faults: pd.DataFrame
    twins: int
    ignored_columns: tuple[str, ...] = ()

    @property
    def quarantined(self) -> int:
        """How many rows were refused."""
        return int(self.faults["row"].nunique())

    @property
    def duplicates(self) -> int:
        """How many rows of a table with a key were dropped, because each of their versions had come before."""
        return self.rows_in - self.quarantined - self.taken

    @property
    def taken(self) -> int:
        """How many rows were accepted whole; of a row refused in part, the rest is accepted and not counted here."""
        return count_whole(self.rows, self.faults["row"].to_numpy(np.intp), self.rows_in)


@dataclass(frozen=True)
class Delivery:
    """All tables of one delivery behind the door; `registered` rows were referred to and declared by nobody."""

    intakes: Mapping[str, Intake]
    registered: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Accepted and registered rows by table."""
        names = [*self.intakes, *(name for name in self.registered if name not in self.intakes)]
        return {name: pd.concat(self._parts(name), ignore_index=True) for name in names}

    def _parts(self, name: str) -> list[pd.DataFrame]:
        accepted = [self.intakes[name].accepted] if name in self.intakes else []
        return [*accepted, *([self.registered[name]] if name in self.registered else [])]


@dataclass(frozen=True)
class Known:
    """What is known before a delivery: ids by table, officers' joining dates (index officer_id), and who was erased."""

    keys: Mapping[str, Set[str]] = field(default_factory=dict)
    joined: pd.Series | None = None
    erased: WhoErased | None = None


def take_in(table: Table, frame: pd.DataFrame, about: Circumstances = NOTHING_KNOWN) -> Intake:
    """Check and type one table's rows.

    >>> came = pd.DataFrame({"officer_id": ["a", "a", None], "honour": ["merit"] * 3,
    ...     "occurred_on": ["2020-01-05"] * 3, "known_on": ["2020-01-05"] * 3})
    >>> got = take_in(catalog().table("honours"), came)
    >>> len(got.accepted), got.twins, got.quarantined, got.faults["reason"].tolist()
    (2, 1, 1, ['missing'])
    """
    raw = frame.reset_index(drop=True).drop(columns=DELIVERED_ROW, errors="ignore")
    places = frame[DELIVERED_ROW].to_numpy(np.intp) if DELIVERED_ROW in frame else np.arange(len(raw), dtype=np.intp)
    typed = typed_frame(table, raw)
    for name, rows in erased_cells(table, typed, about).items():
        if name != OFFICER:  # a row of somebody else that names one who was erased comes in without that name
            raw, typed = (one.assign(**{name: one[name].mask(rows.to_numpy())}) for one in (raw, typed))
    faults = faults_of(table, raw, typed, about)
    good = typed.drop(index=pd.Index(faults["row"].unique()))
    same = good.duplicated()
    if table.key:
        good = good[~same]
        losers = _conflicting(table, good)
        good = good.drop(index=losers)
        faults = pd.concat([faults, conflict_lines(losers.to_numpy())], ignore_index=True)
    faults = faults.assign(row_key=row_keys(table, typed.loc[faults["row"]]).to_numpy(), row=places[faults["row"]])
    return Intake(
        table=table,
        rows_in=int(places.max(initial=-1)) + 1,
        accepted=good.reset_index(drop=True),
        rows=places[good.index],
        faults=faults.drop_duplicates(["row", "column", "reason"], ignore_index=True),
        twins=0 if table.key else int(same.sum()),
        ignored_columns=tuple(sorted(str(name) for name in raw.columns if name not in typed)),
    )


class Door:
    """A delivery's tables passing one at a time, those that others refer to first; holds no rows of past tables.

    References are checked where their table came. Officers, units and posts that are referred to and declared by
    nobody are registered with unknown attributes once everything has passed.
    """

    def __init__(
        self, frames: Mapping[str, pd.DataFrame], known: Known | None = None, today: date | None = None
    ) -> None:
        """`frames` by table name (they may be read only when asked for); `known` is what earlier deliveries brought."""
        self.frames = frames
        self.today = today
        known = known or Known()
        self._keys: dict[str, Set[str]] = dict(known.keys)
        self._joined = known.joined
        self._erased = known.erased
        self._referred: dict[str, set[str]] = {}

    def require(self, tables: Sequence[str]) -> None:
        """Raise MissingTable when neither the delivery nor what is known has one of the tables."""
        for name in tables:
            if name not in self.frames and name not in self._keys:
                delivered = ", ".join(sorted(self.frames)) or "nothing"
                raise MissingTable(f"the required table {name!r} was not delivered (there is {delivered}); add it")

    def intakes(self) -> Iterator[Intake]:
        """Each table's intake in turn."""
        for name in _in_order(self.frames):
            table = catalog().table(name)
            checkable = {target: ids for target, ids in self._keys.items() if not catalog().table(target).registered}
            frame = self.frames[name] if name != "postings" else _post_is_unit(self.frames[name])
            taken = take_in(table, frame, Circumstances(checkable, self._joined, self.today, self._erased))
            self._remember(taken)
            yield taken

    def registered(self) -> dict[str, pd.DataFrame]:
        """Rows with unknown attributes for those referred to and never declared; ask when every table has passed."""
        missing = {name: ids - set(self._keys.get(name, ())) for name, ids in sorted(self._referred.items())}
        return {name: _registered(catalog().table(name), ids) for name, ids in missing.items() if ids}

    def _remember(self, taken: Intake) -> None:
        table, accepted = taken.table, taken.accepted
        if len(table.key) == 1:
            self._keys[table.name] = set(self._keys.get(table.name, ())) | set(accepted[table.key[0]].unique())
        if table.name == "officers":
            self._joined = _joined(accepted, self._joined)
        for column, target in table.references.items():
            if catalog().table(target).registered:
                self._referred.setdefault(target, set()).update(accepted[column].dropna().unique())


def take_in_all(
    frames: Mapping[str, pd.DataFrame],
    *,
    known: Known | None = None,
    today: date | None = None,
    required: Sequence[str] = ("postings",),
    notes: Sequence[str] = (),
) -> Delivery:
    """Take in a whole delivery, in memory; raises MissingTable when a required table is neither there nor known."""
    door = Door(frames, known, today)
    door.require(required)
    intakes = {taken.table.name: taken for taken in door.intakes()}
    return Delivery(intakes, door.registered(), tuple(notes))


def count_whole(accepted: npt.NDArray[np.intp], refused: npt.NDArray[np.intp], rows_in: int) -> int:
    """How many of `rows_in` places were accepted and not refused in part; places may come again.

    >>> count_whole(np.array([0, 0, 1, 2]), np.array([1]), 4)
    2
    """
    whole = np.zeros(rows_in, dtype=bool)
    whole[accepted] = True
    whole[refused] = False
    return int(whole.sum())


def row_keys(table: Table, typed: pd.DataFrame) -> pd.Series:
    """The key of each row as one text; a table without a key goes by whose and when."""
    names = table.key or tuple(n for n in ("officer_id", table.event_date) if n is not None)
    texts = [typed[name].astype("string").fillna("?") for name in names]
    return reduce(lambda key, part: key + "|" + part, texts)


def conflict_lines(rows: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Lines of faults for rows that contradict another version known on the same day."""
    return pd.DataFrame(
        {
            "row": pd.Series(rows, dtype="int64"),
            "column": pd.Series(["known_on"] * len(rows), dtype="string"),
            "reason": pd.Series([str(Refusal.CONFLICT.value)] * len(rows), dtype="string"),
            "value_class": pd.Series(["date"] * len(rows), dtype="string"),
        }
    )


def _conflicting(table: Table, good: pd.DataFrame) -> pd.Index:
    """Rows to refuse where one key has several rows known on one day: the fullest stays, then the first by content.

    Content, not place, decides, so that the order of a file changes nothing.
    """
    version = [*table.key, "known_on"]
    rivals = good[good.duplicated(version, keep=False)]
    if rivals.empty:
        return good.index[:0]
    gaps = rivals.isna().sum(axis=1)
    content = rivals.astype("string").fillna("").agg("\x1f".join, axis=1)
    ranked = rivals[version].assign(_gaps=gaps, _content=content).sort_values(["_gaps", "_content"])
    return ranked.index[ranked.duplicated(version)]


def _in_order(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    needs = {
        name: {t for t in catalog().table(name).references.values() if t in frames and t != name} for name in frames
    }
    return list(TopologicalSorter(needs).static_order())


def _post_is_unit(frame: pd.DataFrame) -> pd.DataFrame:
    """Postings where one of post and unit is absent: without a posts table a post is a unit, and the reverse."""
    if "post_id" not in frame and "unit_id" not in frame:
        raise InvalidInput("postings: neither post_id nor unit_id was delivered; deliver at least one of them")
    if "post_id" not in frame:
        return frame.assign(post_id=frame["unit_id"])
    return frame if "unit_id" in frame else frame.assign(unit_id=frame["post_id"])


def _joined(officers: pd.DataFrame, before: pd.Series | None) -> pd.Series:
    now = officers.sort_values("known_on").drop_duplicates("officer_id", keep="last")
    dates = now.set_index("officer_id")["entered_on"]
    return dates if before is None else dates.combine_first(before)


def declared(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that somebody delivered: without those registered because others refer to them, which tell nothing."""
    return rows[rows["known_on"] > REGISTERED_ON]


def _registered(table: Table, ids: set[str]) -> pd.DataFrame:
    index = pd.RangeIndex(len(ids))
    frame = pd.DataFrame({c.name: typed_empty(c.kind, index) for c in table.columns}, index=index)
    frame[table.key[0]] = pd.array(sorted(ids), dtype="string")
    frame["known_on"] = pd.Series(REGISTERED_ON, index=index, dtype="datetime64[us]")
    return frame
