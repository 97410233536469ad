"""What can be wrong with a night: how a state comes to have each fault, and how the night must end with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.night_exits import NightExit
from experiments.benchmarks.killed_night import Asked, night
from experiments.benchmarks.mounts import read_only, released
from experiments.benchmarks.night_stand_in import AS_OF, force, write_snapshot
from serving.night.results import results_root

OFFICERS = 100
DISK_FULL = "disk full"  # which takes a disk of its own and is not among FAULTS
BEFORE, LONG_AGO = date(2016, 11, 1), date(2016, 10, 1)
SETTLED = {NightExit.PUBLISHED, NightExit.NOTHING_TO_DO}


@dataclass(frozen=True)
class Fault:
    """One fault: how a state comes to have it, how the night then ends, what is asked, how it is
    mended; whether two run at once, and whether it takes a mount."""

    name: str
    spoil: Callable[[Path], None]
    ends: NightExit = NightExit.PUBLISHED
    asked: Asked = field(default_factory=lambda: Asked(Path()))
    mended: Callable[[Path], None] | None = None
    twins: bool = False
    mounts: bool = False


def right(state: Path) -> None:
    """The input as it should be."""
    write_snapshot(Asked(state).settings, force(OFFICERS))


def _spoilt(frame: Callable[[], pd.DataFrame]) -> Callable[[Path], None]:
    return lambda state: _no_value(write_snapshot(Asked(state).settings, frame()))


def _left_out() -> pd.DataFrame:
    rows = pd.concat([force(OFFICERS), force(3)], ignore_index=True)
    rows.loc[50, "officer_id"] = None
    return rows


def _nameless() -> pd.DataFrame:
    return force(OFFICERS).assign(officer_id=pd.array([None] * OFFICERS, dtype="string"))


def _missing(state: Path) -> None:
    shutil.rmtree(state / "snapshots" / "officers" / f"as_of={AS_OF}", ignore_errors=True)


def _torn(state: Path) -> None:
    right(state)
    path = next((state / "snapshots" / "officers" / f"as_of={AS_OF}").glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:1000])


def _published(state: Path) -> None:
    right(state)
    night(Asked(state))


def _flipped(state: Path) -> None:
    _published(state)
    part = next(results_root(Asked(state).settings).glob(f"as_of={AS_OF}/*/part-00001.parquet"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.chmod(0o644)
    part.write_bytes(bytes(content))


def _removed(state: Path) -> None:
    """What the message tells to do about a damaged run."""
    shutil.rmtree(results_root(Asked(state).settings) / f"as_of={AS_OF}")


def _read_only(state: Path) -> None:
    right(state)
    read_only(results_root(Asked(state).settings))


def _no_value(_: object) -> None:
    """Nothing is given back."""


INPUT = NightExit.INPUT_REFUSED
NEWEST = Asked(Path(), as_of=None)  # as a scheduler asks: the newest, if it is fresh
FAULTS: Sequence[Fault] = (
    Fault("killed", right),
    Fault("run twice", _published, NightExit.NOTHING_TO_DO),
    Fault("two at once", right, twins=True),
    Fault("backfill", right, asked=Asked(Path(), as_of=LONG_AGO)),
    Fault("bad rows, duplicates", _spoilt(_left_out), asked=Asked(Path(), nan_for="o-9")),
    Fault("missing", _missing, INPUT, mended=right),
    Fault("empty", _spoilt(lambda: force(0)), INPUT, mended=right),
    Fault("torn", _torn, INPUT, mended=right),
    Fault("late", _missing, INPUT, NEWEST, mended=right),
    Fault("half", _spoilt(lambda: force(OFFICERS // 2)), INPUT, mended=right),
    Fault("schema drift", _spoilt(lambda: force(OFFICERS).drop(columns="rate_12m")), INPUT, mended=right),
    Fault("type drift", _spoilt(lambda: force(OFFICERS).assign(rate_12m="n/a")), INPUT, mended=right),
    Fault("all rows nameless", _spoilt(_nameless), INPUT, mended=right),
    Fault("flipped bit", _flipped, NightExit.DAMAGED, mended=_removed),
    Fault("read-only", _read_only, NightExit.UNWRITABLE, mended=released, mounts=True),
)
