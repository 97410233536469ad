"""Test models on time they have not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands import edge

backtest_app = typer.Typer(no_args_is_help=True, help="Test models on time they have not seen; stable JSON.")


@backtest_app.command("risk")
def backtest_risk(
    data: Annotated[Path, typer.Option(help="Folder of the export.")],
    as_of: Annotated[list[str], typer.Option(help="Test day, YYYY-MM-DD; may be given again.")],
    outcome: Annotated[list[str], typer.Option(help="conduct, force, any_complaint, ...; may be given again.")],
    out: Annotated[Path, typer.Option(help="JSON to write.")],
    source: Annotated[str, typer.Option(help="chicago, new_york, simulator or mapped.")] = "chicago",
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
    horizon_months: Annotated[int, typer.Option(help="Months ahead.", min=1, max=120)] = 24,
    labels: Annotated[str, typer.Option(help="mature (known then) or eventual (as papers do).")] = "mature",
    with_eventual: Annotated[bool, typer.Option(help="Also against plain peers told the findings of later.")] = False,
) -> None:
    """Test risk models on officers and years they have not seen."""
    from experiments.backtests.risk import RiskBacktest, run_backtest

    asked = RiskBacktest(source, data, as_of, outcome, horizon_months, labels, mapping, with_eventual=with_eventual)
    run_backtest(asked, out, edge.console)


@backtest_app.command("units")
def backtest_units(
    data: Annotated[Path, typer.Option(help="Folder of the export.")],
    as_of: Annotated[list[str], typer.Option(help="Test day, YYYY-MM-DD; may be given again.")],
    out: Annotated[Path, typer.Option(help="JSON to write; a picture of each outcome is written beside it.")],
    outcome: Annotated[
        list[str] | None, typer.Option(help="Default: conduct, force and any_complaint; may be given again.")
    ] = None,
    source: Annotated[str, typer.Option(help="chicago, new_york, simulator or mapped.")] = "chicago",
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
    horizon_months: Annotated[int, typer.Option(help="Months ahead.", min=1, max=120)] = 24,
) -> None:
    """Test the grades of units on years they have not seen, against the share of the last period."""
    from experiments.backtests.units import OUTCOMES, UnitsBacktest, run_backtest

    run_backtest(UnitsBacktest(source, data, as_of, outcome or OUTCOMES, horizon_months, mapping), out, edge.console)


@backtest_app.command("truth")
def backtest_truth(
    data: Annotated[Path, typer.Option(help="Folder that `pharos simulate` wrote; the truth lies in it.")],
    as_of: Annotated[list[str], typer.Option(help="Test day, YYYY-MM-DD; may be given again.")],
    outcome: Annotated[list[str], typer.Option(help="strain, departure, stagnation, ...; may be given again.")],
    out: Annotated[Path, typer.Option(help="JSON to write.")],
    horizon_months: Annotated[int, typer.Option(help="Months ahead.", min=1, max=120)] = 12,
    step_months: Annotated[int, typer.Option(help="Months between the as-ofs learned from.", min=1, max=120)] = 12,
    curve: Annotated[bool, typer.Option(help="Also what more officers would give, at the last test day.")] = False,
) -> None:
    """Test the risk model against someone who knows the hazards that the simulator planted."""
    from experiments.backtests.truth import TruthBacktest, run_backtest

    run_backtest(TruthBacktest(data, as_of, outcome, horizon_months, step_months, curve=curve), out, edge.console)


@backtest_app.command("next-post")
def backtest_next_post(
    data: Annotated[Path, typer.Option(help="Folder of the export.")],
    train_until: Annotated[str, typer.Option(help="Last day that training may know, YYYY-MM-DD.")],
    test_until: Annotated[str, typer.Option(help="Last day of the test window, YYYY-MM-DD.")],
    out: Annotated[Path, typer.Option(help="JSON to write.")],
    source: Annotated[str, typer.Option(help="chicago, new_york, simulator or mapped.")] = "new_york",
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
    sasrec_python: Annotated[
        Path | None, typer.Option(help="Interpreter of an environment that has RecTools; adds the peer sasrec.")
    ] = None,
) -> None:
    """Test next-post models on moves they have not seen, ranking the whole catalogue."""
    from experiments.backtests.next_post import NextPostBacktest, run_backtest

    asked = NextPostBacktest(source, data, train_until, test_until, mapping, sasrec_python=sasrec_python)
    run_backtest(asked, out, edge.console)


@backtest_app.command("courses")
def backtest_courses(
    data: Annotated[Path, typer.Option(help="Folder of the export.")],
    out: Annotated[Path, typer.Option(help="JSON to write.")],
    train_until: Annotated[str | None, typer.Option(help="Last day that training may know, YYYY-MM-DD.")] = None,
    test_until: Annotated[str | None, typer.Option(help="Last day of the test window, YYYY-MM-DD.")] = None,
    source: Annotated[str, typer.Option(help="chicago, new_york, simulator or mapped.")] = "new_york",
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
    test_file: Annotated[Path | None, typer.Option(help="Published test part, in place of the two days.")] = None,
) -> None:
    """Test rankings of the next new courses on takings they have not seen, refreshed each week."""
    from experiments.backtests.courses import CourseBacktest, run_backtest

    run_backtest(CourseBacktest(source, data, train_until, test_until, mapping, test_file), out, edge.console)


@backtest_app.command("paths")
def backtest_paths(
    source: Annotated[str, typer.Option(help="chicago, new_york, simulator or mapped.")],
    data: Annotated[Path, typer.Option(help="Folder of the export.")],
    train_until: Annotated[str, typer.Option(help="Learn from what was known by this day, YYYY-MM-DD.")],
    test_until: Annotated[str, typer.Option(help="Test on goals reached up to this day, YYYY-MM-DD.")],
    out: Annotated[Path, typer.Option(help="JSON to write.")],
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
) -> None:
    """Test paths on the posts and rank steps that officers really reached, and the times to the next move."""
    from experiments.backtests.paths import PathBacktest, run_backtest

    run_backtest(PathBacktest(source, data, train_until, test_until, mapping), out, edge.console)


@backtest_app.command("plans", epilog="Measured in experiments/decisions/0012-paths.md; about 10 minutes as it stands.")
def backtest_plans(
    out: Annotated[Path, typer.Option(help="JSON to write.")],
    source: Annotated[str, typer.Option(help="simulator: only there can the same officers live twice.")] = "simulator",
    officers: Annotated[int, typer.Option(help="Officers of the bureau.", min=100, max=1_000_000)] = 1500,
    history_months: Annotated[int, typer.Option(help="Months that the models learn from.", min=12, max=600)] = 72,
    horizon_months: Annotated[int, typer.Option(help="Months to reach the goal in.", min=1, max=600)] = 36,
    advice_months: Annotated[int, typer.Option(help="Months between two pieces of advice.", min=1, max=120)] = 6,
    seed: Annotated[int, typer.Option(help="Seed of the bureau, the same for every arm.", min=0, max=2**32 - 1)] = 11,
) -> None:
    """Let a simulated bureau live on from one day three times: officers follow the plan, what is popular, or popular
    courses with their own wish; who reaches the goal, and how often plans change."""
    from experiments.backtests.plans import PlanBacktest, run_backtest

    asked = PlanBacktest(source, officers, history_months, horizon_months, advice_months, seed)
    run_backtest(asked, out, edge.console)
