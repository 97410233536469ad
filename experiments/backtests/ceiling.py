"""What more officers to learn from would give, and what a look into later findings would: the ceiling of a backtest.

Both are asked of the trees alone, on the last test day of an outcome: one kind of model, one kind of labels at a time,
so that only what is varied can have made the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_contracts.vocabulary import Labels
from experiments.backtests.risk_models import Exam, waits
from models.base import Numbers
from models.risk.boosting import Boosted
from training.evaluation.risk_metrics import soft_average_precision
from training.risk.dataset import Lesson
from training.risk.outcomes import Question, labels

SHARES = (0.125, 0.25, 0.5, 1.0)
SEED = 0


@dataclass(frozen=True)
class Learned:
    """Average precision on the test officers after learning from the rows of a share of the officers."""

    share: float
    rows: int
    average_precision: float


@dataclass(frozen=True)
class Ceiling:
    """The learning curve of an outcome at its last test day; `eventual` is None where no finding is awaited."""

    outcome: str
    as_of: str
    curve: tuple[Learned, ...]
    eventual: float | None

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        curve = [{"share": one.share, "rows": one.rows, "average_precision": one.average_precision}
                 for one in self.curve]  # fmt: skip
        return {"outcome": self.outcome, "as_of": self.as_of, "curve": curve, "eventual": self.eventual}


def ceiling_of(exam: Exam) -> Ceiling:
    """Fit the trees on growing shares of the officers, and once on the labels that became known years later."""
    lesson, test = exam.own_lesson(), exam.test
    asked = Question(exam.outcome, exam.split.horizon_months, None)
    came = labels(exam.rows.tables, test[["officer_id", "as_of"]], asked)
    x = lesson.design.matrix(test)

    def quality(some: Lesson, rows: NDArray[np.bool_]) -> float:
        y = some.answers(rows, some.split.test)
        return soft_average_precision(came, _trees(some, rows, y).predict(x)) if 0 < y.sum() < len(y) else float("nan")

    shares = drawn_shares(lesson.spine["officer_id"].tolist(), SHARES)
    curve = tuple(
        Learned(share, int(rows.sum()), quality(lesson, rows)) for share, rows in zip(SHARES, shares, strict=True)
    )
    later = replace(lesson, labels=Labels.EVENTUAL.value)
    told = quality(later, np.ones(len(lesson.x), dtype=bool)) if waits(exam.outcome) else None
    return Ceiling(exam.outcome, str(exam.split.test), curve, told)


def drawn_shares(officers: Sequence[str], shares: Sequence[float], seed: int = SEED) -> list[NDArray[np.bool_]]:
    """For each share which rows (n,) are of the officers drawn; whoever is in a smaller share is in every larger one.

    >>> half, whole = drawn_shares(["a", "b", "a", "b"], (0.5, 1.0))
    >>> int(half.sum()), int(whole.sum()), bool(half[0] == half[2])
    (2, 4, True)
    """
    codes = np.unique(np.asarray(officers, dtype=object), return_inverse=True)[1]
    place = np.random.default_rng(seed).permutation(codes.max(initial=-1) + 1)
    return [place[codes] < round(share * len(place)) for share in shares]


def _trees(lesson: Lesson, rows: NDArray[np.bool_], y: Numbers) -> Boosted:
    return Boosted().fit(lesson.x[rows], y, lesson.design.names)
