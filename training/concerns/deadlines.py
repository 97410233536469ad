"""Learn how often deadlines are missed: on all concerns whose deadline has passed, judged on the last of them.

Words are read to tell how urgent they are, by a model that is finished by then; nothing is fitted to them. What the
contract lets train (category, channel, who raised it, unit, dates) is all that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.policy import policy
from models.base import Numbers
from models.concerns.deadlines import ACKNOWLEDGE, DEADLINES, GRID, LEVELLED, DeadlineModel, encoded
from models.concerns.text_model import URGENCIES, TextModel
from models.concerns.workload import Workload
from models.risk.logistic import SoftLogistic
from training.evaluation.bootstrap import OfficerDraws

PENALTY = 20.0
TEST_MONTHS = 12
DONE_ON = {ACKNOWLEDGE: "acknowledged_on", "resolve": "resolved_on"}


@dataclass(frozen=True)
class DeadlineWorth:
    """Figures of one deadline on the last months, by the name of a metric; empty where too little is on record."""

    figures: Mapping[str, float]
    refused: str = ""


def situations(concerns: pd.DataFrame, text: TextModel) -> pd.DataFrame:
    """What a chance is told from: concerns of the record with how urgent their words are and what else was open."""
    known = concerns.dropna(subset=["category"]).reset_index(drop=True)
    work = Workload(known)
    return known.assign(
        urgency=urgencies(known, text),
        weekday=pd.to_datetime(known["raised_on"]).dt.weekday.astype(str),
        unit_open=work.open_on("unit_id", known["unit_id"], known["raised_on"]),
        desk_open=work.open_on("category", known["category"], known["raised_on"]),
    )


def urgencies(concerns: pd.DataFrame, text: TextModel) -> list[str]:
    """The urgency of each; one without words is normal."""
    texts = concerns["text"].fillna("").astype(str).tolist()
    different = {one: place for place, one in enumerate(dict.fromkeys(texts))}
    levels = text.levels_of(text.chances(list(different))) if different else np.zeros(0, int)
    return [URGENCIES[int(levels[different[one]])] for one in texts]


def outcomes(rows: pd.DataFrame, name: str, as_of: date) -> tuple[pd.DataFrame, Numbers, Numbers]:
    """Those whose deadline had passed by `as_of`; whether it was missed, (n,), and the share of it that was used.

    A use above 1 is a miss; what is not done yet has used more than all of it.
    """
    days = {one.code: getattr(one, f"{name}_within_days") for one in policy().concerns}
    allowed = rows["category"].map(days).astype(float)
    raised = pd.to_datetime(rows["raised_on"])
    passed = raised + pd.to_timedelta(allowed, unit="D") < pd.Timestamp(as_of)
    some, limit, begun = rows[passed].reset_index(drop=True), allowed[passed].to_numpy(), raised[passed]
    took = (pd.to_datetime(some[DONE_ON[name]]).to_numpy() - begun.to_numpy()) / np.timedelta64(1, "D")
    took = np.where(np.isnan(took), np.inf, took)
    return some, (took > limit).astype(np.float64), took / np.maximum(limit, 1.0)


def fit_deadlines(
    rows: pd.DataFrame, as_of: date
) -> tuple[dict[str, DeadlineModel], dict[str, DeadlineWorth]]:  # fmt: skip
    """The models that the record can carry, and what each was worth on the last months."""
    rules = policy().triage.deadlines
    since = pd.Timestamp(add_months(as_of, -rules.recent_months))
    recent = rows[pd.to_datetime(rows["raised_on"]) >= since]
    models: dict[str, DeadlineModel] = {}
    worths: dict[str, DeadlineWorth] = {}
    for name in DEADLINES:
        some, missed, used = outcomes(recent, name, as_of)
        least = min(int(missed.sum()), int(len(missed) - missed.sum()))
        if least < rules.least_events:
            worths[name] = DeadlineWorth({}, f"{least} of {rules.least_events} deadlines missed or kept are on record")
            continue
        models[name] = fitted(some, missed, used)
        worths[name] = _worth(some, missed, used, as_of)
    return models, worths


def fitted(rows: pd.DataFrame, missed: Numbers, used: Numbers) -> DeadlineModel:
    """The chances, and how long those that keep a deadline stay open."""
    levels = {name: tuple(sorted(set(rows[name].dropna().astype(str)))) for name in LEVELLED}
    names, x = encoded(rows, levels)
    kept = used[missed == 0]
    still = np.array([(kept > part).mean() if len(kept) else 0.0 for part in np.linspace(0.0, 1.0, GRID + 1)])
    return DeadlineModel(levels, SoftLogistic(PENALTY).fit(x, missed, names), still)


def _worth(rows: pd.DataFrame, missed: Numbers, used: Numbers, as_of: date) -> DeadlineWorth:
    """Fitted on what was raised earlier, told of the last year: AUC and the error of the mean, with an interval."""
    from sklearn.metrics import roc_auc_score

    later = (pd.to_datetime(rows["raised_on"]) >= pd.Timestamp(add_months(as_of, -TEST_MONTHS))).to_numpy()
    if not 0 < missed[later].sum() < later.sum() or not 0 < missed[~later].sum() < (~later).sum():
        return DeadlineWorth({}, "the last year, or the time before it, has no deadline missed or none kept")
    model = fitted(rows[~later].reset_index(drop=True), missed[~later], used[~later])
    told, came = model.chances(rows[later]), missed[later]
    whose = rows.loc[later, "officer_id"].fillna(rows.loc[later, "concern_id"]).astype(str).tolist()
    drawn = [roc_auc_score(came, told, sample_weight=times) for block in OfficerDraws(whose, draws=200).blocks()
             for times in block if 0 < (times * came).sum() < times.sum()]  # fmt: skip
    low, high = np.quantile(drawn, [0.025, 0.975])
    return DeadlineWorth({
        "auc": float(roc_auc_score(came, told)), "auc_low": float(low), "auc_high": float(high),
        "missed": float(came.mean()), "told": float(told.mean()), "rows": float(len(came)),
    })  # fmt: skip
