"""The registry's database between versions: the shape that MLflow wants, and the place its addresses lead to.

MLflow writes whole paths into its database, which lead to the old place after a state folder was moved or copied; what
is written anew goes into its own state all the same (run_files.py). Both are mended on a copy that takes the
database's place in one step: killed at any moment, it is the old one or the new one.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from data_contracts.settings import Settings

ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "model_versions": ("source", "storage_location"),
    "logged_models": ("artifact_location",),
}
INSIDE = "/mlflow/artifacts/"  # where every state folder keeps what its runs wrote


def revision_found(database: Path) -> str | None:
    """Which revision MLflow's database has; None where it says nothing."""
    with closing(_reading(database)) as opened:
        try:
            row = opened.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return None if row is None else str(row[0])


def revisions_known() -> tuple[str, frozenset[str]]:
    """The newest revision of the MLflow that is installed, and all that it can come from."""
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config

    scripts = ScriptDirectory.from_config(_get_alembic_config(""))
    return str(scripts.get_current_head()), frozenset(one.revision for one in scripts.walk_revisions())


def astray(settings: Settings) -> int:
    """How many addresses lead out of this state folder into the one that it was moved or copied from."""
    with closing(_reading(settings.mlflow_database)) as opened:
        return sum(len(_moved(opened, settings, *place)) for place in _places(opened))


def bring_forward(settings: Settings) -> None:
    """Give the database MLflow's newest shape and lead every address into this state folder."""
    database = settings.mlflow_database
    draft = database.with_name(f"{database.name}.upgrading")
    for old in (draft, *_beside(draft)):
        old.unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(draft)) as target:
        source.backup(target)
    _newest_shape(draft)
    with closing(sqlite3.connect(draft)) as opened, opened:
        for table, column in _places(opened):
            rows = [(new, old) for old, new in _moved(opened, settings, table, column).items()]
            opened.executemany(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", rows)  # noqa: S608  # names of ours
    draft.chmod(database.stat().st_mode & 0o777)
    for old in _beside(database):
        old.unlink(missing_ok=True)
    draft.replace(database)


def here(address: str, folder: Path) -> str:
    """An address of some state folder's artefacts as it is in this one; any other stays as it is.

    >>> here("file:///old/state/mlflow/artifacts/risk/1", Path("/new/mlflow"))
    'file:///new/mlflow/artifacts/risk/1'
    >>> here("s3://bucket/mlflow/artifacts/risk", Path("/new/mlflow"))
    's3://bucket/mlflow/artifacts/risk'
    """
    told = urlparse(address)
    before, inside, after = unquote(told.path).rpartition(INSIDE)
    if told.scheme not in ("", "file") or not inside or Path(before, "mlflow") == folder:
        return address
    path = folder / "artifacts" / after
    return path.as_uri() if told.scheme else str(path)


def _moved(opened: sqlite3.Connection, settings: Settings, table: str, column: str) -> dict[str, str]:
    folder = settings.mlflow_dir.resolve()
    asked = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608  # names of ours
    found = [row[0] for row in opened.execute(asked)]
    return {old: new for old in found if (new := here(old, folder)) != old}


def _places(opened: sqlite3.Connection) -> list[tuple[str, str]]:
    """Tables and columns that hold addresses, those that this revision has."""
    return [
        (table, column)
        for table, columns in ADDRESSES.items()
        for column in columns
        if column in {row[1] for row in opened.execute(f"PRAGMA table_info({table})")}
    ]


def _newest_shape(database: Path) -> None:
    import sqlalchemy as sa
    from mlflow.store.db.utils import _upgrade_db

    quiet: Any = logging.getLogger("mlflow.store.db.utils")
    quiet.setLevel(logging.WARNING)
    if revision_found(database) == revisions_known()[0]:
        return
    engine = sa.create_engine(f"sqlite:///{database.resolve()}")
    try:
        _upgrade_db(engine)
    finally:
        engine.dispose()


def _beside(database: Path) -> tuple[Path, ...]:
    return tuple(database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal"))


def _reading(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
