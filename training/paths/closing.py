"""Posts that were dissolved: nearly all who held them left, so no way may lead through them however busy they were."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from data_contracts.asof import add_months
from models.posts.histories import Array, Catalogue
from training.paths.data import states_at
from training.posts.data import Frames

LOOKED_BACK_MONTHS = (12, 24, 36)  # whole years: who serves each summer only is not dissolved in winter
FEWEST_HOLDERS = 10  # fewer may all have moved by chance
LEFT_OVER = 0.1


def dissolved(frames: Frames, day: date, catalogue: Catalogue, ranks: Mapping[str, int]) -> Array:
    """(size,) whether a post that ten officers or more held one, two or three years before has a tenth of them left.

    As known on `day`; a unit is dissolved on one day, and hundreds of moves of that day make its post look like the
    way to everywhere.
    """
    held = np.max([_holders(frames, add_months(day, -back), catalogue, ranks) for back in LOOKED_BACK_MONTHS], 0)
    now = _holders(frames, day, catalogue, ranks)
    return np.asarray((held >= FEWEST_HOLDERS) & (now <= LEFT_OVER * held))


def _holders(frames: Frames, day: date, catalogue: Catalogue, ranks: Mapping[str, int]) -> Array:
    posts = states_at(frames, day, catalogue, ranks).histories.present(catalogue.size)
    return np.bincount(posts[posts < catalogue.size], minlength=catalogue.size)
