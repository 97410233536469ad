"""A line of evidence in words: what, when, how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from data_contracts.counting import counted
from data_contracts.talent_pool import TalentLine
from data_contracts.vocabulary import Bilingual
from models.peers import CIRCLE_WORDS
from models.talent.evidence import OWN, Day, counted_rows

MOST_DATES = 12
POINT_DIGITS = 2  # of the points of a line, as they are shown and as they add up to a score
NOTHING = Bilingual("无记录", "nothing recorded")
NO_PEERS = Bilingual("无可比对象，不计分", "nothing to compare with, so no points")


@dataclass(frozen=True)
class Item:
    """One row that counted: its day (and the last one of a posting), and what it counts."""

    day: str
    until: str | None
    amount: float


@dataclass(frozen=True)
class LineTold:
    """What a line gave: points, words, and the newest rows behind it (`rows` says how many there are in all)."""

    code: str
    name: Bilingual
    points: float
    text: Bilingual
    rows: int
    items: tuple[Item, ...]


def told_lines(
    lines: Sequence[TalentLine], totals: Mapping[str, pd.DataFrame], officers: Sequence[str], day: Day
) -> dict[str, tuple[LineTold, ...]]:
    """The lines of some officers, in the order of `lines`; `totals` are those of `field_totals`."""
    theirs = {
        name: rows[rows["officer_id"].isin(officers)] if "officer_id" in rows else rows
        for name, rows in day.frames.items()
    }
    told: dict[str, list[LineTold]] = {officer: [] for officer in officers}
    for line in lines:
        found = totals[line.code]
        rows = counted_rows(line, Day(theirs, day.as_of, day.peers))
        for officer in officers:
            told[officer].append(_told(line, officer, found, rows[rows["officer_id"] == officer]))
    return {officer: tuple(one) for officer, one in told.items()}


def _told(line: TalentLine, officer_id: str, totals: pd.DataFrame, rows: pd.DataFrame) -> LineTold:
    name = Bilingual(line.name_zh, line.name_en)
    if officer_id not in totals.index:
        return LineTold(line.code, name, 0.0, NOTHING, 0, ())
    row: Any = totals.loc[officer_id].to_dict()
    text = _compared(line, row) if line.compares else _counted(line, row)
    if abs(float(row["points"])) >= line.cap:
        text = Bilingual(f"{text.zh}（封顶）", f"{text.en} (the most it can count)")
    return LineTold(line.code, name, round(float(row["points"]), POINT_DIGITS), text, len(rows), _items(line, rows))


def _items(line: TalentLine, counted: pd.DataFrame) -> tuple[Item, ...]:
    rows = counted.iloc[-MOST_DATES:]
    amounts = rows["value"] if line.compares else rows["weight"]
    return tuple(
        Item(f"{start:%Y-%m-%d}", None if pd.isna(end) else f"{end:%Y-%m-%d}", round(float(amount), 2))
        for start, end, amount in zip(rows["date"], rows["end"], amounts, strict=True)
    )


def _counted(line: TalentLine, row: Mapping[str, Any]) -> Bilingual:
    first, last, amount = f"{row['first']:%Y-%m-%d}", f"{row['last']:%Y-%m-%d}", f"{row['amount']:.1f}"
    if line.how == "years":
        return Bilingual(f"{first}起共{amount}年", f"{amount} years since {first}")
    number = int(row["rows"])
    faded_zh, faded_en = (f"，按时间折算{amount}次", f", {amount} after fading") if line.half_life_months else ("", "")
    when_zh, when_en = (f"{last}", f"on {last}") if number == 1 else (f"{first}至{last}", f"from {first} to {last}")
    return Bilingual(f"{when_zh}共{number}次{faded_zh}", f"{number} {when_en}{faded_en}")


def _fading(line: TalentLine) -> Bilingual:
    """Why a mean is not that of the items shown: the newer of them count more, of the others as of the officer."""
    if line.half_life_months is None:
        return Bilingual("", "")
    months = line.half_life_months
    return Bilingual(
        f"（近期的权重更大，每过{months}个月减半）", f" (recent ones count more: half after {months} months)"
    )


def _compared(line: TalentLine, row: Mapping[str, Any]) -> Bilingual:
    if row["circle"] is None or pd.isna(row["circle"]):
        return NO_PEERS
    number, mean, usual = int(row["rows"]), f"{row['mean']:.2f}", f"{row['peer_mean']:.2f}"
    faded, last, others = _fading(line), f"{row['last']:%Y-%m-%d}", int(row["peers"])
    if row["circle"] == OWN:
        return Bilingual(
            f"{number}次平均{mean}{faded.zh}，本人其余{others}次平均{usual}，最近{last}",
            f"mean {mean} of {number}{faded.en}, against {usual} of one's {counted(others, 'other')}, last on {last}",
        )
    circle = CIRCLE_WORDS[str(row["circle"])]
    return Bilingual(
        f"{number}次平均{mean}{faded.zh}，{circle.zh}{others}人平均{usual}，最近{last}",
        f"mean {mean} of {number}{faded.en}, against {usual} of {counted(others, 'other')} {circle.en}, last on {last}",
    )
