"""Files of runs lie in the state folder that is asked, wherever the registry's database says they once lay.

MLflow keeps the whole path of an experiment's files, so that a state folder that was moved or copied would go on
writing into the old place. Whoever is about to write asks here first; `pharos upgrade` leads all older addresses too.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

import sqlalchemy as sa

from data_contracts.errors import NotReady, RegistryDown
from data_contracts.settings import Settings
from models.registry import ResolvedModel
from models.registry_shape import here

EXPERIMENTS = sa.table("experiments", sa.column("name"), sa.column("artifact_location"))


def place_of(settings: Settings, experiment: str) -> Path:
    """Where runs of an experiment keep their files, a folder for each."""
    return (settings.mlflow_dir / "artifacts" / experiment).resolve()


def check(settings: Settings, experiment: str) -> None:
    """Raise at once what `lead_here` would raise after minutes of fitting; changes nothing, needs no MLflow.

    Raises NotReady where runs of this experiment cannot keep their files in this state, RegistryDown where the
    registry cannot be read.
    """
    if settings.mlflow_dir.is_dir() and not os.access(settings.mlflow_dir, os.W_OK | os.X_OK):
        raise NotReady(f"{settings.mlflow_dir} is not writable, and a model is kept there; give it to who runs this")
    if settings.mlflow_url or settings.mlflow_database.is_file():
        with _database(settings) as connection:
            _known(settings, connection, experiment)


def lead_here(settings: Settings, experiment: str) -> None:
    """Let the next runs of an experiment keep their files in this state; raises as `check` does."""
    own = place_of(settings, experiment)
    with _database(settings) as connection:
        found = _known(settings, connection, experiment)
        if found is not None and _path(found) != own:
            row = EXPERIMENTS.update().where(EXPERIMENTS.c.name == experiment)
            connection.execute(row.values(artifact_location=own.as_uri()))


def check_run(settings: Settings, experiment: str, address: str) -> None:
    """Raise NotReady where a run that was just opened leads elsewhere: another state changed the address meanwhile."""
    if not _path(address).is_relative_to(place_of(settings, experiment)):
        raise NotReady(
            f"a run of {experiment} would keep its files in {address}, which is not in {settings.state}: another state "
            "uses this registry at this moment; give each state a database of its own (PHAROS_MLFLOW_URL), then again"
        )


def keep_beside(model: ResolvedModel, path: Path, folder: str) -> Path:
    """Put a file, or what a folder holds, beside the signed files of a version, where its run lists them; that place.

    The version was found in this state, so that what is put beside it is too.
    """
    place = model.path.parent / folder
    if path.is_dir():
        shutil.copytree(path, place, dirs_exist_ok=True)
    else:
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place / path.name)
    return place


def _known(settings: Settings, connection: sa.Connection, experiment: str) -> str | None:
    """The address of an experiment; None before its first run. Raises NotReady for one that no state folder made."""
    if not sa.inspect(connection).has_table("experiments"):
        return None
    asked = sa.select(EXPERIMENTS.c.artifact_location).where(EXPERIMENTS.c.name == experiment)
    found = connection.execute(asked).scalar_one_or_none()
    own = place_of(settings, experiment)
    if found is not None and _path(found) != own and _path(here(found, settings.mlflow_dir.resolve())) != own:
        raise NotReady(
            f"the registry has an experiment {experiment!r} whose files lie in {found}, which no state folder of ours "
            "made; give this state a database of its own (PHAROS_MLFLOW_URL), or rename that experiment"
        )
    return found


def _path(address: str) -> Path:
    """The path in an address, as it is written; that of another scheme leads nowhere here."""
    told = urlparse(address)
    return Path(unquote(told.path)) if told.scheme in ("", "file") else Path(address)


@contextmanager
def _database(settings: Settings) -> Iterator[sa.Connection]:
    engine = sa.create_engine(settings.mlflow_uri, poolclass=sa.NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        raise RegistryDown(
            f"the registry of models cannot be used ({type(error.orig or error).__name__}); look after "
            f"{'its server (PHAROS_MLFLOW_URL)' if settings.mlflow_url else settings.mlflow_database}"
        ) from error
    finally:
        engine.dispose()
