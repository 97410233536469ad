"""A worker of `pharos serve` whose models are stand-ins: their versions lie signed under the state, and a file says
where the alias points. Which process answered with which version is left as the name of a file."""

from __future__ import annotations

import os
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data_contracts.settings import Settings, settings
from models import artifacts, keys, registry
from models.artifacts import Parts
from models.registry import ResolvedModel
from serving import worker
from serving.champions import opening
from serving.champions.canary import CanaryRules
from serving.champions.opening import watched_desks
from serving.courses.crowds import COUNTS
from serving.loading import Builders, GradedScorer, Loaded
from tests.serving.desks import CUTS, FakeRanker, FakeScorer, FakeSource

OFFICERS = [f"o-{number:06}" for number in range(12)]
RULES = CanaryRules(officers=12, times_slower=100.0, slack_seconds=30.0, most_seconds=60.0)


def add(use: Settings, version: str) -> None:
    """Sign a version of the risk model under the state."""
    folder = use.mlflow_dir / "risk" / version
    folder.parent.mkdir(parents=True, exist_ok=True)
    told = {"name": "risk", "service": "risk_v1", "service_hash": "h1"}
    artifacts.save(folder, Parts(json={"version": version}), told, keys.signing_key(use.keys_dir))


def promote(use: Settings, version: str) -> None:
    """Move the alias, in one step."""
    draft = use.mlflow_dir / "alias.draft"
    draft.write_text(version)
    draft.replace(use.mlflow_dir / "alias")


def resolve(use: Settings, name: str) -> ResolvedModel:
    """As the registry would."""
    from data_contracts.errors import NotReady

    if name != "risk":
        raise NotReady(f"no {name}")
    version = (use.mlflow_dir / "alias").read_text()
    return ResolvedModel(name, version, use.mlflow_dir / "risk" / version, "run", {})


@dataclass(frozen=True)
class Signing(FakeScorer):
    """Leaves a file that says who answered with which version."""

    version: str = ""
    place: Path = Path()

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        time.sleep(0.01)
        (self.place / f"{os.getpid()}-{self.version}").touch()
        return super().__call__(chunk)


def prepare() -> None:
    """Put the stand-ins in."""
    warnings.simplefilter("ignore")
    from serving import service

    use = settings()
    place = use.state / "answered"
    place.mkdir(parents=True, exist_ok=True)

    def scorer_of(loaded: Loaded) -> GradedScorer:
        version = loaded.parts.json["version"]
        rows = {one: (0.01 * number + int(version) / 1000, 0.3) for number, one in enumerate(OFFICERS)}
        return GradedScorer(Signing(rows, (loaded.identity,), version=version, place=place), CUTS)

    setattr(registry, "resolve", resolve)  # noqa: B010
    setattr(opening, "sampled_officers", lambda *_: OFFICERS)  # noqa: B010
    builders = Builders(risk=scorer_of, careers=lambda _: FakeRanker(), courses=lambda _: COUNTS)
    desks = watched_desks(use, FakeSource(dict.fromkeys(OFFICERS, 2.0)), builders, RULES)
    setattr(service, "opened_desks", lambda: desks)  # noqa: B010


if __name__ == "__main__":
    worker.main(prepare)
