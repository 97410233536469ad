"""`pharos train risk`: learn from the feature store, check on later years, sign, and put everything on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

import pandas as pd

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput, MissingTable, NotReady
from data_contracts.intake import declared
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from features.history import History
from features.store import FeatureReader
from models import run_files
from models.risk.baselines import count_rule
from models.risk.model import OutcomeModel, RiskBundle, with_cuts
from training.risk.askable import check_horizon, check_tables
from training.risk.code_signs import with_codes
from training.risk.dataset import Lesson, RiskRows, as_ofs_needed, lesson_of
from training.risk.fit import FitSettings, Origins, fit_outcome
from training.risk.left_out import Answer, LeftOut, name_of
from training.risk.level import expected_level
from training.risk.outcomes import Question, first_as_of, labels, recordings
from training.risk.persistence import persistence
from training.risk.record import NAME, Later, Origin, Trained, check, doubt_of, record, unsure_of_all
from training.risk.reference import reference_of
from training.risk.withheld import Withheld, withheld_of
from training.risk.years import Years
from training.splits import Split, rolling_origin
from training.units.train import UnitLearning

SERVICE, STRAIN_SERVICE = "risk_v1", "strain_v1"  # the second has sick days, which only `strain` may use
STRAIN = "strain"
LONGEST_SILENCE_DAYS = 62  # between the last thing recorded and the training day; after that records seem to have ended
Say = Callable[[str], None]


@dataclass(frozen=True)
class RiskTraining:
    """What is asked: the day, the outcomes (policy's served ones by default), months ahead (policy's by default), and
    how far apart as-ofs lie."""

    as_of: date
    outcomes: tuple[str, ...] = ()
    step_months: int = 12
    checks: int = 3
    fit: FitSettings = field(default_factory=FitSettings)
    horizons: tuple[int, ...] = ()


@dataclass(frozen=True)
class Material:
    """Rows of all as-ofs needed, the columns that each outcome may see, and what was fitted on them already."""

    rows: RiskRows
    columns: Mapping[str, tuple[str, ...]]
    origins: Origins

    def lesson(self, answer: Answer, split: Split) -> Lesson:
        """The lesson of one outcome, the drift of its level added."""
        outcome, _ = answer
        lesson = lesson_of(self.rows, outcome, split, self.columns[outcome])
        expected = expected_level(self.rows, outcome, split)
        return lesson.at_level(expected.rate, expected.present)


@dataclass(frozen=True)
class Ready:
    """What a training needs and has, known before any fitting: label tables, splits, and the outcomes left out."""

    tables: Mapping[str, pd.DataFrame]
    splits: Mapping[Answer, Split]
    left: LeftOut


def ready_to_train(settings: Settings, asked: RiskTraining) -> Ready:
    """Everything that can be refused before the first fit, in seconds: whoever has hours of work before a training
    asks this first.

    Raises NotReady, InvalidInput or MissingTable in one sentence, as the training would.
    """
    run_files.check(settings, NAME)
    history = History(settings.history_dir)
    check_known(asked, history.tables())
    tables = label_tables(history)
    check_tables(asked.outcomes, tables, "the history")  # of what was delivered, which may be less
    left = LeftOut(asked.as_of, without_tables(asked, tables))
    return Ready(tables, splits_of(asked, tables, FeatureReader(settings).snapshot_dates(), left), left)


def train_risk(
    settings: Settings, asked: RiskTraining, say: Say = lambda _: None, plan: Callable[[int], None] = lambda _: None
) -> Trained:
    """Fit, check, sign, register; `plan` hears how many steps `say` will name at most.

    An outcome that cannot be trained is left out, and its reason recorded. Raises NotReady, InvalidInput or
    MissingTable in one sentence when an earlier step is missing or no outcome is left.
    """
    history, reader = History(settings.history_dir), FeatureReader(settings)
    ready = ready_to_train(settings, asked)
    tables, splits, left = ready.tables, ready.splits, ready.left
    checks = {answer: _check_splits(asked, split) for answer, split in splits.items()}
    plan(2 + len(splits) + sum(len(some) for some in checks.values()))
    say("features")
    every = [*splits.values(), *(split for some in checks.values() for split in some)]
    material = material_of(reader, tables, as_ofs_needed(every), [outcome for outcome, _ in splits], asked.fit)
    later = left.out_of(splits, lambda one: [_later(material, one, split, asked, say) for split in checks[one]])
    checked = {answer: check(name_of(answer), some) for answer, some in later.items()}
    kept = [answer for answer, one in checked.items() if one.passes] or list(later)
    withheld = cache(lambda: withheld_of(history))
    models = left.out_of(kept, lambda answer: _final(material, answer, splits[answer], withheld, say))
    later = {answer: some for answer, some in later.items() if name_of(answer) not in left.why}
    bundle = bundled(list(models.values()), reader, material.rows, asked.as_of)
    learning = UnitLearning(material.rows, reader, settings.snapshot_dir)
    bundle = replace(bundle, unit_rules=learning.rules(later, asked.as_of))
    say("recording")
    reference = reference_of(bundle, material.rows.frame, later)
    years = {name_of(answer): _years(reader, splits[answer], some) for answer, some in later.items()}
    origin = Origin(asked.as_of, asked.step_months, asked.fit, history.fingerprint(), reference, years, left.why)
    by_name = {name_of(answer): some for answer, some in later.items()}
    told = tuple(checked[answer] for answer in later)
    model, pictures = record(settings, origin, bundle, by_name, told)
    names = tuple(map(name_of, models))
    doubt = doubt_of(by_name, unsure_of_all(bundle))
    return Trained(model, told, names, pictures, years, doubt, left.why)


def _years(reader: FeatureReader, split: Split, later: Sequence[Later]) -> Years:
    """Of the as-ofs that a split allows, those of which there is a snapshot."""
    there = set(reader.snapshot_dates())
    learned = tuple(day for day in split.train if day in there)
    return Years(split.horizon_months, learned, tuple(sorted(one.as_of for one in later)))


def check_recorded(as_of: date, outcome: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Raise InvalidInput where the outcome's records end long before the training day: silence is not good news."""
    silent = {one: one.silent(as_of, LONGEST_SILENCE_DAYS) for one in recordings(tables, outcome)}
    worst = max(silent, key=lambda one: silent[one])
    table, until = worst.table, worst.until
    if silent[worst]:
        raise InvalidInput(
            f"the records of {outcome} end on {until}, {(as_of - until).days} days before {as_of}, and what was never "
            f"recorded would be learned as if it had not happened; the table that fell silent is {table}: ingest newer "
            f"rows of it, or train --as-of {until}",
            zh=f"其记录止于{until}（中断的表为 {table}），早于训练日{as_of}，相差{(as_of - until).days}天，"
            f"此后未记录的会被当作没有发生；请导入该表更新的记录，或以 --as-of {until} 训练",
        )


