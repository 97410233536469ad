"""What moves a unit away from the force: what the themes add to its officers, summed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.base import Numbers
from models.risk.themes import FACETS, SHOWN
from models.units.driver_words import Excess, Means, Telling, drivers_told, feature_means
from models.units.model import Roster
from models.units.moves import SCOPES
from models.units.tree import UnitTree

PARTS = 2 * len(FACETS)  # of each facet, and of its figure
THEME = re.compile(r'"theme": "([a-z_]+)"')


def drivers_of(
    roster: Roster, parts: NDArray[np.float64] | None, frame: pd.DataFrame, telling: Telling
) -> dict[str, list[str]]:
    """The JSON of the themes that move each node away from the force, by scope.

    `parts` (n, 2 x facets) are what each facet adds to the log-odds of the officers of the roster, then what the
    columns of its figure do; `frame` their features.
    """
    tree, where, officers = roster.tree, roster.where, roster.officers
    if parts is None:
        return {scope: ["[]"] * len(tree.units) for scope in SCOPES}
    features = feature_means(frame, SHOWN)
    own = [tree.own(where, parts[:, place]) for place in range(PARTS)]
    sums = {name: tree.own(where, np.nan_to_num(values)) for name, values in features.items()}
    known = {
        name: tree.own(where, np.asarray(~np.isnan(values), dtype=np.float64)) for name, values in features.items()
    }
    force = {name: float(np.nanmean(values)) for name, values in features.items() if not np.isnan(values).all()}
    told: dict[str, list[str]] = {}
    for scope in SCOPES:
        over = [tree.block(values) if scope == "block" else values for values in (officers, *own)]
        excess = np.stack(over[1:], axis=1) / np.maximum(over[0], 1.0)[:, None] - parts.mean(axis=0)
        means = {name: _ratios(tree, sums[name], known[name], scope) for name in force}
        told[scope] = [
            json.dumps(drivers_told(Excess(*np.split(excess[k], 2)),
                                    Means({n: float(v[k]) for n, v in means.items()}, force), telling),
                       ensure_ascii=False)
            for k in range(len(tree.units))
        ]  # fmt: skip
    return told


def _ratios(tree: UnitTree, total: Numbers, known: Numbers, scope: str) -> Numbers:
    if scope == "block":
        total, known = tree.block(total), tree.block(known)
    means: Numbers = np.divide(total, known, out=np.full(len(total), np.nan), where=known > 0)
    return means


def facet_matrix(column: Sequence[Any]) -> NDArray[np.float64] | None:
    """(rows, 2 x facets) from the scorer's column; None where it tells nothing. Rows without a score are NaN."""
    nothing = np.full(PARTS, np.nan)
    rows = [nothing if one is None else np.asarray(one, dtype=np.float64) for one in column]
    return np.stack(rows) if any(len(one) and not np.isnan(one).all() for one in rows) else None


def themes_in(told: Iterable[Any]) -> set[str]:
    """The codes of the themes in reasons as JSON; nothing of what is null.

    >>> sorted(themes_in(['[{"theme": "workload", "text": {}}, {"theme": "moves", "text": {}}]', None]))
    ['moves', 'workload']
    """
    return {code for text in told if isinstance(text, str) for code in THEME.findall(text)}
