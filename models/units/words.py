"""What is said of a unit, in Chinese and English: how it moves, what drives it, and what coming and going did.

Numbers only: nobody in a unit is named, and a unit with few officers is told by its parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from models.base import Numbers
from models.risk.explain import SMALLEST, number_told
from models.risk.themes import THEMES, Theme
from models.units.moves import Movement

DIRECTIONS: Mapping[str, tuple[str, str]] = {
    "worsening": ("上升", "rising"),
    "improving": ("下降", "falling"),
    "steady": ("基本持平", "about steady"),
}
AGAINST: Mapping[str, tuple[str, str]] = {
    "last_period": (
        "与上一期实际比例（按全员当前水平折算）相比",
        "against the last period at today's level of the force",
    ),
    "earlier_expectation": (
        "与前次预期（按全员当前水平折算）相比",
        "against what was expected before, at today's level of the force",
    ),
}


def percent(share: float, signed: bool = False) -> str:
    """A share for people.

    >>> percent(0.0734), percent(0.004, signed=True), percent(-0.0001, signed=True)
    ('7.3%', '+0.4', '+0.0')
    """
    told = round(100 * share, 1) + 0.0  # no minus nought
    return f"{told:+.1f}" if signed else f"{told:.1f}%"


def _rounded(value: float) -> float:
    return round(value, 6) + 0.0


def trend_told(change: Mapping[str, float], direction: str, against: str) -> dict[str, Any]:
    """The JSON of a trend; `change` has before, change, low, high and worse (the chance that it truly rises)."""
    zh, en = DIRECTIONS[direction]
    basis_zh, basis_en = AGAINST[against]
    points, worse = percent(change["change"], signed=True), f"{100 * change['worse']:.0f}%"
    return {
        "direction": direction,
        "against": against,
        **{name: _rounded(float(value)) for name, value in change.items()},
        "text": {
            "zh": f"{basis_zh}，预期比例{zh}（{points}个百分点，确为上升的可能性{worse}）",
            "en": f"{basis_en}, the expected share is {en} ({points} points; chance that it truly rises {worse})",
        },
    }


def movement_told(movement: Movement, since: date) -> dict[str, Any]:
    """The JSON of a movement."""
    whole, came, went, stayed = (
        percent(value, signed=True) for value in (movement.change, movement.by_in, movement.by_out, movement.by_stayers)
    )
    return {
        "since": since.isoformat(),
        "change": _rounded(movement.change),
        "moved_in": {"officers": movement.moved_in, "change": _rounded(movement.by_in)},
        "moved_out": {"officers": movement.moved_out, "change": _rounded(movement.by_out)},
        "stayed": {"officers": movement.stayed, "change": _rounded(movement.by_stayers)},
        "text": {
            "zh": f"自{since}以来预期比例变化{whole}个百分点：调入{movement.moved_in}人{came}，"
            f"调出{movement.moved_out}人{went}，留任{movement.stayed}人{stayed}",
            "en": f"since {since} the expected share moved by {whole} points: {movement.moved_in} came in {came}, "
            f"{movement.moved_out} left {went}, {movement.stayed} stayed {stayed}",
        },
    }


@dataclass(frozen=True)
class Means:
    """Mean of each feature over some officers; what a driver is told from."""

    of_unit: Mapping[str, float]
    of_force: Mapping[str, float]


def drivers_told(excess: NDArray[np.float64], means: Means, as_of: date, top: int) -> list[dict[str, Any]]:
    """At most `top` themes that lift a unit above the force, strongest first.

    `excess` (themes,) in log-odds: the mean over its officers less the mean over the force. `share` is a theme's part
    of all that lifts.
    """
    lifting = np.maximum(excess, 0.0)
    told: list[dict[str, Any]] = []
    for place in np.argsort(-excess, kind="stable").tolist():
        if excess[place] < SMALLEST or len(told) == top:
            break
        sentence = _sentence(THEMES[place], means, as_of)
        if sentence is not None:
            share = round(float(lifting[place] / lifting.sum()), 3)
            told.append({"theme": THEMES[place].code, "text": sentence, "share": share})
    return told


def _sentence(theme: Theme, means: Means, as_of: date) -> dict[str, str] | None:
    """Of the first facet whose number is known and, in a theme of bad things, above the force's."""
    for facet in theme.facets:
        unit, force = (some.get(facet.shown, float("nan")) for some in (means.of_unit, means.of_force))
        if np.isnan(unit) or np.isnan(force) or (theme.bad and unit <= force):
            continue
        value, others = number_told(unit / facet.scale), number_told(force / facet.scale)
        start = "" if facet.months is None else add_months(as_of, -facet.months).isoformat()
        zh, en = (text.format(value=value, start=start) for text in (facet.zh, facet.en))
        notes = (f"；{theme.note_zh}" if theme.note_zh else "", f"; {theme.note_en}" if theme.note_en else "")
        return {
            "zh": f"{theme.zh}：本单位人均{zh}（全员人均{others}）{notes[0]}",
            "en": f"{theme.en}: on average {en} an officer (all officers {others}){notes[1]}",
        }
    return None


def feature_means(frame: pd.DataFrame, names: frozenset[str]) -> dict[str, Numbers]:
    """The columns that drivers are told from, as arrays (n,); NaN where unknown."""
    return {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in sorted(names) if name in frame.columns}
