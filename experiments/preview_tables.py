"""A preview as people read it: a table that fits a terminal, and a picture of precision and volume by budget."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from data_contracts.figures import figure_told
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from experiments.progress import steps
from models.risk.evidence import is_told
from serving.risk.preview import Preview, preview
from training.evaluation.names import outcome_named
from training.evaluation.plots import blank_figure, in_words, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORDS: Mapping[str, tuple[str, str]] = {
    "share": ("现在预警占全员的比例（%）", "alerts now, % of the force"),
    "precision": ("以往精确率（95% 区间）", "precision in later years (95 %)"),
    "alerts": ("预警人数", "officers"),
    "now": ("现在", "now"),
    "new": ("每月新增", "new a month"),
}


CAPTION = "now: alerts; new: a month; most: in one unit; over: units beyond their budget; P, recall: on later years"
KINDS = {"poor_share": "share", "cut_off": "cut-off", "unit_budget": "budget"}


def as_table(told: Mapping[str, Any]) -> Table:
    """One line for each outcome and setting, whole on 80 columns; the JSON has every figure."""
    about = told["data"]
    model = about["model"]
    title = f"alerts at {about['as_of']}, {model['name']} version {model['version']}; grades now by {about['mode']}"
    lines = (
        CAPTION, new_words(about["new_over_months"]), budget_words(about), *floor_words(told["records"]),
        *expected_words(told["records"]),
    )  # fmt: skip
    caption = "\n".join(lines)
    table = Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("outcome", overflow="fold")  # the one column that may take a second line
    table.add_column("setting", no_wrap=True)
    for name in ("now", "new", "most", "over", "P", "95 %", "recall"):
        table.add_column(name, no_wrap=True, justify="right")
    for record in told["records"]:
        interval = "-" if record["low"] is None else f"{figure_told(record['low'])}-{figure_told(record['high'])}"
        outcome = policy().outcome(record["outcome"]).name_at(record["horizon_months"])
        counts = str(record["most_in_a_unit"]), str(record["units_over_budget"])
        figures = _short(record["new_a_month"], 1), *counts, _short(record["precision"], 3)
        table.add_row(
            outcome, _setting(record), f"{record['alerts_now']:,}", *figures, interval, _short(record["recall"], 3)
        )
    return table


def new_words(months: int) -> str:
    """On how many months new alerts rest.

    >>> new_words(1), new_words(0)
    ('new: counted over 1 month', 'new: not known, no two snapshots lie a month apart')
    """
    if not months:
        return "new: not known, no two snapshots lie a month apart"
    return f"new: counted over {months} month{'' if months == 1 else 's'}"


def expected_words(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of each outcome whose P and recall count what is still open: how much of its events that is.

    >>> record = {"outcome": "conduct", "horizon_months": 12, "events": 600.2, "events_expected": 345.7}
    >>> expected_words([record, record])
    ['P, recall of conduct: of 600 events 346 are the chances of what is still open, no findings']
    """
    told = {
        f"P, recall of {policy().outcome(one['outcome']).name_at(one['horizon_months'])}: of {one['events']:,.0f} "
        f"events {one['events_expected']:,.0f} are the chances of what is still open, no findings": None
        for one in records
        if is_told(one["events_expected"])
    }
    return list(told)


