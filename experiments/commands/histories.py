"""From a source to the feature store: simulate, ingest, features, materialize."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands import edge

GUESSED = (
    "Exit status of --guess: 0 all that is required was found and is sure; 3 a person must look at what is unsure; "
    f"4 something required is missing; {edge.FAILED}."
)


def simulate(
    officers: Annotated[int, typer.Option(help="Strength of the force at any time.", min=1, max=1_000_000)] = 3000,
    years: Annotated[int, typer.Option(help="Years of records.", min=1, max=60)] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0, max=2**32 - 1)] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: simulated/ in the state folder.")] = None,
    end: Annotated[str, typer.Option(help="The day after the last one of the records.")] = "2026-01-01",
    bad_rows: Annotated[bool, typer.Option("--bad-rows", help="Also write rows that intake must refuse.")] = False,
) -> None:
    """Write a simulated bureau with planted, known effects as one parquet file a table."""
    from data_contracts.simulator.progress import simulate_to

    folder = out or edge.settings().state / "simulated"
    edge.console.print(simulate_to(folder, officers, years, seed, end, with_bad_rows=bad_rows, console=edge.console))


def ingest(
    path: Annotated[str, typer.Argument(help="Folder of the export; for mapped also one file or a SQLAlchemy URL.")],
    source: Annotated[
        str, typer.Option(help="chicago, new_york, simulator, templates, service or mapped.")
    ] = "templates",
    mapping: Annotated[
        Path | None, typer.Option(help="Mapping file of a mapped source; with --guess, the file to write.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the report as JSON.")] = None,
    delivered_on: Annotated[str | None, typer.Option(help="The export's day, YYYY-MM-DD; default: today.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    guess: Annotated[
        bool, typer.Option("--guess", help="Propose a mapping for the file or folder, write it, and try it.")
    ] = False,
    send_back: Annotated[
        Path | None, typer.Option(help="Folder for workbooks of refused rows, to go back to their sender.")
    ] = None,
    language: Annotated[str, typer.Option(help="zh or en, for --guess.")] = "zh",
) -> None:
    """Take histories in: good rows into the history, bad rows into quarantine with their reasons."""
    day = None if delivered_on is None else edge.day_of(delivered_on)
    if guess:
        from experiments.own_data import Guessing
        from experiments.own_data import guess as guess_mapping

        if status := guess_mapping(Guessing(Path(path), mapping, language, day), edge.settings(), edge.console):
            raise typer.Exit(status)
        return
    from features.ingest import Delivered, ingest_with_progress

    delivered = Delivered(source, path, mapping)
    report = ingest_with_progress(
        delivered, edge.settings(), edge.console, dry_run=dry_run, delivered_on=day, send_back=send_back
    )
    edge.console.print(report.as_table())
    if out is not None:
        report.write(out)


def features(
    first: Annotated[str | None, typer.Option("--from", help="First month, YYYY-MM.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last month, YYYY-MM.")] = None,
    as_of: Annotated[list[str] | None, typer.Option(help="A day, YYYY-MM-DD or today; may be given again.")] = None,
) -> None:
    """Build officer, unit and career snapshots by month; what is up to date is left alone."""
    from features.building import as_table, asked_days, build_features

    days = asked_days(first, last, [str(edge.day_of(day)) for day in as_of or ()])
    edge.console.print(as_table(build_features(edge.settings(), days, edge.console)))


def materialize(
    as_of: Annotated[str, typer.Option(help="The day whose snapshots requests shall read, YYYY-MM-DD or today.")],
) -> None:
    """Register the features and bring the online store forward to a day; an older day changes nothing."""
    from features.filling import as_table, fill_online_store

    edge.console.print(as_table(fill_online_store(edge.settings(), edge.day_of(as_of), edge.console)))
