"""`pharos report risk`: the whole backtest on one page that a third party can run again, and look at without a net."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console

from data_contracts.asof import add_months
from data_contracts.errors import MissingTable, NotReady
from data_contracts.intake import Delivery
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, Labels
from experiments.backtests.ceiling import Ceiling, ceiling_of
from experiments.backtests.reporting import Report, check_writable, known_until, peak_memory_mib, write_report
from experiments.backtests.risk import SERVICE, Exam, RiskBacktest, Tested, backtest_risk, steps_of
from experiments.progress import Steps, steps
from experiments.reports.bars import Bar, bars_of
from experiments.reports.pages import Page, Section, write_page
from features.declared import declared_features
from features.ingest import Delivered, Look, delivery_of, versioned
from training import tracking
from training.risk.askable import Asking, check_askable, check_horizon
from training.risk.outcomes import first_as_of
from training.splits import days_asked

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.backtests.units import UnitsReport

EXPERIMENT = "report"
PUBLISHED = ("conduct", "force", "any_complaint")  # what papers report; policy's served outcomes join where possible
MATURING_MONTHS = 12  # findings of the last months of a horizon need time to be closed
TESTS = 3
Say = Callable[[str], None]


@dataclass(frozen=True)
class RiskReport:
    """What is asked; as-ofs and outcomes by default what the data allow."""

    source: str
    data: Path
    as_ofs: Sequence[str] = ()
    outcomes: Sequence[str] = ()
    horizon_months: int = 24
    mapping: Path | None = None
    units: bool = True


@dataclass
class Evidence:
    """What the page is made of: the backtest with the scores of every test, its units, and who was who."""

    asked: RiskBacktest
    report: Report
    tested: list[Tested] = field(default_factory=list)
    ceilings: list[Ceiling] = field(default_factory=list)
    protected: pd.DataFrame | None = None
    units: UnitsReport | None = None
    units_note: str | None = None

    @property
    def outcomes(self) -> list[str]:
        """In the order asked."""
        return list(dict.fromkeys(one.outcome for one in self.tested))

    @property
    def bars(self) -> list[Bar]:
        """What was asked, beside what was seen."""
        units = [] if self.units is None else self.units.comparisons
        return bars_of(self.report.records, self.report.comparisons, units)

    def of(self, outcome: str) -> list[Tested]:
        """The tests of one outcome, oldest first."""
        return sorted((one for one in self.tested if one.outcome == outcome), key=lambda one: one.as_of)


def default_days(known: date | None, horizon_months: int) -> list[date]:
    """The last January firsts whose horizon is over, with a year more for findings to be closed.

    >>> [day.year for day in default_days(date(2016, 12, 31), 24)]
    [2012, 2013, 2014]
    """
    if known is None:
        raise NotReady("the data set holds no dated row, so there is nothing to report on")
    over = add_months(known + timedelta(days=1), -horizon_months - MATURING_MONTHS)
    return [date(over.year - back, 1, 1) for back in reversed(range(TESTS))]


def _in_tables(tables: Collection[str]) -> list[str]:
    """What is published and what policy serves, as far as their tables are there."""
    names = dict.fromkeys([*PUBLISHED, *policy().served_outcomes])
    return [name for name in names if all(table in tables for table in policy().outcome(name).needs_tables)]


def default_outcomes(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """What is published and what policy serves, as far as their tables are there and hold rows."""
    found = [name for name in _in_tables(frames) if _can_be_labelled(frames, name)]
    if not found:
        raise MissingTable("no outcome can be labelled from these tables; complaints or duty_months would do")
    return found


def _can_be_labelled(frames: Mapping[str, pd.DataFrame], outcome: str) -> bool:
    try:
        first_as_of(frames, outcome)
    except MissingTable:
        return False
    return True


def gather(asked: RiskReport, say: Say = lambda _: None, plan: Callable[[int], None] = lambda _: None) -> Evidence:
    """Run the backtests; raises what they raise."""
    delivery = delivery_of(Delivered(asked.source, asked.data, asked.mapping), _looking(asked))
    frames = versioned(delivery)
    days = asked.as_ofs or [str(day) for day in default_days(known_until(frames), asked.horizon_months)]
    outcomes = asked.outcomes or default_outcomes(frames)
    backtest = RiskBacktest(
        asked.source, asked.data, days, outcomes, asked.horizon_months, Labels.MATURE.value, asked.mapping,
        with_eventual=True,
    )  # fmt: skip
    planned = steps_of(backtest) + 3 + len(outcomes)
    plan(planned)
    tested, last = list[Tested](), dict[str, Exam]()

    def seen(exam: Exam, one: Tested) -> None:
        tested.append(one)
        last[exam.outcome] = exam  # days come in order

    report = backtest_risk(backtest, say, seen, delivery)
    made = Evidence(backtest, report, tested, [], frames.get("protected_attributes"))
    for outcome, exam in last.items():
        say(f"{outcome} ceiling")
        made.ceilings.append(ceiling_of(exam))
    report.data["ceilings"] = [one.as_record() for one in made.ceilings]
    say("units")
    if asked.units:
        _with_units(made, delivery, lambda step: say(f"units: {step}"), lambda more: plan(planned + more))
    report.data["bars"] = [bar.as_record() for bar in made.bars]
    return made


def _looking(asked: RiskReport) -> Look:
    """What was asked in so many words is checked before the door; defaults are what the data allow."""
    days = days_asked(asked.as_ofs) if asked.as_ofs else []
    check_horizon(asked.outcomes, asked.horizon_months)
    where = Delivered(asked.source, asked.data).where

    def look(tables: Mapping[str, pd.DataFrame], today: date) -> None:
        outcomes = asked.outcomes or _in_tables(tables)
        check_askable(Asking(outcomes, days, asked.horizon_months), tables, where, today)

    return look


def _with_units(made: Evidence, delivery: Delivery, say: Say, plan: Callable[[int], None]) -> None:
    from experiments.backtests.units import UnitsBacktest, backtest_units

    asked = made.asked
    wanted = UnitsBacktest(
        asked.source, asked.data, asked.as_ofs, made.outcomes, asked.horizon_months, asked.mapping, asked.seed
    )
    try:
        made.units = backtest_units(wanted, say, plan, delivery)
    except NotReady as refusal:
        made.units_note = str(refusal)


def page_of(made: Evidence, drawn: Callable[[Figure, str], bytes]) -> Page:
    """The page; `drawn` makes a picture of a figure and keeps it under its name."""
    from experiments.reports.sections import SECTIONS

    title = Bilingual("风险模型回测报告", "Report of the risk backtest")
    found: list[Section | None] = [section(made, drawn) for section in SECTIONS]
    return Page(title, [section for section in found if section is not None])


def record_report(settings: Settings, made: Evidence, folder: Path) -> Path:
    """Write `risk.json` and `risk.html`, and log both with the pictures in MLflow; returns the page's path.

    The figures are written first: hours of work are not lost where MLflow cannot be reached.
    """
    written = folder / "risk.json"
    write_report(written, made.report.data, made.report.records, made.report.comparisons, made.report.more)
    service = f"{SERVICE}:{declared_features().service(SERVICE).hash}"
    hashes = made.report.data["hashes"]
    data_hash = ",".join(f"{name}:{value[:12]}" for name, value in sorted(hashes.items()))[:500]
    name = f"report risk {made.asked.source}"
    with tracking.run(EXPERIMENT, name, data_hash=data_hash, feature_service=service, use=settings) as run:
        page = write_page(
            folder / "risk.html",
            page_of(made, lambda figure, name: run.picture(figure, f"{EXPERIMENT}-{name}").read_bytes()),
        )
        run.params({"source": made.asked.source, "as_ofs": ",".join(made.asked.as_ofs),
                    "outcomes": ",".join(made.outcomes), "horizon_months": made.asked.horizon_months})  # fmt: skip
        for file in (page, written):
            run.client.log_artifact(run.run_id, str(file))
    return page


def run_report(settings: Settings, asked: RiskReport, out: Path | None, console: Console) -> Path:
    """Run, write, say where; what the command does."""
    check_writable(out or settings.state / "report", folder=True)
    started = time.perf_counter()
    with steps(console, "report risk") as bar:
        made = _gathered(asked, bar)
        seconds = time.perf_counter() - started
        made.report.data["cost"] = {"seconds": round(seconds, 1), "peak_memory_mib": round(peak_memory_mib())}
        bar.say("page")
        page = record_report(settings, made, out or settings.state / "report")
    for one in made.report.more["open_findings"]:
        console.print(one["told"]["en"], highlight=False, soft_wrap=True)
    console.print(f"{seconds:.0f} s, peak memory {peak_memory_mib():,.0f} MiB, written to {page}", highlight=False)
    return page


def _gathered(asked: RiskReport, bar: Steps) -> Evidence:
    bar.say("reading")
    return gather(asked, bar.say, bar.plan)
