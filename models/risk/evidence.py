"""Later years of a model: what it said about as-ofs it had not learned from, and what came.

The rows are logged with the run as parquet, under pseudonyms; their hash stands in the signed metadata of the model, so
that nobody can hold one version's rows for another's.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.errors import UntrustedArtifact
from data_contracts.policy import policy
from models.base import Numbers
from models.risk.conformal import Conformal

FILE, PLACE = "later.parquet", "evidence"  # in a run's folder
UNKNOWN = float("nan")


@dataclass(frozen=True)
class Later:
    """What was said about a later as-of and what came, for one outcome; arrays (n,).

    `past` counts the outcome's own past (training/risk/persistence.py); None where it has none to count. `sets` are the
    model's own, as it would have told who is unsure.
    """

    as_of: date
    officers: list[str]
    y: Numbers
    chances: Numbers
    counts: Numbers
    past: Numbers | None = None
    sets: Conformal | None = None


@dataclass(frozen=True)
class Pooled:
    """Several later as-ofs of one outcome, row under row; arrays (n,), `days` datetime64[D].

    `past`, `comes` and `stays` (from and up to which chance each row's set held that it comes, or not) are None in the
    evidence of a version that was trained before the gate asked for them.
    """

    days: NDArray[np.datetime64]
    officers: NDArray[Any]
    y: Numbers
    chances: Numbers
    counts: Numbers
    past: Numbers | None = None
    comes: Numbers | None = None
    stays: Numbers | None = None

    @classmethod
    def of(cls, later: Sequence[Later]) -> Pooled:
        """In the order given; empty for none."""
        days = [np.full(len(one.y), one.as_of, dtype="datetime64[D]") for one in later]
        officers = np.array([name for one in later for name in one.officers], dtype=object)
        y, chances, counts = (
            np.concatenate([np.zeros(0), *(getattr(one, name) for one in later)]) for name in ("y", "chances", "counts")
        )
        pasts = [np.zeros(len(one.y)) if one.past is None else one.past for one in later]
        past = np.concatenate([np.zeros(0), *pasts])
        ends: list[Numbers | None] = [None, None]
        if all(one.sets is not None for one in later):
            ends = [np.concatenate([np.zeros(0), *(np.full(len(one.y), getattr(one.sets, name)) for one in later)])
                    for name in ("comes", "stays")]  # fmt: skip
        return cls(
            np.concatenate([np.zeros(0, dtype="datetime64[D]"), *days]), officers, y, chances, counts, past, *ends
        )

    def flagged(self, scores: Numbers) -> Numbers:
        """How the alert budget falls on each row at its own as-of, (n,) in [0, 1]: at the edge, equals share alike."""
        return budget_spent(self.days, scores, policy().grades.shares.poor)


def budget_spent(days: NDArray[np.datetime64], scores: Numbers, share: float) -> Numbers:
    """The alert budget of each day on its highest scores, (n,); at the edge, equals share what is left alike."""
    result = np.zeros(len(scores))
    for day in np.unique(days):
        rows = np.flatnonzero(days == day)
        result[rows] = _budget(scores[rows], share)
    return result


def _budget(scores: Numbers, share: float) -> Numbers:
    """One for each of the floor(share x n) highest; what is left at the edge is shared among equals.

    >>> _budget(np.array([3.0, 1.0, 1.0, 0.0]), 0.5).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    k = int(np.floor(share * len(scores) + 1e-9))
    if k == 0:
        return np.zeros(len(scores))
    edge = np.partition(scores, len(scores) - k)[len(scores) - k]
    above, level = scores > edge, scores == edge
    return np.asarray(above + level * ((k - above.sum()) / level.sum()), dtype=np.float64)


def expected_events(y: Numbers) -> float:
    """How much of the events in labels (n,) is no finding: chances of what was still open when the model was trained
    (training/risk/outcomes.py), each counted as such a part of an event.

    >>> expected_events(np.array([1.0, 0.25, 0.5, 0.0]))
    0.75
    """
    return float(y[(y > 0) & (y < 1)].sum())


def is_told(expected: float | None) -> bool:
    """Whether people must be told of so much: from half an event on, for it is told as a whole number.

    >>> is_told(None), is_told(0.4), is_told(321.6)
    (False, False, True)
    """
    return expected is not None and expected >= 0.5


def digest(path: Path) -> str:
    """sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_evidence(path: Path, sha256: str) -> dict[str, Pooled]:
    """By outcome, empty for one without any row.

    Raises UntrustedArtifact when these are not the rows that the model was signed with.
    """
    if not path.is_file() or digest(path) != sha256:
        raise UntrustedArtifact(
            f"{path} is missing or is not what the model was signed with; restore it or train again"
        )
    frame = pd.read_parquet(path)
    found: dict[str, Pooled] = defaultdict(
        lambda: Pooled.of([])
    )  # an outcome that no later year could be seen of has no rows
    found.update({str(outcome): _pooled(rows) for outcome, rows in frame.groupby("outcome", sort=False)})
    return found


def _pooled(rows: pd.DataFrame) -> Pooled:
    y, chances, counts = (rows[name].to_numpy(dtype=np.float64) for name in ("y", "chance", "count"))
    past, comes, stays = (
        rows[name].to_numpy(np.float64) if name in rows else None for name in ("past", "comes", "stays")
    )
    if comes is not None and np.isnan(comes).any():
        comes = stays = None
    days, officers = rows["as_of"].to_numpy("datetime64[D]"), rows["officer"].to_numpy()
    return Pooled(days, officers, y, chances, counts, past, comes, stays)
