"""A registry of signed versions whose alias a test moves, and risk models that tell by their numbers which they are."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from data_contracts.errors import NotReady, RegistryDown
from data_contracts.settings import Settings
from models import artifacts, keys
from models.artifacts import Parts
from models.registry import ResolvedModel
from serving.loading import GradedScorer, Loaded
from tests.serving.desks import CUTS, FakeScorer

OFFICERS = [f"o-{number:06}" for number in range(12)]


@dataclass(frozen=True)
class VersionScorer(FakeScorer):
    """Every officer's chance tells the version in its last digit; `how` spoils the answer."""

    how: str = "good"

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        if self.how == "hangs":
            time.sleep(4.0)
        if self.how == "slow":
            time.sleep(0.35)
        if self.how == "fails":
            raise KeyError("secret-value")
        answer = super().__call__(chunk)
        wrong = {"nan": float("nan"), "above": 1.5, "constant": 0.25}
        return answer.assign(probability=wrong[self.how]) if self.how in wrong else answer


@dataclass
class Registered:
    """A registry with versions of one model and an alias that the test moves."""

    use: Settings
    folders: dict[tuple[str, str], Path] = field(default_factory=dict)
    alias: dict[str, str] = field(default_factory=dict)
    down: bool = False

    def add(
        self, version: str, how: str = "good", name: str = "risk", parts: Parts | None = None, **metadata: str
    ) -> Path:
        folder = self.use.mlflow_dir / name / version
        folder.parent.mkdir(parents=True, exist_ok=True)
        told = {"service": "risk_v1", "service_hash": "h1", **metadata}
        told["name"] = told.pop("signed_as", name)
        made = parts or Parts(json={"version": version, "how": how})
        self.folders[name, version] = artifacts.save(folder, made, told, keys.signing_key(self.use.keys_dir))
        return folder

    def resolve(self, _: Settings, name: str) -> ResolvedModel:
        if self.down:
            raise RegistryDown("the database cannot be read")
        if name not in self.alias:
            raise NotReady("no alias")
        return ResolvedModel(name, self.alias[name], self.folders[name, self.alias[name]], "run", {})


def scorer_of(loaded: Loaded) -> GradedScorer:
    version = int(loaded.parts.json["version"])
    rows = {officer: (0.01 * place + version / 1000, 0.3 + 0.01 * place) for place, officer in enumerate(OFFICERS)}
    how = loaded.parts.json["how"]
    return GradedScorer(VersionScorer(rows, (loaded.identity,), how=how), {} if how == "no_cuts" else CUTS)
