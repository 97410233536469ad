"""What training looked like, kept with the model: the spread of every feature, what was said, and what came.

It is signed with the model, so that the drift watch compares with exactly what the champion learned from. Spreads are
those of the force that training ended with; `usual` is how far each had moved in the year before, because a count
"ever" grows every year and is no news.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.policy import policy
from data_contracts.strict_json import without_nan
from data_contracts.vocabulary import Grade
from models.base import Numbers
from models.risk.grades import by_shares, short_history
from models.risk.model import OutcomeModel, RiskBundle
from training.evaluation.drift import psi
from training.evaluation.risk_metrics import calibration_bins, ece, soft_average_precision
from training.risk.spreads import Spread, spread_of

PART = "reference"  # its name among the parts of the signed artefact
YEAR_DAYS = 365.25
Answer = tuple[str, int]


class HeldOut(Protocol):
    """What was said about an as-of that the model had not learned from, and what came; arrays (n,)."""

    @property
    def y(self) -> Numbers:
        """Labels, 0 to 1."""
        ...

    @property
    def chances(self) -> Numbers:
        """Calibrated chances."""
        ...


@dataclass(frozen=True)
class Said:
    """Chances of one outcome and horizon over a force, and officers by grade at fixed cut-offs."""

    spread: Spread
    mean: float
    deviation: float
    grades: Mapping[str, int]


@dataclass(frozen=True)
class Came:
    """Chances against what came, on as-ofs that were not learned from.

    `rates` holds officers and events by grade, `bins` mean chance, share seen and officers of equal-count bins.
    """

    rows: int
    observed: float
    predicted: float
    average_precision: float
    ece: float
    rates: Mapping[str, tuple[int, float]]
    bins: tuple[tuple[float, float, int], ...] = ()

    @property
    def ratio(self) -> float:
        """Mean predicted over observed; NaN where nothing came."""
        return self.predicted / self.observed if self.observed > 0 else math.nan


@dataclass(frozen=True)
class Reference:
    """All of it, by feature and by `key_of` outcome and horizon; `recomputed` when training itself left none."""

    as_of: date
    officers: int
    inputs: Mapping[str, Spread]
    said: Mapping[str, Said]
    came: Mapping[str, Came] = field(default_factory=dict)
    recomputed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for the signed parts of a model."""
        told: dict[str, Any] = without_nan({**asdict(self), "as_of": self.as_of.isoformat()})
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """From `to_json`."""
        return cls(
            as_of=date.fromisoformat(told["as_of"]),
            officers=int(told["officers"]),
            inputs={name: _spread(one) for name, one in told["inputs"].items()},
            said={key: _said(one) for key, one in told["said"].items()},
            came={key: _came(one) for key, one in told["came"].items()},
            recomputed=bool(told["recomputed"]),
        )


def key_of(outcome: str, horizon_months: int) -> str:
    """One name for an outcome and its horizon.

    >>> key_of("conduct", 12)
    'conduct_12m'
    """
    return f"{outcome}_{horizon_months}m"


def reference_of(
    bundle: RiskBundle, rows: pd.DataFrame, later: Mapping[Answer, Sequence[HeldOut]] | None = None
) -> dict[str, Any]:
    """The reference of a bundle as JSON, from feature rows of several as-ofs (officer_id, as_of, features).

    The newest as-of is the force that training ended with, the one nearest to a year before tells what is usual.
    `later` holds what was said on as-ofs not learned from, by outcome and horizon.
    """
    held_out = later or {}
    made = reference_from(bundle, rows)
    came = {
        key_of(*answer): came_of([(one.y, one.chances) for one in some]) for answer, some in held_out.items() if some
    }
    return Reference(made.as_of, made.officers, made.inputs, made.said, came).to_json()


def reference_from(bundle: RiskBundle, rows: pd.DataFrame) -> Reference:
    """Inputs and predictions of the newest as-of among the rows; what came is not known from features."""
    force, before, years = _ends(rows)
    inputs = {name: _with_usual(force[name], before, name, years) for name in bundle.columns}
    said = {key_of(model.outcome, model.horizon_months): said_of(model, force) for model in bundle.outcome_models}
    return Reference(pd.Timestamp(force["as_of"].iloc[0]).date(), len(force), inputs, said)


