"""What every backtest writes and prints beside its figures: what it read, what it cost, JSON without NaN."""

from __future__ import annotations

import hashlib
import json
import math
import resource
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from data_contracts.errors import InvalidInput
from data_contracts.intake import Delivery

PROTOCOL = 1
CHUNK = 1 << 20


@dataclass
class Report:
    """What the JSON of a backtest holds."""

    data: dict[str, Any]
    records: list[dict[str, Any]] = field(default_factory=list)
    comparisons: list[dict[str, Any]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)  # keys of its own, beside the shape that all share


def file_hashes(path: Path) -> dict[str, str]:
    """sha256 of a file, or of every file directly in a folder, by name; empty for what is no file (a database)."""
    files = [path] if path.is_file() else sorted(path.iterdir()) if path.is_dir() else []
    return {file.name: _sha256(file) for file in files if file.is_file()}


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def known_until(frames: Mapping[str, pd.DataFrame]) -> date | None:
    """The last day on which the data set learned of anything."""
    days = [frame["known_on"].max() for frame in frames.values() if len(frame)]
    known = [day for day in days if pd.notna(day)]
    return max(known).date() if known else None


def account_of(delivery: Delivery) -> dict[str, Any]:
    """What the door did, for the JSON: `intake` has the counts by table, `notes` what the source had to say."""
    names = sorted({*delivery.intakes, *delivery.registered})
    ignored = [f"{name}: columns of no contract were ignored: {', '.join(taken.ignored_columns)}"
               for name, taken in sorted(delivery.intakes.items()) if taken.ignored_columns]  # fmt: skip
    return {"intake": {name: _counts(delivery, name) for name in names}, "notes": [*delivery.notes, *ignored]}


def _counts(delivery: Delivery, name: str) -> dict[str, int]:
    taken, registered = delivery.intakes.get(name), len(delivery.registered.get(name, ()))
    counts = (0, 0, 0) if taken is None else (len(taken.accepted), taken.quarantined, taken.duplicates)
    return {**dict(zip(("accepted", "quarantined", "duplicates"), counts, strict=True)), "registered": registered}


def intake_lines(intake: Mapping[str, Mapping[str, int]]) -> list[str]:
    """One line for each table that the door refused rows of, or that only others spoke of.

    >>> intake_lines({"officers": {"accepted": 0, "quarantined": 0, "duplicates": 0, "registered": 3}})
    ['officers: 0 rows accepted, 0 quarantined, 3 registered with unknown attributes']
    """
    return [
        f"{name}: {told['accepted']:,} rows accepted, {told['quarantined']:,} quarantined, "
        f"{told['registered']:,} registered with unknown attributes"
        for name, told in intake.items()
        if told["quarantined"] or told["registered"]
    ]


def peak_memory_mib() -> float:
    """The most memory this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (2**20 if sys.platform == "darwin" else 2**10)


def without_nan(value: Any) -> Any:
    """The same JSON value with null for numbers that are none.

    >>> without_nan({"a": [float("nan"), 1.0]})
    {'a': [None, 1.0]}
    """
    if isinstance(value, Mapping):
        return {str(name): without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def check_writable(path: Path, folder: bool = False) -> None:
    """Raise InvalidInput, before hours of work, where the report could not be written at its end."""
    place = path if folder else path.parent
    while not place.exists() and place != place.parent:
        place = place.parent  # folders that are missing are made at the end; nothing is left behind before
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise InvalidInput(f"{path}: nothing can be written there ({error.strerror}); name another --out") from error
    if not folder and path.is_dir():
        raise InvalidInput(f"{path} is a folder; name a file for --out")


def write_report(
    path: Path, data: Mapping[str, Any], records: list[Any], comparisons: list[Any],
    more: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """The one JSON shape of all backtests, `more` keys after it; the folder is made where it is missing."""
    shape = {"protocol": PROTOCOL, "data": data, "records": records, "comparisons": comparisons}
    report = shape | {name: value for name, value in (more or {}).items() if name not in shape}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(without_nan(report), ensure_ascii=False, indent=1, allow_nan=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")
