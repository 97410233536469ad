"""The whole way in one command: histories in, features, training, the gate, the night, a first answer over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console, RenderableType
from rich.table import Table

from data_contracts.asof import add_months
from data_contracts.errors import GateRefused, InvalidInput, MissingTable, NotReady
from data_contracts.settings import Settings
from experiments.first_answer import LiveService, first_answer
from experiments.progress import steps

if TYPE_CHECKING:
    from models.registry import ResolvedModel
    from training.gate.verdict import Examined
    from training.gate.waivers import Kind

ROUTES = {"risk": "/v1/risk", "next-post": "/v1/next_posts", "courses": "/v1/courses", "paths": "/v1/paths"}
LEARNED = (*ROUTES, "concerns")  # the models that are trained and promoted; the others have an address about officers
DEMO_REVIEWERS = ("demo-reviewer-1", "demo-reviewer-2")
DEMO_REASONS: Mapping[Kind, str] = {
    "waiver": (
        "演示程序自动签字：样本太小，无法判定，仅为演示其后的步骤 / "
        "Signed by the demo itself: this force is too small to tell; it goes on to show the steps after the gate."
    ),
    "justification": (
        "演示程序自动签字：无人查过各组差异的原因 / "
        "Signed by the demo itself: nobody has looked into why groups differ."
    ),
}
DEMO_VARIANTS = 3  # of each phrase about concerns; `pharos train concerns` takes 5, better and slower: record 0028
CITY_YEARS = 12  # that the demo learns from; a backtest uses all there are


@dataclass(frozen=True)
class DemoPlan:
    """What the demo runs on; `data` is the folder of a city's export, and None for a simulated bureau."""

    source: str = "simulator"
    data: Path | None = None
    officers: int = 3000
    years: int = 10
    seed: int = 7
    serve: bool = True

    def __post_init__(self) -> None:
        if self.source != "simulator" and self.data is None:
            raise InvalidInput(f"source {self.source!r} needs its export; add --data FOLDER")

    @property
    def folder(self) -> str:
        """A state folder of its own for each plan, so that no two demos mix their histories."""
        simulated = f"-{self.officers}-{self.years}-{self.seed}" if self.data is None else ""
        return f"demo-{self.source}{simulated}"


@dataclass
class Way:
    """Where the demo stands: its plan, its own state folder, and the day it takes for today."""

    plan: DemoPlan
    settings: Settings
    console: Console
    today: date = date.min

    @property
    def snapshot_days(self) -> list[date]:
        """A year apart, oldest first, ending today: what training learns from and what is served; and a month ago, so
        that previews can tell how many alerts a month brings."""
        years = CITY_YEARS if self.plan.data else self.plan.years - 1
        yearly = [add_months(self.today, -12 * back) for back in reversed(range(years + 1))]
        return [*yearly[:-1], add_months(self.today, -1), self.today]


Step = Callable[[Way], Sequence[RenderableType]]


def run_demo(plan: DemoPlan, base: Settings, console: Console) -> float:
    """Walk the whole way; returns the seconds it took up to the first answer.

    Every step prints its command and a small table. The service is left running unless the plan says otherwise.
    """
    settings = base.model_copy(update={"state": base.state / plan.folder})
    way = Way(plan, settings, console)
    started = time.perf_counter()
    for number, (command, step) in enumerate(STEPS.items(), start=1):
        console.rule(f"[bold]{number} of {len(STEPS) + 1}[/] · {command}")
        begun = time.perf_counter()
        for table in walked(step, way):
            console.print(table)
        console.print(f"[dim]{time.perf_counter() - begun:.1f} s[/]")
    for picture in sorted(settings.pictures_dir.rglob("*.png")):
        console.print(f"picture {picture}", markup=False, highlight=False, soft_wrap=True)
    seconds = _answer(way, started)
    console.print(f"the whole way took {seconds:.0f} s; state in {settings.state}", highlight=False)
    return seconds


def walked(step: Step, way: Way) -> Sequence[RenderableType]:
    """What a step has to show; a history that cannot carry the step leaves it out, aloud, and the way goes on.

    A city without complaints has nothing to learn risk from; its officers still get next posts.
    """
    try:
        return step(way)
    except (MissingTable, GateRefused) as refusal:
        way.console.print(f"left out: {refusal}", style="yellow", markup=False, highlight=False)
        return []


