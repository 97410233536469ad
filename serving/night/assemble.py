"""The second pass of a night: grades over the whole force, the published files, the manifest."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache, cached_property, partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.decisions import GradePolicy
from data_contracts.errors import InputRefused, PublishRefused
from data_contracts.policy import policy
from models.risk.course_book import CourseBook
from serving.night.chunks import ChunkStore, parquet_bytes
from serving.night.courses import NO_COURSES, book_hash, publish_courses
from serving.night.followed import publish_followed
from serving.night.manifest import FORMAT, MANIFEST, Counts, Manifest, bytes_hash, hash_of, write_atomically
from serving.night.past import Asked, Chances
from serving.night.results import (
    FACETS,
    FINDING_DAYS,
    LATER,
    QUARANTINED,
    RESULT_SCHEMA,
    SCORED,
    UNPUBLISHED,
    PublishedRun,
    Scorer,
    asked_of,
)
from serving.night.roll_up import GRADES, graded, main_horizons
from serving.risk.flagging import Trends, bounds_of_force, flags_of, measured, trend_since
from serving.risk.supporting import support_column
from serving.units.drivers import facet_matrix, themes_in
from serving.units.night import Before, KnowsUnits, UnitInputs, unit_results

# what grading needs; reasons stay on disk
LIGHT = ["officer_id", "unit_id", "outcome", "horizon_months", "status", "probability", "merits"]


@dataclass(frozen=True)
class Night:
    """One run of the night as asked for: what decides its bytes, and nothing else."""

    as_of: date
    scorer: Scorer
    rules: GradePolicy
    parents: Mapping[str, str]
    snapshot_sha256: str
    chunk_officers: int
    earlier: tuple[PublishedRun, ...] = ()
    book: CourseBook = NO_COURSES
    before: Before | None = None
    opted_out: frozenset[str] = frozenset()

    @cached_property
    def inputs(self) -> dict[str, str]:
        """Hash of each input, for the manifest."""
        return {
            "snapshot": self.snapshot_sha256,
            "grade_rules": hash_of(asdict(self.rules)),
            "unit_tree": hash_of(dict(self.parents)),
            "earlier_runs": hash_of([run.manifest.output_hash for run in self.earlier]),
            "snapshot_before": "" if self.before is None else self.before.snapshot_sha256,
            "courses": book_hash(self.book),
            "support_rules": hash_of([asdict(policy().course_themes), *map(asdict, policy().support)]),
            "reason_rules": hash_of(asdict(policy().reasons)),
            "opt_outs": hash_of(sorted(self.opted_out)) if self.opted_out else "",
            "horizons": hash_of({rule.name.value: rule.horizon_months for rule in policy().outcomes}),
        }

    @property
    def run(self) -> str:
        """The hash that names the run: same inputs, same models, same rules."""
        models = [asdict(item) for item in self.scorer.models]
        asked = [list(one) for one in self.scorer.answers]
        told = [FORMAT, self.as_of.isoformat(), self.inputs, models, asked, self.chunk_officers]
        return hash_of(told)[:16]


def assemble(night: Night, frame: pd.DataFrame, store: ChunkStore, target: Path) -> Manifest:
    """Grade over the whole force and write parts, units, quarantine and manifest into an empty `target`.

    `frame` is the snapshot as it was read, `store` holds the scored chunks. Raises PublishRefused when officers were
    lost on the way, InputRefused when nobody could be scored.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    chunks = store.numbers()
    force = pa.concat_tables([store.read(number, [*LIGHT, *UNPUBLISHED]) for number in chunks]).to_pandas()
    facets = facet_matrix(force.pop(FACETS.name))
    force = graded(force, night.rules)
    counts = _counts(frame, force)
    if counts.scored == 0:
        told = f"none of {counts.rows_in} officers was scored; look at the snapshot, and at the model's reasons"
        raise InputRefused("bad_rows", f"nothing was published for {night.as_of}: {told}")
    trends = _trends(night, main_horizons(force))
    force["flags"] = flags_of(force, trends, night.rules, partial(bounds_of_force, rules=night.rules))
    force = force.drop(columns=FINDING_DAYS.name)
    files = _write_parts(store, force, target, night) | publish_courses(night.book, target)
    files |= publish_followed(trends.followed, target)
    units = unit_results(force, replace(unit_inputs(night, frame), facets=facets, told=_themes_told(store)))
    files["units.parquet"] = _write(target / "units.parquet", pa.Table.from_pandas(units, preserve_index=False))
    files["quarantine.parquet"] = _write(target / "quarantine.parquet", _quarantine(frame, force))
    _refuse_lost_rows(counts, target)
    manifest = Manifest(
        as_of=night.as_of,
        run=night.run,
        inputs=night.inputs,
        models=night.scorer.models,
        outcomes=tuple(dict.fromkeys(outcome for outcome, _ in night.scorer.answers)),
        counts=counts,
        grades=_grade_counts(force),
        files=files,
    )
    write_atomically(target / MANIFEST, manifest.to_json().encode())
    return manifest


def _trends(night: Night, main: Mapping[str, int]) -> Trends:
    """What flags look back on; a night in which others were followed is read only where a newer one does not tell."""
    runs = {run.manifest.as_of: run for run in night.earlier}
    since = trend_since(night.as_of, night.rules.flags.months)
    lately = {day: Chances.of(run) for day, run in runs.items() if day >= since}

    @cache
    def read(day: date) -> Chances | None:
        try:
            return lately[day] if day in lately else Chances.of(runs[day])
        except (OSError, pa.ArrowException):
            return None

    followed = measured(list(runs), read, night.scorer.answers, night.rules)
    return Trends(night.as_of, list(lately.values()), main, followed)