def check_known(asked: RiskTraining, tables: Sequence[str]) -> None:
    """Before any reading: raise InvalidInput or MissingTable for what policy or the tables of the history lack."""
    for months in asked.horizons:
        check_horizon(asked.outcomes, months)
    check_tables(asked.outcomes, tables, "the history")


def answers_of(asked: RiskTraining, tables: Mapping[str, pd.DataFrame]) -> list[Answer]:
    """Each outcome at each horizon asked for; raises InvalidInput for one that policy does not allow."""
    return _at_horizons(asked, asked.outcomes or served_outcomes(tables))


def without_tables(asked: RiskTraining, tables: Mapping[str, pd.DataFrame]) -> dict[str, Bilingual]:
    """Why what policy serves is left out where the history has no table to label it from, by name on records.

    Nothing where outcomes were asked for by name: then that is an error (`check_known`).
    """
    served = () if asked.outcomes else policy().served_outcomes
    lacking = {outcome: [name for name in policy().outcome(outcome).needs_tables if name not in tables]
               for outcome in served}  # fmt: skip
    answers = _at_horizons(asked, [outcome for outcome, absent in lacking.items() if absent])
    return {name_of(answer): _lacks(lacking[answer[0]]) for answer in answers}


def _lacks(absent: Sequence[str]) -> Bilingual:
    return Bilingual(
        f"需要{'、'.join(absent)}表，历史中没有；请先导入", f"needs {' and '.join(absent)}, which nobody delivered"
    )


def _at_horizons(asked: RiskTraining, outcomes: Sequence[str]) -> list[Answer]:
    answers = []
    for outcome in outcomes:
        for months in asked.horizons or (policy().outcome(outcome).horizon_months,):
            check_horizon([outcome], months)
            answers.append((outcome, months))
    return list(dict.fromkeys(answers))


def label_tables(history: History) -> dict[str, pd.DataFrame]:
    """The tables that labels come from, as far as somebody delivered them.

    Officers whom other rows refer to are registered without a word of what became of them: that is no record of
    departures, and to learn from it would be to learn that nobody ever leaves.
    """
    needed = {table for rule in policy().outcomes for table in rule.tables}
    found = {name: declared(history.frame(name)) for name in history.tables() if name in needed}
    return {name: rows for name, rows in found.items() if len(rows)}