def floor_words(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of each outcome where a setting alerts fewer than it says: how many policy's floor of the grade poor keeps out.

    >>> floor_words([{"outcome": "stagnation", "horizon_months": 12, "setting": "poor_share", "value": 0.08,
    ...     "held_back": 34}])
    ["stagnation: not alerted, below 1.5 times the odds of the force's mean: 34 at share 8 %"]
    """
    held: dict[str, list[str]] = {}
    for one in records:
        if one["held_back"]:
            name = policy().outcome(one["outcome"]).name_at(one["horizon_months"])
            held.setdefault(name, []).append(f"{one['held_back']:,} at {_setting(one)}")
    times = f"{policy().grades.shares.poor_from_mean:g} times the odds of the force's mean"
    return [f"{name}: not alerted, below {times}: {', '.join(some)}" for name, some in held.items()]


def budget_words(about: Mapping[str, Any]) -> str:
    """Whether the budget of a unit binds in the mode in force, in plain words."""
    share = f"{100 * about['unit_budget']:g} %"
    if about["budget_binds"]:
        return f"mode {about['mode']}: no unit has more alerts than its budget ({share})"
    return (
        f"mode {about['mode']}: the budget of a unit ({share}) does not limit alerts; "
        'mode = "unit_budget" in policy/grades.toml would'
    )


def _setting(record: Mapping[str, Any]) -> str:
    """Short, for a column."""
    value = record["value"]
    return f"{KINDS[record['setting']]} " + (f"{value:.3f}" if record["setting"] == "cut_off" else f"{100 * value:g} %")


def _short(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


STYLES: Mapping[str, str] = {"poor_share": "o-", "cut_off": "^-", "unit_budget": "D-"}  # marker and line
SETTINGS: Mapping[str, tuple[str, str]] = {
    "poor_share": ("按比例", "share"), "cut_off": ("按界限", "cut-off"), "unit_budget": ("按单位额度", "unit budget"),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How one series is drawn: the colour of its outcome, and marker and line of its kind of setting."""

    colour: str
    style: str


def preview_figure(told: Mapping[str, Any]) -> Figure:
    """Precision with its interval, and alerts now and a month, against the share of the force flagged."""
    day = told["data"]["as_of"]
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for record in told["records"]:
        lines.setdefault(policy().outcome(record["outcome"]).name_at(record["horizon_months"]), []).append(record)
    with blank_figure(Bilingual(f"预警预览 {day}", f"preview, {day}"), 11) as (figure, chinese):
        left, right = figure.subplots(1, 2)
        for number, (name, records) in enumerate(lines.items()):
            ordered = sorted(records, key=lambda record: float(record["alerts_now"]))
            outcome = in_words(outcome_named(name), chinese)
            for kind, style in STYLES.items():  # a budget and a share flag different people: no line joins them
                some = [record for record in ordered if record["setting"] == kind]
                if some:
                    told_as = f"{outcome}, {SETTINGS[kind][0 if chinese else 1]}"
                    _precision(left, told_as, some, Look(f"C{number}", style))
                    _volume(right, told_as, some, Look(f"C{number}", style), chinese)
        for axes, word in ((left, "precision"), (right, "alerts")):
            axes.set_xlabel(WORDS["share"][0 if chinese else 1])
            axes.set_ylabel(WORDS[word][0 if chinese else 1])
            axes.set_ylim(bottom=0)
        legend_below(figure, left, right)
    return figure


def _flagged(record: Mapping[str, Any]) -> float:
    return 100.0 * float(record["alerts_now"]) / max(int(record["officers"]), 1)


def _precision(axes: Axes, name: str, records: Sequence[Mapping[str, Any]], look: Look) -> None:
    known = [record for record in records if record["precision"] is not None]
    where, middle = [_flagged(record) for record in known], [float(record["precision"]) for record in known]
    below = [value - record["low"] for value, record in zip(middle, known, strict=True)]
    above = [record["high"] - value for value, record in zip(middle, known, strict=True)]
    axes.errorbar(
        where, middle, yerr=[below, above], fmt=look.style, markersize=4, capsize=2, color=look.colour, label=name
    )
    if known:
        axes.axhline(float(known[0]["base_rate"]), color=look.colour, linewidth=0.8, linestyle=":")


def _volume(axes: Axes, name: str, records: Sequence[Mapping[str, Any]], look: Look, chinese: bool) -> None:
    now, new = (WORDS[word][0 if chinese else 1] for word in ("now", "new"))
    where = [_flagged(record) for record in records]
    axes.plot(where, [record["alerts_now"] for record in records], look.style, markersize=4, color=look.colour,
              label=f"{name}, {now}")  # fmt: skip
    monthly = [(at, record["new_a_month"]) for at, record in zip(where, records, strict=True)]
    known = [(at, value) for at, value in monthly if value is not None]
    if known:
        axes.plot(
            *zip(*known, strict=True), f"{look.style[0]}--", markersize=4, color=look.colour, label=f"{name}, {new}"
        )


def run_preview(settings: Settings, asked: Preview, out: Path | None, console: Console) -> None:
    """Preview, draw, print, write; what the command does."""
    with steps(console, "preview", 2) as bar:
        told = preview(settings, asked, bar.say)
    place = picture_path(settings, told["data"])
    place.parent.mkdir(parents=True, exist_ok=True)
    preview_figure(told).savefig(place, format="png")
    console.print(as_table(told))
    console.print(f"picture: {place}", highlight=False, soft_wrap=True)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n", "utf-8")


def picture_path(settings: Settings, about: Mapping[str, Any]) -> Path:
    """Where the picture lies: that of another version or day is not written over; `about` as in the JSON's data."""
    model = about["model"]
    return settings.pictures_dir / f"{model['name']}-{model['version']}" / f"preview-{about['as_of']}.png"
