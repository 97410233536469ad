"""A small force in a tree, graded: 40 officers in a, 50 in b, 3 in c and 2 in d under b; a and b are under top."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.policy import policy
from models.risk.themes import FACETS
from models.units.model import UnitRule
from serving.night.chunks import parquet_bytes
from serving.night.manifest import Counts, Manifest, ModelIdentity, file_hash
from serving.night.results import PublishedRun
from serving.night.roll_up import graded
from serving.units.night import Before, UnitInputs, unit_results

AS_OF = date(2026, 11, 1)
PARENTS = {"a": "top", "b": "top", "c": "b", "d": "b"}
UNITS = ["a"] * 40 + ["b"] * 50 + ["c"] * 3 + ["d"] * 2
CHANCES = np.array([0.1] * 40 + [0.3] * 50 + [0.6] * 5)
ANSWERS = (("conduct", 12), ("strain", 12), ("force", 12))


def results() -> pd.DataFrame:
    """The officers' rows, three outcomes each; force is not served."""
    officers = [f"o-{number}" for number in range(95)]
    parts = [
        pd.DataFrame({"officer_id": officers, "unit_id": UNITS, "outcome": outcome, "horizon_months": months,
                      "status": "scored", "probability": CHANCES if outcome == "conduct" else CHANCES / 2})
        for outcome, months in ANSWERS
    ]  # fmt: skip
    rows = graded(pd.concat(parts, ignore_index=True), policy().grades)
    return rows.assign(flags=['[{"kind": "approach"}]' if unit in "cd" else "[]" for unit in rows["unit_id"]])


def snapshot() -> pd.DataFrame:
    """Features: one officer in ten of a, and three in ten of the others, had a sustained complaint."""
    had = [float(number % 10 < (1 if unit == "a" else 3)) for number, unit in enumerate(UNITS)]
    return pd.DataFrame(
        {
            "officer_id": pd.array([f"o-{number}" for number in range(95)], dtype="string"),
            "unit_id": pd.array(UNITS, dtype="string"),
            "complaints_sustained_12m": had,
            "complaints_pending_12m": 0.0,
            "complaints_sustained_24m": had,
        }
    )


def facets() -> NDArray[np.float64]:
    """Sustained complaints add half a log-odd to everybody outside a, all of it by the figure that is told."""
    parts = np.zeros((3 * 95, len(FACETS)))
    place = [theme.code for theme, _ in FACETS].index("sustained_complaints")
    parts[:, place] = [0.0 if unit == "a" else 0.5 for unit in UNITS * 3]
    return np.hstack([parts, parts])


def before() -> Before:
    """A year ago o-0 was in b and o-40 in a; everybody's chance of conduct was 0.1; one officer has left since."""
    frame = snapshot()
    frame.loc[0, "unit_id"], frame.loc[40, "unit_id"] = "b", "a"
    gone = pd.DataFrame({"officer_id": ["o-gone"], "unit_id": ["a"]}).astype("string")
    frame = pd.concat([frame, gone], ignore_index=True)
    return Before(date(2025, 11, 1), "h", frame, {answer: np.full(96, 0.1) for answer in ANSWERS})


def inputs() -> UnitInputs:
    """Everything there is."""
    rules = {("conduct", 12): UnitRule(past=0.5, open_chance=0.1)}
    return UnitInputs(AS_OF, PARENTS, policy().grades, snapshot(), rules, before(), facets())


def published(
    folder: Path, rows: pd.DataFrame | None = None, parents: Mapping[str, str] = MappingProxyType(PARENTS)
) -> PublishedRun:
    """The units of this force, or of those officers in `rows`, as a published run."""
    import pyarrow as pa

    path = folder / "units.parquet"
    told = inputs() if rows is None else UnitInputs(AS_OF, parents, policy().grades)
    units = unit_results(results() if rows is None else rows, told)
    path.write_bytes(parquet_bytes(pa.Table.from_pandas(units, preserve_index=False)))
    model = ModelIdentity("risk", "7", "a" * 64, "risk_v1", "h1", "2026-12-01")
    counts = Counts(rows_in=95, scored=95, not_scored=0, quarantined=0, duplicates=0)
    outcomes = tuple(outcome for outcome, _ in ANSWERS)
    return PublishedRun(folder, Manifest(AS_OF, "r", {}, (model,), outcomes, counts, {}, {path.name: file_hash(path)}))
