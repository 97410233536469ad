"""The command line: one command for each step of the way. Nothing imports this module.

The commands stand by subject under `experiments/commands/`; each imports what it needs when it runs, so that `--help`
stays quick.
"""

from __future__ import annotations

import sys

import typer

from data_contracts.errors import PharosError
from data_contracts.night_exits import told_exits
from data_contracts.private import keep_private
from data_contracts.settings import prepare_process
from experiments.commands import (
    access,
    backtest,
    concerns,
    contracts,
    drift,
    edge,
    experiment,
    feedback,
    gate,
    histories,
    machine,
    night,
    report,
    review,
    service,
    train,
    tune,
    upgrading,
)

HELP = "The command line: one command for each step of the way. Nothing imports this module."
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
app.callback()(machine.version)
app.add_typer(train.train_app, name="train")
app.add_typer(feedback.feedback_app, name="feedback")
app.add_typer(tune.tune_app, name="tune")
app.add_typer(backtest.backtest_app, name="backtest")
app.add_typer(experiment.experiment_app, name="experiment")
app.add_typer(gate.gate_app, name="gate")
app.add_typer(report.report_app, name="report")
app.add_typer(contracts.contracts_app, name="contracts")
app.add_typer(access.keys_app, name="keys")
app.add_typer(access.audit_app, name="audit")
app.add_typer(review.review_app, name="review")
app.add_typer(review.database_app, name="database")
app.add_typer(night.night_app, name="night")
app.add_typer(concerns.concerns_app, name="concerns")
app.add_typer(service.api_app, name="api")
app.command()(histories.simulate)
app.command(epilog=histories.GUESSED)(histories.ingest)
app.command()(histories.features)
app.command()(histories.materialize)
app.command()(experiment.compare)
app.command()(gate.promote)
app.command()(gate.rollback)
app.command()(review.erase)
app.command()(service.serve)
app.command()(service.recommend)
app.command(epilog=f"Exit status: {told_exits()}.")(night.score)
app.command(epilog=drift.WATCHED)(drift.watch)
app.command()(drift.preview)
app.command()(machine.demo)
app.command()(machine.doctor)
app.command()(upgrading.upgrade)


def main() -> None:
    """Run the command line; an error of ours is one clear sentence and exit status 2."""
    try:
        prepare_process()
        keep_private()
        app()
    except PharosError as error:
        edge.tell(error)
        sys.exit(2)


if __name__ == "__main__":
    main()
