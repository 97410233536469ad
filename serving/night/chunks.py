"""Scoring a force chunk by chunk, so that a killed run picks up where it was and ends with the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.errors import ResultsDamaged
from serving.night.manifest import bytes_hash, file_hash, write_atomically
from serving.night.results import Scorer, checked_results

CHUNK_OFFICERS = 5_000


@dataclass(frozen=True)
class ChunkStore:
    """Scored chunks of one unfinished run, each beside the hash it was written with."""

    folder: Path

    def path(self, number: int) -> Path:
        """Where chunk `number` lies."""
        return self.folder / f"chunk-{number:05d}.parquet"

    def numbers(self) -> list[int]:
        """The chunks that are there, in order."""
        return sorted(int(path.stem.removeprefix("chunk-")) for path in self.folder.glob("chunk-*.parquet"))

    def is_kept(self, number: int) -> bool:
        """Whether the chunk is there and is, byte for byte, what was written."""
        path, mark = self.path(number), self.path(number).with_suffix(".sha256")
        return path.is_file() and mark.is_file() and mark.read_text("utf-8") == file_hash(path)

    def keep(self, number: int, table: pa.Table) -> None:
        """Write the chunk, then its hash: a chunk without its hash counts as not written."""
        path = self.path(number)
        content = parquet_bytes(table)
        path.with_suffix(".sha256").unlink(missing_ok=True)
        write_atomically(path, content)
        write_atomically(path.with_suffix(".sha256"), bytes_hash(content).encode())

    def verify(self) -> None:
        """Hash every chunk again; raises ResultsDamaged naming the first that is not what was scored."""
        for number in self.numbers():
            if not self.is_kept(number):
                raise ResultsDamaged(f"{self.path(number)} is not what was scored; look after the disk and run again")

    def read(self, number: int, columns: list[str] | None = None) -> pa.Table:
        """A kept chunk."""
        return pq.read_table(self.path(number), columns=columns)


def score_chunks(frame: pd.DataFrame, scorer: Scorer, store: ChunkStore, size: int) -> Iterator[tuple[int, bool]]:
    """Score what is not kept yet; yields the number of officers of each chunk and whether it was kept already."""
    store.folder.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, len(frame), size)):
        chunk = frame.iloc[start : start + size]
        kept = store.is_kept(number)
        if not kept:
            store.keep(number, checked_results(scorer(chunk.reset_index(drop=True)), chunk, scorer.answers))
        yield len(chunk), kept


def parquet_bytes(table: pa.Table) -> bytes:
    """The same table gives the same bytes: one row group, fixed compression, no clock."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=max(1, len(table)))
    return buffer.getvalue()
