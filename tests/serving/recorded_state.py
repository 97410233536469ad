"""A state folder that an earlier version of this project left, made anew from its recording."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from data_contracts.audit.chain import line_text
from data_contracts.audit.heads import Head
from models import keys

RECORDED = Path(__file__).parent / "state_of_8e6e747"  # made by that version of this project
OLD_MLFLOW = "acf3f17fdcc7"  # MLflow 2 wrote it: no workspaces and no logged models yet


def recorded_state(folder: Path) -> None:
    """The recording as a state folder that was moved here; its databases are made of SQL."""
    shutil.copytree(RECORDED, folder)
    for name in ("service/service", "feedback/feedback"):
        with closing(sqlite3.connect(folder / f"{name}.db")) as opened:
            opened.executescript((folder / f"{name}.sql").read_text("utf-8"))


def sign_anew(folder: Path) -> None:
    """Let another key sign the chain's lines and its head, so that it takes more lines; models keep the old signature.

    The private key of the recording stayed with whoever made it.
    """
    (folder / "keys" / keys.PUBLIC_NAME).unlink()
    key = keys.signing_key(folder / "keys")
    with closing(sqlite3.connect(folder / "service" / "service.db")) as opened:
        rows = opened.execute("SELECT number, hash FROM audit_lines ORDER BY number").fetchall()
        for number, made in rows:
            signature = key.sign(line_text(made)).hex()
            opened.execute("UPDATE audit_lines SET signature = ? WHERE number = ?", (signature, number))
        opened.commit()
    head = Head.signed(key, *rows[-1])
    told = {"number": head.number, "hash": head.hash, "signature": head.signature}
    (folder / "service" / "audit.head").write_text(json.dumps(told), "utf-8")


def registry_of(folder: Path, revision: str) -> Path:
    """MLflow's database as it was at a revision, with the recorded rows."""
    from alembic import command
    from mlflow.store.db.utils import _get_alembic_config
    from mlflow.store.tracking.dbmodels.initial_models import Base

    database = folder / "mlflow" / "mlflow.db"
    url = f"sqlite:///{database}"
    engine, config = sa.create_engine(url), _get_alembic_config(url)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    rows = (folder / "mlflow" / "rows.sql").read_text("utf-8")
    with closing(sqlite3.connect(database)) as opened:
        workspaces = "workspace" in {row[1] for row in opened.execute("PRAGMA table_info(experiments)")}
        opened.execute("DELETE FROM experiments")
        opened.executescript(rows if workspaces else rows.replace(",'default');", ");"))
        opened.commit()
    return database
