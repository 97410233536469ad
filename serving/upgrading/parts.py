"""What a state folder holds, part by part: which version of it was found, and which one this version of ours wants."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from data_contracts import service_log
from data_contracts.audit.chain import LINES, begun_at, gone_whole
from data_contracts.database import Database
from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from features import history
from models import registry_shape
from models.audit import begun_of
from serving.night.manifest import FORMAT, MANIFEST
from serving.night.pointer import read_pointer
from serving.night.results import results_root

V = TypeVar("V", int, str)


class Standing(Enum):
    """How a part stands to this version."""

    ABSENT = "none yet"
    CURRENT = "current"
    BEHIND = "to be brought forward"
    AHEAD = "of a later version"
    KEPT = "kept as it is"


@dataclass(frozen=True)
class Part:
    """One part of a state folder; `words` say what a person should know or do."""

    name: str
    found: str
    wanted: str
    standing: Standing
    words: str = ""


def parts(settings: Settings) -> list[Part]:
    """Every part that has versions, in the order in which they are brought forward; changes nothing."""
    return [one(settings) for one in (_service, _log, _registry, _addresses, _history, _audit, _nights)]


def _service(settings: Settings) -> Part:
    from data_contracts.migrations.upgrade import head, revision_of

    name, wanted = "service database", head()
    database = Database(settings.service_url, name)
    if not database.exists:
        return Part(name, "none", wanted, Standing.ABSENT)
    with looking(settings.service_url, name) as connection:
        found, empty = revision_of(connection), not sa.inspect(connection).get_table_names()
    if empty:
        return Part(name, "none", wanted, Standing.ABSENT)
    return Part(name, found or "before revisions", wanted, _compared(found or "", wanted))


def _log(settings: Settings) -> Part:
    """The log has no revisions: its tables only grow, and what is missing is known by looking."""
    name, wanted = "log of suggestions", "every table and column"
    if not _log_file(settings).is_file():
        return Part(name, "none", wanted, Standing.ABSENT)
    with looking(settings.feedback_url, name) as connection:
        missing = missing_in_log(connection)
    if not missing:
        return Part(name, wanted, wanted, Standing.CURRENT)
    return Part(name, f"without {', '.join(missing)}", wanted, Standing.BEHIND)


def missing_in_log(connection: sa.Connection) -> list[str]:
    """Tables, and columns of tables that are there, which this version writes and the log lacks."""
    told, missing = sa.inspect(connection), []
    for table in service_log.METADATA.sorted_tables:
        if not told.has_table(table.name):
            missing.append(table.name)
            continue
        there = {column["name"] for column in told.get_columns(table.name)}
        missing += [f"{table.name}.{column.name}" for column in table.columns if column.name not in there]
    return missing


def _registry(settings: Settings) -> Part:
    name = "registry of models (MLflow)"
    if not settings.mlflow_database.is_file():
        return Part(name, "none", "", Standing.ABSENT)
    (wanted, known), found = registry_shape.revisions_known(), registry_shape.revision_found(settings.mlflow_database)
    if found == wanted:
        return Part(name, wanted, wanted, Standing.CURRENT)
    ahead = found is not None and found not in known
    return Part(name, found or "none told", wanted, Standing.AHEAD if ahead else Standing.BEHIND)


def _addresses(settings: Settings) -> Part:
    name, wanted = "addresses of artefacts", "all in this folder"
    if not settings.mlflow_database.is_file():
        return Part(name, "none", wanted, Standing.ABSENT)
    astray = registry_shape.astray(settings)
    if not astray:
        return Part(name, wanted, wanted, Standing.CURRENT)
    return Part(
        name, f"{astray} lead elsewhere", wanted, Standing.BEHIND, "this folder was moved or copied from another place"
    )


def _history(settings: Settings) -> Part:
    name, wanted = "history", f"format {history.FORMAT}"
    found = history.History(settings.history_dir).format_found()
    if found is None:
        return Part(name, "none", wanted, Standing.ABSENT)
    return Part(name, f"format {found}", wanted, _compared(found, history.FORMAT))


def _audit(settings: Settings) -> Part:
    """Chains of earlier versions have no mark, and nobody would notice one of them that is gone whole."""
    name, wanted, begun = "audit chain", "marked as begun", begun_of(settings)
    there = Database(settings.service_url, name).exists
    with looking(settings.service_url, name) if there else nullcontext() as connection:
        known = connection is not None and sa.inspect(connection).has_table(LINES.name)
        since = begun_at(connection) if connection is not None and known else None
        gone = gone_whole(connection, settings.audit_head, begun) if since is None else None
    if gone is not None:
        return Part(name, "no lines", wanted, Standing.KEPT, str(gone.refusal))
    if since is None:
        return Part(name, "none", wanted, Standing.ABSENT)
    return Part(name, f"begun on {since.date()}", wanted, Standing.CURRENT if begun.marked else Standing.BEHIND)


def _nights(settings: Settings) -> Part:
    """A published night is never changed: what was said stays as it was said."""
    name, wanted, root = "published nights", f"format {FORMAT}", results_root(settings)
    found = Counter(_format_of(path) for path in root.glob(f"as_of=*/*/{MANIFEST}"))
    if not found:
        return Part(name, "none", wanted, Standing.ABSENT)
    told = ", ".join(f"{count} of format {number}" for number, count in sorted(found.items()))
    if max(found) > FORMAT:
        return Part(name, told, wanted, Standing.AHEAD)
    pointer = read_pointer(root)
    number = FORMAT if pointer is None else _format_of(pointer.folder(root) / MANIFEST)
    if pointer is None or number == FORMAT:
        return Part(name, told, wanted, Standing.CURRENT)
    words = f"the night in force is of format {number}; run `pharos score --as-of {pointer.as_of}` after the upgrade"
    return Part(name, told, wanted, Standing.KEPT, words)


def _format_of(path: Path) -> int:
    try:
        return int(json.loads(path.read_text("utf-8"))["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotReady(f"{path} cannot be read as a manifest ({type(error).__name__}); restore it") from error


def _compared(found: V, wanted: V) -> Standing:
    if found == wanted:
        return Standing.CURRENT
    return Standing.AHEAD if found > wanted else Standing.BEHIND


def _log_file(settings: Settings) -> Path:
    return Path(str(sa.engine.make_url(settings.feedback_url).database))


@contextmanager
def looking(url: str, name: str) -> Iterator[sa.Connection]:
    """A connection that only looks; raises NotReady naming what cannot be opened."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.DatabaseError as error:
        kind = type(error.orig or error).__name__
        raise NotReady(
            f"the {name} cannot be read ({kind}); restore it from a copy, or look after its server"
        ) from error
    finally:
        engine.dispose()
