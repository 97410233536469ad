"""The command line: one command for each step of the way. Nothing imports this module."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from data_contracts.errors import InvalidInput, PharosError
from data_contracts.night_exits import told_exits
from data_contracts.settings import prepare_process, settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
train_app = typer.Typer(no_args_is_help=True, help="Fit a model on the feature store and log it.")
tune_app = typer.Typer(no_args_is_help=True, help="Search settings on validation time only; resumable.")
backtest_app = typer.Typer(no_args_is_help=True, help="Test models on time they have not seen; stable JSON.")
gate_app = typer.Typer(no_args_is_help=True, help="Judge a model version before it answers; sign for what is unclear.")
report_app = typer.Typer(no_args_is_help=True, help="Backtests as one page that a third party can run again.")
contracts_app = typer.Typer(no_args_is_help=True, help="Documents generated from the table contracts.")
audit_app = typer.Typer(no_args_is_help=True, help="The chain of who read, decided or changed what.")
night_app = typer.Typer(no_args_is_help=True, help="What became of the nights' scoring runs.")
api_app = typer.Typer(no_args_is_help=True, help="For those who write programs that ask the service.")
keys_app = typer.Typer(no_args_is_help=True, help="API keys of the systems that may ask the service.")
feedback_app = typer.Typer(no_args_is_help=True, help="The service's own log of suggestions and feedback.")
review_app = typer.Typer(no_args_is_help=True, help="Warnings as cases: opened by a night, ended by people or time.")
database_app = typer.Typer(no_args_is_help=True, help="The service's database of keys, audit lines, cases and rights.")
app.add_typer(train_app, name="train")
app.add_typer(feedback_app, name="feedback")
app.add_typer(tune_app, name="tune")
app.add_typer(backtest_app, name="backtest")
app.add_typer(gate_app, name="gate")
app.add_typer(report_app, name="report")
app.add_typer(contracts_app, name="contracts")
app.add_typer(keys_app, name="keys")
app.add_typer(audit_app, name="audit")
app.add_typer(review_app, name="review")
app.add_typer(database_app, name="database")
app.add_typer(night_app, name="night")
app.add_typer(api_app, name="api")
console = Console()
errors = Console(stderr=True)


def day_of(text: str) -> date:
    """The day that a person wrote; imported late, because pandas must not load before thread counts are set."""
    from data_contracts.asof import AsOf

    return AsOf.parse(text).day


def aloud(words: str) -> None:
    """Print words as they are; a long path stays in one piece, so that it can be copied."""
    console.print(words, markup=False, highlight=False, soft_wrap=True)


def tell(error: PharosError) -> None:
    """One clear sentence on standard error."""
    errors.print(f"[bold red]{error.code}[/]: ", end="")
    errors.print(str(error), markup=False, highlight=False, soft_wrap=True)


# --- contracts ---------------------------------------------------------------------------------------------------


@contracts_app.command("build")
def contracts_build() -> None:
    """Write the data dictionary and the import templates that the contracts describe."""
    from data_contracts.documents import DOCUMENTS_DIR, build

    changed = build()
    for name in changed:
        console.print(f"wrote {name}", markup=False, highlight=False)
    console.print(f"{len(changed)} documents changed under {DOCUMENTS_DIR.name}/", highlight=False)


@contracts_app.command("check")
def contracts_check() -> None:
    """Check contracts and policy; exit status 1 when the committed documents are not what they say."""
    from data_contracts.documents import stale
    from data_contracts.policy import policy

    policy()
    if names := stale():
        listed = ", ".join(names)
        errors.print(f"{len(names)} documents are stale: {listed}; run pharos contracts build", soft_wrap=True)
        raise typer.Exit(1)
    console.print("contracts, policy and their documents agree", highlight=False)


# --- simulate, ingest --------------------------------------------------------------------------------------------


@app.command()
def simulate(
    officers: Annotated[int, typer.Option(help="Strength of the force at any time.")] = 3000,
    years: Annotated[int, typer.Option(help="Years of records.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: simulated/ in the state folder.")] = None,
    end: Annotated[str, typer.Option(help="The day after the last one of the records.")] = "2026-01-01",
    bad_rows: Annotated[bool, typer.Option("--bad-rows", help="Also write rows that intake must refuse.")] = False,
) -> None:
    """Write a simulated bureau with planted, known effects as one parquet file a table."""
    from data_contracts.simulator.progress import simulate_to

    folder = out or settings().state / "simulated"
    console.print(simulate_to(folder, officers, years, seed, end, with_bad_rows=bad_rows, console=console))


@app.command()
def ingest(
    path: Annotated[str, typer.Argument(help="Folder of the export; for mapped also one file or a SQLAlchemy URL.")],
    source: Annotated[
        str, typer.Option(help="chicago, new_york, simulator, templates, service or mapped.")
    ] = "templates",
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the report as JSON.")] = None,
    delivered_on: Annotated[str | None, typer.Option(help="The export's day, YYYY-MM-DD; default: today.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Take histories in: good rows into the history, bad rows into quarantine with their reasons."""
    from features.ingest import Delivered, ingest_with_progress

    day = None if delivered_on is None else day_of(delivered_on)
    delivered = Delivered(source, path, mapping)
    report = ingest_with_progress(delivered, settings(), console, dry_run=dry_run, delivered_on=day)
    console.print(report.as_table())
    if out is not None:
        report.write(out)


