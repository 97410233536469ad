"""What `pharos review`, `pharos erase` and `pharos database` do, in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console

from data_contracts.belonging import service_database
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models.audit import has_come, now_of
from serving.night.results import latest_run
from serving.review import erasure
from serving.review.cases import CaseStore
from serving.review.logs import ServiceLog
from serving.review.opening import open_cases
from serving.review.timing import expire_cases, retain
from serving.upgrading import backup
from serving.upgrading.copies import delete_ended


def open_of_last_night(settings: Settings, console: Console) -> None:
    """Open the cases of the night in force; raises NotReady where there is none."""
    opened = open_cases(latest_run(settings, verify=True), CaseStore.of(settings), policy(), now_of(settings))
    console.print(opened.sentence, highlight=False)


def expire(settings: Settings, as_of: date, console: Console) -> None:
    """End the warnings that expired by a day; raises InvalidInput for one that has not come yet."""
    count = expire_cases(CaseStore.of(settings), has_come(settings, as_of), now_of(settings))
    console.print(f"{count:,} warnings expired by {as_of}", highlight=False)


def keep_retention(settings: Settings, as_of: date, console: Console) -> None:
    """Delete what policy keeps no longer on a day; raises InvalidInput for one that has not come yet."""
    as_of, now = has_come(settings, as_of), now_of(settings)
    deleted = retain(CaseStore.of(settings), ServiceLog.of(settings), policy(), as_of, now)
    console.print(deleted.sentence, highlight=False)
    for name in delete_ended(settings, policy(), as_of, now):
        console.print(f"deleted: {name}, kept long enough", markup=False, highlight=False, soft_wrap=True)


def erase_officer(settings: Settings, officer_id: str, console: Console, say: erasure.Says = erasure.silent) -> None:
    """Erase an officer everywhere and say what that did not reach; `say` is told each step as it begins."""
    proof, path = erasure.erase(settings, officer_id, now_of(settings), say)
    console.print(erasure.sentence(proof), markup=False, highlight=False, soft_wrap=True)
    console.print(f"signed proof: {path}", markup=False, highlight=False, soft_wrap=True)


def check_proof(settings: Settings, path: Path, console: Console) -> None:
    """Say what a proof says, if this deployment signed it; raises InvalidInput."""
    proof = erasure.read_proof(settings, path)
    console.print(f"{proof.at}, {proof.pseudonym}: {erasure.sentence(proof)}", markup=False, highlight=False,
                  soft_wrap=True)  # fmt: skip


def upgrade_database(settings: Settings, console: Console) -> None:
    """Bring the service's database to this checkout's revision."""
    from data_contracts.migrations.upgrade import upgrade  # Alembic takes a while to import

    done = upgrade(
        service_database(settings, "the service's database"), lambda: backup.copied(settings, now_of(settings))
    )
    console.print(done.sentence, markup=False, highlight=False, soft_wrap=True)
