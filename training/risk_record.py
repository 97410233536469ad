"""What a risk training leaves on record: each outcome's check on later years, its figures and pictures, the model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from data_contracts.settings import Settings
from models import artifacts, keys
from models.base import Numbers
from models.boosting import DEFAULTS
from models.registry import ResolvedModel
from models.risk import RiskBundle
from training import tracking
from training.evaluation.bootstrap import Difference, OfficerDraws, difference, weighted_precisions
from training.evaluation.plots import risk_figure
from training.evaluation.risk_metrics import ece, precision_at, soft_average_precision
from training.fit_risk import FitSettings
from training.gate import MAX_ECE
from training.reference import PART as REFERENCE

NAME = "risk"


@dataclass(frozen=True)
class Origin:
    """Where a model comes from: the day it was trained on, how far apart as-ofs lie, how it was fitted, which rows.

    `reference` is what training looked like, for the drift watch (`training/reference.py`).
    """

    as_of: date
    step_months: int
    fit: FitSettings
    data_hash: str
    reference: Mapping[str, Any]


@dataclass(frozen=True)
class Checked:
    """How an outcome did on as-ofs it had not learned from, with labels as known on the training day."""

    outcome: str
    rows: int
    positives: float
    ap: float
    gain: Difference
    ece: float
    precision: float

    @property
    def passes(self) -> bool:
        """Ahead of the count rule for sure, and calibrated: what the gate will ask again."""
        return self.gain.low > 0 and self.ece <= MAX_ECE


@dataclass(frozen=True)
class Later:
    """What was said about a later as-of and what came, for one outcome; arrays (n,)."""

    as_of: date
    officers: list[str]
    y: Numbers
    chances: Numbers
    counts: Numbers


@dataclass(frozen=True)
class Trained:
    """The registered version, every outcome's check, and where its pictures lie.

    Outcomes that are not served did not beat the count rule.
    """

    model: ResolvedModel
    checked: tuple[Checked, ...]
    served: tuple[str, ...]
    pictures: tuple[Path, ...] = ()


def check(outcome: str, later: Sequence[Later]) -> Checked:
    """Pooled over the later as-ofs; figures are NaN where there was no year to check on."""
    if not later or sum(one.y.sum() for one in later) <= 0:
        unknown = float("nan")
        return Checked(outcome, 0, 0.0, unknown, Difference(unknown, unknown, unknown), unknown, unknown)
    y = np.concatenate([one.y for one in later])
    chances, counts = (np.concatenate([getattr(one, name) for one in later]) for name in ("chances", "counts"))
    draws = OfficerDraws([name for one in later for name in one.officers])
    exact = soft_average_precision(y, chances), soft_average_precision(y, counts)
    scores = {"chances": chances, "counts": counts}
    drawn = draws.each(lambda times: weighted_precisions(y, scores, times))
    gain = difference(exact, (drawn["chances"], drawn["counts"]))
    return Checked(outcome, len(y), float(y.sum()), exact[0], gain, ece(y, chances), precision_at(y, chances))


def record(
    settings: Settings,
    origin: Origin,
    bundle: RiskBundle,
    later: Mapping[str, Sequence[Later]],
    checked: Sequence[Checked],
) -> tuple[ResolvedModel, tuple[Path, ...]]:
    """Log the run with its figures and pictures, sign and register the bundle; the version, and where pictures lie."""
    metadata = {"service": bundle.service, "service_hash": bundle.service_hash, "as_of": origin.as_of.isoformat(),
                "outcomes": list(bundle.outcomes), "data_hash": origin.data_hash}  # fmt: skip
    service = f"{bundle.service}:{bundle.service_hash}"
    with (
        tracking.run(
            NAME, f"risk as of {origin.as_of}", data_hash=origin.data_hash, feature_service=service, use=settings
        ) as run,
        tempfile.TemporaryDirectory() as scratch,
    ):
        run.params({"as_of": origin.as_of, "step_months": origin.step_months, "outcomes": ",".join(bundle.outcomes)})
        run.params(fit_params(origin.fit, bundle))
        pictures = [_record_outcome(run, one, later[one.outcome], one.outcome in bundle.outcomes) for one in checked]
        parts = bundle.to_parts()
        parts.json[REFERENCE] = dict(origin.reference)
        folder = artifacts.save(Path(scratch) / "risk", parts, metadata, keys.signing_key(settings.keys_dir))
        return run.model(folder, NAME), tuple(place for place in pictures if place)


def fit_params(fit: FitSettings, bundle: RiskBundle) -> dict[str, Any]:
    """Everything that was set: the trees' and the logistic model's settings, which of them were tuned, the blends."""
    trees = {f"boosted.{name}": value for name, value in {**DEFAULTS, **fit.boosted}.items()}
    tuned = [*fit.boosted, *(["penalty"] if fit.penalty != FitSettings().penalty else [])]
    blends = {f"blend.{model.outcome}": json.dumps(dict(model.weights)) for model in bundle.outcome_models}
    return {**trees, "penalty": fit.penalty, "least_positives": fit.least_positives, "seed": fit.seed,
            "tuned": ",".join(tuned) or "nothing", **blends}  # fmt: skip


def _record_outcome(run: tracking.Run, one: Checked, later: Sequence[Later], served: bool) -> Path | None:
    """Figures by as-of date and pooled, the gate's figures for what is served, and the curves and where they lie."""
    for test in later:
        figures = {"average_precision": soft_average_precision(test.y, test.chances), "ece": ece(test.y, test.chances)}
        known = {f"{one.outcome}.{name}": value for name, value in figures.items() if np.isfinite(value)}
        run.metrics(known, test.as_of)
    gate = {"ap_gain": one.gain.difference, "ap_gain_low": one.gain.low, "ece": one.ece}
    known = {f"{name}.{one.outcome}": value for name, value in gate.items() if np.isfinite(value)}
    if served:
        run.gate(known)
    else:
        run.metrics(known)
    if not later:
        return None
    y = np.concatenate([test.y for test in later])
    chances, counts = (np.concatenate([getattr(test, name) for test in later]) for name in ("chances", "counts"))
    scores = {"pharos": chances, "count_rule": counts}
    figure = risk_figure(one.outcome, (y >= 0.5).astype(np.float64), scores, chances)
    return run.picture(figure, f"{NAME}-{one.outcome}")


def as_table(trained: Trained) -> Table:
    """Checks of every outcome for people; it fits a terminal of 80 columns."""
    table = Table(title=f"risk version {trained.model.version}, on later years; gain: AP over count_rule")
    for name in ("outcome", "events", "AP", "gain (95 %)", "ECE", "P@5%", "kept"):
        table.add_column(name, justify="left" if name in ("outcome", "kept") else "right", no_wrap=True)
    for one in trained.checked:
        gain = f"{one.gain.difference:.3f} [{one.gain.low:.3f}, {one.gain.high:.3f}]"
        kept = "yes" if one.outcome in trained.served else "no"
        figures = f"{one.positives:.0f}", f"{one.ap:.3f}", gain, f"{one.ece:.3f}", f"{one.precision:.3f}", kept
        table.add_row(one.outcome, *figures)
    if trained.pictures:
        table.caption = "\n".join(["pictures", *map(str, trained.pictures)])
    return table
