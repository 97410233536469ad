"""Answer over HTTP or in the terminal, and examples for those who ask."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from data_contracts.importing import kept_imports
from experiments.commands import edge

api_app = typer.Typer(no_args_is_help=True, help="For those who write programs that ask the service.")


@api_app.command("examples")
def api_examples(out: Annotated[Path, typer.Option(help="Folder to write.")]) -> None:
    """Write examples of every question in curl and Java, made of the OpenAPI document."""
    import json

    from serving.api.examples import write_examples
    from serving.api.openapi import document

    for path in write_examples(json.loads(document()), out):
        edge.aloud(f"wrote {path}")


@api_app.command("page")
def api_page(out: Annotated[Path, typer.Option(help="File to write, such as api.html.")]) -> None:
    """Write the page `/docs` of the service as one file, for readers without a service."""
    import json

    from serving.api.docs_page import page
    from serving.api.openapi import document

    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(json.loads(document())), encoding="utf-8")
    edge.aloud(f"wrote {out}")


def serve(
    host: Annotated[str | None, typer.Option(help="Wider than this machine needs keys; default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: 3017 (PHAROS_PORT).", min=1, max=65_535)] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", help="Stop too when standard input ends.")] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Fixed answers for fixed ids; of the state only its keys count.")
    ] = False,
) -> None:
    """Answer over HTTP until stopped, on this machine unless told otherwise; champions are verified and loaded once."""
    from serving.parent import end_with_parent

    if sandbox:
        os.environ["PHAROS_SANDBOX"] = "1"  # for the processes of the service as well
        edge.settings.cache_clear()
    if with_parent:
        end_with_parent()
    with kept_imports():
        from serving.service import announced_on, serve, with_address

    serve(with_address(edge.settings(), host, port), announced_on(edge.console, edge.settings()))


def recommend(
    officer_id: Annotated[str, typer.Argument(help="The officer.")],
    goal: Annotated[
        str | None,
        typer.Option(
            help="For paths and courses, KIND:CODE, as post:p-7, job_family:traffic; default: the stated one."
        ),
    ] = None,
    horizon_months: Annotated[
        int | None, typer.Option(help="Months to get there in; default: policy's.", min=1, max=480)
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="The day asked about, YYYY-MM-DD; default: today.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the picture; default: pictures/ of the state.")] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    points: Annotated[
        float | None, typer.Option(help="Points missing to what there is now; default: 5.", min=0, max=1_000_000)
    ] = None,
    points_by: Annotated[str | None, typer.Option(help="By this day, YYYY-MM-DD; default: in a year.")] = None,
) -> None:
    """Print what the service would advise one officer, posts, paths, courses and points, and draw the paths."""
    from experiments.advice.recommend import Recommendation, recommend
    from serving.service import opened_desks

    day = None if as_of is None else edge.day_of(as_of)
    by = None if points_by is None else edge.day_of(points_by)
    asked = Recommendation(officer_id, goal, horizon_months, day, out, language, points, by)
    recommend(asked, opened_desks(), edge.settings().pictures_dir, edge.console)
