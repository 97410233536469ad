"""The night: grade every officer of a snapshot, publish an immutable partition, move one pointer.

Killed at any point, the next run keeps what was finished and ends with the same bytes. Nothing here reads a clock.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa

from data_contracts.asof import add_months
from data_contracts.decisions import GradePolicy
from data_contracts.errors import FeatureMismatch, NotReady, ResultsUnwritable
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from features.store import FeatureReader
from serving.night.assemble import Night, assemble
from serving.night.chunks import CHUNK_OFFICERS, ChunkStore, score_chunks
from serving.night.courses import courses_at
from serving.night.heeding import heeding
from serving.night.input_checks import Checks, Fault, force_of, refuse_old_records, refuse_share, refuse_volume
from serving.night.manifest import MANIFEST, Manifest, sync_folder
from serving.night.past import looked_back_on
from serving.night.pointer import Move, move_for, move_pointer, one_at_a_time, run_folder
from serving.night.results import PublishedRun, Scorer, results_root
from serving.units.night import Before, KnowsUnits

Progress = Callable[[int, int, bool], None]  # officers done, officers in all, chunk kept from before


@dataclass(frozen=True)
class ScoreReport:
    """What a scoring run did.

    `new`: it was not published before; `in_force`: the pointer names it; `moved`: since this run.
    """

    folder: Path
    manifest: Manifest
    new: bool
    chunks_kept: int
    in_force: bool
    moved: bool


class Publisher(Protocol):
    """Where a run goes beside its files, or what must be said of it first; raises when it cannot be.

    Called with the run on disk and whether it comes into force, before it does: what a publisher refuses does not come
    into force, and the next run calls it again. So a second call for the same run must change nothing.
    """

    def __call__(self, run: PublishedRun, move: Move) -> None:
        """Take a run."""
        ...


@dataclass(frozen=True)
class Terms:
    """What a caller adds to a night: what is accepted of its input, where else results go, who keeps record of it.

    `recorded` is entered once the lock is held, and left with the lock still held. `opted_out` tells which of some
    officers are left to people: no model looks at them.
    """

    accepted: frozenset[Fault] = frozenset()
    publishers: Sequence[Publisher] = ()
    recorded: Callable[[], AbstractContextManager[Callable[[ScoreReport], None]]] = lambda: nullcontext(_unrecorded)
    progress: Progress = lambda _done, _total, _kept: None
    opted_out: Callable[[Collection[str]], Collection[str]] = lambda _: ()


def score(
    as_of: date,
    settings: Settings,
    scorer: Scorer,
    *,
    rules: GradePolicy,
    parents: Mapping[str, str] | None = None,
    reader: FeatureReader | None = None,
    chunk_officers: int = CHUNK_OFFICERS,
    terms: Terms = Terms(),
) -> ScoreReport:
    """Grade every officer in the snapshot of `as_of` and publish the result.

    `rules` say which share of the force gets which grade, `parents` maps a unit to the unit above it. What was
    published before stays in force when this raises: InputRefused (snapshot missing, empty, late, shrunken, drifted,
    bad), WrongModel, LockHeld, ResultsUnwritable (disk, database), ResultsDamaged, or PublishRefused for a scorer
    that does not answer as asked.
    """
    reader, root = reader or FeatureReader(settings), results_root(settings)
    try:
        with one_at_a_time(root), terms.recorded() as record:
            checks = Checks(policy().night, terms.accepted)
            frame = force_of(as_of, reader, scorer, checks)
            refuse_old_records(as_of, History(settings.history_dir), checks)
            out = frozenset(terms.opted_out(frame["officer_id"].dropna().astype(str).tolist()))
            night = Night(
                as_of,
                scorer,
                rules,
                parents or {},
                reader.snapshot_hash(as_of),
                chunk_officers,
                tuple(looked_back_on(root, as_of, scorer.models, rules.flags.nights)),
                courses_at(settings, as_of),
                year_before(as_of, reader, scorer, out),
                out,
            )
            report = _publish(night, frame, root, checks, terms)
            record(report)
            return report
    except OSError as error:
        place = error.filename or root
        raise ResultsUnwritable(f"{place} cannot be used ({error.strerror}); the last published run stays") from error


def _unrecorded(report: ScoreReport) -> None:
    """Nobody keeps record."""


def year_before(as_of: date, reader: FeatureReader, scorer: Scorer, opted_out: Collection[str] = ()) -> Before | None:
    """The officers of a year before as the same model sees them, to tell movement from; None where that is unknown.

    It is no condition of a night: without that snapshot, or with one that lacks a feature, nothing is told of it.
    """
    day = add_months(as_of, -12)
    if not isinstance(scorer, KnowsUnits) or day not in reader.snapshot_dates():
        return None
    try:
        frame = reader.snapshot(day)
    except (NotReady, FeatureMismatch, OSError, pa.ArrowException):
        return None
    known = (
        frame[frame["officer_id"].notna() & ~frame["officer_id"].isin(list(opted_out))]
        .drop_duplicates("officer_id")
        .sort_values("officer_id", kind="stable")
    )
    frame = known.reset_index(drop=True)
    return Before(day, reader.snapshot_hash(day), frame, scorer.chances(frame))


def _publish(night: Night, frame: pd.DataFrame, root: Path, checks: Checks, terms: Terms) -> ScoreReport:
    folder = run_folder(root, night.as_of, night.run)
    if folder.exists():
        run = PublishedRun(folder, Manifest.read(folder))
        run.manifest.verify(folder)
        return _in_force(root, run, terms, new=False, kept=0)
    refuse_volume(night.as_of, frame, _last_published(night.as_of, root), checks)
    stage = folder.with_name(f".{night.run}.unfinished")
    officers = frame[frame["officer_id"].notna()].drop_duplicates("officer_id").sort_values("officer_id", kind="stable")
    store = ChunkStore(stage / "scored")
    kept = _score(night, officers, store, terms.progress)
    store.verify()
    manifest = assemble(night, frame, store, stage / "published")
    counts = manifest.counts
    refuse_share(night.as_of, counts.rows_in, counts.quarantined, counts.duplicates, checks)
    manifest.verify(stage / "published")  # what the disk made of it, before anybody reads it
    (stage / "published").rename(folder)
    sync_folder(folder.parent)
    return _in_force(root, PublishedRun(folder, manifest), terms, new=True, kept=kept)


def _in_force(root: Path, run: PublishedRun, terms: Terms, *, new: bool, kept: int) -> ScoreReport:
    """Tell the publishers, then move the pointer: files and databases agree, or the next run makes them agree."""
    move = move_for(root, run.manifest)
    for publish in terms.publishers:
        publish(run, move)
    if move is Move.NEEDED:
        move_pointer(root, run.manifest)
    for stage in run.folder.parent.glob(".*.unfinished"):  # ours, or of a run that the newer inputs overtook
        shutil.rmtree(stage)
    moved, in_force = move is Move.NEEDED, move is not Move.NOT_WANTED
    return ScoreReport(run.folder, run.manifest, new, kept, in_force, moved)


def _score(night: Night, officers: pd.DataFrame, store: ChunkStore, progress: Progress) -> int:
    done = kept = 0
    scorer = heeding(night.scorer, night.opted_out)
    for size, was_kept in score_chunks(officers, scorer, store, night.chunk_officers):
        done, kept = done + size, kept + was_kept
        progress(done, len(officers), was_kept)
    return kept


def _last_published(as_of: date, root: Path) -> PublishedRun | None:
    """The newest run at or before a day; of several of one day, the largest."""
    days = {path: date.fromisoformat(path.name.removeprefix("as_of=")) for path in root.glob("as_of=*")}
    for path in sorted((path for path, day in days.items() if day <= as_of), reverse=True):
        runs = [PublishedRun(one.parent, Manifest.read(one.parent)) for one in sorted(path.glob(f"*/{MANIFEST}"))]
        if runs:
            return max(runs, key=lambda run: run.manifest.counts.rows_in)
    return None
