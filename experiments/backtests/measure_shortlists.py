"""Short lists against planted talent: how many of the truly best a list names, beside what the evidence could tell.

Precision of a list of k is the share of it whose planted level is among the k highest of all with enough service. The
oracle (`talent_oracle`) ranks by the chance of that under the planted model; `honours_alone` and `years_alone` are
single lines, `self_nominated` picks those who put themselves forward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import AsOf
from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.simulator.fields import FIELDS
from data_contracts.simulator.simulation import simulate
from experiments.backtests.talent_oracle import posterior
from models.peers import Frames
from models.talent.balance import audit_frame, list_balance
from models.talent.shortlist import FieldScores, short_lists


@dataclass(frozen=True)
class ListQuality:
    """One list of one seed: the share of it that is truly among the best."""

    model: str
    seed: int
    field: str
    size: int
    precision: float


def standing(frames: Frames, as_of: AsOf) -> dict[str, pd.DataFrame]:
    """The rows of contract tables known by a day, the last version of each."""
    found = {}
    for name, table in catalog().tables.items():
        rows = frames[name][frames[name]["known_on"] <= as_of.timestamp]
        found[name] = rows.drop_duplicates(list(table.key), keep="last") if table.key else rows
    return found


def measure(seed: int, officers: int, years: int, end: date) -> tuple[list[ListQuality], list[dict[str, Any]]]:
    """Qualities of all models and fields of one simulated bureau, and the groups of each list."""
    made, as_of = simulate(officers, years, seed, end), AsOf(end)
    frames = standing(made, as_of)
    scores = short_lists(frames, as_of, policy().talent)
    truth = made["talent"][made["talent"]["month"] == made["talent"]["month"].max()].set_index("officer_id")
    places = next(iter(scores.values())).day.peers.places
    able = pd.Index([name for name in _could_serve(scores["traffic"]) if name in truth.index])
    known = posterior(frames, as_of, able)
    found: list[ListQuality] = []
    balance: list[dict[str, Any]] = []
    audit = audit_frame(frames["protected_attributes"], places["unit_id"], end.year, policy().gate.groups)
    for place, name in enumerate(FIELDS):
        one, level = scores[name], truth[name].reindex(able)
        best = set(level.nlargest(one.rule.size).index)
        oracle = pd.Series(known.chance_above(place, float(level.nlargest(one.rule.size).iloc[-1])), index=able)
        for model, listed in {"oracle": _top(oracle, one.rule.size), **_lists(one, able)}.items():
            precision = len(best & set(listed)) / one.rule.size
            found.append(ListQuality(model, seed, name, one.rule.size, precision))
        told = list_balance(audit.loc[able], [c for c in one.listed.index if c in able], policy().gate.groups)
        balance += [{"seed": seed, "field": name, **asdict(group)} for group in told.groups]
    return found, balance


def _could_serve(scores: FieldScores) -> list[str]:
    """Everybody of enough service, whatever the evidence: the field of the precision."""
    table = scores.table
    return [str(name) for name in table.index[table["because"] != "short_service"]]


def _top(scores: pd.Series, size: int) -> list[str]:
    return [str(name) for name in scores.sort_values(ascending=False, kind="stable").index[:size]]


def _lists(one: FieldScores, able: pd.Index) -> Mapping[str, list[str]]:
    """The lists of Pharos (its first k, ties by id) and of the single lines."""
    size = one.rule.size
    lines = {code: totals["points"].reindex(able).fillna(-1.0) for code, totals in one.totals.items()}
    nominated = one.table["nominated"].reindex(able).astype(float)
    return {
        "pharos": [str(name) for name in one.listed.index[:size]],
        "honours_alone": _top(lines["honours"], size),
        "years_alone": _top(lines["related_years"], size),
        "self_nominated": _top(nominated, size),
    }


def summary(qualities: Sequence[ListQuality]) -> pd.DataFrame:
    """By model: mean precision, and the ratio of means to the oracle's with a 95 % interval over seeds and fields
    (1,000 paired draws of lists)."""
    table = pd.DataFrame([asdict(one) for one in qualities]).pivot_table(
        index=["seed", "field"], columns="model", values="precision"
    )
    draws = np.random.default_rng(20260101).integers(0, len(table), (1000, len(table)))
    rows = []
    for model in table.columns:
        ratio = table[model].to_numpy()[draws].mean(axis=1) / table["oracle"].to_numpy()[draws].mean(axis=1)
        low, high = np.quantile(ratio, [0.025, 0.975])
        mean = float(table[model].mean())
        rows.append((model, mean, mean / float(table["oracle"].mean()), float(low), float(high)))
    return pd.DataFrame(rows, columns=["model", "precision", "of_oracle", "low", "high"])


def measure_shortlists(seeds: Sequence[int], officers: int, years: int, end: date) -> dict[str, list[dict[str, Any]]]:
    """Several bureaus: `records` by model, `lists` by seed and field, `balance` by group."""
    qualities: list[ListQuality] = []
    balance: list[dict[str, Any]] = []
    for seed in seeds:
        found, groups = measure(seed, officers, years, end)
        qualities += found
        balance += groups
    records = [{str(key): value for key, value in row.items()} for row in summary(qualities).to_dict("records")]
    return {"records": records, "lists": [asdict(one) for one in qualities], "balance": balance}
