"""How much officers like an item, set against what the places it stood at would give any item.

Saved or done is Poisson with mean appeal x expected, where `expected` adds up how often its places are looked at times
the rate of its kind; appeals are Gamma around 1, with the spread under which the log is most likely (the gamma-Poisson
shrinker of DuMouchel 1999 with one component). An item shown twice is near 1 whatever happened to it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import gammaln
from scipy.stats import gamma

from data_contracts.feedback_rules import LearningPolicy
from models.base import Numbers
from models.feedback.appeal import Appeals
from training.feedback.examination import Examination

SPREADS = np.geomspace(0.25, 400.0, 60)  # shapes of the prior: small is far apart, large all alike
COLUMNS = ("item_kind", "item", "shown", "liked", "expected", "appeal", "low", "high", "bonus")


def appeals(rows: pd.DataFrame, looked: Examination, policy: LearningPolicy) -> pd.DataFrame:
    """One line for each item shown, columns as in `COLUMNS`, most liked first.

    `rows` are joined rows. `appeal` is the posterior mean with its 90 % interval, 1 is average of its kind; `bonus` its
    logarithm within what policy allows, 0 for all of a kind that was shown too little.
    """
    seen = rows.assign(looked=looked.at(rows["position"].to_numpy(np.intp)))
    parts = [_of_kind(str(kind), part, policy) for kind, part in seen.groupby("item_kind", sort=True)]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts, ignore_index=True).sort_values(
        ["appeal", "item"], ascending=[False, True], ignore_index=True
    )


def learned(lines: pd.DataFrame) -> Appeals:
    """What a recommender takes from the lines: those that say something."""
    told = lines[lines["bonus"] != 0.0]
    kinds = told.groupby("item_kind", sort=True)
    return Appeals({str(kind): dict(zip(part["item"], part["bonus"].round(6), strict=True)) for kind, part in kinds})


def _of_kind(kind: str, rows: pd.DataFrame, policy: LearningPolicy) -> pd.DataFrame:
    items = rows.groupby("item", sort=True).agg(
        shown=("liked", "size"), liked=("liked", "sum"), looked=("looked", "sum")
    )
    liked = items["liked"].to_numpy(float)
    expected = items["looked"].to_numpy(float) * (liked.sum() / items["looked"].sum())
    shape = _shape(liked, expected)
    mean = (shape + liked) / (shape + expected)
    low, high = (gamma.ppf(point, shape + liked, scale=1 / (shape + expected)) for point in (0.05, 0.95))
    enough = len(rows) >= policy.least_shown and liked.sum() > 0
    bonus = np.clip(np.log(mean), -policy.most_appeal, policy.most_appeal) if enough else np.zeros(len(items))
    return pd.DataFrame(
        {"item_kind": kind, "item": items.index, "shown": items["shown"].to_numpy(), "liked": items["liked"].to_numpy(),
         "expected": expected, "appeal": mean, "low": low, "high": high, "bonus": bonus}
    )  # fmt: skip


def _shape(liked: Numbers, expected: Numbers) -> float:
    """The prior's shape under which the counts (negative binomial) are most likely."""
    if liked.sum() == 0:
        return float(SPREADS[-1])
    a = SPREADS[:, None]
    chance = (
        gammaln(a + liked) - gammaln(a) + a * np.log(a / (a + expected)) + liked * np.log(expected / (a + expected))
    )
    return float(SPREADS[int(np.argmax(chance.sum(axis=1)))])
