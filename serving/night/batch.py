"""The night: grade every officer of a snapshot, publish an immutable partition, move one pointer.

Killed at any point, the next run keeps what was finished and ends with the same bytes. Nothing here reads a clock.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from data_contracts.asof import add_months
from data_contracts.decisions import GradePolicy
from data_contracts.errors import FeatureMismatch, NotReady, PublishRefused
from data_contracts.settings import Settings
from features.store import FeatureReader
from serving.night.assemble import Night, assemble
from serving.night.chunks import CHUNK_OFFICERS, ChunkStore, score_chunks
from serving.night.courses import courses_at
from serving.night.heeding import heeding
from serving.night.manifest import MANIFEST, Manifest, sync_folder
from serving.night.past import earlier_runs
from serving.night.pointer import move_pointer, one_at_a_time, run_folder
from serving.night.results import Scorer, results_root
from serving.units.night import Before, KnowsUnits

SMALLEST_SHARE = 0.5  # of the officers of the run before; below it the input is taken to be broken

Progress = Callable[[int, int, bool], None]  # officers done, officers in all, chunk kept from before


@dataclass(frozen=True)
class ScoreReport:
    """What a scoring run did. `new` is False when the same run had been published before."""

    folder: Path
    manifest: Manifest
    new: bool
    chunks_kept: int
    in_force: bool


def score(
    as_of: date,
    settings: Settings,
    scorer: Scorer,
    *,
    rules: GradePolicy,
    parents: Mapping[str, str] | None = None,
    reader: FeatureReader | None = None,
    chunk_officers: int = CHUNK_OFFICERS,
    progress: Progress | None = None,
    opted_out: Callable[[Collection[str]], Collection[str]] | None = None,
) -> ScoreReport:
    """Grade every officer in the snapshot of `as_of` and publish the result.

    `rules` say which share of the force gets which grade, `parents` maps a unit to the unit above it, `opted_out` tells
    which of the officers are left to people: no model looks at them. Raises
    PublishRefused when the snapshot is missing, empty, drifted or less than half of the last one, when another run
    holds the lock, or when the disk refuses; what was published before then stays in force.
    """
    reader = reader or FeatureReader(settings)
    root = results_root(settings)
    frame = _force(as_of, reader, scorer)
    out = frozenset() if opted_out is None else frozenset(opted_out(frame["officer_id"].dropna().astype(str).tolist()))
    earlier = tuple(earlier_runs(root, as_of, scorer.models, rules.flags.months))
    night = Night(
        as_of,
        scorer,
        rules,
        parents or {},
        reader.snapshot_hash(as_of),
        chunk_officers,
        earlier,
        courses_at(settings, as_of),
        year_before(as_of, reader, scorer, out),
        out,
    )
    try:
        with one_at_a_time(root):
            return _publish(night, frame, root, progress or _silent)
    except OSError as error:
        raise PublishRefused(f"{root} cannot be written ({error.strerror}); the last published run stays") from error


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


def _force(as_of: date, reader: FeatureReader, scorer: Scorer) -> pd.DataFrame:
    """The snapshot with the columns that the models were trained on; refuses what cannot be scored."""
    try:
        frame = reader.snapshot(as_of)
        for model in scorer.models:
            if reader.service_hash(model.service) != model.service_hash:
                raise FeatureMismatch(
                    f"{model.name} version {model.version} was trained on another {model.service}; train again"
                )
    except (NotReady, OSError, pa.ArrowException) as error:
        raise PublishRefused(f"nothing was published for {as_of}: {error}") from error
    if frame.empty:
        raise PublishRefused(f"nothing was published for {as_of}: its snapshot has no officer; build it again")
    return frame


def _publish(night: Night, frame: pd.DataFrame, root: Path, progress: Progress) -> ScoreReport:
    folder = run_folder(root, night.as_of, night.run)
    if folder.exists():
        manifest = Manifest.read(folder)
        manifest.verify(folder)
        return _in_force(root, folder, manifest, new=False, kept=0)
    _refuse_a_shrunken_force(night.as_of, len(frame), root)
    stage = folder.with_name(f".{night.run}.unfinished")
    officers = frame[frame["officer_id"].notna()].drop_duplicates("officer_id").sort_values("officer_id", kind="stable")
    store = ChunkStore(stage / "scored")
    kept = _score(night, officers, store, progress)
    manifest = assemble(night, frame, store, stage / "published")
    (stage / "published").rename(folder)
    sync_folder(folder.parent)
    return _in_force(root, folder, manifest, new=True, kept=kept)


def _in_force(root: Path, folder: Path, manifest: Manifest, *, new: bool, kept: int) -> ScoreReport:
    in_force = move_pointer(root, manifest)
    for stage in folder.parent.glob(".*.unfinished"):  # ours, or of a run that the newer inputs overtook
        shutil.rmtree(stage)
    return ScoreReport(folder, manifest, new=new, chunks_kept=kept, in_force=in_force)


def _score(night: Night, officers: pd.DataFrame, store: ChunkStore, progress: Progress) -> int:
    done = kept = 0
    scorer = heeding(night.scorer, night.opted_out)
    for size, was_kept in score_chunks(officers, scorer, store, night.chunk_officers):
        done, kept = done + size, kept + was_kept
        progress(done, len(officers), was_kept)
    return kept


def _silent(done: int, total: int, kept: bool) -> None:
    """Nobody watches."""


def _refuse_a_shrunken_force(as_of: date, officers: int, root: Path) -> None:
    before = _last_published(as_of, root)
    if before is not None and officers < SMALLEST_SHARE * before.counts.rows_in:
        raise PublishRefused(
            f"nothing was published for {as_of}: its snapshot has {officers} officers and the run as of {before.as_of} "
            f"had {before.counts.rows_in}; check what was ingested"
        )


def _last_published(as_of: date, root: Path) -> Manifest | None:
    """The manifest of the newest run at or before a day; of several of one day, the largest."""
    found = [Manifest.read(path.parent) for path in sorted(root.glob(f"as_of=*/*/{MANIFEST}"))]
    earlier = [item for item in found if item.as_of <= as_of]
    return max(earlier, key=lambda item: (item.as_of, item.counts.rows_in), default=None)
