"""Judge a model version before it answers, sign for what is unclear, and promote it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data_contracts.errors import InvalidInput
from data_contracts.local_time import today_of
from experiments.commands import edge

if TYPE_CHECKING:
    from training.gate.verdict import Examined

gate_app = typer.Typer(no_args_is_help=True, help="Judge a model version before it answers; sign for what is unclear.")
JUDGED = f"Exit status: 0 it may answer; 1 it may not; {edge.FAILED}."


def promote(
    name: Annotated[str, typer.Argument(help="risk, next-post, courses, paths or concerns.")],
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="An outcome that the champion answers and this need not; repeatable.")
    ] = None,
) -> None:
    """Let a model version answer as champion, if it passes the gate; otherwise say why not."""
    from training.gate.lines import as_table
    from training.gate.verdict import promote

    examined = promote(edge.settings(), name, version, without or ())
    edge.console.print(as_table(examined.lines))
    _tell_signed(examined)
    told = f"{name} version {examined.model.version} is the champion: it {examined.in_short}"
    edge.console.print(told, highlight=False, soft_wrap=True)


def rollback(
    name: Annotated[str, typer.Argument(help="risk, next-post, courses or paths.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence; it stands in the audit chain.")],
    version: Annotated[str | None, typer.Option(help="One that answered before; default: the last that did.")] = None,
) -> None:
    """Let the version that answered before answer again, if it passes the gate; on the audit chain, with the reason."""
    from training.gate.going_back import roll_back
    from training.gate.lines import as_table

    examined, before = roll_back(edge.settings(), name, reason, version)
    edge.console.print(as_table(examined.lines))
    _tell_signed(examined)
    told = f"{name} version {examined.model.version} is the champion again, in place of version {before}"
    edge.console.print(f"{told}: it {examined.in_short}", highlight=False, soft_wrap=True)


@gate_app.command("risk", epilog=JUDGED)
def gate_risk(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge a risk model: count rule, calibration, grades, groups; exit status 1 when it may not answer."""
    _gate("risk", version)


@gate_app.command("next-post", epilog=JUDGED)
def gate_next_post(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge a next-post model; exit status 1 when it may not answer."""
    _gate("next-post", version)


@gate_app.command("courses", epilog=JUDGED)
def gate_courses(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge a courses model against the popularity of the last 30 days; exit status 1 when it may not answer."""
    _gate("courses", version)


@gate_app.command("paths", epilog=JUDGED)
def gate_paths(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge a paths model: hits against the way most often taken, times; exit status 1 when it may not answer."""
    _gate("paths", version)


@gate_app.command("concerns", epilog=JUDGED)
def gate_concerns(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge the sorting of concerns on held-out phrases; exit status 1 when it may not answer."""
    _gate("concerns", version)


@gate_app.command("waive")
def gate_waive(
    name: Annotated[str, typer.Argument(help="risk, next-post, courses, paths or concerns.")],
    version: Annotated[str, typer.Option(help="The version that it is about.")],
    reason: Annotated[str, typer.Option(help="Why it may answer all the same, in a sentence.")],
    signed_by: Annotated[list[str], typer.Option(help="A person who answers for this; two different ones.")],
    check: Annotated[list[str] | None, typer.Option(help="Exact name of an inconclusive check.")] = None,
    checks_from: Annotated[Path | None, typer.Option(help="File with a name a line, as the gate writes it.")] = None,
) -> None:
    """Take responsibility for inconclusive checks of one version: two people, a reason, on record for good."""
    _sign("waiver", name, version, named_checks(check, checks_from), reason, signed_by)


@gate_app.command("justify")
def gate_justify(
    name: Annotated[str, typer.Argument(help="risk, next-post, courses, paths or concerns.")],
    version: Annotated[str, typer.Option(help="The version that it is about.")],
    reason: Annotated[str, typer.Option(help="Why groups differ, in a sentence.")],
    signed_by: Annotated[list[str], typer.Option(help="Who says so.")],
    check: Annotated[list[str] | None, typer.Option(help="Exact name of an unexplained check.")] = None,
    checks_from: Annotated[Path | None, typer.Option(help="File with a name a line, as the gate writes it.")] = None,
) -> None:
    """Explain in writing why alerts, false alarms or lists differ between groups; it stands in the model card."""
    _sign("justification", name, version, named_checks(check, checks_from), reason, signed_by)


def named_checks(checks: list[str] | None, file: Path | None) -> list[str]:
    """Names given one by one and those of a file."""
    if file is not None and not file.is_file():
        raise InvalidInput(
            f"{file} is not there; the gate writes inconclusive.txt and unexplained.txt beside its result"
        )
    lines = file.read_text(encoding="utf-8").splitlines() if file else []
    return [*(checks or ()), *(line.strip() for line in lines if line.strip())]


def _gate(name: str, version: str | None) -> None:
    from training.gate.lines import as_table
    from training.gate.verdict import pass_gate

    examined, card = pass_gate(edge.settings(), name, version)
    edge.console.print(as_table(examined.lines))
    _tell_signed(examined)
    edge.console.print(f"model card {card}", highlight=False, soft_wrap=True)
    waiting = edge.settings().gate_dir / name / examined.model.version
    edge.console.print(f"what waits for a signature is listed in {waiting}", highlight=False, soft_wrap=True)
    edge.console.print(f"{name} version {examined.model.version} {examined.in_short}", highlight=False, soft_wrap=True)
    if not examined.passed:
        raise typer.Exit(1)


def _tell_signed(examined: Examined) -> None:
    """What rests on signatures and not on evidence."""
    for told in (examined.waived, *examined.although):
        if told is not None:
            edge.console.print(told.en, highlight=False, soft_wrap=True)


def _sign(
    kind: Literal["waiver", "justification"], name: str, version: str, checks: list[str], reason: str, people: list[str]
) -> None:
    from training.gate.lines import grouped_checks, signed_although
    from training.gate.verdict import examine, settle, signed_already

    examined = examine(edge.settings(), name, version)
    if done := signed_already(examined, kind, checks, people):
        skipped = f"skipped, for the same people signed a {kind} of them already: {', '.join(done)}"
        edge.console.print(skipped, highlight=False, soft_wrap=True)
        checks = [check for check in checks if check not in done]
    note = settle(edge.settings(), examined, kind, checks, reason, people, today_of(edge.settings()))
    for outcome, measure, number in grouped_checks(checks):  # not before: what is refused is not signed
        counted = f"{number} check" if number == 1 else f"{number} checks"
        edge.console.print(f"{kind} of {outcome}: {measure}, {counted}", highlight=False, soft_wrap=True)
    for told in signed_although(examined.lines, checks):
        edge.console.print(told.en, highlight=False, soft_wrap=True)
    edge.console.print(f"signed and kept: {note}", highlight=False, soft_wrap=True)
