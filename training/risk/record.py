"""What a risk training leaves on record: each outcome's check on later years, its figures and pictures, the model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.figures import between, figure_told
from data_contracts.policy import policy
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from models.registry import ResolvedModel
from models.risk.boosting import DEFAULTS
from models.risk.evidence import PLACE, Later, Pooled, digest
from models.risk.model import RiskBundle
from training import tracking
from training.evaluation.names import outcome_named
from training.evaluation.plots import risk_figure
from training.evaluation.risk_metrics import ece, soft_average_precision
from training.gate.doubt import doubt_line, everyone_line, kept_promises
from training.gate.evidence import Checked, check, write_evidence
from training.risk.fit import FitSettings
from training.risk.reference import PART as REFERENCE
from training.risk.years import PART as YEARS
from training.risk.years import Years
from training.signing import signed

NAME, EVIDENCE_PATH = "risk", PLACE
__all__ = ["Checked", "Later", "Origin", "Trained", "as_table", "check", "fit_params", "record"]


@dataclass(frozen=True)
class Origin:
    """Where a model comes from: the day it was trained on, how far apart as-ofs lie, how it was fitted, which rows.

    `reference` is what training looked like, for the drift watch (`training/risk/reference.py`); `years` by outcome;
    `lacking` says of outcomes that could not be trained at all why.
    """

    as_of: date
    step_months: int
    fit: FitSettings
    data_hash: str
    reference: Mapping[str, Any]
    years: Mapping[str, Years] = field(default_factory=dict)
    lacking: Mapping[str, Bilingual] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """The registered version, every outcome's check, and where its pictures lie.

    Outcomes that are not served did not beat the count rule.
    """

    model: ResolvedModel
    checked: tuple[Checked, ...]
    served: tuple[str, ...]
    pictures: tuple[Path, ...] = ()
    years: Mapping[str, Years] = field(default_factory=dict)
    doubt: tuple[Bilingual, ...] = ()  # a line an outcome: how many are unsure, and how the promise was kept
    lacking: Mapping[str, Bilingual] = field(default_factory=dict)  # why outcomes could not be trained at all


def unsure_of_all(bundle: RiskBundle) -> list[str]:
    """Outcomes of which nothing could be promised: every answer is unsure."""
    return [model.name for model in bundle.outcome_models if (model.sets.comes, model.sets.stays) == (0.0, 1.0)]


def doubt_of(later: Mapping[str, Sequence[Later]], unsure: Sequence[str] = ()) -> tuple[Bilingual, ...]:
    """What "unsure" would mean for each outcome, where two later as-ofs show it; `unsure` ones are so of everyone."""
    doubt = policy().grades.doubt
    lines = (
        doubt_line(name, kept_promises(Pooled.of(some), doubt.levels), doubt.promise) for name, some in later.items()
    )
    return (*(line for line in lines if line is not None), *map(everyone_line, unsure))


def record(
    settings: Settings,
    origin: Origin,
    bundle: RiskBundle,
    later: Mapping[str, Sequence[Later]],
    checked: Sequence[Checked],
) -> tuple[ResolvedModel, tuple[Path, ...]]:
    """Log the run with its figures and pictures, sign and register the bundle; the version, and where pictures lie.

    `later` is by the names that `checked` has.
    """
    metadata = _metadata(origin, bundle, checked)
    service = f"{bundle.service}:{bundle.service_hash}"
    with (
        tracking.run(
            NAME, f"risk as of {origin.as_of}", data_hash=origin.data_hash, feature_service=service, use=settings
        ) as run,
        tempfile.TemporaryDirectory() as scratch,
    ):
        run.params(
            {"as_of": origin.as_of, "step_months": origin.step_months, "outcomes": ",".join(metadata["outcomes"])}
        )
        run.params(fit_params(origin.fit, bundle))
        run.dataset(tracking.Seen("history", origin.data_hash, f"history as of {origin.as_of}"))
        run.note(note_of(origin, checked))
        pictures = [_record_outcome(run, one, later[one.outcome]) for one in checked]
        evidence = write_evidence(Path(scratch), later, pseudonyms(settings.keys_dir))
        run.file(evidence, EVIDENCE_PATH)
        metadata["evidence_sha256"] = digest(evidence)
        folder = signed(Path(scratch) / "risk", bundle, metadata, settings, {REFERENCE: dict(origin.reference)})
        return run.model(folder, NAME), tuple(place for place in pictures if place)


def note_of(origin: Origin, checked: Sequence[Checked]) -> str:
    """The checks of every outcome in a few lines of Markdown."""
    lines = [f"- **{one.outcome}**: AP {figure_told(one.ap)}, gain {gain_told(one)} over count_rule, "
             f"ECE {figure_told(one.ece)}, {'kept' if one.passes else 'not kept'}" for one in checked]  # fmt: skip
    return "\n".join([f"Risk as of {origin.as_of}, checked on later years.", "", *lines])


def gain_told(one: Checked) -> str:
    """How much better than the count rule, with its interval."""
    return f"{figure_told(one.gain.difference)} {between(one.gain.low, one.gain.high)}"


def _metadata(origin: Origin, bundle: RiskBundle, checked: Sequence[Checked]) -> dict[str, Any]:
    """What is signed together with the model, and why some outcomes are not in it."""
    names = [model.name for model in bundle.outcome_models]
    left_out = {one.outcome: [asdict(why) for why in one.because] for one in checked if one.outcome not in names}
    left_out |= {name: [asdict(why)] for name, why in origin.lacking.items()}
    return {"name": NAME, "service": bundle.service, "service_hash": bundle.service_hash,
            "as_of": origin.as_of.isoformat(), "outcomes": names, "not_served": left_out, "data_hash": origin.data_hash,
            "unsure_of_all": unsure_of_all(bundle),
            YEARS: {name: years.to_json() for name, years in origin.years.items()}}  # fmt: skip


def fit_params(fit: FitSettings, bundle: RiskBundle) -> dict[str, Any]:
    """Everything that was set: the trees' and the logistic model's settings, which of them were tuned, the blends."""
    trees = {f"boosted.{name}": value for name, value in {**DEFAULTS, **fit.boosted}.items()}
    tuned = [*fit.boosted, *(["penalty"] if fit.penalty != FitSettings().penalty else [])]
    blends = {f"blend.{model.name}": json.dumps(dict(model.weights)) for model in bundle.outcome_models}
    return {**trees, "penalty": fit.penalty, "least_positives": fit.least_positives, "seed": fit.seed,
            "tuned": ",".join(tuned) or "nothing", **blends}  # fmt: skip


def _record_outcome(run: tracking.Run, one: Checked, later: Sequence[Later]) -> Path | None:
    """Figures by as-of date and pooled, and the curves and where they lie."""
    for test in later:
        figures = {"average_precision": soft_average_precision(test.y, test.chances), "ece": ece(test.y, test.chances)}
        known = {f"{one.outcome}.{name}": value for name, value in figures.items() if np.isfinite(value)}
        run.metrics(known, test.as_of)
    run.metrics({line.check: line.value for line in one.lines if np.isfinite(line.value)})
    if not later:
        return None
    y = np.concatenate([test.y for test in later])
    chances, counts = (np.concatenate([getattr(test, name) for test in later]) for name in ("chances", "counts"))
    scores = {"pharos": chances, "count_rule": counts}
    figure = risk_figure(outcome_named(one.outcome), y, scores, chances)
    return run.picture(figure, f"{NAME}-{one.outcome}")


def as_table(trained: Trained) -> Table:
    """Checks of every outcome for people; it fits a terminal of 80 columns, which paths of pictures do not."""
    title = f"risk version {trained.model.version}, on later years; gain: AP over count_rule"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("outcome", overflow="fold")  # the one column that may take a second line
    for name in ("events", "AP", "gain (95 %)", "ECE", "P@5%", "kept"):
        table.add_column(name, justify="left" if name == "kept" else "right", no_wrap=True)
    for one in trained.checked:
        kept = "yes" if one.passes else "no"
        figures = figure_told(one.ap), gain_told(one), figure_told(one.ece), figure_told(one.precision)
        table.add_row(one.outcome, f"{one.positives:.0f}", *figures, kept)
    left_out = [f"{one.outcome} is not served: {why.en}" for one in trained.checked for why in one.because]
    left_out += [f"{name} is left out: {why.en}" for name, why in trained.lacking.items()]
    if not any(one.passes for one in trained.checked):
        left_out.append("none passed: the version is registered so that the gate can show why, and may not answer")
    table.caption = "\n".join([*(line.en for line in trained.doubt), *left_out]) or None
    return table
