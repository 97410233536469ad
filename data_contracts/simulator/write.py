"""Write a simulated bureau to a folder: one parquet file a table, the planted effects, and the truth apart."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.simulator.effects import Effects
from data_contracts.simulator.faults import bad_rows
from data_contracts.simulator.moves import move_facts
from data_contracts.simulator.simulation import Block, Plan, Tick, static_frames

TRUTH = "truth"
PLANTED = (TRUTH, "talent")
EFFECTS_FILE = "effects.json"
BAD_FOLDER = "bad_rows"


def write_simulation(
    plan: Plan, folder: Path, *, with_bad_rows: bool = False, tick: Tick | None = None
) -> dict[str, int]:
    """Simulate block by block into `folder`; returns the rows of each table.

    `<table>.parquet` for the 22 tables, `truth/` with the planted hazards and talent (never to be ingested),
    `effects.json`, and with `with_bad_rows` the folder `bad_rows/` of rows that intake must refuse.
    Memory holds one block at a time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRUTH).mkdir(exist_ok=True)
    with _Files(folder) as files:
        shared = static_frames(plan)
        files.append(shared)
        for number in range(len(plan.blocks())):
            files.append(Block(plan, number).run(tick))
        counts = dict(files.rows)
    (folder / EFFECTS_FILE).write_text(_effects_text(plan), encoding="utf-8")
    if with_bad_rows:
        write_bad_rows(folder)
    return counts


def write_bad_rows(folder: Path) -> dict[str, int]:
    """Write `bad_rows/<table>.csv`: copies of a good row of this simulation, each spoilt in one stated way."""
    target = folder / BAD_FOLDER
    target.mkdir(exist_ok=True)
    counts = {}
    for table, frame in bad_rows(folder).items():
        frame.to_csv(target / f"{table}.csv", index=False)
        counts[table] = len(frame)
    return counts


def _effects_text(plan: Plan) -> str:
    said = {
        "simulation": {"officers": plan.officers, "years": plan.years, "seed": plan.seed, "end": plan.end.isoformat()},
        "effects": Effects().as_json(),
        "moves": move_facts().as_json(),
    }
    return json.dumps(said, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


class _Files:
    """One open parquet writer a table; each append is a row group."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.close()

    def append(self, frames: dict[str, pd.DataFrame]) -> None:
        for name, frame in frames.items():
            table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
            if name not in self._writers:
                path = self._folder / (f"{TRUTH}/{name}.parquet" if name in PLANTED else f"{name}.parquet")
                self._writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
            self._writers[name].write_table(table.cast(self._writers[name].schema))
            self.rows[name] = self.rows.get(name, 0) + len(frame)
