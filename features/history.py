"""The history: every accepted row, for ever, as parquet by year of the event.

Append-only: a correction is a new version and supersedes by its later `known_on`. A batch over all its tables is
visible whole or not at all, because readers see only files that the manifest lists and the manifest is replaced in
one step. Files of a batch that died are swept away by the next one.

Events come one by one, and a file for each would make every read slow: once there are many small batches of one
source they are merged into one. Their files stay a while for who is reading them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from data_contracts.catalog import DTYPES, Table, catalog
from data_contracts.errors import NotReady
from data_contracts.intake import Known
from features.versions import Sifted, sift, with_superseded_on

ARROW_TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.timestamp("us"),
}
FORMAT = 2
"""Of the manifest; 1 told neither how many batches were ever made nor which files were merged."""
EVENTS = "events"
"""The source of batches that are merged once there are many."""
SMALL_BATCHES, SEALED_ROWS = 32, 50_000  # merged when there are this many; one of this many rows is left alone
RETIRED_SECONDS = 600.0  # how long a merged file stays for readers that listed it before
POLL_SECONDS = 0.02
_PANDAS_TYPES = {pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


@dataclass(frozen=True)
class AppendCounts:
    """What became of the rows given for one table; `new` and `conflicts` are positions in the frame that was given."""

    new: npt.NDArray[np.intp]
    duplicates: int
    conflicts: npt.NDArray[np.intp]

    @property
    def appended(self) -> int:
        """How many rows entered the history."""
        return len(self.new)


def arrow_schema(table: Table) -> pa.Schema:
    """The contract's columns as they lie on disk."""
    return pa.schema([pa.field(c.name, ARROW_TYPES[c.kind]) for c in table.columns])


def as_pandas(rows: pa.Table) -> pd.DataFrame:
    """Rows of a history in the types that frames have behind the door."""
    frame: pd.DataFrame = rows.to_pandas(types_mapper=_PANDAS_TYPES.get)
    return frame