def served_outcomes(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """What policy serves and the history can label; raises MissingTable when that is nothing."""
    names = policy().served_outcomes
    found = tuple(name for name in names if all(table in tables for table in policy().outcome(name).needs_tables))
    if not found:
        needs = [f"{' and '.join(policy().outcome(name).needs_tables)} (for {name})" for name in names]
        raise MissingTable(f"the history has no table that a served outcome needs; ingest {', or '.join(needs)}")
    return found


def splits_of(
    asked: RiskTraining, tables: Mapping[str, pd.DataFrame], dates: Sequence[date], left: LeftOut
) -> dict[Answer, Split]:
    """What each outcome is learned from; one whose records end early, or reach not far enough back, is `left` out."""

    def split(answer: Answer) -> Split:
        check_recorded(asked.as_of, answer[0], tables)
        return split_of(asked, answer, tables, dates)

    return left.out_of(answers_of(asked, tables), split)


def split_of(asked: RiskTraining, answer: Answer, tables: Mapping[str, pd.DataFrame], dates: Sequence[date]) -> Split:
    """All earlier as-ofs by the step that have a snapshot."""
    outcome, horizon = answer
    ideal = rolling_origin(asked.as_of, horizon, first_as_of(tables, outcome, asked.as_of), asked.step_months)
    kept = tuple(day for day in ideal.train if day in set(dates))
    if not kept:
        if not ideal.train:
            raise NotReady(
                f"no day before {asked.as_of} has {horizon} months of {outcome} recorded after it and a year behind; "
                "train at a later --as-of or with a shorter --horizon-months",
                zh=f"{asked.as_of}之前没有一天其后有{horizon}个月、其前有一年的记录；请以更晚的 --as-of 或更短的 "
                "--horizon-months 训练",
            )
        wanted = " ".join(f"--as-of {day}" for day in ideal.train[-3:])
        raise NotReady(
            f"no snapshot to learn {outcome} from at {asked.as_of}; run `pharos features {wanted}` first",
            zh=f"{asked.as_of}之前没有可供学习的快照；请先运行 pharos features {wanted}",
        )
    return Split(kept, asked.as_of, horizon)


def _check_splits(asked: RiskTraining, split: Split) -> list[Split]:
    """The last training as-ofs as tests, each with what was over by then."""
    found = []
    for test in split.train[-asked.checks :]:
        train = tuple(day for day in split.train if add_months(day, split.horizon_months) <= test)
        if train:
            found.append(Split(train, test, split.horizon_months))
    return found


def service_of(outcomes: Sequence[str]) -> str:
    """The service that a model of these outcomes reads: that with sick days only where `strain` is among them.

    >>> service_of(["conduct"]), service_of(["conduct", "strain"])
    ('risk_v1', 'strain_v1')
    """
    return STRAIN_SERVICE if STRAIN in outcomes else SERVICE


def material_of(
    reader: FeatureReader,
    tables: Mapping[str, pd.DataFrame],
    days: Sequence[date],
    outcomes: Sequence[str],
    fit: FitSettings | None = None,
) -> Material:
    """Features of everybody in the snapshots of these days, through the feature store's point-in-time join.

    They come from the service that covers all the outcomes; each outcome sees only the columns of its own.
    """
    there, service = [day for day in reader.snapshot_dates() if day in set(days)], service_of(outcomes)
    reader.apply()
    officers = [reader.snapshot(day)[["officer_id"]].assign(event_timestamp=pd.Timestamp(day)) for day in there]
    frame = reader.training_frame(pd.concat(officers, ignore_index=True), service)
    as_of = frame.pop("event_timestamp").astype("datetime64[us]")
    rows = RiskRows(frame.assign(as_of=as_of), tables, tuple(reader.columns(service)))
    columns = {outcome: tuple(reader.columns(service_of([outcome]))) for outcome in outcomes}
    return Material(rows, columns, Origins(fit))


def _later(material: Material, answer: Answer, split: Split, asked: RiskTraining, say: Say) -> Later:
    say(f"checking {name_of(answer)} at {split.test}")
    lesson, test = material.lesson(answer, split), material.rows.at([split.test])
    model = fit_outcome(lesson, origins=material.origins)
    question = Question(answer[0], split.horizon_months, asked.as_of)
    y = labels(material.rows.tables, test[["officer_id", "as_of"]], question)
    past = persistence(material.rows.tables, answer[0], test["officer_id"], split.test)
    said, officers = model.predict(lesson.design.matrix(test)), test["officer_id"].tolist()
    return Later(split.test, officers, y, said, count_rule(test), past, model.sets)


def _final(
    material: Material, answer: Answer, split: Split, withheld: Callable[[], Withheld | None], say: Say
) -> OutcomeModel:
    """Fitted first, by what may train alone; `withheld` is read after, and tells no more than which codes are told."""
    say(f"fitting {name_of(answer)}")
    lesson = material.lesson(answer, split)
    return with_codes(fit_outcome(lesson, origins=material.origins), lesson, withheld())


def bundled(models: Sequence[OutcomeModel], reader: FeatureReader, rows: RiskRows, as_of: date) -> RiskBundle:
    """One bundle on one feature service, its grades cut on the force as of the training day."""
    service = service_of([model.outcome for model in models])
    bundle = RiskBundle(tuple(models), service, reader.service_hash(service))
    there = as_of in reader.snapshot_dates()
    last = max(rows.frame["as_of"]).date()
    return with_cuts(bundle, reader.snapshot(as_of) if there else rows.at([last]))
