"""One line of the gate: what was asked of which outcome, what was found, and whether that lets a model through."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from rich.markup import escape
from rich.table import Table

from data_contracts.figures import between, figure_told
from data_contracts.vocabulary import Bilingual
from models.groups import group_named
from training.evaluation.names import subject_named


class Status(StrEnum):
    """What a line says; only the first three let a model through."""

    PASS = "pass"  # noqa: S105
    WAIVED = "waived"  # inconclusive, and enough people signed for it
    EXPLAINED = "explained"  # groups differ, and somebody wrote why
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    UNEXPLAINED = "unexplained"


OPEN = (Status.PASS, Status.WAIVED, Status.EXPLAINED)
STATUS_ZH = {
    Status.PASS: "通过", Status.WAIVED: "双签豁免", Status.EXPLAINED: "已书面说明", Status.FAIL: "不通过",
    Status.INCONCLUSIVE: "无法判定", Status.UNEXPLAINED: "缺书面说明",
}  # fmt: skip
ORDER = (*OPEN, Status.UNEXPLAINED, Status.INCONCLUSIVE, Status.FAIL)
SETTLED_AS = {Status.INCONCLUSIVE: Status.WAIVED, Status.UNEXPLAINED: Status.EXPLAINED}

SUSPECT_STYLE = "dark_orange"
NOT_MEASURED = Bilingual("未测", "not measured")
FALLING = Bilingual("大于 0；均无事件的相邻等级算持平", "above 0; neighbours without any event count as level")
SUSPECT = Bilingual("† 单看该组的 95 % 区间会判不通过", "† its own 95 % interval would fail it")
WHOLLY_ABOVE = Bilingual("整个区间大于 0", "above 0 with its whole interval")


@dataclass(frozen=True)
class Line:
    """`check` is its exact name, by which a waiver refers to it; figures are NaN where there is none.

    `group` is empty for a line about the outcome as a whole; `counted` says that the figure is a number of events.
    `suspect` says that the plain interval would fail the group where the one that holds for all groups does not;
    `note` is what people must read with the figure.

    >>> line = Line("conduct.calibration_error", "conduct", Status.FAIL, Bilingual("校准误差", "calibration error"),
    ...             at_most(0.03), 0.041)
    >>> print(line)
    conduct.calibration_error: calibration error is 0.041, must be at most 0.03 (fail)
    """

    check: str
    outcome: str
    status: Status
    words: Bilingual
    must: Bilingual
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    group: str = ""
    counted: bool = False
    suspect: bool = False
    note: Bilingual | None = None

    @property
    def named(self) -> Bilingual:
        """What was asked of whom, in words: records refer to a line by `check`."""
        of = subject_named(self.outcome)
        if self.group:
            group = group_named(self.group)
            of = Bilingual(f"{of.zh}，{group.zh}", f"{of.en}, {group.en}")
        return Bilingual(f"{of.zh}：{self.words.zh}", f"{of.en}: {self.words.en}")

    @property
    def holds(self) -> bool:
        """Whether it lets the model through."""
        return self.status in OPEN

    @property
    def found(self) -> str:
        """The figure with its interval, as people read it."""
        if math.isnan(self.value):
            return NOT_MEASURED.en
        if self.counted:
            return events_told(self.value)
        interval = "" if math.isnan(self.low) else f" {between(self.low, self.high)}"
        return f"{figure_told(self.value)}{interval}"

    @property
    def notes(self) -> Bilingual:
        """What must be read with the figure, in brackets; empty where there is nothing."""
        told = [one for one in (self.note, SUSPECT if self.suspect else None) if one is not None]
        both = Bilingual.joined(told)
        return Bilingual(f"（{both.zh}）", f" ({both.en})") if told else both

    @property
    def found_words(self) -> Bilingual:
        """The same in both languages."""
        figure = NOT_MEASURED if math.isnan(self.value) else Bilingual(self.found, self.found)
        return Bilingual(f"{figure.zh}{self.notes.zh}", f"{figure.en}{self.notes.en}")

    def settled(self) -> Line:
        """The line when people have signed or written what it asks for; a pass or a fail stays what it is."""
        return replace(self, status=SETTLED_AS.get(self.status, self.status))

    def __str__(self) -> str:
        return f"{self.check}: {self.told.en}"

    @property
    def told(self) -> Bilingual:
        """The line as a sentence."""
        zh = f"{self.words.zh}为 {self.found_words.zh}，要求{self.must.zh}（{STATUS_ZH[self.status]}）"
        return Bilingual(zh, f"{self.words.en} is {self.found_words.en}, must be {self.must.en} ({self.status})")

    def as_record(self) -> dict[str, Any]:
        """For JSON; figures that are none are null."""
        numbers = {name: getattr(self, name) for name in ("value", "low", "high")}
        told = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
        return {
            "check": self.check,
            "outcome": self.outcome,
            "status": self.status.value,
            "must": self.must.en,
            **told,
        } | ({"suspect": True} if self.suspect else {})


def events_told(value: float) -> str:
    """A number of events for people: whole, but where some are chances with one digit.

    >>> events_told(1412.0), events_told(3.437)
    ('1,412', '3.4')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def at_most(limit: float) -> Bilingual:
    """The limit in words.

    >>> at_most(0.03).en
    'at most 0.03'
    """
    return Bilingual(f"不高于 {limit:g}", f"at most {limit:g}")


