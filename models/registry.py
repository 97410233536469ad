"""Which model answers: a name and an alias resolve to one version and its folder of signed files.

MLflow keeps the versions and the aliases; the files are ours (`artifacts.py`). MLflow's own loaders are never called,
since they unpickle.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import sqlalchemy as sa

from data_contracts.errors import InvalidInput, NotReady, OtherDatabase, RegistryDown, UntrustedArtifact
from data_contracts.places import HERE, MODELS, plain, remember, remembered
from data_contracts.settings import Settings, prepare_process
from data_contracts.silence import hang_up_on_silence
from models.registry_shape import here

if TYPE_CHECKING:
    from mlflow import MlflowClient

GLANCE_SECONDS, SERVER_SECONDS = 1.0, 2
CHAMPION = "champion"
NAMES = ("risk", "next-post", "courses", "paths", "concerns")
ASIDE = ("concerns-challenger",)  # signed and kept to be compared with; they never answer
PATH_TAG = "pharos.path"
NO_ALIAS = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # what MLflow calls a name or an alias it lacks


@dataclass(frozen=True)
class ResolvedModel:
    """One registered version: where its signed files lie and the run that made it."""

    name: str
    version: str
    path: Path
    run_id: str
    tags: Mapping[str, str]


def check_signed_name(model: ResolvedModel, metadata: Mapping[str, Any]) -> None:
    """Raise UntrustedArtifact where signed files were put under another model's name than they were signed with.

    Risk models of older versions of this project were signed without a name; nothing else ever was.
    """
    signed_as = metadata.get("name", "risk")
    if signed_as != model.name:
        raise UntrustedArtifact(
            f"{model.name} version {model.version} is signed, but as {signed_as!a}; register the right folder"
        )


def client(settings: Settings) -> MlflowClient:
    """MLflow on the database of this state folder; no server, no global address, no telemetry.

    The first call of a process imports MLflow (seconds); the first on a new folder makes the database.
    """
    if settings.mlflow_url and not settings.mlflow_url.startswith("postgresql"):
        raise InvalidInput("PHAROS_MLFLOW_URL names no PostgreSQL server; write postgresql+psycopg://HOST/DATABASE")
    prepare_process(settings.threads)
    # a pooled connection goes on reading a file that was replaced, and outlives a server that was restarted
    os.environ.setdefault("MLFLOW_SQLALCHEMYSTORE_POOLCLASS", "NullPool")
    from mlflow import MlflowClient

    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)  # it announces each table that it makes
    settings.mlflow_dir.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri=settings.mlflow_uri, registry_uri=settings.mlflow_uri)


def register(settings: Settings, name: str, run_id: str, artifact_path: str) -> ResolvedModel:
    """Make the next version of `name` from the folder that the run logged under `artifact_path`."""
    from mlflow.exceptions import MlflowException

    registry = client(settings)
    try:
        registry.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{registry.get_run(run_id).info.artifact_uri}/{artifact_path}"
    if not _local(source).is_relative_to(settings.mlflow_dir.resolve()):
        raise NotReady(f"the run's files lie in {source}, not in {settings.state}; run `pharos upgrade`, then again")
    # relative to the state folder, so that a state folder may be moved or mounted elsewhere
    relative = _local(source).relative_to(settings.mlflow_dir.resolve())
    made = registry.create_model_version(name, source=source, run_id=run_id, tags={PATH_TAG: relative.as_posix()})
    return _resolved(settings, made)


def resolve(settings: Settings, name: str, alias: str = CHAMPION) -> ResolvedModel:
    """The version that `alias` points at; raises NotReady saying which command to run when there is none, OtherDatabase
    when champions of this state were found in another registry.

    Raises RegistryDown where the registry cannot be read, which says nothing about the alias.
    """
    if not settings.mlflow_dir.is_dir():
        raise NotReady(f"no model was ever registered under {settings.state}; run `pharos train {name}`")
    if not settings.mlflow_url and not settings.mlflow_database.is_file():  # MLflow would make an empty one
        raise RegistryDown(f"{settings.mlflow_database} is missing; restore it from a copy, or train again")
    try:
        _glance_at(settings)
        found = client(settings).get_model_version_by_alias(name, alias)
    except Exception as error:  # MLflow lets its database's errors through, whichever they are
        if getattr(error, "error_code", None) not in NO_ALIAS:
            where, remedy = str(settings.mlflow_database), "its disk and its locks"
            if settings.mlflow_url:
                where, remedy = "the registry of models", "its server (PHAROS_MLFLOW_URL)"
            raise RegistryDown(f"{where} cannot be read ({type(error).__name__}); look after {remedy}") from error
        _check_place(settings, name)
        raise NotReady(
            f"no version of {name} carries the alias {alias!r}; run `pharos train {name}`, then `pharos promote {name}`"
        ) from error
    remember(settings.state, MODELS, plain(settings.mlflow_url, settings.state))
    return _resolved(settings, found)


def _check_place(settings: Settings, name: str) -> None:
    """Raise OtherDatabase where champions of this state were found in another registry than the settings name now."""
    here = plain(settings.mlflow_url, settings.state)
    was = remembered(settings.state).get(MODELS, HERE if settings.mlflow_database.is_file() else here)
    if was != here:
        back = "unset PHAROS_MLFLOW_URL" if was == HERE else f"set PHAROS_MLFLOW_URL to {was}"
        raise OtherDatabase(
            f"the registry of models of this state is kept in {was}, and PHAROS_MLFLOW_URL now leads to {here}, where "
            f"{name} has no champion; {back}, or train and promote there (`pharos train {name}`, `pharos promote "
            f"{name}`)"
        )


def _glance_at(settings: Settings) -> None:
    """Raise what the driver does where the database cannot be read now: MLflow would try for 100 s, for each model."""
    if settings.mlflow_url:
        glance = {"connect_timeout": SERVER_SECONDS, "tcp_user_timeout": 1000 * SERVER_SECONDS}
        engine = sa.create_engine(settings.mlflow_url, poolclass=sa.NullPool, connect_args=glance)
        hang_up_on_silence(engine, SERVER_SECONDS)
        with engine.connect() as there:
            there.execute(sa.select(1))
        return
    database = settings.mlflow_database.resolve().as_uri()
    with closing(sqlite3.connect(f"{database}?mode=ro", uri=True, timeout=GLANCE_SECONDS)) as held:
        held.execute("SELECT count(*) FROM sqlite_master").fetchone()


def version_of(settings: Settings, name: str, version: str) -> ResolvedModel:
    """A version by its number; raises InvalidInput listing those that exist."""
    found = versions(settings, name)
    for model in found:
        if model.version == version:
            return model
    have = ", ".join(model.version for model in found) or "none yet"
    raise InvalidInput(f"{name} has no version {version!r}; registered: {have}")


def versions(settings: Settings, name: str) -> list[ResolvedModel]:
    """Every version of `name`, oldest first."""
    if name not in (*NAMES, *ASIDE):
        raise InvalidInput(f"no model is called {name!r}; use one of {', '.join(NAMES)}")
    if not settings.mlflow_dir.is_dir():
        return []
    found = client(settings).search_model_versions(f"name = '{name}'", max_results=1000)
    return sorted((_resolved(settings, version) for version in found), key=lambda model: int(model.version))


def set_alias(settings: Settings, name: str, version: str, alias: str = CHAMPION) -> None:
    """Point `alias` at a version; in one write, so that a reader sees the old one or the new one."""
    client(settings).set_registered_model_alias(name, alias, version)


def _resolved(settings: Settings, version: Any) -> ResolvedModel:
    relative = version.tags.get(PATH_TAG)
    if relative:
        path = _under(settings.mlflow_dir, relative)
    else:
        path = _local(here(version.source, settings.mlflow_dir.resolve()))
    return ResolvedModel(version.name, str(version.version), path, version.run_id, dict(version.tags))


def _under(folder: Path, relative: str) -> Path:
    """A path below a folder; raises UntrustedArtifact for one that climbs out of it."""
    if Path(relative).is_absolute() or ".." in Path(relative).parts:
        raise UntrustedArtifact(f"the registry leads to {relative!a}, which is not below {folder}; register it again")
    return folder / relative


def _local(source: str) -> Path:
    """The path of an artefact address on this machine."""
    address = urlparse(source)
    if address.scheme not in ("", "file"):
        raise NotReady(
            f"artefacts at {address.scheme}:// are not on this machine; copy them under the state folder first"
        )
    return Path(unquote(address.path)).resolve()
