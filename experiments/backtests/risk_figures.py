"""Records and comparisons of the risk backtest, by as-of and pooled, as `protocols.md` defines them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_contracts.policy import policy
from experiments.backtests.risk_models import COUNT_RULE, MODELS, PHAROS, Tested
from experiments.backtests.risk_tables import POOLED
from models.base import Numbers
from training.evaluation.bootstrap import OfficerDraws, difference, weighted_precisions, weighted_top_precisions
from training.evaluation.grade_rates import Order, as_records, grade_rates, order_of, poor_over_excellent, ratio_told
from training.evaluation.risk_metrics import average_precision, brier, ece, precision_at, ranking_figures

EVENTUAL = "_eventual"  # behind the name of a peer that was told what became known years later
AVERAGE, TOP = "average_precision", "precision_at_5pct"
Drawn = Mapping[str, Numbers]
MEASURES: Mapping[str, tuple[Callable[[Numbers, Numbers], float], Callable[..., dict[str, Numbers]]]] = {
    AVERAGE: (average_precision, weighted_precisions),
    TOP: (precision_at, weighted_top_precisions),
}


def records_of(tested: Sequence[Tested], about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One record a model for each as-of and pooled; `about` is what all of them share."""
    return [record for label, group in by_day(tested) for record in _records(label, group, about)]


def by_day(tested: Sequence[Tested]) -> list[tuple[str, list[Tested]]]:
    """Each as-of alone, then all of them pooled."""
    return [*((str(one.as_of), [one]) for one in tested), (POOLED, list(tested))]


def _records(label: str, group: Sequence[Tested], about: Mapping[str, Any]) -> list[dict[str, Any]]:
    y, days = _together(group, "y"), np.repeat([str(one.as_of) for one in group], [len(one.y) for one in group])
    size = {"n_train": sum(one.n_train for one in group), "n_test": len(y), "positives": int(y.sum()),
            "base_rate": float(y.mean())}  # fmt: skip
    records = []
    for name in MODELS:
        scores = np.concatenate([one.scores[name] for one in group])
        seconds = sum(one.seconds[name] for one in group)
        record = {**about, "outcome": group[0].outcome, "as_of": label, "model": name, **size,
                  **figures(name, y, scores), "fit_seconds": round(seconds, 3)}  # fmt: skip
        records.append(record | (_grades(y, scores, days) | _chosen(group) | _sets(group) if name == PHAROS else {}))
    return records


def figures(model: str, y: Numbers, scores: Numbers) -> dict[str, float | None]:
    """All figures of a record; a count is no chance, so the count rule has no brier, no ece and no mean."""
    chances = model != COUNT_RULE
    return {
        **ranking_figures(y, scores),
        "brier": brier(y, scores) if chances else None,
        "ece": ece(y, scores) if chances else None,
        "mean_predicted": float(scores.mean()) if chances else None,
    }


def _grades(y: Numbers, chances: Numbers, days: NDArray[Any]) -> dict[str, Any]:
    """How often the outcome came in each grade, graded day by day as a night does."""
    rates = grade_rates(y, chances, policy().grades.shares, days)
    order, ratio = order_of(rates), poor_over_excellent(rates)
    return {
        "grades": {
            "rates": as_records(rates),
            "order": order.value,
            "ordered": order is Order.STRICT,
            "poor_over_excellent": None if np.isnan(ratio) else ratio,
            "poor_over_excellent_told": ratio_told(rates).en,
        }
    }


def _chosen(group: Sequence[Tested]) -> dict[str, Any]:
    return {"chosen": {str(one.as_of): dict(one.chosen) for one in group}}


def _sets(group: Sequence[Tested]) -> dict[str, Any]:
    """Whether conformal sets kept their promise, and how many officers were unsure; the mean over as-ofs, by size."""
    told = [one.sets.coverage(one.scores[PHAROS], one.y) for one in group]
    sizes = [len(one.y) for one in group]
    return {"conformal": {name: float(np.average([one[name] for one in told], weights=sizes)) for name in told[0]}}


def comparisons_of(tested: Sequence[Tested], seed: int) -> list[dict[str, Any]]:
    """How far `pharos` is ahead of every other, by paired draws of officers, for each as-of and pooled."""
    return [one for label, group in by_day(tested) for one in _comparisons(label, group, seed)]


def _comparisons(label: str, group: Sequence[Tested], seed: int) -> list[dict[str, Any]]:
    y, officers = _together(group, "y"), np.concatenate([one.officers.to_numpy(object) for one in group])
    scores = {name: np.concatenate([one.scores[name] for one in group]) for name in MODELS}
    for name in group[0].eventual:
        scores[name + EVENTUAL] = np.concatenate([one.eventual[name] for one in group])
    draws, results = OfficerDraws(officers.tolist(), seed=seed), []
    for metric, (measure, weighted) in MEASURES.items():
        kept = scores if metric == AVERAGE else {name: scores[name] for name in (PHAROS, COUNT_RULE)}
        exact = {name: measure(y, score) for name, score in kept.items()}
        drawn = _drawn(draws, weighted, y, kept)
        for versus in (name for name in kept if name != PHAROS):
            found = difference((exact[PHAROS], exact[versus]), (drawn[PHAROS], drawn[versus]))
            results.append({"outcome": group[0].outcome, "as_of": label, "metric": metric, "model": PHAROS,
                            "versus": versus, "difference": found.difference, "low": found.low,
                            "high": found.high})  # fmt: skip
    return results


def _drawn(draws: OfficerDraws, weighted: Callable[..., dict[str, Numbers]], y: Numbers, kept: Drawn) -> Drawn:
    return draws.each(lambda times: weighted(y, kept, times))


def _together(group: Sequence[Tested], name: str) -> Numbers:
    return np.concatenate([getattr(one, name) for one in group])
