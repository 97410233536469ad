"""The records a study stands on: a bureau it simulates for itself, the history of this state, or an export."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from data_contracts.concern_phrases import PHRASES_DIR, phrases
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation
from experiments.backtests.reporting import file_hashes
from experiments.studies.config import HISTORY, PHRASES, SIMULATOR, Bureau, Study
from experiments.studies.steps import Steps, fingerprint
from features.history import History
from features.ingest import Delivered, frames_of
from training.concerns.urgency import sentences

EXPORT = "export"


@dataclass(frozen=True)
class Ground:
    """Where the records lie and a name for exactly these; `steps` keeps what is made of them."""

    study: Study
    settings: Settings
    steps: Steps
    place: Path
    data_hash: str

    @cached_property
    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Accepted rows by table, each with the day its next version superseded it."""
        data = self.study.data
        if data.source == HISTORY:
            return History(self.settings.history_dir).frames()
        if data.source == PHRASES:
            return {}
        delivered = Delivered(data.source, self.place, data.mapping)
        required = ("course_completions",) if self.study.kind == "courses" else ("postings",)
        return frames_of(delivered.source, delivered.path, delivered.mapping, required=required)


def ground_of(study: Study, settings: Settings, folder: Path | None = None) -> Ground:
    """The records, simulated first where they are to be; `folder` takes the place of the one in the study.

    Raises InvalidInput or NotReady in one sentence where there are none.
    """
    steps = Steps(settings.experiments_dir / study.name)
    source = study.data.source
    if folder is not None and source in (SIMULATOR, HISTORY, PHRASES):
        raise InvalidInput(f"the study {study.name} has its own records ({source}); leave --data out")
    if source == HISTORY:
        history = History(settings.history_dir)
        if not history.tables():
            raise NotReady(f"the history in {settings.history_dir} is empty; run `pharos ingest` first")
        return Ground(study, settings, steps, settings.history_dir, history.fingerprint())
    if source == PHRASES:
        return Ground(study, settings, steps, PHRASES_DIR, _taught())
    if source == SIMULATOR:
        bureau = study.data.bureau or Bureau()
        made = steps.do("data", _about(bureau), lambda: _simulated(bureau, steps.folder / EXPORT))
        return Ground(study, settings, steps, steps.folder / EXPORT, str(made["data_hash"]))
    place = folder or study.data.folder
    if place is None or not place.is_dir():
        told = "no folder is named" if place is None else f"{place} is no folder"
        raise InvalidInput(f"the study {study.name} reads an export of {source}, and {told}; give --data DIR")
    hashes = file_hashes(place) | (file_hashes(study.data.mapping) if study.data.mapping else {})
    return Ground(study, settings, steps, place, fingerprint(hashes))


def _taught() -> str:
    """A name for exactly these phrases, the sentences that are asked, and what policy promises of the answers."""
    telling = asdict(policy().triage.telling)
    return fingerprint({"phrases": asdict(phrases()), "asked": [vars(one) for one in sentences()], "telling": telling})


def _about(bureau: Bureau) -> dict[str, Any]:
    """The simulator is part of this project, so its version is part of what it makes."""
    return {**asdict(bureau), "pharos": version("pharos")}


def _simulated(bureau: Bureau, place: Path) -> dict[str, Any]:
    draft = place.with_name(f".{place.name}.draft")
    for old in (draft, place):
        shutil.rmtree(old, ignore_errors=True)
    rows = write_simulation(Plan(bureau.officers, bureau.years, bureau.seed, bureau.end), draft)
    hashes = file_hashes(draft)
    draft.replace(place)
    return {"data_hash": fingerprint(hashes), "rows": rows}