# --- features, materialize ---------------------------------------------------------------------------------------


@app.command()
def features(
    first: Annotated[str | None, typer.Option("--from", help="First month, YYYY-MM.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last month, YYYY-MM.")] = None,
    as_of: Annotated[list[str] | None, typer.Option(help="A single day, YYYY-MM-DD; may be given again.")] = None,
) -> None:
    """Build officer, unit and career snapshots by month; what is up to date is left alone."""
    from features.building import as_table, asked_days, build_features

    console.print(as_table(build_features(settings(), asked_days(first, last, as_of or []), console)))


@app.command()
def materialize(
    as_of: Annotated[str, typer.Option(help="The day whose snapshots requests shall read, YYYY-MM-DD.")],
) -> None:
    """Register the features and bring the online store forward to a day; an older day changes nothing."""
    from features.filling import as_table, fill_online_store

    console.print(as_table(fill_online_store(settings(), day_of(as_of), console)))


# --- train, tune, promote ----------------------------------------------------------------------------------------


@app.command()
def promote(
    name: Annotated[str, typer.Argument(help="risk, next-post, courses or paths.")],
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Let a model version answer as champion, if it passes the gate; otherwise say why not."""
    from training.gate.lines import as_table
    from training.gate.verdict import promote

    examined = promote(settings(), name, version)
    console.print(as_table(examined.lines))
    for told in examined.although:
        console.print(told.en, highlight=False, soft_wrap=True)
    console.print(f"{name} version {examined.model.version} is the champion", highlight=False)


@gate_app.command("risk")
def gate_risk(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge a risk model: count rule, calibration, grades, groups; exit status 1 when it may not answer."""
    _gate("risk", version)


@gate_app.command("next-post")
def gate_next_post(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge a next-post model; exit status 1 when it may not answer."""
    _gate("next-post", version)


@gate_app.command("courses")
def gate_courses(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge a courses model against the popularity of the last 30 days; exit status 1 when it may not answer."""
    _gate("courses", version)


@gate_app.command("paths")
def gate_paths(
    version: Annotated[str | None, typer.Option(help="A version number; default: the newest.")] = None,
) -> None:
    """Judge a paths model: hits against the way most often taken, times; exit status 1 when it may not answer."""
    _gate("paths", version)


@gate_app.command("waive")
def gate_waive(
    name: Annotated[str, typer.Argument(help="risk, next-post, courses or paths.")],
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
    name: Annotated[str, typer.Argument(help="risk, next-post, courses or paths.")],
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

    examined, card = pass_gate(settings(), name, version)
    console.print(as_table(examined.lines))
    for told in examined.although:
        console.print(told.en, highlight=False, soft_wrap=True)
    console.print(f"model card {card}", highlight=False, soft_wrap=True)
    console.print(f"what waits for a signature is listed in {settings().gate_dir / name / examined.model.version}",
                  highlight=False, soft_wrap=True)  # fmt: skip
    console.print(f"{name} version {examined.model.version} {'passed' if examined.passed else 'may not answer'}")
    if not examined.passed:
        raise typer.Exit(1)


def _sign(
    kind: Literal["waiver", "justification"], name: str, version: str, checks: list[str], reason: str, people: list[str]
) -> None:
    from training.gate.lines import signed_although
    from training.gate.verdict import examine, settle

    examined = examine(settings(), name, version)
    note = settle(settings(), examined, kind, checks, reason, people, settings().today or date.today())
    for told in signed_although(examined.lines, checks):
        console.print(told.en, highlight=False, soft_wrap=True)
    console.print(f"signed and kept: {note}", highlight=False, soft_wrap=True)


@train_app.command("next-post")
def train_next_post(
    as_of: Annotated[str, typer.Option(help="Learn from what was known before this day, YYYY-MM-DD.")],
) -> None:
    """Fit the next-post model on the history, test it on the months before, sign it and register it."""
    from experiments.progress import steps
    from training.posts.train import STAGES, train_next_post
    from training.tuning.spaces import next_post_fit

    fit = next_post_fit(settings(), aloud)
    with steps(console, "train next-post", STAGES) as bar:
        model, worth = train_next_post(settings(), day_of(as_of), bar.say, fit)
    console.print(worth.sentence(), highlight=False)
    if worth.picture:
        aloud(f"picture {worth.picture}")
    console.print(f"registered {model.name} version {model.version}", highlight=False)


@train_app.command("courses")
def train_courses(
    as_of: Annotated[str, typer.Option(help="Learn from what was known before this day, YYYY-MM-DD.")],
) -> None:
    """Fit the courses model on the history, test it on the months before, sign it and register it."""
    from experiments.progress import steps
    from training.courses.train import STAGES, train_courses

    with steps(console, "train courses", STAGES) as bar:
        model, worth = train_courses(settings(), day_of(as_of), bar.say)
    console.print(worth.sentence(), highlight=False)
    console.print(f"registered {model.name} version {model.version}", highlight=False)


@train_app.command("paths")
def train_paths(
    as_of: Annotated[str, typer.Option(help="Learn from what was known before this day, YYYY-MM-DD.")],
) -> None:
    """Fit paths to posts and rank steps on the history, test them on the months before, sign and register them."""
    from experiments.progress import steps
    from training.paths.train import STAGES, train_paths

    with steps(console, "train paths", STAGES) as bar:
        model, worth = train_paths(settings(), day_of(as_of), bar.say)
    console.print(worth.sentence(), highlight=False)
    aloud(f"picture {worth.picture}")
    console.print(f"registered {model.name} version {model.version}", highlight=False)


@train_app.command("risk")
def train_risk(
    as_of: Annotated[str, typer.Option(help="The day it is trained on, YYYY-MM-DD; nothing later is seen.")],
    outcome: Annotated[
        list[str] | None, typer.Option(help="Default: what policy serves and the data can label.")
    ] = None,
    step_months: Annotated[int, typer.Option(help="Months between the as-ofs learned from.")] = 12,
    horizon_months: Annotated[
        list[int] | None, typer.Option(help="Months ahead, 6, 12 or 24; may be given again. Default: policy's own.")
    ] = None,
) -> None:
    """Fit, check on later years, sign and register the risk model."""
    from experiments.progress import steps
    from training.risk.record import as_table
    from training.risk.train import RiskTraining, train_risk
    from training.tuning.spaces import risk_fit

    fit, ahead = risk_fit(settings(), aloud), tuple(horizon_months or ())
    asked = RiskTraining(day_of(as_of), tuple(outcome or ()), step_months, fit=fit, horizons=ahead)
    with steps(console, "train risk") as bar:
        trained = train_risk(settings(), asked, bar.say, bar.plan)
    console.print(as_table(trained))
    for name, years in trained.years.items():
        aloud(f"{name}: {years.told.en}")
    for picture in trained.pictures:
        aloud(f"picture {picture}")


@train_app.command("feedback")
def train_feedback(
    as_of: Annotated[str, typer.Option(help="Learn from what was answered before this day, YYYY-MM-DD.")],
) -> None:
    """Learn from what officers did with suggestions, judge other rankings by the log, sign and register."""
    from experiments.progress import steps
    from training.feedback.train import train_feedback

    with steps(console, "train feedback") as bar:
        model, found = train_feedback(settings(), day_of(as_of), bar.say)
    console.print(found.sentence(), highlight=False)
    console.print(f"registered {model.name} version {model.version}", highlight=False)


@feedback_app.command("prune")
def feedback_prune(
    as_of: Annotated[str, typer.Option(help="The day by which age is counted, YYYY-MM-DD.")],
    officer: Annotated[str | None, typer.Option(help="Also forget everything about this officer.")] = None,
) -> None:
    """Delete suggestions, feedback and plans that policy no longer keeps, and those of officers who left."""
    from data_contracts.policy import policy
    from serving.feedback.pruning import prune

    deleted = prune(settings(), policy(), day_of(as_of), officer)
    console.print("deleted " + ", ".join(f"{number} {name}" for name, number in deleted.items()), highlight=False)


@tune_app.command("risk")
def tune_risk(
    as_of: Annotated[str, typer.Option(help="The day it would be trained on, YYYY-MM-DD; nothing later is seen.")],
    trials: Annotated[int, typer.Option(help="Settings to judge in all, those of earlier calls included.")] = 30,
) -> None:
    """Search settings of the risk model on validation time; `pharos train risk` then uses the best."""
    from training.tuning.spaces import tune

    console.print(tune("risk", settings(), day_of(as_of), trials, console))


@tune_app.command("next-post")
def tune_next_post(
    as_of: Annotated[str, typer.Option(help="The day it would be trained on, YYYY-MM-DD; nothing later is seen.")],
    trials: Annotated[int, typer.Option(help="Settings to judge in all, those of earlier calls included.")] = 30,
) -> None:
    """Search settings of the next-post model on validation time; `pharos train next-post` then uses the best."""
    from training.tuning.spaces import tune

    console.print(tune("next-post", settings(), day_of(as_of), trials, console))


# --- backtest ----------------------------------------------------------------------------------------------------


@backtest_app.command("risk")
def backtest_risk(
    data: Annotated[Path, typer.Option(help="Folder of the export.")],
    as_of: Annotated[list[str], typer.Option(help="Test day, YYYY-MM-DD; may be given again.")],
    outcome: Annotated[list[str], typer.Option(help="conduct, force, any_complaint, ...; may be given again.")],
    out: Annotated[Path, typer.Option(help="JSON to write.")],
    source: Annotated[str, typer.Option(help="chicago, new_york, simulator or mapped.")] = "chicago",
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
    horizon_months: Annotated[int, typer.Option(help="Months ahead.")] = 24,
    labels: Annotated[str, typer.Option(help="mature (known then) or eventual (as papers do).")] = "mature",
    with_eventual: Annotated[bool, typer.Option(help="Also against plain peers told the findings of later.")] = False,
) -> None:
    """Test risk models on officers and years they have not seen."""
    from experiments.backtest_risk import RiskBacktest, run_backtest

    asked = RiskBacktest(source, data, as_of, outcome, horizon_months, labels, mapping, with_eventual=with_eventual)
    run_backtest(asked, out, console)


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
    horizon_months: Annotated[int, typer.Option(help="Months ahead.")] = 24,
) -> None:
    """Test the grades of units on years they have not seen, against the share of the last period."""
    from experiments.backtest_units import OUTCOMES, UnitsBacktest, run_backtest

    run_backtest(UnitsBacktest(source, data, as_of, outcome or OUTCOMES, horizon_months, mapping), out, console)


@backtest_app.command("truth")
def backtest_truth(
    data: Annotated[Path, typer.Option(help="Folder that `pharos simulate` wrote; the truth lies in it.")],
    as_of: Annotated[list[str], typer.Option(help="Test day, YYYY-MM-DD; may be given again.")],
    outcome: Annotated[list[str], typer.Option(help="strain, departure, stagnation, ...; may be given again.")],
    out: Annotated[Path, typer.Option(help="JSON to write.")],
    horizon_months: Annotated[int, typer.Option(help="Months ahead.")] = 12,
    step_months: Annotated[int, typer.Option(help="Months between the as-ofs learned from.")] = 12,
) -> None:
    """Test the risk model against someone who knows the hazards that the simulator planted."""
    from experiments.backtest_truth import TruthBacktest, run_backtest

    run_backtest(TruthBacktest(data, as_of, outcome, horizon_months, step_months), out, console)


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
    from experiments.backtest_next_post import NextPostBacktest, run_backtest

    asked = NextPostBacktest(source, data, train_until, test_until, mapping, sasrec_python=sasrec_python)
    run_backtest(asked, out, console)


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
    from experiments.backtest_courses import CourseBacktest, run_backtest

    run_backtest(CourseBacktest(source, data, train_until, test_until, mapping, test_file), out, console)


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
    from experiments.backtest_paths import PathBacktest, run_backtest

    run_backtest(PathBacktest(source, data, train_until, test_until, mapping), out, console)


@report_app.command("shortlists")
def report_shortlists(
    as_of: Annotated[str | None, typer.Option(help="Day of the records, YYYY-MM-DD; default: today.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for page and JSON; default: report/ in the state.")] = None,
) -> None:
    """Audit the six talent short lists for a committee: sizes, ties, and balance by group; names nobody."""
    from experiments.report_shortlists import run_report

    run_report(settings(), day_of(as_of) if as_of else settings().today or date.today(), out, console)


@report_app.command("risk")
def report_risk(
    data: Annotated[Path, typer.Option(help="Folder of the export.")],
    source: Annotated[str, typer.Option(help="chicago, new_york, simulator or mapped.")] = "chicago",
    as_of: Annotated[list[str] | None, typer.Option(help="Test day; default: the last three January firsts.")] = None,
    outcome: Annotated[list[str] | None, typer.Option(help="Default: what the data can label.")] = None,
    horizon_months: Annotated[int, typer.Option(help="Months ahead.")] = 24,
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a mapped source.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for page and JSON; default: report/ in the state.")] = None,
    units: Annotated[bool, typer.Option("--units/--no-units", help="Also test grades of units.")] = True,
) -> None:
    """Backtest the risk models and make one page of it, with curves, in Chinese and English."""
    from experiments.report_risk import RiskReport, run_report

    asked = RiskReport(source, data, as_of or (), outcome or (), horizon_months, mapping, units)
    run_report(settings(), asked, out, console)


# --- score, serve ------------------------------------------------------------------------------------------------


@keys_app.command("add")
def keys_add(
    name: Annotated[str, typer.Argument(help="The system or person that will hold the key.")],
    scope: Annotated[list[str], typer.Option(help="What it opens, such as recommend:read; repeatable.")],
    unit: Annotated[list[str] | None, typer.Option(help="A unit it may see, with all under it; repeatable.")] = None,
    all_units: Annotated[bool, typer.Option("--all-units", help="It may see the whole force.")] = False,
    days: Annotated[int, typer.Option(help="Days until it expires.", min=1, max=730)] = 365,
) -> None:
    """Make a key and print it once; only its hash is kept."""
    from serving.access.commands import add_key

    add_key(settings(), name, scope, None if all_units else tuple(unit or ()), days, console)


@keys_app.command("list")
def keys_list() -> None:
    """Every key ever made: whose, what it opens, until when; never the key itself."""
    from serving.access.commands import list_keys

    list_keys(settings(), console)


@keys_app.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(help="The id, as the list shows it.")]) -> None:
    """Close a key for good; a running service refuses it within seconds."""
    from serving.access.commands import revoke_key

    revoke_key(settings(), key_id, console)


