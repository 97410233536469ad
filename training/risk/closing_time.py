"""The chance that a complaint still open will be sustained, learned from complaints that were open as long and closed.

Every old complaint is asked again at several ages at which it was still open: what would come of it in the end? Small
trees answer from how long it is open, its category, who filed it and how many officers are accused with it.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.base import Matrix, Numbers

ASKED_AT = (0, 30, 90, 180, 365, 545, 730, 1095)  # days open
LOOK = 15.0  # days after an age at which it is asked: the middle of a month
LATER = 730  # by so many days after the age asked, and LEAST_AGE at least, nearly all that will be are closed
LEAST_AGE = 1095
LEAST_ROWS, LEAST_SUSTAINED = 500, 50
CATEGORY = 1  # its place among the columns
TREES = 120
SETTINGS = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_data_in_leaf": 200,
    "lambda_l2": 10.0,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


def traits(complaints: pd.DataFrame, age: Numbers) -> Matrix:
    """(n, 5): days open, category, filed by an officer, kind of complainant, officers accused together.

    Categories are numbered by their names' order, NaN where unknown; a column that the source lacks says nothing.
    """
    return np.column_stack(
        [
            age,
            _codes(complaints, "category"),
            complaints["officer_filed"].astype("boolean").fillna(False).to_numpy(bool),
            _codes(complaints, "complainant_type"),
            complaints.groupby("complaint_id")["officer_id"].transform("size").to_numpy(),
        ]
    ).astype(np.float32)


def closing_chance(x: Matrix, open_for: Numbers, sustained: NDArray[np.bool_]) -> Numbers | None:
    """The chance (n,) of each of `traits` (n, 5), by what came of the old ones; None with too few old ones to learn.

    `open_for` (n,) days until closed, infinite while open; `sustained` (n,) as known.
    """
    import lightgbm

    age, parts, ends = x[:, 0], [], []
    for days in ASKED_AT:
        rows = (age >= max(days + LATER, LEAST_AGE)) & (open_for > days)
        then = x[rows].copy()
        then[:, 0] = days + LOOK
        parts.append(then)
        ends.append(sustained[rows])
    asked, came = np.concatenate(parts), np.concatenate(ends).astype(np.float64)
    if len(came) < LEAST_ROWS or came.sum() < LEAST_SUSTAINED:
        return None
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    known = lightgbm.Dataset(asked, came, categorical_feature=[CATEGORY])
    trees = lightgbm.train({**SETTINGS, "num_threads": threads}, known, num_boost_round=TREES)
    return np.asarray(trees.predict(x, num_threads=threads), dtype=np.float64)


def _codes(complaints: pd.DataFrame, column: str) -> Numbers:
    """Numbers (n,) of the words of a column, NaN where unknown: LightGBM warns of negative categories."""
    if column not in complaints:
        return np.full(len(complaints), np.nan)
    codes = np.asarray(complaints[column].astype("category").cat.codes, dtype=np.float64)
    return np.where(codes < 0, np.nan, codes)
