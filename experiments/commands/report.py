"""Backtests as one page that a third party can run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data_contracts.local_time import today_of
from experiments.commands import edge

report_app = typer.Typer(no_args_is_help=True, help="Backtests as one page that a third party can run again.")


@report_app.command("shortlists")
def report_shortlists(
    as_of: Annotated[str | None, typer.Option(help="Day of the records, YYYY-MM-DD; default: today.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for page and JSON; default: report/ in the state.")] = None,
) -> None:
    """Audit the six talent short lists for a committee: sizes, ties, and balance by group; names nobody."""
    from experiments.reports.shortlists import run_report

    run_report(edge.settings(), edge.day_of(as_of) if as_of else today_of(edge.settings()), out, edge.console)


@report_app.command("risk")
def report_risk(
    data: Annotated[Path, typer.Option(help="Folder of the export.")],
    source: Annotated[str, typer.Option(help="chicago, new_york, simulator or mapped.")] = "chicago",
    as_of: Annotated[list[str] | None, typer.Option(help="Test day; default: the last three January firsts.")] = None,
    outcome: Annotated[list[str] | None, typer.Option(help="Default: what the data can label.")] = None,
    horizon_months: Annotated[int, typer.Option(help="Months ahead.", min=1, max=120)] = 24,
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for page and JSON; default: report/ in the state.")] = None,
    units: Annotated[bool, typer.Option("--units/--no-units", help="Also test grades of units.")] = True,
) -> None:
    """Backtest the risk models and make one page of it, with curves, in Chinese and English."""
    from experiments.reports.risk import RiskReport, run_report

    asked = RiskReport(source, data, as_of or (), outcome or (), horizon_months, mapping, units)
    run_report(edge.settings(), asked, out, edge.console)


@report_app.command("impact")
def report_impact(
    version: Annotated[str | None, typer.Option(help="Version of the risk model; default: the newest.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the pages; default: report/ in the state.")] = None,
) -> None:
    """Write an impact assessment of the risk model, figures from the gate and blanks for the department to fill."""
    from experiments.reports.impact import run_report

    run_report(edge.settings(), version, out, edge.console)
