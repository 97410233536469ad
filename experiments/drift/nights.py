"""What was said of a force on a day: as a night published it, or said again by the version watched, of the snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.errors import FeatureMismatch, NotReady
from data_contracts.settings import Settings
from experiments.drift.usual import snapshot_of
from features.store import FeatureReader
from models import artifacts, keys
from models.registry import resolve, version_of
from models.risk.model import RiskBundle
from serving.loading import RISK, Loaded, verified
from serving.night.manifest import MANIFEST, Manifest
from serving.night.results import SCORED, PublishedRun, results_root
from training.risk.reference import PART, Answer, Reference, chances_of, reference_from

NIGHT, AGAIN = "night", "said again"


@dataclass(frozen=True)
class Watched:
    """The version that is watched, what its training looked like, and whether it is the one that answers."""

    version: str
    bundle: RiskBundle
    reference: Reference
    answers: bool = True


@dataclass(frozen=True)
class SaidOn:
    """Chances of a day by outcome and horizon, each a series by officer (NaN: not scored), and where they are from."""

    as_of: date
    source: str
    chances: Mapping[Answer, pd.Series]


def watched_model(settings: Settings, reader: FeatureReader, version: str | None = None) -> Watched:
    """The verified risk champion with its reference, or any registered version: one that the gate refused, too.

    A model of an older version of this project has no reference: it is computed again from the snapshots of its
    training day. Raises NotReady without a champion or such a snapshot, InvalidInput for a version that is not there,
    FeatureMismatch when features mean another.
    """
    loaded = verified(settings, version_of(settings, RISK, version) if version else resolve(settings, RISK))
    if reader.service_hash(loaded.identity.service) != loaded.identity.service_hash:
        raise FeatureMismatch(
            f"{RISK} version {loaded.identity.version} was trained on another {loaded.identity.service}; train it again"
        )
    bundle = RiskBundle.from_parts(loaded.parts)
    stored = loaded.parts.json.get(PART)
    reference = Reference.from_json(stored) if stored else _computed_again(loaded, bundle, reader)
    return Watched(loaded.identity.version, bundle, reference, _answers(settings, loaded.identity.version))


def _answers(settings: Settings, version: str) -> bool:
    try:
        return resolve(settings, RISK).version == version
    except NotReady:
        return False


def _computed_again(loaded: Loaded, bundle: RiskBundle, reader: FeatureReader) -> Reference:
    trained_on = date.fromisoformat(str(loaded.metadata["as_of"]))
    days = [day for day in reader.snapshot_dates() if day <= trained_on]
    if not days:
        raise NotReady(
            f"{RISK} version {loaded.identity.version} keeps no reference, and there is no snapshot of its training "
            f"day; run `pharos features --as-of {trained_on}`"
        )
    ago = min(days, key=lambda day: abs((days[-1] - day).days - 365))
    frames = [snapshot_of(reader, day) for day in sorted({ago, days[-1]})]
    return replace(reference_from(bundle, pd.concat(frames, ignore_index=True)), recomputed=True)


@dataclass(frozen=True)
class Nights:
    """Every day of which something was said, or can be said again."""

    settings: Settings
    reader: FeatureReader
    watched: Watched

    def now(self, as_of: date) -> SaidOn:
        """What the version watched says as of a day: its night where it was published, else from the snapshot."""
        for run in published(self.settings, as_of):
            if any((model.name, model.version) == (RISK, self.watched.version) for model in run.manifest.models):
                return SaidOn(as_of, NIGHT, _chances(run))
        return self._again(as_of)

    def honest(self, day: date) -> SaidOn | None:
        """What was said of a day by a model that could not know what came; None when there is nothing of the kind.

        A night of another version counts if that version was trained by then.
        """
        for run in published(self.settings, day):
            if all(self._trained_on(model.version) <= day for model in run.manifest.models if model.name == RISK):
                return SaidOn(day, NIGHT, _chances(run))
        there = day in self.reader.snapshot_dates() and self.watched.reference.as_of <= day
        return self._again(day) if there else None

    def mature(self, horizon_months: int, as_of: date) -> list[date]:
        """Days whose horizon has ended by `as_of`, oldest first."""
        held = (path.parent.parent.name for path in results_root(self.settings).glob(f"as_of=*/*/{MANIFEST}"))
        nights = (date.fromisoformat(name.removeprefix("as_of=")) for name in held)
        days = {*self.reader.snapshot_dates(), *nights}
        return sorted(day for day in days if add_months(day, horizon_months) <= as_of)

    def _again(self, day: date) -> SaidOn:
        force = snapshot_of(self.reader, day)
        names = force["officer_id"].astype(str).to_numpy(object)
        chances = {
            (model.outcome, model.horizon_months): pd.Series(chances_of(model, force), index=names)
            for model in self.watched.bundle.outcome_models
        }
        return SaidOn(day, AGAIN, chances)

    def _trained_on(self, version: str) -> date:
        found = version_of(self.settings, RISK, version)
        metadata = artifacts.verify(found.path, keys.public_key(self.settings.keys_dir))["metadata"]
        return date.fromisoformat(str(metadata["as_of"]))


def published(settings: Settings, day: date) -> Iterator[PublishedRun]:
    """Runs of the night of a day, by run hash."""
    for path in sorted(results_root(settings).glob(f"as_of={day.isoformat()}/*/{MANIFEST}")):
        yield PublishedRun(path.parent, Manifest.read(path.parent))


def _chances(run: PublishedRun) -> dict[Answer, pd.Series]:
    rows = run.officers(["officer_id", "outcome", "horizon_months", "status", "probability"])
    known = rows["probability"].astype("float64").where(rows["status"] == SCORED, np.nan)
    rows = rows.assign(probability=known)
    answers = rows[["outcome", "horizon_months"]].drop_duplicates().itertuples(index=False, name=None)
    found = {}
    for outcome, months in answers:
        part = rows[(rows["outcome"] == outcome) & (rows["horizon_months"] == months)]
        names = part["officer_id"].astype(str).to_numpy(object)
        found[str(outcome), int(months)] = pd.Series(part["probability"].to_numpy(np.float64), index=names)
    return found
