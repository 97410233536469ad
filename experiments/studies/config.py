"""What a study asks, as its TOML says it; everything that is unknown, out of range or contradicts itself is refused.

Committed studies lie in `experiments/configs/`; a path to another file does as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from data_contracts.decisions import STRICT
from data_contracts.vocabulary import Bilingual
from training.tuning.ways import Pruning, Sampling, Ways

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SIMULATOR, HISTORY, PHRASES = "simulator", "history", "phrases"
Kind = Literal["risk", "next-post", "courses", "concerns"]
Source = Literal["simulator", "history", "chicago", "new_york", "mapped", "phrases"]
Few = Annotated[int, Field(ge=1, le=64)]
Months = Annotated[int, Field(ge=1, le=120)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]


@dataclass(frozen=True)
class Bureau:
    """The simulated bureau that a study makes for itself."""

    __pydantic_config__ = STRICT

    officers: Annotated[int, Field(ge=50, le=1_000_000)] = 1500
    years: Annotated[int, Field(ge=1, le=60)] = 8
    seed: Seed = 7
    end: date = date(2026, 1, 1)


@dataclass(frozen=True)
class Data:
    """Whose records: a simulated bureau, the history of this state, or a folder of an export (or `--data`).

    Concerns have no records but the phrases that they are taught with.
    """

    __pydantic_config__ = STRICT

    source: Source
    folder: Path | None = None
    mapping: Path | None = None
    bureau: Bureau | None = None


@dataclass(frozen=True)
class Trial:
    """The days on which models are tested, each fitted on what was known then, and how far ahead they look.

    For next posts and courses the window of a day is the months after it. Concerns are tested on phrases, which have no
    days: the one that is named is the day that the figures stand under.
    """

    __pydantic_config__ = STRICT

    as_ofs: Annotated[tuple[date, ...], Field(min_length=1)]
    months: Months = 12
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tuning:
    """How settings are searched before the first test day: at several rolling origins, nothing later is seen.

    With `fairness` no setting may do what the gate would fail a group for (policy/gate.toml); of risk alone.
    """

    __pydantic_config__ = STRICT

    trials: Annotated[int, Field(ge=1, le=10_000)] = 20
    workers: Few = 1
    folds: Annotated[int, Field(ge=1, le=8)] = 2
    fairness: bool = False
    seed: Seed = 7
    sampling: Sampling = field(default_factory=Sampling)
    pruning: Pruning = field(default_factory=Pruning)

    @property
    def ways(self) -> Ways:
        """For the search."""
        return Ways(self.sampling, self.pruning)


@dataclass(frozen=True)
class Candidate:
    """A way to fit our own model: the defaults, changed by `settings`, and by what the search found where `tuned`."""

    __pydantic_config__ = STRICT

    name: str
    tuned: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Bilingual | None = None


@dataclass(frozen=True)
class Training:
    """Which candidate is trained on the history of this state as of a day, signed and registered, for the gate."""

    __pydantic_config__ = STRICT

    candidate: str
    as_of: date


@dataclass(frozen=True)
class Study:
    """The whole of it."""

    __pydantic_config__ = STRICT

    name: str
    title: Bilingual
    kind: Kind
    data: Data
    test: Trial
    baseline: str
    notes: Bilingual | None = None
    peers: tuple[str, ...] = ()
    candidate: tuple[Candidate, ...] = ()
    tune: Tuning | None = None
    train: Training | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """All that are compared, peers first."""
        return (*self.peers, *(one.name for one in self.candidate))

    @property
    def tuned(self) -> Candidate | None:
        """The candidate whose settings are searched; None where none are."""
        return next((one for one in self.candidate if one.tuned), None) if self.tune is not None else None

    def named(self, model: str) -> Candidate | None:
        """The candidate of a name; None for a peer."""
        return next((one for one in self.candidate if one.name == model), None)
