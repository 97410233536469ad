"""Fit models on the feature store and log them."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands import edge

train_app = typer.Typer(no_args_is_help=True, help="Fit a model on the feature store and log it.")


@train_app.command("next-post")
def train_next_post(
    as_of: Annotated[str, typer.Option(help="Learn from what was known before this day, YYYY-MM-DD.")],
) -> None:
    """Fit the next-post model on the history, test it on the months before, sign it and register it."""
    from experiments.progress import steps
    from training.posts.train import STAGES, train_next_post
    from training.tuning.spaces import next_post_fit

    fit = next_post_fit(edge.settings(), edge.aloud)
    with steps(edge.console, "train next-post", STAGES) as bar:
        model, worth = train_next_post(edge.settings(), edge.day_of(as_of), bar.say, fit)
    edge.console.print(worth.sentence(), highlight=False)
    if worth.picture:
        edge.aloud(f"picture {worth.picture}")
    edge.console.print(f"registered {model.name} version {model.version}", highlight=False)


@train_app.command("courses")
def train_courses(
    as_of: Annotated[str, typer.Option(help="Learn from what was known before this day, YYYY-MM-DD.")],
) -> None:
    """Fit the courses model on the history, test it on the months before, sign it and register it."""
    from experiments.progress import steps
    from training.courses.train import STAGES, train_courses

    with steps(edge.console, "train courses", STAGES) as bar:
        model, worth = train_courses(edge.settings(), edge.day_of(as_of), bar.say)
    edge.console.print(worth.sentence(), highlight=False)
    edge.console.print(f"registered {model.name} version {model.version}", highlight=False)


@train_app.command("paths")
def train_paths(
    as_of: Annotated[str, typer.Option(help="Learn from what was known before this day, YYYY-MM-DD.")],
) -> None:
    """Fit paths to posts and rank steps on the history, test them on the months before, sign and register them."""
    from experiments.progress import steps
    from training.paths.train import STAGES, train_paths

    with steps(edge.console, "train paths", STAGES) as bar:
        model, worth = train_paths(edge.settings(), edge.day_of(as_of), bar.say)
    edge.console.print(worth.sentence(), highlight=False)
    edge.aloud(f"picture {worth.picture}")
    edge.console.print(f"registered {model.name} version {model.version}", highlight=False)


@train_app.command("risk")
def train_risk(
    as_of: Annotated[str, typer.Option(help="The day it is trained on, YYYY-MM-DD; nothing later is seen.")],
    outcome: Annotated[
        list[str] | None, typer.Option(help="Default: what policy serves and the data can label.")
    ] = None,
    step_months: Annotated[int, typer.Option(help="Months between the as-ofs learned from.", min=1, max=120)] = 12,
    horizon_months: Annotated[
        list[int] | None,
        typer.Option(help="Months ahead, 6, 12 or 24; may be given again. Default: policy's own.", min=1, max=120),
    ] = None,
) -> None:
    """Fit, check on later years, sign and register the risk model."""
    from experiments.progress import steps
    from training.risk.record import as_table
    from training.risk.train import RiskTraining, train_risk
    from training.tuning.spaces import risk_fit

    fit, ahead = risk_fit(edge.settings(), edge.aloud), tuple(horizon_months or ())
    asked = RiskTraining(edge.day_of(as_of), tuple(outcome or ()), step_months, fit=fit, horizons=ahead)
    with steps(edge.console, "train risk") as bar:
        trained = train_risk(edge.settings(), asked, bar.say, bar.plan)
    edge.console.print(as_table(trained))
    for name, years in trained.years.items():
        edge.aloud(f"{name}: {years.told.en}")
    for picture in trained.pictures:
        edge.aloud(f"picture {picture}")


@train_app.command("concerns")
def train_concerns(
    as_of: Annotated[str, typer.Option(help="Learn deadlines from what was known before this day, YYYY-MM-DD.")],
    challenger: Annotated[
        bool, typer.Option(help="Fit the network as well, and tell how far it is behind or ahead; minutes.")
    ] = False,
) -> None:
    """Fit the sorting of concerns on the department's phrases, test it on phrases held out, sign and register it."""
    from experiments.progress import steps
    from training.concerns.train import STAGES, train_concerns
    from training.tuning.concerns import concern_fit

    fit = concern_fit(edge.settings(), edge.aloud)
    with steps(edge.console, "train concerns", STAGES) as bar:
        model, worth = train_concerns(edge.settings(), edge.day_of(as_of), bar.say, fit)
    edge.console.print(worth.sentence(), highlight=False)
    edge.aloud(f"picture {worth.picture}")
    edge.console.print(f"registered {model.name} version {model.version}", highlight=False)
    if challenger:
        from training.concerns.challenge import STAGES as MORE
        from training.concerns.challenge import challenge

        with steps(edge.console, "challenge", MORE) as bar:
            told = challenge(edge.settings(), edge.day_of(as_of), bar.say, fit)
        edge.console.print(told.sentence(), highlight=False)


@train_app.command("feedback")
def train_feedback(
    as_of: Annotated[str, typer.Option(help="Learn from what was answered before this day, YYYY-MM-DD.")],
) -> None:
    """Learn from what officers did with suggestions, judge other rankings by the log, sign and register."""
    from experiments.progress import steps
    from training.feedback.train import train_feedback

    with steps(edge.console, "train feedback") as bar:
        model, found = train_feedback(edge.settings(), edge.day_of(as_of), bar.say)
    edge.console.print(found.sentence(), highlight=False)
    edge.console.print(f"registered {model.name} version {model.version}", highlight=False)
