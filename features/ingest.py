"""From a source to the history: read, pass the door, append, and say exactly what became of every row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.catalog import catalog
from data_contracts.intake import Delivery, take_in_all
from data_contracts.sources import read_source
from features.versions import with_superseded_on


def frames_of(
    source: str,
    path: Path,
    mapping: Path | None = None,
    *,
    required: Sequence[str] = ("postings",),
    today: date | None = None,
) -> dict[str, pd.DataFrame]:
    """Accepted rows of every table, with `superseded_on`, without touching the disk.

    `required` names the tables this use cannot do without. Raises MissingTable or InvalidInput in one sentence.
    """
    delivery = delivery_of(source, path, mapping, required=required, today=today)
    return {name: with_superseded_on(catalog().table(name), frame) for name, frame in delivery.frames.items()}


def delivery_of(
    source: str,
    path: Path,
    mapping: Path | None = None,
    *,
    required: Sequence[str] = ("postings",),
    today: date | None = None,
) -> Delivery:
    """Read a source and pass the door, in memory; the delivery also tells what was refused and registered."""
    reading = read_source(source, path, mapping)
    return take_in_all(reading.tables, today=today, required=required, notes=reading.notes)
