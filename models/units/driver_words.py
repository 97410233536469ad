"""What is said of what drives a unit, in Chinese and English: themes that officers are told of, each one way.

A theme counts once, by what it adds over all officers of the node; the fact that is told is the one that adds most of
it that way. Numbers only: nobody in a unit is named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.figures import percent_told
from data_contracts.vocabulary import Outcome
from models.base import Numbers
from models.risk.explain import MOST as MOST_OF_FACET
from models.risk.explain import OF_THEME, SMALLEST
from models.risk.facets import differs_by, in_number, number_told
from models.risk.themes import FACETS, THEMES, Facet, Theme

ABOVE, BELOW = ("高于", "above"), ("低于", "below")
OTHER_SIDE: Mapping[str, str] = {"more": "less", "less": "more"}
MOST = 0.5  # of what moves a unit; where less is told, the rest is spoken of


@dataclass(frozen=True)
class Means:
    """Mean of each feature over the unit's scored officers and over the force's; what a driver is told from."""

    of_unit: Mapping[str, float]
    of_force: Mapping[str, float]


@dataclass(frozen=True)
class Telling:
    """What is told about: an outcome as of a day. `themes` are the codes that may be told (those that officers are
    told of), None for all; at most `top` of them are."""

    outcome: Outcome
    as_of: date
    themes: Collection[str] | None = None
    top: int = 3


@dataclass(frozen=True)
class Excess:
    """In log-odds, the mean over a unit's officers less the mean over the force: what each facet adds, and what the
    columns of its figure do, nought where the figure is told to nobody; each (facets,)."""

    facets: NDArray[np.float64]
    figures: NDArray[np.float64]


def drivers_told(excess: Excess, means: Means, telling: Telling) -> list[dict[str, Any]]:
    """The themes that move a unit away from the force, up or down, strongest first.

    `share` is a theme's part
    of all that moves the unit, either way and told or not; `direction` is raises or lowers.
    """
    by_theme = excess.facets @ OF_THEME
    size = np.abs(by_theme)
    told: list[dict[str, Any]] = []
    for place in np.argsort(-size, kind="stable").tolist():
        if size[place] < SMALLEST or len(told) == telling.top:
            break
        theme, raises = THEMES[place], bool(by_theme[place] > 0)
        if telling.themes is not None and theme.code not in telling.themes:
            continue
        facet = _facet(theme, excess, means, raises)
        if facet is not None:
            share = round(float(size[place] / size.sum()), 3)
            direction = "raises" if raises else "lowers"
            text = _sentence(theme, facet, means, telling, raises)
            told.append({"theme": theme.code, "direction": direction, "text": text, "share": share})
    return told


def _facet(theme: Theme, excess: Excess, means: Means, raises: bool) -> Facet | None:
    """Of the facets whose number speaks for what is said, the one that adds most that way.

    As with officers, in a theme of one count it may be one that adds nothing itself; any other must, and by its own
    figure for the greater part.
    """
    sign = 1.0 if raises else -1.0
    rows = zip(FACETS, excess.facets, excess.figures, strict=True)
    parts = {facet: (sign * float(part), sign * float(own)) for (owner, facet), part, own in rows if owner is theme}
    spoken = any(own for _, own in parts.values())
    fits = [
        facet
        for facet, (part, own) in parts.items()
        if _speaks(theme, facet, means, raises)
        and (spoken if theme.one_count else part > 0 and own >= MOST_OF_FACET * part)
    ]
    return max(fits, key=lambda facet: parts[facet][0], default=None)


def _speaks(theme: Theme, facet: Facet, means: Means, raises: bool) -> bool:
    """Whether the facet's number is known and lies visibly apart from the force's, on the side that speaks for what is
    said: against the unit where the theme raises its share, for it where it lowers it."""
    unit, force = _numbers(facet, means)
    worse: str | None = facet.worse or ("more" if theme.bad else None)
    side = worse if raises or worse is None else OTHER_SIDE[worse]
    if facet.words(unit)[0] != facet.words(force)[0]:
        return False  # the words of one side of nought do not compare with the other
    if np.isnan(unit) or np.isnan(force) or not _apart(unit - force, float(differs_by(force, facet.scale)), side):
        return False
    return number_told(unit / facet.scale) != number_told(force / facet.scale)


def _numbers(facet: Facet, means: Means) -> tuple[float, float]:
    return means.of_unit.get(facet.shown, float("nan")), means.of_force.get(facet.shown, float("nan"))


def _apart(difference: float, least: float, side: str | None) -> bool:
    """Whether a mean differs enough to be told, on that side of the force's.

    >>> _apart(1.0, 0.5, "more"), _apart(1.0, 0.5, "less"), _apart(-1.0, 0.5, None), _apart(0.1, 0.5, None)
    (True, False, True, False)
    """
    along = {"more": difference, "less": -difference}.get(side or "", abs(difference))
    return along > least


def _sentence(theme: Theme, facet: Facet, means: Means, telling: Telling, raises: bool) -> dict[str, str]:
    """The outcome is named: the same fact may raise one and lower another. So is whose mean it is set against: an
    officer's own sentences compare with all officers of the day the model was trained."""
    unit, force = _numbers(facet, means)
    words_zh, words_en, value = facet.words(unit)
    others = facet.words(force)[2]
    start = "" if facet.months is None else add_months(telling.as_of, -facet.months).isoformat()
    zh, en = (text.format(value=value, start=start) for text in (words_zh, in_number(words_en, value)))
    notes = (f"；{theme.note_zh}" if theme.note_zh else "", f"; {theme.note_en}" if theme.note_en else "")
    day = telling.as_of.isoformat()
    than = BELOW if abs(unit) < abs(force) else ABOVE
    way = ABOVE[0] if raises else BELOW[0], "raises" if raises else "lowers"
    return {
        "zh": f"{theme.zh}（本单位民警均值）：{zh}，{than[0]}{day}全体已评分民警的均值{others}，"
        f"使本单位“{telling.outcome.zh}”的预期{way[0]}全员{notes[0]}",
        "en": f"{theme.en} (mean of the unit's officers): {en}, {than[1]} the {others} of all officers scored on "
        f"{day}, which {way[1]} the unit's share with {telling.outcome.en} against the force{notes[1]}",
    }


def rest_told(shares: Sequence[float]) -> dict[str, str] | None:
    """What is said beside drivers that explain less than half, or where none can be told; None beside others.

    >>> rest_told([0.195])["en"], rest_told([0.4, 0.2])
    ('the themes told make 20% of what moves the unit away from the force; the rest is spread over other themes', None)
    >>> rest_told([])["en"]
    'no theme by itself can be told as what sets the unit apart from the force'
    """
    together = sum(shares)
    if not shares:
        return {
            "zh": "没有哪个主题能单独说明本单位与全员的差异",
            "en": "no theme by itself can be told as what sets the unit apart from the force",
        }
    if together >= MOST:
        return None
    part = percent_told(together)
    return {
        "zh": f"以上主题合计占本单位与全员差异的{part.zh}，其余分散在其他主题",
        "en": f"the themes told make {part.en} of what moves the unit away from the force; "
        "the rest is spread over other themes",
    }


def feature_means(frame: pd.DataFrame, names: frozenset[str]) -> dict[str, Numbers]:
    """The columns that drivers are told from, as arrays (n,); NaN where unknown."""
    return {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in sorted(names) if name in frame.columns}
