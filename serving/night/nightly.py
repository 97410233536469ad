"""The night at the edge of a command: the champion, the department's rules, the unit tree, a bar and a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from data_contracts.errors import NotReady
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.offline_files import read_snapshot
from models.audit import now_of
from serving.loading import RISK, Builders, champion
from serving.night.batch import ScoreReport, score
from serving.night.results import PublishedRun, Scorer
from serving.night.roll_up import GRADES
from serving.review.cases import CaseStore
from serving.review.opening import open_cases
from serving.review.standing import KeptReviews


def score_night(
    as_of: date, settings: Settings, builders: Builders, console: Console, scorer: Scorer | None = None
) -> ScoreReport:
    """Score with the champion (or the scorer given), show how far it is, and open the cases of a night in force.

    Raises PublishRefused where nothing is published; NotReady where it is and its cases cannot be opened: the same
    command, or `pharos review open`, opens them later.
    """
    scorer = scorer or builders.risk(champion(settings, RISK)).scorer
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("officers", total=None)

        def progress(done: int, total: int, kept: bool) -> None:
            words = "officers (kept from before)" if kept else "officers"
            bar.update(task, completed=done, total=total, description=words)

        report = score(
            as_of,
            settings,
            scorer,
            rules=policy().grades,
            parents=unit_tree(settings, as_of),
            progress=progress,
            opted_out=KeptReviews.of(settings).opted_out,
        )
        if not report.new:
            officers = report.manifest.counts.rows_in
            bar.update(task, completed=officers, total=officers, description="officers (published before)")
    if report.in_force:
        run, store = PublishedRun(report.folder, report.manifest), CaseStore.of(settings)
        console.print(open_cases(run, store, policy(), now_of(settings)).sentence, highlight=False)
    return report


def unit_tree(settings: Settings, as_of: date) -> Mapping[str, str]:
    """The unit above each unit as of a day; empty when there is no snapshot of units."""
    try:
        units = read_snapshot(settings.snapshot_dir, "units", as_of)
    except NotReady:
        return {}
    known = units.dropna(subset=["parent_unit_id"])
    return dict(zip(known["unit_id"].astype(str), known["parent_unit_id"].astype(str), strict=True))


def as_table(report: ScoreReport) -> Table:
    """Grades by outcome and where everybody went, for people."""
    counts, manifest = report.manifest.counts, report.manifest
    table = Table("outcome", *GRADES, title=f"risk as of {manifest.as_of}", caption=_caption(report))
    for outcome, grades in manifest.grades.items():
        table.add_row(outcome, *(f"{grades[name]:,}" for name in GRADES))
    table.add_section()
    table.add_row("officers in", f"{counts.rows_in:,}")
    table.add_row("not scored", f"{counts.not_scored:,}")
    table.add_row("quarantined", f"{counts.quarantined:,}")
    table.add_row("duplicates", f"{counts.duplicates:,}")
    return table


def _caption(report: ScoreReport) -> str:
    what = "published" if report.new else "already published: nothing was done"
    force = "in force" if report.in_force else "a later day stays in force"
    return f"{what}, {force}; run {report.manifest.run}, output {report.manifest.output_hash[:16]}"
