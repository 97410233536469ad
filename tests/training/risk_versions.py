"""Risk versions as training registers them, from forces whose truth is known; no model is fitted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from features.history import History
from features.offline_files import snapshot_folder
from models import artifacts, keys
from models.artifacts import Parts
from models.registry import ResolvedModel
from models.risk.conformal import Conformal
from models.risk.evidence import Later, digest
from training import tracking
from training.evaluation.bootstrap import OfficerDraws
from training.gate import evidence
from training.gate.evidence import check, write_evidence
from training.risk.record import EVIDENCE_PATH
from training.risk.years import Years

DAYS = (date(2024, 1, 1), date(2025, 1, 1))
YEARS = Years(12, (date(2022, 1, 1), date(2023, 1, 1), *DAYS), DAYS)


@dataclass(frozen=True)
class Force:
    """Officers, half of them women, one unit and one cohort; true chances about 0.25 on average."""

    people: int = 1600
    seed: int = 5
    inflated: float = 1.0  # what women's chances are said to be, times the truth
    ahead: bool = True  # of the count rule

    @property
    def officers(self) -> list[str]:
        """Their ids."""
        return [f"o{n}" for n in range(self.people)]

    @property
    def women(self) -> NDArray[np.bool_]:
        """Every second one, (people,)."""
        return np.asarray(np.arange(self.people) % 2 == 0)

    def later(self) -> list[Later]:
        """Both days: what was said, what came."""
        rng = np.random.default_rng(self.seed)
        chances = 1 / (1 + np.exp(-rng.normal(-1.35, 1.1, self.people)))
        said = np.where(self.women, np.minimum(chances * self.inflated, 1.0), chances)
        found = []
        for day in DAYS:
            y = (rng.random(self.people) < chances).astype(np.float64)
            counts = rng.poisson(0.5, self.people).astype(np.float64) if self.ahead else said
            found.append(Later(day, self.officers, y, said, counts, sets=Conformal.fit(said, y, 0.8)))
        return found

    def settle_in(self, use: Settings) -> None:
        """Write protected attributes into the history and units into the snapshots."""
        ids = pd.array(self.officers, dtype="string")
        protected = pd.DataFrame({"officer_id": ids, "sex": np.where(self.women, "女", "男"), "ethnicity": "han",
                                  "birth_year": 1990, "known_on": pd.Timestamp("2015-01-01")})  # fmt: skip
        types = {"sex": "string", "ethnicity": "string", "birth_year": "Int64", "known_on": "datetime64[us]"}
        History(use.history_dir).append("protected_attributes", protected.astype(types))
        for day in DAYS:
            folder = snapshot_folder(use.snapshot_dir, "officers", day)
            folder.mkdir(parents=True)
            pd.DataFrame({"officer_id": ids, "unit_id": "u1"}).to_parquet(folder / "part.parquet")


@contextmanager
def fewer_draws() -> Iterator[None]:
    """A tenth of the bootstrap's draws, where the answer is clear."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evidence, "OfficerDraws", partial(OfficerDraws, draws=100))
        yield


def register(use: Settings, force: Force, **changes: object) -> ResolvedModel:
    """The next version of risk, with `force` as its evidence; `changes` replace signed metadata."""
    later = {"conduct": force.later(), "strain": replace(force, ahead=False).later()}
    why = [asdict(reason) for reason in check("strain", later["strain"]).because]
    with tracking.run("risk", "tiny", data_hash="d1", feature_service="tiny_v1", use=use) as run:
        scratch = use.state / "scratch"
        scratch.mkdir()
        rows = write_evidence(scratch, later, pseudonyms(use.keys_dir))
        run.file(rows, EVIDENCE_PATH)
        metadata = {"outcomes": ["conduct"], "evidence_sha256": digest(rows), "as_of": "2026-01-01",
                    "not_served": {"strain": why}, "years": {"conduct": YEARS.to_json()}, **changes}  # fmt: skip
        parts = Parts(json={"seed": force.seed})
        folder = artifacts.save(scratch / "signed", parts, metadata, keys.signing_key(use.keys_dir))
        model = run.model(folder, "risk")
    shutil.rmtree(scratch)
    return model


def rewritten(path: Path, old: str, new: str) -> None:
    """Edit a file on disk, as somebody might."""
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise ValueError(f"{old} does not stand in {path.name}")
    path.write_text(text.replace(old, new), encoding="utf-8")
