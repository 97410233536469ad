"""The shape of a night's results, and how a published run is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.errors import NotReady, PublishRefused, ResultsDamaged
from data_contracts.settings import Settings
from serving.night.manifest import Manifest, ModelIdentity
from serving.night.pointer import Pointer, read_pointer

SCORED, NOT_SCORED, QUARANTINED = "scored", "not_scored", "quarantined"
RESULT_SCHEMA = pa.schema(
    [
        ("officer_id", pa.string()),
        ("unit_id", pa.string()),
        ("outcome", pa.string()),
        ("horizon_months", pa.int16()),
        ("status", pa.string()),
        ("probability", pa.float32()),
        ("low", pa.float32()),
        ("high", pa.float32()),
        ("unsure", pa.bool_()),
        (
            "reasons",
            pa.string(),
        ),  # JSON of what raises the chance: [{"theme", "text": {"zh", "en"}, "since", "strength"}]
        ("strengths", pa.string()),  # the same of what lowers it
        ("merits", pa.string()),  # JSON: {"text", "since"}: a good fact of the record, null for none
        ("because", pa.string()),  # JSON: {"code", "zh", "en"} where not scored
        ("grade", pa.string()),
        ("overall_grade", pa.string()),
        ("flags", pa.string()),  # JSON: [{"kind": approach | commend, "text", "since", "expected_on"}]
        # JSON where there is support (serving/risk/supporting.py): [{"outcome", "horizon_months", "kind", "text", ...}]
        ("support", pa.string()),
    ]
)
GIVEN = ("status", "probability", "low", "high", "unsure", "reasons", "strengths", "merits", "because", "finding_days")
FACETS = pa.field(
    "facets", pa.list_(pa.float32())
)  # log-odds by facet and figure, for the units' drivers; not published
FINDING_DAYS = pa.field("finding_days", pa.float32())  # since the last sustained complaint was opened; not published
UNPUBLISHED = (FACETS.name, FINDING_DAYS.name)
CHUNK_SCHEMA = RESULT_SCHEMA.append(FACETS).append(FINDING_DAYS)
LATER = ("grade", "overall_grade", "flags", "support")  # what needs the whole force


def asked_of(group: Any) -> tuple[str, int]:
    """The (outcome, months ahead) of a pandas group.

    >>> asked_of(("conduct", np.int16(12)))
    ('conduct', 12)
    """
    outcome, months = group
    return str(outcome), int(months)


def places_by_asked(rows: pd.DataFrame, wanted: Iterable[bool]) -> list[tuple[tuple[str, int], list[int]]]:
    """The positions of the wanted rows by (outcome, months ahead), in order: a pandas group costs a request too much.

    >>> frame = pd.DataFrame({"outcome": ["b", "a", "b"], "horizon_months": [12, 12, 12]})
    >>> places_by_asked(frame, [True, True, False])
    [(('a', 12), [1]), (('b', 12), [0])]
    """
    places: dict[tuple[str, int], list[int]] = {}
    keys = zip(rows["outcome"].tolist(), rows["horizon_months"].tolist(), strict=True)
    for place, (key, is_wanted) in enumerate(zip(keys, wanted, strict=True)):
        if is_wanted:
            places.setdefault(asked_of(key), []).append(place)
    return sorted(places.items())


class Scorer(Protocol):
    """What turns features into results. Called with chunks of one as-of date.

    The chunk has `officer_id`, `as_of`, `unit_id` where the snapshot has it, and the features of the service that
    `models` name. The answer has one row for each officer, outcome and horizon, in any order, with the columns
    `officer_id`, `outcome`, `horizon_months`, `status` (scored or not_scored), `probability`, `low`, `high`,
    `unsure`, `reasons` and `because`, and, where the model tells them, `strengths` and `merits`.
    `grade` is not asked for: grades are shares of the whole force. The same chunk must give the same answer.
    """

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        """The models that answer, for the manifest and the run hash."""
        ...

    @property
    def answers(self) -> tuple[tuple[str, int], ...]:
        """Each (outcome, months ahead) that is answered, in the order of the result."""
        ...

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        """Results of one chunk."""
        ...


def checked_results(answer: pd.DataFrame, chunk: pd.DataFrame, answers: Sequence[tuple[str, int]]) -> pa.Table:
    """A scorer's answer in chunk order, outcome by outcome and horizon, in the one schema; grades still empty.

    An officer with a probability that is no number between 0 and 1 is quarantined with all outcomes.
    Raises PublishRefused when an officer, outcome or horizon is missing, doubled or unasked.
    """
    keys = ["officer_id", "outcome", "horizon_months"]
    each = [(officer, *asked) for officer in chunk["officer_id"].astype(str) for asked in answers]
    wanted = pd.MultiIndex.from_tuples(each, names=keys)
    given = answer.assign(officer_id=answer["officer_id"].astype(str)).set_index(keys)
    if len(given) != len(wanted) or given.index.has_duplicates or not wanted.isin(given.index).all():
        raise PublishRefused(
            f"the scorer was asked for {len(wanted)} results and gave {len(given)} others; mend the scorer"
        )
    rows = given.reindex(wanted).reindex(columns=list(GIVEN)).reset_index()
    rows[FACETS.name] = given.reindex(wanted)[FACETS.name].to_numpy(object) if FACETS.name in given else None
    unit = chunk["unit_id"] if "unit_id" in chunk.columns else pd.Series(pd.NA, index=chunk.index, dtype="string")
    rows["unit_id"] = np.repeat(unit.astype(object).to_numpy(), len(answers))
    probability = pd.to_numeric(rows["probability"], errors="coerce").astype("float64")
    bad = (rows["status"] == SCORED) & ~probability.between(0.0, 1.0)
    bad |= ~rows["status"].isin([SCORED, NOT_SCORED])
    out = bad.groupby(rows["officer_id"], sort=False).transform("any")
    rows.loc[out, "status"] = QUARANTINED
    rows.loc[out, "because"] = '{"code": "not_a_probability"}'
    return _table(rows.assign(probability=probability, **dict.fromkeys(LATER)))


def _table(rows: pd.DataFrame) -> pa.Table:
    columns = [pa.Array.from_pandas(rows[item.name], type=item.type, safe=False) for item in CHUNK_SCHEMA]
    return pa.Table.from_arrays(columns, schema=CHUNK_SCHEMA)


@dataclass(frozen=True)
class PublishedRun:
    """One run of the night that was published: where it lies and what it is."""

    folder: Path
    manifest: Manifest

    def officers(self, columns: Sequence[str] | None = None, officer_ids: Sequence[str] | None = None) -> pd.DataFrame:
        """Results by officer, outcome and horizon, in snapshot order; optionally only some columns or officers."""
        parts = [self.folder / name for name in sorted(self.manifest.files) if name.startswith("part-")]
        filters = None if officer_ids is None else [("officer_id", "in", list(officer_ids))]
        tables = [pq.read_table(part, columns=list(columns) if columns else None, filters=filters) for part in parts]
        frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
        return frame

    def units(self) -> pd.DataFrame:
        """Results by unit, outcome and horizon."""
        frame: pd.DataFrame = pq.read_table(self.folder / "units.parquet").to_pandas()
        return frame


def latest_run(settings: Settings, verify: bool = False) -> PublishedRun:
    """The run in force; with `verify`, every byte of it is checked. Raises NotReady when there is none."""
    root = results_root(settings)
    pointer: Pointer | None = read_pointer(root)
    if pointer is None:
        raise NotReady("no night has been scored yet; run `pharos score --as-of DATE`")
    folder = pointer.folder(root)
    manifest = Manifest.read(folder)
    if manifest.output_hash != pointer.output_hash:
        raise ResultsDamaged(f"{folder} is not the run that {root / 'LATEST'} names; restore it from a copy")
    if verify:
        manifest.verify(folder)
    return PublishedRun(folder, manifest)


def results_root(settings: Settings) -> Path:
    """Where the night's risk results lie."""
    return settings.results_dir / "risk"
