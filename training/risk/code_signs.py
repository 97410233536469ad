"""Of which codes (ranks, tracks) the rows learned from say surely that their officers had the outcome more often.

A number is told where it lies on the side that its direction says; a code has no direction of its own, and a model
finds a little in any of them. So each is set against all other officers, as one comparison of as many as it has codes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from models.base import Matrix, Numbers
from models.risk.design_matrix import Design
from models.risk.record_words import CodeSigns
from models.risk.themes import FACETS

WRONG = 0.05  # the chance that any code of a column is told though none differs
LEAST_EXPECTED = 5.0  # events that a code would have at everybody's rate; with fewer the normal law does not hold
NAMED = frozenset(facet.shown for _, facet in FACETS if facet.named)


def code_signs(x: Matrix, design: Design, y: Numbers, officers: NDArray[np.object_]) -> CodeSigns:
    """By column and code 1 or -1, of the codes that are sure; rows x (n, f) of `design`, labels y (n,) in [0, 1].

    The score test of one rate for all, Bonferroni over the codes of a column. An officer stands in many years, with
    what lasts: the rows of one count as one, so the variance is the greater of that over officers and that of rows.

    >>> track = np.repeat(["a", "b"], 500).astype(object)
    >>> design = Design((), {"track": ("a", "b")})
    >>> x, y = np.stack([track == "a", track == "b"], axis=1).astype(np.float32), np.r_[np.tile([1.0, 0.0], 250), np.zeros(500)]
    >>> code_signs(x, design, y, np.arange(1000).astype(object))
    {'track': {'a': 1, 'b': -1}}
    """  # noqa: E501
    _, of = np.unique(officers.astype(str), return_inverse=True)
    place, found = len(design.numbers), dict[str, dict[str, int]]()
    for column, codes in design.levels.items():
        if column in NAMED and codes:
            least = float(norm.isf(WRONG / (2 * len(codes))))
            z = [_standard_errors(x[:, place + each] > 0, y, of) for each in range(len(codes))]
            sure = {code: int(np.sign(one)) for code, one in zip(codes, z, strict=True) if abs(one) > least}
            found |= {column: sure} if sure else {}
        place += len(codes)
    return found


def _standard_errors(here: NDArray[np.bool_], y: Numbers, of: NDArray[np.intp]) -> float:
    """By how many standard errors those `here` (n,) had it more often than the others; 0 where too few to say."""
    rate, share = float(y.mean()), float(here.mean())
    if not 0.0 < share < 1.0 or min(rate, 1.0 - rate) * here.sum() < LEAST_EXPECTED:
        return 0.0
    parts = (here - share) * (y - rate)
    of_rows = rate * (1.0 - rate) * share * (1.0 - share) * len(y)
    of_officers = float((np.bincount(of, parts) ** 2).sum())
    return float(parts.sum()) / float(np.sqrt(max(of_rows, of_officers)))
