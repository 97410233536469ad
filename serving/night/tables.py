"""What a run of the night, and the runs of many nights, look like to people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from serving.night.batch import ScoreReport
from serving.night.roll_up import GRADES
from serving.night.run_table import NightRun, State


def as_table(report: ScoreReport) -> Table:
    """Grades by outcome and where everybody went."""
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
    done = "already published: nothing was done" if not report.moved else "published before, and put in force now"
    what = "published" if report.new else done
    force = "in force" if report.in_force else "a later day stays in force"
    return f"{what}, {force}; run {report.manifest.run}, output {report.manifest.output_hash[:16]}"


def runs_table(runs: Sequence[NightRun], last: int) -> Table:
    """The last runs, newest first."""
    table = Table("run", "as of", "model", "started", "took", "state", "in", "published", "quarantined", "twice", "why",
                  title=f"the last {min(last, len(runs))} of {len(runs)} runs of the night, UTC")  # fmt: skip
    for run in sorted(runs, key=lambda run: run.number, reverse=True)[:last]:
        counts = (run.rows_in, run.published, run.quarantined, run.duplicates)
        table.add_row(
            str(run.number), "" if run.as_of is None else str(run.as_of), run.model, f"{run.started_at:%Y-%m-%d %H:%M}",
            _took(run), run.state.value, *("" if count is None else f"{count:,}" for count in counts), _why(run),
        )  # fmt: skip
    return table


def _took(run: NightRun) -> str:
    if run.ended_at is None or run.state is State.INTERRUPTED:
        return ""
    return f"{(run.ended_at - run.started_at).total_seconds():,.0f} s"


def _why(run: NightRun) -> str:
    return f"{run.code}: {run.reason}" if run.code else ""
