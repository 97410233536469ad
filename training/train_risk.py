"""`pharos train risk`: learn from the feature store, check on later years, sign, and put everything on record."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from data_contracts.asof import add_months
from data_contracts.errors import MissingTable, NotReady
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from features.store import FeatureReader
from models import artifacts, keys
from models.base import Numbers
from models.baselines import count_rule
from models.boosting import DEFAULTS
from models.registry import ResolvedModel
from models.risk import OutcomeModel, RiskBundle, with_cuts
from training import tracking
from training.dataset import Lesson, RiskRows, as_ofs_needed, lesson_of, level_drift
from training.evaluation.bootstrap import Difference, OfficerDraws, difference, weighted_precisions
from training.evaluation.plots import risk_figure
from training.evaluation.risk_metrics import ece, precision_at, soft_average_precision
from training.fit_risk import FitSettings, fit_outcome
from training.gate import MAX_ECE
from training.outcomes import BEGINS, Question, first_as_of, labels
from training.splits import Split, rolling_origin

NAME, SERVICE = "risk", "risk_v1"
Say = Callable[[str], None]


@dataclass(frozen=True)
class RiskTraining:
    """What is asked: the day, the outcomes (policy's served ones by default), and how far apart as-ofs lie."""

    as_of: date
    outcomes: tuple[str, ...] = ()
    step_months: int = 12
    checks: int = 2
    fit: FitSettings = field(default_factory=FitSettings)


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


def train_risk(
    settings: Settings, asked: RiskTraining, say: Say = lambda _: None, plan: Callable[[int], None] = lambda _: None
) -> Trained:
    """Fit, check, sign, register; `plan` hears how many steps `say` will name at most.

    Raises NotReady or MissingTable in one sentence when an earlier step is missing.
    """
    history, reader = History(settings.history_dir), FeatureReader(settings)
    tables = label_tables(history)
    outcomes = asked.outcomes or served_outcomes(tables)
    splits = {name: split_of(asked, name, tables, reader.snapshot_dates()) for name in outcomes}
    checks = {name: _check_splits(asked, split) for name, split in splits.items()}
    plan(2 + len(outcomes) + sum(len(some) for some in checks.values()))
    say("features")
    every = [*splits.values(), *(split for some in checks.values() for split in some)]
    rows = stored_rows(reader, tables, as_ofs_needed(every))
    later = {name: [_later(rows, name, split, asked, say) for split in checks[name]] for name in outcomes}
    checked = tuple(check(name, later[name]) for name in outcomes)
    served = tuple(one.outcome for one in checked if one.passes) or tuple(outcomes)
    models = [_final(rows, name, splits[name], asked.fit, say) for name in served]
    bundle = bundled(models, reader, rows, asked.as_of)
    say("recording")
    model, pictures = _record(settings, asked, history.fingerprint(), bundle, later, checked)
    return Trained(model, checked, served, pictures)


def label_tables(history: History) -> dict[str, pd.DataFrame]:
    """The tables that labels come from, as far as they are there."""
    needed = {table for table, _ in BEGINS.values()} | {"course_completions"}
    return {name: history.frame(name) for name in history.tables() if name in needed}


def served_outcomes(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """What policy serves and the history can label; raises MissingTable when that is nothing."""
    names = policy().served_outcomes
    found = tuple(name for name in names if all(table in tables for table in policy().outcome(name).needs_tables))
    if not found:
        raise MissingTable("the history has no table that a served outcome needs; ingest complaints or duty_months")
    return found


def split_of(asked: RiskTraining, outcome: str, tables: Mapping[str, pd.DataFrame], dates: Sequence[date]) -> Split:
    """All earlier as-ofs by the step that have a snapshot."""
    horizon = policy().outcome(outcome).horizon_months
    ideal = rolling_origin(asked.as_of, horizon, first_as_of(tables, outcome), asked.step_months)
    kept = tuple(day for day in ideal.train if day in set(dates))
    if not kept:
        wanted = ", ".join(f"--as-of {day}" for day in ideal.train[-3:]) or "an earlier day"
        raise NotReady(f"no snapshot to learn {outcome} from at {asked.as_of}; run `pharos features {wanted}` first")
    return Split(kept, asked.as_of, horizon)


def _check_splits(asked: RiskTraining, split: Split) -> list[Split]:
    """The last training as-ofs as tests, each with what was over by then."""
    found = []
    for test in split.train[-asked.checks :]:
        train = tuple(day for day in split.train if add_months(day, split.horizon_months) <= test)
        if train:
            found.append(Split(train, test, split.horizon_months))
    return found


def stored_rows(reader: FeatureReader, tables: Mapping[str, pd.DataFrame], days: Sequence[date]) -> RiskRows:
    """Features of everybody in the snapshots of these days, through the feature store's point-in-time join."""
    there = [day for day in reader.snapshot_dates() if day in set(days)]
    reader.apply()
    officers = [reader.snapshot(day)[["officer_id"]].assign(event_timestamp=pd.Timestamp(day)) for day in there]
    frame = reader.training_frame(pd.concat(officers, ignore_index=True), SERVICE)
    as_of = frame.pop("event_timestamp").astype("datetime64[us]")
    return RiskRows(frame.assign(as_of=as_of), tables, tuple(reader.columns(SERVICE)))


def _lesson(rows: RiskRows, outcome: str, split: Split) -> Lesson:
    lesson = lesson_of(rows, outcome, split, rows.columns)
    return lesson.shifted(level_drift(rows, outcome, split))


def _later(rows: RiskRows, outcome: str, split: Split, asked: RiskTraining, say: Say) -> Later:
    say(f"checking {outcome} at {split.test}")
    lesson, test = _lesson(rows, outcome, split), rows.at([split.test])
    model = fit_outcome(lesson, asked.fit)
    question = Question(outcome, split.horizon_months, asked.as_of)
    y = labels(rows.tables, test[["officer_id", "as_of"]], question)
    counts = count_rule(test)
    return Later(split.test, test["officer_id"].tolist(), y, model.predict(lesson.design.matrix(test)), counts)


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


def _final(rows: RiskRows, outcome: str, split: Split, fit: FitSettings, say: Say) -> OutcomeModel:
    say(f"fitting {outcome}")
    return fit_outcome(_lesson(rows, outcome, split), fit)


def bundled(models: Sequence[OutcomeModel], reader: FeatureReader, rows: RiskRows, as_of: date) -> RiskBundle:
    """One bundle on one feature service, its grades cut on the force as of the training day."""
    bundle = RiskBundle(tuple(models), SERVICE, reader.service_hash(SERVICE))
    there = as_of in reader.snapshot_dates()
    last = max(rows.frame["as_of"]).date()
    return with_cuts(bundle, reader.snapshot(as_of) if there else rows.at([last]))


def _record(
    settings: Settings,
    asked: RiskTraining,
    data_hash: str,
    bundle: RiskBundle,
    later: Mapping[str, Sequence[Later]],
    checked: Sequence[Checked],
) -> tuple[ResolvedModel, tuple[Path, ...]]:
    metadata = {"service": bundle.service, "service_hash": bundle.service_hash, "as_of": asked.as_of.isoformat(),
                "outcomes": list(bundle.outcomes), "data_hash": data_hash}  # fmt: skip
    service = f"{bundle.service}:{bundle.service_hash}"
    with (
        tracking.run(
            NAME, f"risk as of {asked.as_of}", data_hash=data_hash, feature_service=service, use=settings
        ) as run,
        tempfile.TemporaryDirectory() as scratch,
    ):
        run.params({"as_of": asked.as_of, "step_months": asked.step_months, "outcomes": ",".join(bundle.outcomes)})
        run.params(fit_params(asked.fit, bundle))
        pictures = [_record_outcome(run, one, later[one.outcome], one.outcome in bundle.outcomes) for one in checked]
        folder = artifacts.save(
            Path(scratch) / "risk", bundle.to_parts(), metadata, keys.signing_key(settings.keys_dir)
        )
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