@audit_app.command("verify")
def audit_verify(
    head: Annotated[
        list[str] | None, typer.Option(help="A head that was kept elsewhere, as printed; repeatable.")
    ] = None,
) -> None:
    """Walk the whole chain and name the first line that is not what was written; exit status 1 if there is one."""
    from data_contracts.audit.chain import Head
    from models.audit import verify

    found = verify(settings(), [Head.from_json(text) for text in head or ()])
    if not found.good:
        errors.print(f"line {found.first_bad:,}: {found.why}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)
    console.print(f"{found.lines:,} lines, and each is what was written", highlight=False)


@audit_app.command("head")
def audit_head() -> None:
    """Print the signed head of the chain, to be kept where nobody who can change the chain can reach it."""
    from models.audit import newest_head

    aloud(newest_head(settings()).to_json())


# --- review and rights -------------------------------------------------------------------------------------------


@review_app.command("open")
def review_open() -> None:
    """Open the cases of the night in force; `pharos score` does it too, and a second time does nothing."""
    from serving.review.commands import open_of_last_night

    open_of_last_night(settings(), console)


@review_app.command("expire")
def review_expire(
    as_of: Annotated[str, typer.Option(help="Warnings that expire by this day end, YYYY-MM-DD.")],
) -> None:
    """End the warnings whose time is over; a scheduler's job, once a day."""
    from serving.review.commands import expire

    expire(settings(), day_of(as_of), console)


@review_app.command("retain")
def review_retain(
    as_of: Annotated[str, typer.Option(help="The day that retention is counted from, YYYY-MM-DD.")],
) -> None:
    """Delete cases and rows of the service's log that policy keeps no longer."""
    from serving.review.commands import keep_retention

    keep_retention(settings(), day_of(as_of), console)


@review_app.command("proof")
def review_proof(file: Annotated[Path, typer.Argument(help="A proof that `pharos erase` wrote.")]) -> None:
    """Check that this deployment signed a proof of erasure, and say what it says."""
    from serving.review.commands import check_proof

    check_proof(settings(), file, console)


@app.command()
def erase(officer_id: Annotated[str, typer.Argument(help="The officer.")]) -> None:
    """Erase an officer from the service's own databases and write a signed proof, which says what is not reached."""
    from serving.review.commands import erase_officer

    erase_officer(settings(), officer_id, console)


@database_app.command("upgrade")
def database_upgrade() -> None:
    """Bring the service's database to the shape of this checkout; an SQLite file is copied first."""
    from serving.review.commands import upgrade_database

    upgrade_database(settings(), console)


@api_app.command("examples")
def api_examples(out: Annotated[Path, typer.Option(help="Folder to write.")]) -> None:
    """Write examples of every question in curl and Java, made of the OpenAPI document."""
    import json

    from serving.api.examples import write_examples
    from serving.api.openapi import document

    for path in write_examples(json.loads(document()), out):
        aloud(f"wrote {path}")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Wider than this machine needs keys; default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: 3017 (PHAROS_PORT).")] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", help="Stop too when standard input ends.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Fixed answers for fixed ids; no state is read.")] = False,
) -> None:
    """Answer over HTTP until stopped, on this machine unless told otherwise; champions are verified and loaded once."""
    from serving.parent import end_with_parent

    if sandbox:
        os.environ["PHAROS_SANDBOX"] = "1"  # for the processes of the service as well
        settings.cache_clear()
    if with_parent:
        end_with_parent()
    from serving.service import announced_on, serve, with_address

    serve(with_address(settings(), host, port), announced_on(console, settings()))


