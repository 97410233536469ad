"""What one run of the night was made from and what it made; no clock in it, so that equal runs are equal bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from data_contracts.errors import PublishRefused, ResultsDamaged

FORMAT = 8
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ModelIdentity:
    """Which model answered: registry name and version, hash of the artefact, and the features it was trained on.

    `trained_as_of` is the day (ISO) up to which it learned, None where it does not say. It is no part of who the model
    is: nights published before it was kept are of the same model.
    """

    name: str
    version: str
    sha256: str
    service: str
    service_hash: str
    trained_as_of: str | None = field(default=None, compare=False)

    def knew_more(self, day: date) -> bool:
        """Whether it learned from what came after a day, so that its answers of that day are no forecasts.

        >>> ModelIdentity("risk", "1", "", "", "", "2026-01-01").knew_more(date(2025, 10, 1))
        True
        """
        return self.trained_as_of is not None and date.fromisoformat(self.trained_as_of) > day

    @property
    def counted_until(self) -> date | None:
        """The last day of the records that it learned from, None where it does not say."""
        return None if self.trained_as_of is None else date.fromisoformat(self.trained_as_of) - timedelta(days=1)


@dataclass(frozen=True)
class Counts:
    """Officers of one run. `rows_in` = scored + not scored + quarantined + duplicates, exactly."""

    rows_in: int
    scored: int
    not_scored: int
    quarantined: int
    duplicates: int

    def __post_init__(self) -> None:
        out = self.scored + self.not_scored + self.quarantined + self.duplicates
        if out != self.rows_in:
            raise PublishRefused(f"{self.rows_in} officers went in and {out} came out; nothing was published")

    @property
    def published(self) -> int:
        """Officers who have a result, be it that they were not scored and why."""
        return self.scored + self.not_scored


@dataclass(frozen=True)
class Manifest:
    """One published run: `files` maps each file to its sha256, `inputs` each input to its own."""

    as_of: date
    run: str
    inputs: Mapping[str, str]
    models: tuple[ModelIdentity, ...]
    outcomes: tuple[str, ...]
    counts: Counts
    grades: Mapping[str, Mapping[str, int]]
    files: Mapping[str, str]

    @property
    def output_hash(self) -> str:
        """sha256 over the names and hashes of every file."""
        return hash_of(dict(self.files))

    @property
    def notices(self) -> list[dict[str, str]]:
        """What a reader must know of the run: that a model looked back, if one did."""
        return [looked_back(model, self.as_of) for model in self.models if model.knew_more(self.as_of)]

    def to_json(self) -> str:
        """The manifest as stored: sorted keys, dates as text."""
        told = {
            "format": FORMAT,
            **asdict(self),
            "as_of": self.as_of.isoformat(),
            "output_hash": self.output_hash,
            "notices": self.notices,
        }
        return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a published folder; raises ResultsDamaged when it is not what was written."""
        path = folder / MANIFEST
        try:
            told: dict[str, Any] = json.loads(path.read_text("utf-8"))
            made = cls(
                as_of=date.fromisoformat(told["as_of"]),
                run=told["run"],
                inputs=told["inputs"],
                models=tuple(ModelIdentity(**item) for item in told["models"]),
                outcomes=tuple(told["outcomes"]),
                counts=Counts(**told["counts"]),
                grades=told["grades"],
                files=told["files"],
            )
            made.check()
            agrees = told.get("output_hash") == made.output_hash
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, PublishRefused) as error:
            raise ResultsDamaged(f"{path} cannot be read as a manifest ({type(error).__name__}); restore it") from error
        if not agrees:
            raise ResultsDamaged(f"{path} does not agree with itself: output_hash differs; restore it from a copy")
        return made

    def check(self) -> None:
        """Raise ValueError where it lists what no run wrote: a file elsewhere, or a count that is none."""
        if not all(isinstance(name, str) and Path(name).name == name for name in self.files):
            raise ValueError("a file that lies elsewhere")
        counts = asdict(self.counts).values()
        if not isinstance(self.run, str) or not all(type(count) is int and count >= 0 for count in counts):
            raise ValueError("no run, or no counts")

    def verify(self, folder: Path) -> None:
        """Hash every file again; raises ResultsDamaged naming the first that differs."""
        for name, digest in sorted(self.files.items()):
            path = folder / name
            if not path.is_file():
                raise ResultsDamaged(
                    f"{path} is missing from a published run; restore it, or remove the folder and rerun"
                )
            if file_hash(path) != digest:
                raise ResultsDamaged(f"{path} is not what was published; restore it, or remove the folder and rerun")


def looked_back(model: ModelIdentity, day: date) -> dict[str, str]:
    """What is said where a model learned from what came after the day that it tells of: a backfill is allowed."""
    trained = model.trained_as_of
    return {
        "code": "before_training",
        "zh": f"模型{model.name}第{model.version}版以{trained}为训练截止日，晚于所评的{day}：属于回溯补算，模型可能"
        "已见过其后发生的事，不能当作当日的预测",
        "en": f"{model.name} version {model.version} was trained as of {trained}, after the day told of, {day}: this "
        "looks back, the model may have seen what came, and it is no forecast of that day",
    }


def hash_of(told: Any) -> str:
    """sha256 of anything that JSON can say, independent of key order.

    >>> hash_of({"a": 1, "b": 2}) == hash_of({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def bytes_hash(content: bytes) -> str:
    """sha256 of bytes that are about to be written: what the disk makes of them is held against this."""
    return hashlib.sha256(content).hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside, flush to disk, then rename: a reader sees the old content or the new, never a part."""
    scratch = path.with_name(f".{path.name}.partial")
    with scratch.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    scratch.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
