"""What the night takes in and what it refuses, as frozen dataclasses filled from `policy/night.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from data_contracts.decisions import STRICT, Positive

Part = Annotated[float, Field(gt=0, lt=1)]
Several = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class VolumeRules:
    """How far the strength of the force may move from one night to the next.

    >>> rules = VolumeRules(largest_drop=0.2, largest_growth=0.5, unit_counts_from=30)
    >>> rules.least(100), rules.most(100)
    (80.0, 150.0)
    """

    __pydantic_config__ = STRICT

    largest_drop: Part
    largest_growth: Positive
    unit_counts_from: Several

    def least(self, officers: int) -> float:
        """Fewest officers after a night of so many."""
        return officers * (1.0 - self.largest_drop)

    def most(self, officers: int) -> float:
        """Most officers after a night of so many."""
        return officers * (1.0 + self.largest_growth)


@dataclass(frozen=True)
class RecordRules:
    """How old the newest record may be that was known by the day of a night."""

    __pydantic_config__ = STRICT

    oldest_days: Several


@dataclass(frozen=True)
class RowRules:
    """Which share of the rows may be left out before nothing is published."""

    __pydantic_config__ = STRICT

    largest_refused: Part


@dataclass(frozen=True)
class DatabaseRules:
    """How many days of results a database keeps."""

    __pydantic_config__ = STRICT

    kept_nights: Several


@dataclass(frozen=True)
class NightPolicy:
    """Everything about the night's run."""

    __pydantic_config__ = STRICT

    volume: VolumeRules
    records: RecordRules
    rows: RowRules
    database: DatabaseRules