class History:
    """Accepted rows under one folder; making the object touches nothing.

    Layout: `<root>/<table>/year=<year>/<batch>.parquet` and `<root>/manifest.json`.
    """

    def __init__(self, root: Path) -> None:
        """Stand at `root`, which need not exist yet."""
        self.root = root
        self._held: tuple[tuple[int, int, int], Manifest] | None = None

    def tables(self) -> list[str]:
        """Tables that hold at least one row, in order of name."""
        return sorted(name for name, files in self._manifest().entries.items() if files)

    def path(self, table: str) -> Path:
        """The folder of a table; read it through `files`, which knows what is committed."""
        return self.root / table

    def files(self, table: str) -> list[Path]:
        """Committed files of a table, oldest batch first."""
        return [self.root / entry["path"] for entry in self._entries(table)]

    def listed(self) -> dict[str, dict[str, Any]]:
        """Every committed file as the manifest lists it, by its place."""
        return {entry["path"]: dict(entry) for files in self._manifest().entries.values() for entry in files}

    def rows(self, table: str) -> int:
        """Committed rows of a table, all versions."""
        return sum(int(entry["rows"]) for entry in self._entries(table))

    def fingerprint(self) -> str:
        """One hash over everything committed; equal histories in equal batches have equal fingerprints."""
        return self._manifest().fingerprint

    def dataset(self, table: str) -> ds.Dataset:
        """The committed files as a pyarrow dataset, which DuckDB reads without a copy."""
        files = [str(path) for path in self.files(table)]
        return ds.dataset(files, schema=arrow_schema(catalog().table(table)), format="parquet")

    def frame(self, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """All versions of a table's rows with `superseded_on`; no rows in contract dtypes where there are none.

        `columns` narrows what is read and returned; `superseded_on` always comes along.
        """
        contract = catalog().table(table)
        wanted = list(contract.column_names if columns is None else columns)
        needed = list(dict.fromkeys([*wanted, *contract.key, "known_on"]))
        read = with_superseded_on(contract, self._read(contract, needed))
        return read[[*wanted, "superseded_on"]]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every table that has rows, with `superseded_on`."""
        return {name: self.frame(name) for name in self.tables()}

    def known(self) -> Known:
        """Ids by table and officers' joining dates, for the references and dates of the next delivery."""
        keys: dict[str, set[str]] = {name: set() for name in self.tables()}
        for name in keys:
            key = catalog().table(name).key
            if len(key) == 1:
                keys[name].update(self._read(catalog().table(name), [key[0]])[key[0]])
        officers = self.frame("officers", ["officer_id", "entered_on"])
        newest = officers[officers["superseded_on"].isna()].set_index("officer_id")["entered_on"]
        return Known(keys, newest)

    def of_officers(self, table: str, officer_ids: Iterable[str]) -> pd.DataFrame:
        """All versions of these officers' rows of a table that has officers, in contract columns."""
        return self.rows_of(table, "officer_id", officer_ids)

    def rows_of(self, table: str, column: str, ids: Iterable[str]) -> pd.DataFrame:
        """All versions of the rows of a table with one of these ids in a column, in contract columns."""
        contract = catalog().table(table)
        if not self.files(table):
            return self._read(contract, list(contract.column_names))
        mine = ds.field(column).isin(pa.array(sorted(set(ids)), pa.string()))
        return as_pandas(self.dataset(table).to_table(filter=mine))

    def sifted(self, table: str, frame: pd.DataFrame) -> Sifted:
        """What appending the frame would do; changes nothing."""
        contract = catalog().table(table)
        return sift(contract, self._read(contract, list(contract.column_names)), frame)

    def append(self, table: str, frame: pd.DataFrame, batch: str = "append") -> AppendCounts:
        """Append one table's accepted rows as a batch of its own."""
        return self.append_all({table: frame}, batch)[table]

    def append_all(self, frames: Mapping[str, pd.DataFrame], batch: str) -> dict[str, AppendCounts]:
        """Append accepted rows of several tables, visible together or not at all; rows already there are dropped.

        `batch` is a word for the manifest that says where the rows came from.
        """
        with self.batch(batch) as opened:
            return {name: opened.append(name, frame) for name, frame in frames.items()}

    @contextmanager
    def batch(self, source: str, wait_seconds: float | None = None) -> Iterator[Batch]:
        """Append table by table; all of it becomes visible when the block ends, nothing if it raises.

        Batches exclude each other, in all processes. Raises NotReady when another one lasts over `wait_seconds`.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with self._locked(wait_seconds):
            held = self._manifest()
            self._sweep(held)
            opened = Batch(self, f"{held.made:06d}")
            yield opened
            if opened.files:
                after = held.with_batch({"source": source, "tables": opened.files})
                self._commit(after if source != EVENTS else self._merged(after))

    def _merged(self, held: Manifest) -> Manifest:
        """The manifest with its small batches of events as one, when there are many; nothing is added or lost."""
        small = [one for one in held.batches if one["source"] == EVENTS and _rows(one) < SEALED_ROWS]
        if len(small) < SMALL_BATCHES:
            return held
        whole = Batch(self, f"{held.made:06d}")
        for table in sorted({name for one in small for name in one["tables"]}):
            files = [str(self.root / entry["path"]) for one in small for entry in one["tables"].get(table, ())]
            contract = catalog().table(table)
            rows = ds.dataset(files, schema=arrow_schema(contract), format="parquet").to_table()
            whole.write(contract, as_pandas(rows))
        retired = [entry["path"] for one in small for files in one["tables"].values() for entry in files]
        for path in retired:
            os.utime(self.root / path)  # from now on it is old news; the sweep goes by this
        retired += [path for path in held.retired if (self.root / path).exists()]
        return held.with_one_for(small, {"source": EVENTS, "tables": whole.files}, retired)

    def rewritten(self, change: Callable[[pa.Table], pa.Table | None], wait_seconds: float | None = None) -> int:
        """Put other rows in the place of those of each file that `change` changes (None: it stays); how many did.

        This is for erasure alone: what was true stays true, but of whom it may no longer be told. All files change in
        one step, and the old ones are gone when this returns, also those that readers were left with. A file keeps its
        place in its batch under a name that tells which it follows (`place_after`), even where no row is left.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with self._locked(wait_seconds):
            held, fresh = self._manifest(), dict[str, dict[str, Any]]()
            self._sweep(replace(held, retired=[]))  # merged files hold the same rows: nobody is left with them
            for entry in (entry for files in held.entries.values() for entry in files):
                if (rows := change(pq.read_table(self.root / entry["path"], partitioning=None))) is not None:
                    fresh[entry["path"]] = self._put(rows, place_after(entry["path"]))
            batches = [
                {**one, "tables": {name: [fresh.get(entry["path"], entry) for entry in files]
                                   for name, files in one["tables"].items()}}
                for one in held.batches
            ]  # fmt: skip
            after = Manifest(batches, held.made, [])
            if fresh or held.retired:
                self._commit(after)
                self._sweep(after)
        return len(fresh)

    def _put(self, rows: pa.Table, place: str) -> dict[str, Any]:
        path = self.root / place
        with path.open("wb") as out:
            pq.write_table(rows.replace_schema_metadata(None), out, compression="zstd")
            out.flush()
            os.fsync(out.fileno())
        return {"path": place, "rows": rows.num_rows, "sha256": _sha256(path)}

    @contextmanager
    def alone(self, wait_seconds: float | None = None) -> Iterator[None]:
        """Nobody appends inside the block. Raises NotReady when somebody does for longer than `wait_seconds`."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self._locked(wait_seconds):
            yield

    def format_found(self) -> int | None:
        """The format of the manifest, also of a later one than this version reads; None where there is no history."""
        manifest = self.root / "manifest.json"
        try:
            return int(json.loads(manifest.read_bytes()).get("format", 1))
        except FileNotFoundError:
            return None
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            raise NotReady(f"{manifest}: cannot be read; restore it from a backup") from error

    def bring_forward(self) -> None:
        """Write the manifest again in this version's format; what is committed stays as it is. Within `alone`."""
        self._commit(self._manifest())

    def verify(self) -> None:
        """Check every file against its hash; raises NotReady naming the first that is missing or changed."""
        for name in self.tables():
            for entry in self._entries(name):
                path = self.root / entry["path"]
                if not path.is_file() or _sha256(path) != entry["sha256"]:
                    raise NotReady(f"{path}: is missing or was changed after it was written; restore it from a backup")

    def _read(self, contract: Table, columns: list[str]) -> pd.DataFrame:
        if not self.files(contract.name):
            return pd.DataFrame({c: pd.Series(dtype=DTYPES[contract.column(c).kind]) for c in columns})
        return as_pandas(self.dataset(contract.name).to_table(columns))

    def _entries(self, table: str) -> Sequence[dict[str, Any]]:
        return self._manifest().entries.get(table, [])

    def _manifest(self) -> Manifest:
        """What is committed now; parsed again only when the file was replaced, since a request asks dozens of times."""
        manifest = self.root / "manifest.json"
        try:
            with manifest.open("rb") as opened:
                now = os.fstat(opened.fileno())
                seen = now.st_ino, now.st_mtime_ns, now.st_size
                held = self._held
                if held is None or held[0] != seen:
                    self._held = held = (seen, Manifest.from_json(opened.read()))
                return held[1]
        except FileNotFoundError:
            return Manifest([], 0, [])
        except LaterFormat as error:
            raise NotReady(f"{manifest}: is {error}; start the version that wrote it") from error
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            raise NotReady(f"{manifest}: cannot be read; restore it from a backup") from error

    def _commit(self, held: Manifest) -> None:
        """Replace the manifest in one step; only now are the batch's files part of the history."""
        pending = self.root / "manifest.json.pending"
        with pending.open("w", encoding="utf-8") as out:
            json.dump({"format": FORMAT, **asdict(held)}, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        pending.replace(self.root / "manifest.json")

    def _sweep(self, held: Manifest) -> None:
        committed = {entry["path"] for batch in held.batches for files in batch["tables"].values() for entry in files}
        retired, oldest = set(held.retired), time.time() - RETIRED_SECONDS
        for path in self.root.glob("*/year=*/*.parquet"):
            place = path.relative_to(self.root).as_posix()
            if place not in committed and (place not in retired or path.stat().st_mtime < oldest):
                path.unlink()

    @contextmanager
    def _locked(self, wait_seconds: float | None) -> Iterator[None]:
        with (self.root / ".lock").open("w") as lock:
            if wait_seconds is None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            else:
                _wait_for(lock, wait_seconds)
            yield


REWRITTEN = re.compile(r"(-e(\d+))?\.parquet$")


def place_after(place: str) -> str:
    """The name of what takes the place of a file.

    >>> place_after("honours/year=2020/000000-0000.parquet"), place_after("a/000000-0000-e1.parquet")
    ('honours/year=2020/000000-0000-e1.parquet', 'a/000000-0000-e2.parquet')
    """
    found = REWRITTEN.search(place)
    number = int(found[2] or 0) if found else 0
    return REWRITTEN.sub(f"-e{number + 1}.parquet", place)


def place_before_any(place: str) -> str:
    """The name under which a file was first written, whatever took its place since.

    >>> place_before_any("a/000000-0000-e2.parquet")
    'a/000000-0000.parquet'
    """
    return REWRITTEN.sub(".parquet", place)


class LaterFormat(ValueError):
    """A manifest that a later version of ours wrote."""


@dataclass(frozen=True)
class Manifest:
    """What is committed: batches in order, how many were ever made, and files that were merged into others."""

    batches: list[dict[str, Any]]
    made: int
    retired: list[str]

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """As it was committed, in this format or an earlier one.

        Raises LaterFormat for a later one, and ValueError, KeyError, AttributeError or TypeError for what is none.
        """
        held = json.loads(text)
        if held.get("format", 1) > FORMAT:
            raise LaterFormat(f"of format {held['format']}, which this version does not know")
        batches = held["batches"]
        read = cls(batches, held.get("made", len(batches)), held.get("retired", []))
        read.check()
        return read

    def check(self) -> None:
        """Raise ValueError, KeyError, AttributeError or TypeError where it is of another shape than is written."""
        if not all(isinstance(one["source"], str) for one in self.batches):
            raise ValueError("a batch without a source")
        for entry in (entry for files in self.entries.values() for entry in files):
            _check_inside(entry["path"])
            if not (_is_count(entry["rows"]) and isinstance(entry["sha256"], str)):
                raise ValueError("a file without rows or hash")
        if not _is_count(self.made) or not isinstance(self.retired, list):
            raise ValueError("no count of batches, or no list of merged files")
        for path in self.retired:
            _check_inside(path)

    @cached_property
    def fingerprint(self) -> str:
        """One hash over the batches."""
        return hashlib.sha256(json.dumps(self.batches, sort_keys=True).encode()).hexdigest()

    @cached_property
    def entries(self) -> dict[str, list[dict[str, Any]]]:
        """Files by table, oldest batch first."""
        found: dict[str, list[dict[str, Any]]] = {}
        for batch in self.batches:
            for table, files in batch["tables"].items():
                found.setdefault(table, []).extend(files)
        return found

    def with_batch(self, batch: dict[str, Any]) -> Manifest:
        """With one more."""
        return Manifest([*self.batches, batch], self.made + 1, self.retired)

    def with_one_for(self, small: list[dict[str, Any]], whole: dict[str, Any], retired: list[str]) -> Manifest:
        """With one batch in the place of several; `retired` are all merged files that are still there."""
        kept = [one for one in self.batches if one not in small]
        return Manifest([*kept, whole], self.made + 1, retired)


class Batch:
    """Rows on their way into a history; made by `History.batch`."""

    def __init__(self, history: History, name: str) -> None:
        """Files of this batch carry `name`."""
        self.files: dict[str, list[dict[str, Any]]] = {}
        self._history = history
        self._name = name

    def append(self, table: str, frame: pd.DataFrame) -> AppendCounts:
        """Write the rows that the history lacks; a table may come in several parts that share no key."""
        contract = catalog().table(table)
        sifted = self._history.sifted(table, frame)
        self.write(contract, frame.iloc[sifted.new])
        return AppendCounts(sifted.new, len(sifted.duplicates), sifted.conflicts)

    def write(self, contract: Table, rows: pd.DataFrame) -> None:
        """Write rows that are known to be new, one file for each year."""
        table = contract.name
        part = f"{self._name}-{len(self.files.get(table, ())):04d}"
        years = rows[contract.event_date or "known_on"].dt.year.astype("int64")
        for year, of_year in rows.groupby(years, sort=True):
            place = Path(table, f"year={year:04d}", f"{part}.parquet")
            self.files.setdefault(table, []).append(self._write(contract, of_year, place))

    def _write(self, contract: Table, rows: pd.DataFrame, place: Path) -> dict[str, Any]:
        path = self._history.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        content = pa.Table.from_pandas(rows, schema=arrow_schema(contract), preserve_index=False)
        with path.open("wb") as out:
            pq.write_table(content.replace_schema_metadata(None), out, compression="zstd")
            out.flush()
            os.fsync(out.fileno())
        return {"path": place.as_posix(), "rows": len(rows), "sha256": _sha256(path)}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_inside(place: str) -> None:
    """A file of the history lies in it: one that is listed may be swept away."""
    if Path(place).is_absolute() or ".." in Path(place).parts or Path(place).suffix != ".parquet":
        raise ValueError("a file that lies elsewhere")


def _rows(batch: Mapping[str, Any]) -> int:
    return sum(int(entry["rows"]) for files in batch["tables"].values() for entry in files)


def _wait_for(lock: IO[str], seconds: float) -> None:
    """Take a lock, or raise NotReady when another holds it for longer."""
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise NotReady("the history is being written by another command; try again when it is done") from None
            time.sleep(POLL_SECONDS)
        else:
            return


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
