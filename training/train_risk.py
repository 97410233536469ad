"""`pharos train risk`: learn from the feature store, check on later years, sign, and put everything on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from data_contracts.asof import add_months
from data_contracts.errors import MissingTable, NotReady
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from features.store import FeatureReader
from models.baselines import count_rule
from models.risk import OutcomeModel, RiskBundle, with_cuts
from training.dataset import Lesson, RiskRows, as_ofs_needed, lesson_of, level_drift
from training.fit_risk import FitSettings, fit_outcome
from training.outcomes import Question, first_as_of, labels
from training.reference import reference_of
from training.risk_record import Later, Origin, Trained, check, record
from training.splits import Split, rolling_origin

SERVICE = "risk_v1"
Say = Callable[[str], None]


@dataclass(frozen=True)
class RiskTraining:
    """What is asked: the day, the outcomes (policy's served ones by default), and how far apart as-ofs lie."""

    as_of: date
    outcomes: tuple[str, ...] = ()
    step_months: int = 12
    checks: int = 2
    fit: FitSettings = field(default_factory=FitSettings)


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
    said = {(name, splits[name].horizon_months): some for name, some in later.items()}
    reference = reference_of(bundle, rows.frame, said)
    origin = Origin(asked.as_of, asked.step_months, asked.fit, history.fingerprint(), reference)
    model, pictures = record(settings, origin, bundle, later, checked)
    return Trained(model, checked, served, pictures)


def label_tables(history: History) -> dict[str, pd.DataFrame]:
    """The tables that labels come from, as far as they are there."""
    needed = {table for rule in policy().outcomes for table in rule.tables}
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


def _final(rows: RiskRows, outcome: str, split: Split, fit: FitSettings, say: Say) -> OutcomeModel:
    say(f"fitting {outcome}")
    return fit_outcome(_lesson(rows, outcome, split), fit)


def bundled(models: Sequence[OutcomeModel], reader: FeatureReader, rows: RiskRows, as_of: date) -> RiskBundle:
    """One bundle on one feature service, its grades cut on the force as of the training day."""
    bundle = RiskBundle(tuple(models), SERVICE, reader.service_hash(SERVICE))
    there = as_of in reader.snapshot_dates()
    last = max(rows.frame["as_of"]).date()
    return with_cuts(bundle, reader.snapshot(as_of) if there else rows.at([last]))
