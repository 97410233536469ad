"""Of which codes (ranks, tracks) the rows learned from say surely that their officers had the outcome more often.

A number is told where it lies on the side that its direction says; a code has no direction of its own, and a model
finds a little in any of them. So each is set against all other officers, as one comparison of as many as it has codes.

A code may also stand for what nobody may be judged by: a high rank for an age. So the comparison must be as sure among
officers of the same age band, sex and ethnicity (policy/reasons.toml); where it is not, the code is told of nobody. Of
these attributes nothing is kept. Where they are not on record, codes are compared among all officers alone, and one
that stands for an age is told as if it were a cause (decision 0030).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from models.base import Matrix, Numbers
from models.risk.code_rates import CodeRate, CodeRates
from models.risk.design_matrix import Design
from models.risk.model import OutcomeModel
from models.risk.themes import FACETS, LEAST_CROWD
from training.risk.dataset import Lesson
from training.risk.withheld import LEFT_OUT, Withheld

WRONG = 0.05  # the chance that any code of a column is told though none differs
LEAST_EXPECTED = 5.0  # events that a code would have at everybody's rate; with fewer the normal law does not hold
TOLD_DIGITS = 3  # as it is told: rounded once more, .06145 would read as 6.2%
NAMED = frozenset(facet.shown for _, facet in FACETS if facet.named)
CodeSigns = Mapping[str, Mapping[str, int]]  # by column and code: 1 surely more often than others, -1 less often


def with_codes(model: OutcomeModel, lesson: Lesson, withheld: Withheld | None = None) -> OutcomeModel:
    """The model with the codes that it may tell, from the rows it learned from as known at the test.

    `withheld` None: not on record, and codes are compared among all officers alone.
    """
    if not model.members:
        return model
    all_rows, test = np.ones(len(lesson.x), dtype=bool), lesson.split.test
    officers, groups = lesson.spine["officer_id"].to_numpy(object), None
    if withheld is not None:
        groups = withheld.groups(lesson.spine)
    signs = code_signs(lesson.x, lesson.design, lesson.answers(all_rows, test), officers, groups)
    came = lesson.answers(all_rows, test, soft=False)
    return replace(model, codes=code_rates(lesson.x, lesson.design, came, officers, signs))


def code_signs(
    x: Matrix, design: Design, y: Numbers, officers: NDArray[np.object_], groups: NDArray[np.intp] | None = None
) -> CodeSigns:
    """By column and code 1 or -1, of the codes that are sure; rows x (n, f) of `design`, labels y (n,) in [0, 1].

    The score test of one rate for all, Bonferroni over the codes of a column. An officer stands in many years, with
    what lasts: the rows of one count as one, so the variance is the greater of that over officers and that of rows.
    With `groups` (n,) a code must be as sure, and the same way, within them too (Mantel and Haenszel 1959); rows that
    are LEFT_OUT of these count among all only.

    >>> track = np.repeat(["a", "b"], 500).astype(object)
    >>> design = Design((), {"track": ("a", "b")})
    >>> x, y = np.stack([track == "a", track == "b"], axis=1).astype(np.float32), np.r_[np.tile([1.0, 0.0], 250), np.zeros(500)]
    >>> code_signs(x, design, y, np.arange(1000).astype(object))
    {'track': {'a': 1, 'b': -1}}
    >>> code_signs(x, design, y, np.arange(1000).astype(object), (track == "a").astype(int))  # tracks are the groups
    {}
    """  # noqa: E501
    _, of = np.unique(officers.astype(str), return_inverse=True)
    place, found = len(design.numbers), dict[str, dict[str, int]]()
    inside = None if groups is None else groups != LEFT_OUT
    for column, codes in design.levels.items():
        if column in NAMED and codes:
            least = float(norm.isf(WRONG / (2 * len(codes))))
            sure = dict[str, int]()
            for each, code in enumerate(codes):
                here = x[:, place + each] > 0
                z = [_standard_errors(here, y, of, np.zeros(len(y), dtype=np.intp))]
                if groups is not None and inside is not None:
                    z.append(_standard_errors(here[inside], y[inside], of[inside], groups[inside]))
                if min(z) > least or max(z) < -least:
                    sure[code] = int(np.sign(z[0]))
            found |= {column: sure} if sure else {}
        place += len(codes)
    return found


def code_rates(x: Matrix, design: Design, came: Numbers, officers: NDArray[np.object_], signs: CodeSigns) -> CodeRates:
    """Of the codes with a sign, how many of their rows, and of all, had the outcome: `came` (n,), 0 or 1.

    Codes of fewer than LEAST_CROWD officers, and those whose figures as told do not say what the sign says, are left
    out: of a code without a comparison nothing is told.

    >>> x, design = np.eye(2, dtype=np.float32).repeat(10, axis=0), Design((), {"track": ("a", "b")})
    >>> code_rates(x, design, np.r_[np.ones(5), np.zeros(15)], np.arange(20).astype(object), {"track": {"a": 1}})
    {'track': {'a': CodeRate(sign=1, share=0.5, of_all=0.25)}}
    """
    place, found = len(design.numbers), dict[str, dict[str, CodeRate]]()
    for column, codes in design.levels.items():
        for each, code in enumerate(codes):
            here = x[:, place + each] > 0
            sign = signs.get(column, {}).get(code, 0)
            if not sign or len(set(officers[here].astype(str))) < LEAST_CROWD:
                continue
            rate = CodeRate(sign, *(round(float(some.mean()), TOLD_DIGITS) for some in (came[here], came)))
            if rate.differs:
                found.setdefault(column, {})[code] = rate
        place += len(codes)
    return found


def _standard_errors(here: NDArray[np.bool_], y: Numbers, of: NDArray[np.intp], groups: NDArray[np.intp]) -> float:
    """By how many standard errors those `here` (n,) had it more often than others of their group; 0 where too few to
    say."""
    _, at = np.unique(groups, return_inverse=True)
    size = np.bincount(at).astype(np.float64)
    share, rate = np.bincount(at, here) / size, np.bincount(at, y) / size
    if (np.minimum(rate, 1.0 - rate) * share * size)[share < 1.0].sum() < LEAST_EXPECTED:
        return 0.0
    parts = (here - share[at]) * (y - rate[at])
    finite = size / np.maximum(size - 1.0, 1.0)  # small groups vary by more than their own rate tells
    of_rows = float((finite * rate * (1.0 - rate) * share * (1.0 - share) * size).sum())
    of_officers = float((np.bincount(of, parts) ** 2).sum())
    return float(parts.sum()) / float(np.sqrt(max(of_rows, of_officers)))
