"""A small simulated force on disk and a scorer that needs no model: what the night is killed, starved and fed with."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.store import FeatureReader
from features.views import Declared, Field, Service, View
from serving.night.manifest import ModelIdentity

AS_OF = date(2016, 12, 1)
RULES = policy().grades  # poor 5 %, fair 15 %, good 60 %, excellent 20 %
VIEW = View("officer_history", "officer", "officers", (Field("complaints_24m", "integer"), Field("rate_12m", "number")))
SERVICE = Service("risk_v1", (VIEW,), ("complaints_24m", "rate_12m"))
DECLARED = Declared((VIEW,), (SERVICE,))
SHORT = '{"code": "short_history"}'
PARENTS = {f"u{number}": "bureau" for number in range(4)}


def force(officers: int, seed: int = 0) -> pd.DataFrame:
    """A snapshot of that many officers in four units; o-0 is too new to be scored."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "officer_id": pd.array([f"o-{number}" for number in range(officers)], dtype="string"),
            "unit_id": pd.array([f"u{number % 4}" for number in range(officers)], dtype="string"),
            "complaints_24m": pd.array(draw.integers(0, 9, officers), dtype="Int64"),
            "rate_12m": draw.random(officers),
        }
    )


def write_snapshot(settings: Settings, frame: pd.DataFrame, as_of: date = AS_OF) -> Path:
    """Write a snapshot where the snapshot builder would."""
    folder = settings.snapshot_dir / "officers" / f"as_of={as_of.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "part-0.parquet"
    frame.assign(as_of=pd.Timestamp(as_of).as_unit("us")).to_parquet(path, index=False)
    return path


def reader(settings: Settings) -> FeatureReader:
    """A reader that offers the two features of this small store."""
    return FeatureReader(settings, DECLARED)


@dataclass
class CountScorer:
    """Probability from the two features; no number for one officer, or for all (`*`), on request; sleeps if asked."""

    answers: tuple[tuple[str, int], ...] = (("conduct", 12), ("strain", 12))
    version: str = "1"
    nan_for: str = ""
    seconds: float = 0.0
    calls: int = 0

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        """One identity; its hash moves with the version."""
        return (ModelIdentity("risk", self.version, f"hash-{self.version}", SERVICE.name, SERVICE.hash),)

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        """One row for each officer and outcome, in the wrong order on purpose."""
        self.calls += 1
        time.sleep(self.seconds)
        rows = pd.concat([self._outcome(chunk, *asked) for asked in reversed(self.answers)], ignore_index=True)
        return rows.iloc[::-1]

    def _outcome(self, chunk: pd.DataFrame, name: str, months: int) -> pd.DataFrame:
        p = (chunk["complaints_24m"].astype("float64") / 10 + chunk["rate_12m"] / 20).clip(0, 1)
        p = p if months == 12 else 1 - p
        p = p.mask((chunk["officer_id"] == self.nan_for) | (self.nan_for == "*"))
        new = (chunk["officer_id"] == "o-0").to_numpy(bool)
        reasons = [
            json.dumps([{"theme": "complaints", "text": {"zh": f"{n} 件", "en": f"{n}"}}])
            for n in chunk["complaints_24m"]
        ]
        return pd.DataFrame(
            {
                "officer_id": chunk["officer_id"],
                "outcome": name,
                "horizon_months": months,
                "status": np.where(new, "not_scored", "scored"),
                "probability": p.mask(new),
                "low": p * 0.5,
                "high": (p * 1.5).clip(upper=1),
                "unsure": p > 0.8,
                "reasons": reasons,
                "because": [SHORT if item else None for item in new],
            }
        )
