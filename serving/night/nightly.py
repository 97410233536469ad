"""The night at the edge of a command: which day, the champion, the department's rules, and everybody who must know.

A run is on record from the moment it holds the lock; what turned it away before is on record as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from data_contracts.audit.chain import Action, Entry
from data_contracts.belonging import check_service_database
from data_contracts.errors import NotReady, PharosError, ResultsUnwritable, WrongModel
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.offline_files import read_snapshot, snapshot_dates
from models.audit import audit_chain, now_of, operator
from serving.loading import RISK, Builders, champion
from serving.night.batch import Publisher, ScoreReport, Terms, score
from serving.night.chunks import CHUNK_OFFICERS
from serving.night.input_checks import Checks, Fault, accepted_faults, newest_day
from serving.night.pointer import Move
from serving.night.results import PublishedRun, Scorer
from serving.night.results_database import results_database
from serving.night.run_table import Begun, NightRun, RunTable, run_table
from serving.review.cases import CaseStore
from serving.review.opening import open_cases
from serving.review.standing import KeptReviews


@dataclass(frozen=True)
class NightAsked:
    """A night as asked for: a day, or the newest snapshot; what of its input a person accepts."""

    as_of: date | None = None
    accepted: frozenset[Fault] = frozenset()
    chunk_officers: int = CHUNK_OFFICERS

    @classmethod
    def of(cls, as_of: date | None, accept: Collection[str]) -> NightAsked:
        """As a command line says it; raises InvalidInput for a fault that cannot be accepted."""
        return cls(as_of, accepted_faults(accept))


def score_night(
    asked: NightAsked, settings: Settings, builders: Builders, console: Console, scorer: Scorer | None = None
) -> ScoreReport:
    """Score with the champion (or the scorer given), publish wherever results go, and show how far it is.

    Raises PublishRefused as `score` does, InputRefused where no snapshot is there or the newest is too old, and
    OtherDatabase where the setting names another database than the one that knows who opted out.
    """
    check_service_database(settings)
    clock = partial(now_of, settings)
    runs, begun = run_table(settings, clock), Begun(asked.as_of, "")
    try:
        scorer = scorer or _champion_scorer(settings, builders)
        begun = Begun(asked.as_of, _names(scorer))
        begun = Begun(asked.as_of or _newest(settings, clock(), asked), begun.model)
    except PharosError as error:
        runs.turned_away(begun, error)
        raise
    return _scored(begun, asked, settings, runs, scorer, console)


def _scored(
    begun: Begun, asked: NightAsked, settings: Settings, runs: RunTable, scorer: Scorer, console: Console
) -> ScoreReport:
    """Score, show how far it is, and open the cases of a night in force.

    Raises PublishRefused where nothing is published; NotReady where it is and its cases cannot be opened: the same
    command, or `pharos review open`, opens them later.
    """
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("officers", total=None)

        def progress(done: int, total: int, kept: bool) -> None:
            words = "officers (kept from before)" if kept else "officers"
            bar.update(task, completed=done, total=total, description=words)

        day = begun.as_of or date.min
        record = _Record(runs, begun, console)
        try:
            publishers, heeded = publishers_of(settings, runs.clock), KeptReviews.of(settings).opted_out
            terms = Terms(asked.accepted, publishers, record.begin, progress, heeded)
            report = score(
                day,
                settings,
                scorer,
                rules=policy().grades,
                parents=unit_tree(settings, day),
                chunk_officers=asked.chunk_officers,
                terms=terms,
            )
        except PharosError as error:
            if not record.held:  # the lock is another's, or could not even be opened
                runs.turned_away(begun, error)
            raise
        if not report.new:
            officers = report.manifest.counts.rows_in
            bar.update(task, completed=officers, total=officers, description="officers (published before)")
    if report.in_force:
        run, store = PublishedRun(report.folder, report.manifest), CaseStore.of(settings)
        console.print(open_cases(run, store, policy(), now_of(settings)).sentence, highlight=False)
    return report


@dataclass
class _Record:
    """The record of one run, which begins once it holds the lock."""

    runs: RunTable
    begun: Begun
    console: Console
    held: bool = False

    def begin(self) -> AbstractContextManager[Callable[[ScoreReport], None]]:
        self.held = True
        return self.runs.recorded(self.begun, partial(tell_interrupted, self.console))


def tell_interrupted(console: Console, run: NightRun) -> None:
    """Say aloud that an earlier run never ended."""
    told = f"run {run.number} of {run.started_at:%Y-%m-%d %H:%M} UTC as of {run.as_of} was interrupted"
    console.print(f"{told}; what it finished is kept, and the run in force was not touched", highlight=False)


def publishers_of(settings: Settings, clock: Callable[[], datetime]) -> tuple[Publisher, ...]:
    """Where a run goes beside its files: into the audit chain, then into PostgreSQL where a setting names it."""
    database = results_database(settings)
    return Audited(settings, clock), *(() if database is None else (database,))


@dataclass(frozen=True)
class Audited:
    """One line in the audit chain for each run that comes into force; without it, it does not."""

    settings: Settings
    clock: Callable[[], datetime]

    def __call__(self, run: PublishedRun, move: Move) -> None:
        """Write the line; raises ResultsUnwritable where it cannot be."""
        if move is not Move.NEEDED:
            return
        manifest = run.manifest
        told = {
            "as_of": manifest.as_of.isoformat(),
            "run": manifest.run,
            "output_hash": manifest.output_hash,
            "models": [f"{model.name} {model.version}" for model in manifest.models],
        }
        try:
            audit_chain(self.settings).append(Entry(self.clock(), operator(), Action.NIGHT_PUBLISHED, details=told))
        except NotReady as error:
            raise ResultsUnwritable(f"{error}; the last published run stays: run again") from error


def unit_tree(settings: Settings, as_of: date) -> Mapping[str, str]:
    """The unit above each unit as of a day; empty when there is no snapshot of units."""
    try:
        units = read_snapshot(settings.snapshot_dir, "units", as_of)
    except NotReady:
        return {}
    known = units.dropna(subset=["parent_unit_id"])
    return dict(zip(known["unit_id"].astype(str), known["parent_unit_id"].astype(str), strict=True))


def _champion_scorer(settings: Settings, builders: Builders) -> Scorer:
    try:
        return builders.risk(champion(settings, RISK)).scorer
    except NotReady as error:
        raise WrongModel(f"nothing was published: {error}") from error


def _newest(settings: Settings, now: datetime, asked: NightAsked) -> date:
    rules = policy()
    days = snapshot_dates(settings.snapshot_dir, "officers")
    hours = rules.grades.scoring.refuse_features_after_hours
    return newest_day(days, now, hours, Checks(rules.night, asked.accepted))


def _names(scorer: Scorer) -> str:
    return ", ".join(f"{model.name} {model.version}" for model in scorer.models)
