"""Where trials are kept: an Optuna journal under the state folder, or PostgreSQL by `PHAROS_TUNING_URL`.

Both take several workers at once, on one machine or, with PostgreSQL, on many.
"""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy as sa
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from data_contracts.database import BUSY_SECONDS
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings

WORKER, KILLED = "worker", "killed"
BEAT_SECONDS = 30  # a worker on another machine that says nothing for three beats is taken for dead


@contextmanager
def storage_of(settings: Settings) -> Iterator[BaseStorage]:
    """The trials of this state, with Optuna's own chatter off while they are open; raises NotReady for a server that
    cannot be reached."""
    settings.tuning_dir.mkdir(parents=True, exist_ok=True)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(logging.ERROR)
    try:
        yield _opened(settings)
    finally:
        optuna.logging.set_verbosity(before)


def _opened(settings: Settings) -> BaseStorage:
    url = settings.tuning_url
    if not url:
        return JournalStorage(JournalFileBackend(str(settings.tuning_dir / "journal.log")))
    if not url.startswith("postgresql"):
        raise InvalidInput("PHAROS_TUNING_URL names no PostgreSQL server; write postgresql+psycopg://HOST/DATABASE")
    engine = {"poolclass": sa.NullPool, "connect_args": {"connect_timeout": BUSY_SECONDS}}
    try:
        with _heartbeats():
            return RDBStorage(url, engine_kwargs=engine, heartbeat_interval=BEAT_SECONDS, grace_period=3 * BEAT_SECONDS)
    except (sa.exc.OperationalError, optuna.exceptions.StorageInternalError) as error:
        raise NotReady(
            f"the database of trials cannot be reached ({type(error).__name__}); look after its server "
            "(PHAROS_TUNING_URL)"
        ) from error


def worker() -> str:
    """Who judges a trial: machine, process, and when that process began, since numbers are used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{_began(os.getpid())}"


def bury_the_dead(study: optuna.Study) -> None:
    """End trials whose worker on this machine is no more; of other machines, those without a beat (PostgreSQL only).

    They are marked, so that they count as never drawn: what was begun by a killed process is drawn again.
    """
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        host, _, rest = str(trial.user_attrs.get(WORKER, "")).partition(":")
        if host == socket.gethostname() and not _alive(rest):
            _mark(study, trial)
            study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    if isinstance(study._storage, RDBStorage):
        with _heartbeats():
            optuna.storages.fail_stale_trials(study)


@contextmanager
def _heartbeats() -> Iterator[None]:
    """Optuna calls them experimental; what of them is used here, a test of ours uses too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def _mark(study: optuna.Study, trial: FrozenTrial) -> None:
    study._storage.set_trial_user_attr(trial._trial_id, KILLED, True)


def _alive(process_and_began: str) -> bool:
    number, _, began = process_and_began.partition(":")
    return number.isdigit() and _began(int(number)) == began


def _began(process: int) -> str:
    """When a process began, in ticks since the machine did; empty where there is none such.

    >>> _began(os.getpid()) == _began(os.getpid()) != _began(2**22 + 1)
    True
    """
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return _signalled(process)
    return "" if told[0] == "Z" else told[19]


def _signalled(process: int) -> str:
    """The same where the system has no /proc: only whether there is one."""
    if Path("/proc/self").exists():
        return ""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "there"
