"""A small deployment, filled on a leap day, in which everything is real but the models; and faults of its store."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from features.store import FeatureReader
from models.artifacts import Parts
from serving.api.opened import Desks
from serving.courses.crowds import COUNTS
from serving.loading import Builders, GradedScorer, Loaded, open_desks
from serving.night.manifest import ModelIdentity
from tests.features.small_store import SMALL, officers, write
from tests.serving.desks import CUTS, FakeRanker, FakeScorer

FILLED = date(2024, 2, 29)
OFFICERS = [f"o-{number}" for number in range(6)]
SERVICES = {"risk": "risk_v1", "next-post": "career_v1"}
HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class RateScorer(FakeScorer):
    """The chance is a feature, so that an answer tells which features it was made of."""

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        rates = chunk["rate_12m"].astype(float).fillna(0.25)
        rows = {str(one): (rate, rate) for one, rate in zip(chunk["officer_id"], rates, strict=True)}
        return FakeScorer(rows)(chunk)


BUILDERS = Builders(
    risk=lambda loaded: GradedScorer(RateScorer({}, (loaded.identity,)), CUTS),
    careers=lambda _: FakeRanker(),
    courses=lambda _: COUNTS,
)


def small_office(state: Path) -> Settings:
    """A state with the features of twelve officers of one day, and nothing else."""
    use = Settings(state=state, today=FILLED, champion_check_seconds=0.0)
    frame = officers(12, seed=1)
    write(use, "officers", FILLED, frame.drop(columns=["recent_posts", "posts_held"]))
    write(use, "careers", FILLED, frame[["officer_id", "recent_posts", "posts_held"]])
    units = pd.DataFrame({"unit_id": pd.array(["u-1"], dtype="string"), "officers": [5.0]})
    write(use, "units", FILLED, units)
    reader = FeatureReader(use, SMALL)
    reader.apply()
    reader.materialize(FILLED)
    return use


def office_desks(use: Settings, today: date = FILLED) -> Desks:
    """Its desks on a day, as the service opens them; the models are stand-ins."""

    def find(name: str) -> Loaded:
        if name not in SERVICES:
            raise NotReady(f"{name} has no champion")
        service = SERVICES[name]
        identity = ModelIdentity(name, "1", "a" * 64, service, SMALL.service(service).hash)
        return Loaded(identity, Parts(), {})

    use = use.model_copy(update={"today": today})
    return open_desks(use, FeatureReader(use, SMALL), BUILDERS, find)


def store_file(use: Settings) -> Path:
    """The online store."""
    return use.feast_dir / "online.db"


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another process holds the whole database."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate("")


@contextmanager
def corrupt(file: Path) -> Iterator[None]:
    """Its bytes are others."""
    with _put_back(file) as size:
        file.write_bytes(b"\xa5" * size)
        yield


@contextmanager
def removed(file: Path) -> Iterator[None]:
    """It is not there; what has it open could go on reading it."""
    away = file.with_suffix(".away")
    file.rename(away)
    yield
    away.replace(file)


@contextmanager
def flushed(file: Path) -> Iterator[None]:
    """It is whole, and empty."""
    with _put_back(file):
        with sqlite3.connect(file) as held:
            for (name,) in held.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                held.execute(f'DELETE FROM "{name}"')
        held.close()
        yield


@contextmanager
def _put_back(file: Path) -> Iterator[int]:
    kept = file.read_bytes()
    yield len(kept)
    fresh = file.with_suffix(".fresh")
    fresh.write_bytes(kept)
    fresh.replace(file)


FAULTS: Mapping[str, Callable[[Path], object]] = {
    "locked": locked, "corrupt": corrupt, "removed": removed, "flushed": flushed,
}  # fmt: skip
