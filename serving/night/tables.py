"""What a run of the night, and the runs of many nights, look like to people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from data_contracts.figures import percent_told
from data_contracts.policy import policy
from models.risk.grades import over_budget
from serving.night.batch import ScoreReport
from serving.night.followed import published_followed
from serving.night.results import PublishedRun, asked_of
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
    done = f"{what}, {force}; run {report.manifest.run}, output {report.manifest.output_hash[:16]}"
    notices = (notice["en"] for notice in report.manifest.notices)
    return "\n".join([done, *_budgets(report), _approaches(report), *notices])


def _approaches(report: ScoreReport) -> str:
    """How many approach alerts each outcome has, and what earlier nights showed such an alert to be worth."""
    rows = PublishedRun(report.folder, report.manifest).officers(["outcome", "horizon_months", "flags"])
    followed = published_followed(report.folder)
    told = []
    for asked, some in rows.groupby(["outcome", "horizon_months"]):
        outcome, months = asked_of(asked)
        one, many = followed.get((outcome, months)), int(some["flags"].str.contains('"approach"', regex=False).sum())
        worth = "worth not measured yet" if one is None else (
            f"of {one.officers} as near on {one.since}, {percent_told(one.share).en} were graded worse by {one.until}"
        )  # fmt: skip
        told.append(f"{policy().outcome(outcome).name_at(months)} {many} ({worth})")
    return f"approach alerts: {'; '.join(told)}"


def _budgets(report: ScoreReport) -> list[str]:
    """Where the budget of a unit does not limit alerts, that it does not, and of each outcome how many units lie
    beyond it: all units, as `pharos preview` counts them, also those too small to show figures of their own."""
    run = PublishedRun(report.folder, report.manifest)
    by_outcome = run.units().dropna(subset=["decided_by"]).groupby(["outcome", "horizon_months"])["decided_by"].first()
    free = by_outcome[by_outcome != "unit_budget"]
    if free.empty:
        return []
    officers = run.officers(["outcome", "horizon_months", "unit_id", "grade"])
    beyond = list[str]()
    for asked, rows in officers.groupby(["outcome", "horizon_months"]):
        outcome, months = asked_of(asked)
        if (outcome, months) in free.index:
            some = rows[["unit_id", "grade"]].astype(object).where(rows[["unit_id", "grade"]].notna(), None)
            many = over_budget(some["grade"].to_numpy(object), some["unit_id"].tolist(), policy().grades.unit)
            beyond.append(f"{policy().outcome(outcome).name_at(months)} {many}")
    modes = " and ".join(sorted(free.unique()))
    told = f"graded by {modes}: the budget of a unit does not limit alerts"
    return [f"{told}; units beyond it: {', '.join(beyond)} (of {officers['unit_id'].nunique()}, small ones too)"]


def runs_table(runs: Sequence[NightRun], last: int) -> Table:
    """The last runs, newest first."""
    title = f"the last {min(last, len(runs))} of {len(runs)} runs of the night, UTC"
    table = Table("run", "as of", "started", "took", "state", title=title)
    for column in table.columns:
        column.no_wrap = True
    table.add_column("what became of it")
    for run in sorted(runs, key=lambda run: run.number, reverse=True)[:last]:
        day = "" if run.as_of is None else str(run.as_of)
        started = f"{run.started_at:%Y-%m-%d %H:%M}"
        table.add_row(str(run.number), day, started, _took(run), run.state.value, _told(run))
    return table


def _took(run: NightRun) -> str:
    if run.ended_at is None or run.state is State.INTERRUPTED:
        return ""
    return f"{(run.ended_at - run.started_at).total_seconds():,.0f} s"


def _told(run: NightRun) -> str:
    """The counts of a published run, the reason of one that was not."""
    if run.code:
        return f"{run.code}: {run.reason}"
    if run.rows_in is None:
        return run.model
    out = f"{run.published:,} published + {run.quarantined:,} quarantined + {run.duplicates:,} twice"
    return f"{run.model}: {run.rows_in:,} in = {out}"