def unit_inputs(night: Night, frame: pd.DataFrame) -> UnitInputs:
    """What the units of a night are graded by, beside the officers' results."""
    rules = night.scorer.unit_rules if isinstance(night.scorer, KnowsUnits) else {}
    return UnitInputs(night.as_of, night.parents, night.rules, frame, rules, night.before)


def _themes_told(store: ChunkStore) -> dict[Asked, set[str]]:
    """The themes of every outcome that this night tells any officer of; of others no unit is told either."""
    found: dict[Asked, set[str]] = {}
    for number in store.numbers():
        rows = store.read(number, ["outcome", "horizon_months", "reasons", "strengths"]).to_pandas()
        for group, some in rows.groupby(["outcome", "horizon_months"], sort=True):
            found.setdefault(asked_of(group), set()).update(themes_in(some["reasons"]), themes_in(some["strengths"]))
    return found


def _write_parts(store: ChunkStore, force: pd.DataFrame, target: Path, night: Night) -> dict[str, str]:
    """Each chunk with its grades, flags and support, without the quarantined; returns name -> sha256."""
    files: dict[str, str] = {}
    start, main = 0, main_horizons(force)
    for number in store.numbers():
        table = store.read(number).drop_columns(list(UNPUBLISHED))
        rows = force.iloc[start : start + len(table)]
        start += len(table)
        rows = rows.assign(reasons=table["reasons"].to_pandas().to_numpy(object))
        rows = rows.assign(support=support_column(rows, main, night.book, night.as_of))
        for name in LATER:
            column = pa.array(rows[name], pa.string(), from_pandas=True)
            table = table.set_column(RESULT_SCHEMA.get_field_index(name), RESULT_SCHEMA.field(name), column)
        table = table.filter(pa.array((rows["status"] != QUARANTINED).to_numpy(bool)))
        files[f"part-{number:05d}.parquet"] = _write(target / f"part-{number:05d}.parquet", table)
    return files


def _counts(frame: pd.DataFrame, force: pd.DataFrame) -> Counts:
    """Every officer of the snapshot once: scored for at least one outcome, for none, quarantined, or a duplicate."""
    nameless = int(frame["officer_id"].isna().sum())
    states = force.assign(scored=force["status"] == SCORED, out=force["status"] == QUARANTINED)
    officers = states.groupby("officer_id", sort=False)[["scored", "out"]].any()
    return Counts(
        rows_in=len(frame),
        scored=int((officers["scored"] & ~officers["out"]).sum()),
        not_scored=int((~officers["scored"] & ~officers["out"]).sum()),
        quarantined=nameless + int(officers["out"].sum()),
        duplicates=int(frame["officer_id"].dropna().duplicated().sum()),
    )


def _refuse_lost_rows(counts: Counts, target: Path) -> None:
    """Count again in the files themselves: everybody who came in is published, quarantined or a duplicate."""
    parts = [pq.read_table(part, columns=["officer_id"]) for part in sorted(target.glob("part-*.parquet"))]
    published = len(pa.concat_tables(parts)["officer_id"].unique())
    out = pq.read_table(target / "quarantine.parquet").num_rows
    if (published, out) != (counts.published, counts.quarantined + counts.duplicates):
        raise PublishRefused(
            f"of {counts.rows_in} officers who went in {published} have results and {out} were left out on disk; "
            "nothing was published: run again, and if it stays so report it as a fault of Pharos"
        )


def _quarantine(frame: pd.DataFrame, force: pd.DataFrame) -> pa.Table:
    """Who was left out and why; a nameless row is named by its place in the snapshot."""
    nameless = [str(place) for place in frame["officer_id"].isna().to_numpy().nonzero()[0]]
    out = force.loc[force["status"] == QUARANTINED, "officer_id"].drop_duplicates().astype(str).tolist()
    twice = frame.loc[frame["officer_id"].notna() & frame["officer_id"].duplicated(), "officer_id"].astype(str).tolist()
    reasons = ["no_officer_id"] * len(nameless) + ["not_a_probability"] * len(out) + ["duplicate"] * len(twice)
    return pa.table({"key": pa.array([*nameless, *out, *twice], pa.string()), "reason": pa.array(reasons, pa.string())})


def _grade_counts(force: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Officers of each grade, for each outcome and overall; other horizons than the main one as `conduct_24m`."""
    main, counted = main_horizons(force), dict[str, dict[str, int]]()
    for (outcome, months), rows in force.groupby(["outcome", "horizon_months"], sort=True):
        name = str(outcome) if months == main[str(outcome)] else f"{outcome}_{months}m"
        counted[name] = _counted(rows["grade"])
    overall = force.drop_duplicates("officer_id")["overall_grade"]
    return counted | {"overall": _counted(overall)}


def _counted(grades: pd.Series) -> dict[str, int]:
    return {name: int((grades == name).sum()) for name in GRADES}


def _write(path: Path, table: pa.Table) -> str:
    content = parquet_bytes(table)
    write_atomically(path, content)
    path.chmod(0o444)  # published once, never changed
    return bytes_hash(content)