def at_least(limit: float) -> Bilingual:
    """The limit in words.

    >>> at_least(30).en
    'at least 30'
    """
    return Bilingual(f"不少于 {limit:g}", f"at least {limit:g}")


def above(limit: float) -> Bilingual:
    """The limit in words.

    >>> above(0.0).en
    'above 0'
    """
    return Bilingual(f"大于 {limit:g}", f"above {limit:g}")


def above_zero(check: str, outcome: str, words: Bilingual, figures: tuple[float, float, float]) -> Line:
    """A difference whose whole interval must lie above zero; nothing else is a pass, and nobody can waive it."""
    value, low, _ = figures
    status = Status.PASS if value > 0 and low > 0 else Status.FAIL
    return Line(check, outcome, status, words, WHOLLY_ABOVE, *figures)


def as_table(lines: Sequence[Line], title: str = "gate") -> Table:
    """The lines as people read them: whole outcomes, fails and suspects one by one, other groups counted by what was
    measured."""
    table = Table(title=title)
    for name in ("check", "found", "must be", "status"):
        table.add_column(name, overflow="fold")
    for line in lines:
        if not line.group or line.status is Status.FAIL or line.suspect:
            row = line.check, line.found_words.en, line.must.en, f"{line.status.value}{' †' if line.suspect else ''}"
            table.add_row(*map(escape, row), style=SUSPECT_STYLE if line.suspect else None)
    for (outcome, measure), some in _by_measure(lines).items():
        counts = Counter(line.status for line in some)
        told = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
        row = f"{outcome}, {len(some)} groups, {measure}", told, some[0].must.en, worst(some).value
        table.add_row(*map(escape, row))
    return table


def grouped_checks(checks: Sequence[str]) -> list[tuple[str, str, int]]:
    """What people sign for, few lines to read: by outcome and measure how many checks, most first; alone: its name.

    >>> grouped_checks(["strain.sex=f.calibration", "strain.sex=m.calibration", "strain.persistence.precision"])
    [('strain', 'calibration, by group', 2), ('strain', 'persistence.precision', 1)]
    """
    found: Counter[tuple[str, str]] = Counter()
    for check in checks:
        outcome, _, rest = check.partition(".")
        group, _, measure = rest.rpartition(".")
        found[outcome, f"{measure}, by group" if "=" in group else rest] += 1
    return [(*names, number) for names, number in sorted(found.items(), key=lambda one: (-one[1], one[0]))]


def waived_told(lines: Sequence[Line]) -> Bilingual | None:
    """How much of what was found rests on signatures and not on evidence; None where nothing does."""
    waived = [line for line in lines if line.status is Status.WAIVED]
    explained = sum(line.status is Status.EXPLAINED for line in lines)
    if not waived and not explained:
        return None
    suspects, failed = sum(line.suspect for line in waived), sum(line.status is Status.FAIL for line in lines)
    return Bilingual(
        f"共 {len(lines):,} 项检验：{len(waived):,} 项无法判定，由两人签字豁免（其中 {suspects:,} 项单看该组会判不通过"
        f"）；{explained:,} 项差异有书面说明；不通过 {failed:,} 项",
        f"of {len(lines):,} checks {len(waived):,} were inconclusive and are waived by signature ({suspects:,} of them "
        f"fail by their own 95 % interval), {explained:,} differences are explained in writing, {failed:,} failed",
    )


def signed_although(lines: Sequence[Line], checks: Collection[str]) -> list[Bilingual]:
    """A sentence for each suspect among the checks that people signed for: whoever reads of it reads this too."""
    return [
        Bilingual(
            f"已签字豁免，尽管“{line.named.zh}”单看该组的 95 % 区间会判不通过：{line.found}（{line.check}）",
            f"signed although “{line.named.en}” fails by its own 95 % interval: {line.found} ({line.check})",
        )
        for line in lines
        if line.suspect and line.check in checks
    ]


def worst(lines: Sequence[Line]) -> Status:
    """The status that stands furthest in the way."""
    return max((line.status for line in lines), key=ORDER.index)


def _by_measure(lines: Sequence[Line]) -> dict[tuple[str, str], list[Line]]:
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.group:
            found.setdefault((line.outcome, line.check.rpartition(".")[2]), []).append(line)
    return found