def said_of(model: OutcomeModel, force: pd.DataFrame) -> Said:
    """What a model says of a force."""
    return said_from(chances_of(model, force), model.cuts)


def said_from(chances: Numbers, cuts: Mapping[str, float], over: Spread | None = None) -> Said:
    """Chances (n,) summed up, NaN where an officer was not scored; over the bins of another force where given."""
    series = pd.Series(chances)
    spread = spread_of(series) if over is None else over.again(series)
    known = chances[~np.isnan(chances)]
    figures = (float(known.mean()), float(known.std())) if len(known) else (math.nan, math.nan)
    return Said(spread, *figures, _graded(known, cuts))


def chances_of(model: OutcomeModel, force: pd.DataFrame) -> Numbers:
    """Chances (n,), NaN for officers with too short a history."""
    return np.where(short_history(force, policy().grades), np.nan, model.predict(model.design.matrix(force)))


def came_of(tests: Sequence[tuple[Numbers, Numbers]]) -> Came:
    """Labels and chances of several as-ofs together; grades are shares of each as-of by itself."""
    y, chances = (np.concatenate([test[place] for test in tests]) for place in (0, 1))
    shares = policy().grades.shares
    grades: NDArray[np.object_] = np.concatenate([by_shares(said, shares) for _, said in tests])
    masks = {grade.value: grades == grade.value for grade in Grade}
    bins = zip(*(part.tolist() for part in calibration_bins(y, chances)), strict=True)
    return Came(
        rows=len(y),
        observed=float(y.mean()),
        predicted=float(chances.mean()),
        average_precision=soft_average_precision(y, chances),
        ece=ece(y, chances),
        rates={name: (int(mask.sum()), float(y[mask].sum())) for name, mask in masks.items()},
        bins=tuple(bins),
    )


def _ends(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame | None, float]:
    """The rows of the newest as-of, those about a year before, and how many years lie between."""
    days = np.sort(rows["as_of"].unique())
    newest = pd.Timestamp(days[-1])
    force = rows[rows["as_of"] == newest]
    if len(days) < 2:
        return force, None, 1.0
    ago = [(newest - pd.Timestamp(day)).days / YEAR_DAYS for day in days[:-1]]
    nearest = int(np.argmin(np.abs(np.array(ago) - 1.0)))
    return force, rows[rows["as_of"] == days[nearest]], ago[nearest]


def _with_usual(values: pd.Series, before: pd.DataFrame | None, name: str, years: float) -> Spread:
    """The spread, and the PSI that a year used to bring: it grows with the square of the time between."""
    made = spread_of(values)
    if before is None:
        return made
    apart = psi(*made.over(made.again(before[name])))
    return replace(made, usual=apart / years**2)


def _graded(chances: Numbers, cuts: Mapping[str, float]) -> dict[str, int]:
    """Officers of each grade at fixed cut-offs, worst first: the worst grade whose cut-off the chance reaches."""
    left, counts = np.ones(len(chances), dtype=bool), {}
    for grade in Grade:
        reached = left & (chances >= cuts[grade.value]) if grade.value in cuts else left.copy()
        counts[grade.value] = int(reached.sum())
        left &= ~reached
    return counts


def _spread(told: Mapping[str, Any]) -> Spread:
    return Spread(**{**told, "edges": tuple(told["edges"]), "counts": tuple(told["counts"])})


def _said(told: Mapping[str, Any]) -> Said:
    return Said(_spread(told["spread"]), _number(told["mean"]), _number(told["deviation"]), told["grades"])


def _came(told: Mapping[str, Any]) -> Came:
    rates = {grade: (int(n), float(events)) for grade, (n, events) in told["rates"].items()}
    bins = tuple((float(said), float(seen), int(n)) for said, seen, n in told["bins"])
    figures = {name: _number(told[name]) for name in ("observed", "predicted", "average_precision", "ece")}
    return Came(rows=int(told["rows"]), rates=rates, bins=bins, **figures)


def _number(told: float | None) -> float:
    return math.nan if told is None else float(told)
