"""Where an id can still be read: everything that a deployment holds, looked through after an erasure.

Parquet files and databases are read by their values, every other file by its bytes; of a database on a server, every
table of its schema. What is found is told by place, never the value beside it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from data_contracts.settings import Settings
from features.erasing import names_of_other_things

LONG = 4  # a shorter id is looked for as a whole value only: within words it would be found everywhere
ACTORS = ("actor", "assigned_to", "body", "details")
"""Who acted, in cases and in the audit chain: an officer who acted stays answerable under the name of their token."""


@dataclass
class Traces:
    """What was looked through (how many files or tables, by place), where the id was found, and where it names who
    acted."""

    looked: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)

    def see(self, place: str, hits: Mapping[str, int] | bool) -> None:
        """Count a file or table as read; `hits` are numbers of values by column."""
        top = place.split("/")[0].split(":")[0]
        self.looked[top] = self.looked.get(top, 0) + 1
        if hits is True:
            self.found.append(place)
        elif hits:
            for column, count in hits.items():
                into = self.acted if column in ACTORS else self.found
                into.append(f"{place} ({column}, {count:,})")


@dataclass(frozen=True)
class Sought:
    """An id as it is looked for."""

    officer_id: str

    def within(self, value: object) -> bool:
        """Whether a value is the id, or a text has it as a word of its own.

        >>> sought = Sought("o-0012")
        >>> [sought.within(text) for text in ("o-0012", "oidc:x#o-0012", '["o-0012"]', "o-00123", None, 12)]
        [True, True, True, False, False, False]
        """
        if isinstance(value, (list, tuple)):
            return any(map(self.within, value))
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if not isinstance(text, str) or self.officer_id not in text:
            return False
        return text == self.officer_id or (len(self.officer_id) >= LONG and self._word.search(text) is not None)

    def named(self, name: str) -> bool:
        """Whether a file is called after the officer, as pictures are.

        >>> [Sought("o-0012").named(name) for name in ("path-o-0012-post_p-1.png", "path-o-00123-x.png")]
        [True, False]
        """
        alone = re.search(rf"(?<![A-Za-z0-9]){re.escape(self.officer_id)}(?![A-Za-z0-9])", name)
        return len(self.officer_id) >= LONG and alone is not None

    @property
    def _word(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(self.officer_id)}(?![A-Za-z0-9_-])")

    def in_file(self, path: Path) -> bool:
        """Whether the name or the bytes of a file have it; digits alone would be found in any binary file."""
        if self.named(path.name):
            return True
        if len(self.officer_id) < LONG:
            return f'"{self.officer_id}"'.encode() in path.read_bytes()
        if self.officer_id.isdigit():
            return re.search(rf'["|,]{self.officer_id}["|,]'.encode(), path.read_bytes()) is not None
        return self.within(path.read_bytes())


PART = 100  # files


def files_of(settings: Settings) -> list[Path]:
    """The files that are looked through."""
    return sorted(one for one in settings.state.rglob("*") if one.is_file() and not one.is_symlink())


def traces(settings: Settings, officer_id: str, say: Callable[[str], None] = lambda _: None) -> Traces:
    """Look everywhere, and `say` so with every PART files; raises what cannot be read (OSError, a database's error),
    for then nothing is proven."""
    sought, told = Sought(officer_id), Traces()
    files = files_of(settings)
    for number, path in enumerate(files):
        if number % PART == 0:
            say(f"reading all that is left, {number:,} of {len(files):,} files")
        place = path.relative_to(settings.state).as_posix()
        if path.suffix == ".parquet":
            told.see(place, _in_parquet(path, sought))
        elif _is_sqlite(path):
            for table, hits in _in_sqlite(path, sought):
                told.see(f"{place}:{table}", hits)
        else:
            told.see(place, sought.in_file(path))
    for name, url in _servers(settings).items():
        for table, hits in _in_server(url, sought):
            told.see(f"{name}:{table}", hits)
    if settings.online_url:
        told.see("Redis", _in_redis(settings, officer_id))
    return told


def _in_parquet(path: Path, sought: Sought) -> dict[str, int]:
    rows = pq.read_table(path, partitioning=None)
    found: dict[str, int] = {}
    for item in rows.schema:
        if item.name in names_of_other_things() or pa.types.is_primitive(item.type):
            continue
        if count := sum(map(sought.within, rows[item.name].unique().to_pylist() if _flat(item.type)
                            else rows[item.name].to_pylist())):  # fmt: skip
            found[item.name] = count
    return found


def _flat(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(16) == b"SQLite format 3\x00"


def _in_sqlite(path: Path, sought: Sought) -> Iterator[tuple[str, dict[str, int]]]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
        names = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        for table in names:
            columns = [row[1] for row in opened.execute(f'PRAGMA table_info("{table}")')]
            rows = opened.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # a name that the database told
            yield table, _counted(columns, (tuple(row) for row in rows), sought)


def _counted(columns: list[str], rows: Iterator[tuple[object, ...]], sought: Sought) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            if column not in names_of_other_things() and _within(value, sought):
                found[column] = found.get(column, 0) + 1
    return found


def _within(value: object, sought: Sought) -> bool:
    """Also in a key of Feast, which is the id between other bytes."""
    if isinstance(value, bytes):
        return sought.officer_id.encode() in value if len(sought.officer_id) >= LONG else False
    return sought.within(value)


def _servers(settings: Settings) -> dict[str, str]:
    """Databases on servers, each once."""
    urls = {
        "service database": settings.database_url, "results database": settings.results_database_url,
        "registry of features": settings.registry_url, "registry of models": settings.mlflow_url,
    }  # fmt: skip
    found: dict[str, str] = {}
    for name, url in urls.items():
        if url.startswith("postgresql") and url not in found.values():
            found[name] = url
    return found


def _in_server(url: str, sought: Sought) -> Iterator[tuple[str, dict[str, int]]]:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            for name in sorted(sa.inspect(connection).get_table_names()):
                table = sa.Table(name, sa.MetaData(), autoload_with=connection)
                has = sa.cast(sa.literal_column(f'"{name}"'), sa.Text).contains(sought.officer_id, autoescape=True)
                rows = connection.execute(sa.select(table).where(has))
                columns = [column.name for column in table.columns]
                yield name, _counted(columns, (tuple(map(_plain, row)) for row in rows), sought)
    finally:
        engine.dispose()


def _plain(value: object) -> object:
    return str(value) if isinstance(value, (dict, list)) else value


def _in_redis(settings: Settings, officer_id: str) -> bool:
    from features.redis_store import WRITE_SECONDS, redis_client

    text = officer_id.encode()
    glob = re.sub(rb"([\[\]*?\\])", rb"\\\1", text)
    ends: Callable[[bytes], bool] = lambda key: _stands_alone(key, text)  # noqa: E731
    with redis_client(settings.online_url, WRITE_SECONDS) as client:
        return any(ends(key) for key in client.scan_iter(match=b"*" + glob + b"*", count=1000))


def _stands_alone(key: bytes, text: bytes) -> bool:
    """Feast writes the length of an id before it: another id that begins with this one is longer."""
    at = key.find(text)
    return at >= 4 and int.from_bytes(key[at - 4 : at], "little") == len(text)