def _answer(way: Way, started: float) -> float:
    """Start the service, ask it, show the answer, and stop it or leave it to the person."""
    way.console.rule(f"[bold]{len(STEPS) + 1} of {len(STEPS) + 1}[/] · pharos serve")
    with LiveService(way.settings) as service:
        first_answer(service, [ROUTES[name] for name in champions(way.settings)], _some_officers(way), way.console)
        seconds = time.perf_counter() - started
        if way.plan.serve:
            way.console.print("The service stays up; stop it with Ctrl-C.")
            service.wait()
    return seconds


def _some_officers(way: Way) -> list[str]:
    """One officer of those with most to be looked after, one in the middle, one nobody knows."""
    from features.store import FeatureReader

    ids = FeatureReader(way.settings).snapshot(way.today)["officer_id"].astype(str).tolist()
    return [ids[0], ids[len(ids) // 2], "nobody"]


def take_in(way: Way) -> Sequence[RenderableType]:
    """Simulate if there is no export, ingest, and set the clock to the day after the last thing known."""
    from data_contracts.simulator.progress import simulate_to
    from features.history import History
    from features.ingest import Delivered, ingest_with_progress

    tables: list[RenderableType] = []
    plan, export = way.plan, way.plan.data
    if export is None:
        export = way.settings.state / "export"
        tables.append(
            simulate_to(export, plan.officers, plan.years, plan.seed, "2026-01-01", with_bad_rows=False,
                        console=way.console)
        )  # fmt: skip
    report = ingest_with_progress(Delivered(plan.source, export), way.settings, way.console)
    way.today = first_of_next_month(History(way.settings.history_dir))
    way.settings = way.settings.model_copy(update={"today": way.today})
    return [*tables, report.as_table()]


def first_of_next_month(history: Any) -> date:
    """The demo's clock: the first day of a month by which everything was known."""
    known = [history.frame(table, ["known_on"])["known_on"].max() for table in history.tables()]
    if not known:
        raise MissingTable("nothing was accepted, so there is no history to learn from; see the quarantine's reasons")
    return (pd.Timestamp(max(known)) + pd.offsets.MonthBegin(0)).date()


def build(way: Way) -> Sequence[RenderableType]:
    """Snapshots of officers, units and careers."""
    from features.building import build_features

    done = build_features(way.settings, way.snapshot_days, way.console)
    table = Table("snapshots", "from", "to", "officers at the last", title="features")
    table.add_row(str(len(done)), str(done[0].as_of), str(done[-1].as_of), f"{done[-1].officers:,}")
    return [table]


def materialize(way: Way) -> Sequence[RenderableType]:
    """Bring the online store to today."""
    from features.filling import as_table, fill_online_store

    return [as_table(fill_online_store(way.settings, way.today, way.console))]


def train_risk(way: Way) -> Sequence[RenderableType]:
    """The risk model, where the department has a table that a served outcome needs."""
    from training.risk.record import as_table
    from training.risk.train import RiskTraining, train_risk

    with steps(way.console, "train risk") as bar:
        trained = train_risk(way.settings, RiskTraining(way.today), bar.say, bar.plan)
    return [as_table(trained)]


def train_next_post(way: Way) -> Sequence[RenderableType]:
    """The next-post model."""
    from training.posts.train import STAGES, train_next_post

    with steps(way.console, "train next-post", STAGES) as bar:
        model, worth = train_next_post(way.settings, way.today, bar.say)
    return [_showed(model, worth.sentence())]


def train_courses(way: Way) -> Sequence[RenderableType]:
    """The courses model, where courses are on record."""
    from features.history import History
    from training.courses.train import STAGES, train_courses

    if "course_completions" not in History(way.settings.history_dir).tables():
        raise MissingTable("no course_completions are on record, so courses are advised by rules alone")
    with steps(way.console, "train courses", STAGES) as bar:
        model, worth = train_courses(way.settings, way.today, bar.say)
    return [_showed(model, worth.sentence())]


def train_paths(way: Way) -> Sequence[RenderableType]:
    """The paths model."""
    from training.paths.train import STAGES, train_paths

    with steps(way.console, "train paths", STAGES) as bar:
        model, worth = train_paths(way.settings, way.today, bar.say)
    return [_showed(model, worth.sentence())]


def train_concerns(way: Way) -> Sequence[RenderableType]:
    """The sorting of concerns, where concerns are on record."""
    from features.history import History
    from training.concerns.fit import ConcernFit
    from training.concerns.train import STAGES, train_concerns

    if "concerns" not in History(way.settings.history_dir).tables():
        raise MissingTable("no concerns are on record, so there are none to sort")
    with steps(way.console, "train concerns", STAGES) as bar:
        model, worth = train_concerns(way.settings, way.today, bar.say, ConcernFit(variants=DEMO_VARIANTS))
    return [_showed(model, worth.sentence())]


def _showed(model: ResolvedModel, words: str) -> Table:
    table = Table("model", "version", "what it showed")
    table.add_row(model.name, model.version, words)
    return table


def promote(name: str) -> Step:
    """A trained model through the gate, which is asked first: people sign only where nothing failed.

    What it finds is put on record, with its card, once: when the signatures are known.
    """

    def step(way: Way) -> Sequence[RenderableType]:
        from models.gate_records import CARD
        from models.registry import versions
        from training.gate.lines import Status, as_table
        from training.gate.verdict import examine
        from training.gate.verdict import promote as through_the_gate

        if not versions(way.settings, name):
            raise MissingTable(f"{name} was not trained, so there is nothing to promote")
        examined = examine(way.settings, name)
        way.console.print(as_table(examined.lines))
        if not examined.passed and not examined.checks(Status.FAIL):  # of what failed no signature makes a champion
            sign_for_the_demo(way, examined)
        promoted = through_the_gate(way.settings, name)
        if promoted.waived is not None:
            way.console.print(promoted.waived.en, markup=False, highlight=False, soft_wrap=True)
        told = f"{name} version {promoted.model.version} is the champion: it {promoted.in_short}"
        way.console.print(told, highlight=False)
        card = promoted.model.path.parent / CARD
        way.console.print(f"model card {card}", markup=False, highlight=False, soft_wrap=True)
        return []

    return step


def sign_for_the_demo(way: Way, examined: Examined) -> None:
    """Sign for what a force this small cannot show, aloud and under names nobody could mistake; never for a fail."""
    from training.gate.lines import Status
    from training.gate.verdict import settle

    said: Mapping[Kind, Status] = {"waiver": Status.INCONCLUSIVE, "justification": Status.UNEXPLAINED}
    for kind, status in said.items():
        waiting = [line for line in examined.lines if line.status is status]
        for outcome in dict.fromkeys(line.outcome for line in waiting):  # a note is about one outcome
            checks = [line.check for line in waiting if line.outcome == outcome]
            note = settle(way.settings, examined, kind, checks, DEMO_REASONS[kind], DEMO_REVIEWERS, way.today)
            who = " and ".join(DEMO_REVIEWERS)
            way.console.print(
                f"DEMO ONLY: {len(checks)} checks of {outcome or examined.model.name} are {status}; {who} sign a "
                f"{kind} for them, which in a department people must do: {DEMO_REASONS[kind]} Kept as {note}",
                style="yellow", markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip


def score(way: Way) -> Sequence[RenderableType]:
    """The night: every officer graded and published."""
    from serving.builders import builders
    from serving.night.nightly import NightAsked, score_night
    from serving.night.tables import as_table

    if "risk" not in champions(way.settings):
        raise MissingTable("no risk model is champion, so nobody is graded")
    return [as_table(score_night(NightAsked(way.today), way.settings, builders(), way.console))]


def champions(settings: Settings) -> list[str]:
    """The models that answer."""
    from models.registry import resolve

    found = []
    for name in ROUTES:
        try:
            found.append(resolve(settings, name).name)
        except NotReady:
            continue
    return found


STEPS: dict[str, Step] = {
    "pharos ingest": take_in,
    "pharos features": build,
    "pharos materialize": materialize,
    "pharos train risk": train_risk,
    "pharos train next-post": train_next_post,
    "pharos train courses": train_courses,
    "pharos train paths": train_paths,
    "pharos train concerns": train_concerns,
    **{f"pharos promote {name}": promote(name) for name in LEARNED},
    "pharos score": score,
}