@app.command()
def recommend(
    officer_id: Annotated[str, typer.Argument(help="The officer.")],
    goal: Annotated[
        str | None, typer.Option(help="KIND:CODE, as post:p-7, job_family:traffic; default: the stated one.")
    ] = None,
    horizon_months: Annotated[int | None, typer.Option(help="Months to get there in; default: policy's.")] = None,
    as_of: Annotated[str | None, typer.Option(help="The day asked about, YYYY-MM-DD; default: today.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the picture; default: pictures/ of the state.")] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    points: Annotated[float | None, typer.Option(help="Points missing to what there is now; default: 5.")] = None,
    points_by: Annotated[str | None, typer.Option(help="By this day, YYYY-MM-DD; default: in a year.")] = None,
) -> None:
    """Print what the service would advise one officer, posts, paths, courses and points, and draw the paths."""
    from experiments.recommend import Recommendation, recommend
    from serving.service import opened_desks

    day = None if as_of is None else day_of(as_of)
    by = None if points_by is None else day_of(points_by)
    asked = Recommendation(officer_id, goal, horizon_months, day, out, language, points, by)
    recommend(asked, opened_desks(), settings().pictures_dir, console)


@app.command(epilog=f"Exit status: {told_exits()}.")
def score(
    as_of: Annotated[
        str | None, typer.Option(help="The day whose snapshot is graded, YYYY-MM-DD; default: the newest, if fresh.")
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="What is so this time: late, smaller, larger or unit_gone; repeatable.")
    ] = None,
) -> None:
    """Grade every officer in a snapshot, publish the result whole, and put it in force; a second run does nothing."""
    from serving.builders import builders
    from serving.night.exits import exit_of
    from serving.night.nightly import NightAsked, score_night
    from serving.night.tables import as_table

    try:
        asked = NightAsked.of(None if as_of is None else day_of(as_of), accept or ())
        report = score_night(asked, settings(), builders(), console)
    except PharosError as error:
        tell(error)
        raise typer.Exit(exit_of(error)) from error
    console.print(as_table(report))
    raise typer.Exit(exit_of(report))


