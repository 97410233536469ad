"""An officer taken out of published nights. A night is never changed in place: one without the officer is published
beside it under a name of its own, the databases and the pointer are moved to it, and the old one is deleted.

Killed at any point, it is run again and goes on: until the last step both nights are whole, and one is in force.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.settings import Settings
from features.erasing import without
from serving.night.chunks import parquet_bytes
from serving.night.manifest import MANIFEST, Counts, Manifest, bytes_hash, hash_of, sync_folder, write_atomically
from serving.night.pointer import move_pointer, one_at_a_time, read_pointer, run_folder
from serving.night.results import SCORED, results_root
from serving.night.results_database import results_database
from serving.night.roll_up import GRADES, main_horizons

NAMELESS = "no_officer_id"  # the key of such a row is a place in the snapshot, which may look like somebody's id


@dataclass
class Unpublished:
    """Rows taken out of files and of the database, and which run took the place of which."""

    rows: int = 0
    in_database: int = 0
    runs: dict[str, str] = field(default_factory=dict)


def erase_in_results(settings: Settings, officer_id: str, pseudonym: str) -> Unpublished:
    """Take an officer out of every published night, here and in the database of results.

    Raises LockHeld while a night is being scored, ResultsDamaged for a night that is not what was published,
    ResultsUnwritable where the database is away.
    """
    root, done = results_root(settings), Unpublished()
    moved: dict[str, Manifest] = {}
    database = results_database(settings)
    if not root.is_dir() and database is None:
        return done
    with one_at_a_time(root):
        for stage in (*root.glob("as_of=*/.*.unfinished"), *root.glob("as_of=*/.*.erasing")):
            shutil.rmtree(stage)  # a killed night scores again what it had; a killed erasure writes again
        for path in sorted(root.glob(f"as_of=*/*/{MANIFEST}")):
            _erase_in_run(root, path.parent, officer_id, pseudonym, done, moved)
        if database is not None:
            done.in_database = database.erase(officer_id, moved)
        held = read_pointer(root)
        if held is not None and held.run in moved:
            move_pointer(root, moved[held.run])
        for old, manifest in moved.items():
            shutil.rmtree(run_folder(root, manifest.as_of, old))
    return done


def run_after(run: str, pseudonym: str) -> str:
    """The name of a run that took the place of another when an officer was erased."""
    return hash_of({"run": run, "erased": pseudonym})[: len(run)]


def _erase_in_run(
    root: Path, folder: Path, officer_id: str, pseudonym: str, done: Unpublished, moved: dict[str, Manifest]
) -> None:
    manifest = Manifest.read(folder)
    manifest.verify(folder)
    changed: dict[str, pa.Table] = {}
    for name in (one for one in manifest.files if one.endswith(".parquet")):
        after, count = _without(pq.read_table(folder / name), officer_id)
        if count:
            changed[name], done.rows = after, done.rows + count
    if not changed:
        return
    run = run_after(manifest.run, pseudonym)
    files = {name: bytes_hash(parquet_bytes(changed[name])) if name in changed else digest
             for name, digest in manifest.files.items()}  # fmt: skip
    counts, grades = _figures(manifest, folder, officer_id)
    fresh = replace(manifest, run=run, files=files, counts=counts, grades=grades)
    target = run_folder(root, manifest.as_of, run)
    if not target.exists():
        _publish(folder, target, fresh, changed)
    done.runs[manifest.run], moved[manifest.run] = run, fresh


def _without(rows: pa.Table, officer_id: str) -> tuple[pa.Table, int]:
    """As anywhere; but a nameless row that was left out of a night is nobody's."""
    if "reason" not in rows.column_names:
        return without(rows, officer_id)
    named = pa.array([reason != NAMELESS for reason in rows["reason"].to_pylist()], pa.bool_())
    after, count = without(rows.filter(named), officer_id)
    nameless = rows.filter(pc.invert(named))
    return pa.concat_tables([nameless, after]), count


def _publish(folder: Path, target: Path, manifest: Manifest, changed: Mapping[str, pa.Table]) -> None:
    draft = target.with_name(f".{target.name}.erasing")
    draft.mkdir()
    for name in manifest.files:
        if name in changed:
            write_atomically(draft / name, parquet_bytes(changed[name]))
            (draft / name).chmod(0o444)
        else:
            os.link(folder / name, draft / name)
    write_atomically(draft / MANIFEST, manifest.to_json().encode())
    manifest.verify(draft)
    draft.rename(target)
    sync_folder(target.parent)


def _figures(manifest: Manifest, folder: Path, officer_id: str) -> tuple[Counts, dict[str, dict[str, int]]]:
    """Counts and grades of the night without the officer."""
    columns = ["officer_id", "outcome", "horizon_months", "status", "grade", "overall_grade"]
    parts = [pq.read_table(folder / name, columns=columns) for name in manifest.files if name.startswith("part-")]
    rows: pd.DataFrame = pa.concat_tables(parts).to_pandas()
    own = rows[rows["officer_id"] == officer_id]
    left_out = pq.read_table(folder / "quarantine.parquet").to_pylist()
    away = Counter(row["reason"] for row in left_out if row["key"] == officer_id and row["reason"] != NAMELESS)
    twice = away.pop("duplicate", 0)
    scored = int((own["status"] == SCORED).any())
    quarantined, not_scored = away.total(), int(len(own) > 0 and not scored)
    counts = Counts(
        rows_in=manifest.counts.rows_in - scored - not_scored - quarantined - twice,
        scored=manifest.counts.scored - scored,
        not_scored=manifest.counts.not_scored - not_scored,
        quarantined=manifest.counts.quarantined - quarantined,
        duplicates=manifest.counts.duplicates - twice,
    )
    return counts, _grades(manifest, rows, own)


def _grades(manifest: Manifest, rows: pd.DataFrame, own: pd.DataFrame) -> dict[str, dict[str, int]]:
    left = {name: dict(counted) for name, counted in manifest.grades.items()}
    if own.empty:
        return left
    main = main_horizons(rows)
    told = [("overall", str(own["overall_grade"].iloc[0]))]
    for row in own.to_dict("records"):
        outcome, months = str(row["outcome"]), int(row["horizon_months"])
        told.append((outcome if months == main[outcome] else f"{outcome}_{months}m", str(row["grade"])))
    for name, grade in told:
        if grade in GRADES and name in left:
            left[name][grade] -= 1
    return left