@night_app.command("runs")
def night_runs(last: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 20) -> None:
    """Every run of the night: when, by which model, what became of it and why."""
    from functools import partial

    from models.audit import now_of
    from serving.night.run_table import run_table
    from serving.night.tables import runs_table

    console.print(runs_table(run_table(settings(), partial(now_of, settings())).all(), last))


@app.command()
def watch(
    as_of: Annotated[str, typer.Option(help="The day whose snapshot or night is compared, YYYY-MM-DD.")],
    out: Annotated[Path | None, typer.Option(help="Folder for page and JSON; default: watch/ in the state.")] = None,
    version: Annotated[str | None, typer.Option(help="A registered version; default: the champion.")] = None,
) -> None:
    """Compare inputs, predictions and outcomes with training; exit status 0 quiet, 3 drift warning, 4 drift alert."""
    from experiments.watch import run_watch

    if status := run_watch(settings(), day_of(as_of), out, console, version):
        raise typer.Exit(status)


@app.command()
def preview(
    as_of: Annotated[str, typer.Option(help="The day whose snapshot shows the volume, YYYY-MM-DD.")],
    outcome: Annotated[list[str] | None, typer.Option(help="Default: every outcome of the model.")] = None,
    poor_share: Annotated[list[float] | None, typer.Option(help="A share of the force; may be given again.")] = None,
    cut_off: Annotated[list[float] | None, typer.Option(help="A least chance; may be given again.")] = None,
    unit_budget: Annotated[list[float] | None, typer.Option(help="Most of a unit; may be given again.")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON to write.")] = None,
) -> None:
    """What alert volume, precision and recall each way to set the grade poor would give."""
    from experiments.preview import Preview
    from experiments.preview_tables import run_preview

    budgets = tuple(poor_share or ()), tuple(cut_off or ()), tuple(unit_budget or ())
    run_preview(settings(), Preview(day_of(as_of), tuple(outcome or ()), *budgets), out, console)


# --- demo, doctor ------------------------------------------------------------------------------------------------


@app.command()
def demo(
    source: Annotated[str, typer.Option(help="simulator, chicago or new_york.")] = "simulator",
    data: Annotated[Path | None, typer.Option(help="Folder of a city's export.")] = None,
    officers: Annotated[int, typer.Option(help="Strength of the simulated force.")] = 3000,
    years: Annotated[int, typer.Option(help="Simulated years of records.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bureau.")] = 7,
    keep_serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Leave the service running.")] = True,
) -> None:
    """Walk the whole way: histories, features, training, the gate, the night, and a first answer over HTTP."""
    from experiments.demo import DemoPlan, run_demo

    run_demo(DemoPlan(source, data, officers, years, seed, keep_serving), settings(), console)


@app.command()
def doctor() -> None:
    """Look at this machine and say what to do about what it lacks; exit status 1 if the way is blocked."""
    from experiments.doctor import as_table, examine

    findings = examine(settings())
    console.print(as_table(findings))
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; an error of ours is one clear sentence and exit status 2."""
    prepare_process()
    try:
        app()
    except PharosError as error:
        tell(error)
        sys.exit(2)


if __name__ == "__main__":
    main()
