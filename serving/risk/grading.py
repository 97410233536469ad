"""How a request grades: as the last night would have, or, where no night says, by the cut-offs of the model.

The night grades a whole force. A request sees a few officers, so it asks where their chances would lie in the force of
the night in force, all others as they were: in every mode of policy the same officer with the same chance has
one grade, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from data_contracts.decisions import GradePolicy
from models.risk.grades import by_cut_offs, limits, tells_excellent
from models.risk.regrading import GradedForce
from serving.night.past import Asked, Chances
from serving.night.results import places_by_asked
from serving.risk.flagging import Bounds, bounds_of_force

Basis = Literal["night", "cut_offs"]


@dataclass(frozen=True)
class Grading:
    """What a request grades by: the rules, the model's own cut-offs, and the night in force of the same model.

    `night` is None before the first night of a model (then the model's cut-offs decide, and no unit's budget is kept).
    """

    rules: GradePolicy
    cuts: Mapping[Asked, Mapping[str, float]]
    commend_below: Mapping[Asked, float]
    night: Chances | None = None

    def basis(self, asked: Asked) -> Basis:
        """What decides the grades of an outcome; the department's own cut-offs need no night."""
        own = self.rules.mode == "cut_offs" and self.rules.cut_offs_of(*asked) is not None
        return "cut_offs" if own or asked not in self._forces else "night"

    def grades(self, asked: Asked, officer_ids: Sequence[str], chances: Sequence[float]) -> list[str]:
        """Of these officers, whose chances are numbers between 0 and 1.

        The night keeps chances in single precision, so that is how they are compared.
        """
        kept = np.asarray(chances, dtype=np.float32).astype(np.float64)
        if self.night is None or self.basis(asked) == "cut_offs":
            return [str(one) for one in by_cut_offs(kept, self.limits(asked))]
        places = self.night.officers.get_indexer(pd.Index(officer_ids))
        force = self._forces[asked]
        return [
            force.grade(float(chance), int(place) if place >= 0 else None)
            for chance, place in zip(kept, places, strict=True)
        ]

    def limits(self, asked: Asked) -> Mapping[str, float]:
        """The least chance of each grade but the best, by shares or cut-offs; a unit's budget has no such limit."""
        return self.bounds(asked).limits

    def tells_excellent(self, asked: Asked) -> bool:
        """Whether an outcome tells excellent from good at all."""
        return tells_excellent(self.limits(asked))

    def bounds(self, asked: Asked) -> Bounds:
        """What bounds few officers was learned from a whole force: the night's, or that of training."""
        if self.night is not None and asked in self._forces:
            return self._bounds[asked]
        return Bounds.of(limits(self.cuts[asked], self.rules, *asked), self.commend_below.get(asked, 0.0), self.rules)

    @cached_property
    def _forces(self) -> Mapping[Asked, GradedForce]:
        if self.night is None:
            return {}
        night = self.night
        return {
            asked: GradedForce(chances, night.units, self.rules)
            for asked, chances in night.table.items()
            if not np.isnan(chances).all()
        }

    @cached_property
    def _bounds(self) -> Mapping[Asked, Bounds]:
        forces = self._forces.items()
        return {asked: bounds_of_force(asked, force.chances, self.rules) for asked, force in forces}


def graded_rows(answer: pd.DataFrame, grading: Grading, why_not: Callable[[Mapping[str, Any]], object]) -> pd.DataFrame:
    """`answer` with `grade` and `graded_by`, null for rows that `why_not` gives a reason for."""
    told = ("status", "probability", "because")  # all that a reason is read from
    columns = zip(*(answer[name].tolist() for name in told), strict=True)
    scored = [why_not(dict(zip(told, row, strict=True))) is None for row in columns]
    grade, basis = np.full(len(answer), None, object), np.full(len(answer), None, object)
    officers, chances = answer["officer_id"].astype(str).to_numpy(object), answer["probability"].to_numpy(float)
    for asked, some in places_by_asked(answer, scored):
        grade[some] = grading.grades(asked, officers[some].tolist(), chances[some].tolist())
        basis[some] = grading.basis(asked)
    graded = {"grade": grade, "graded_by": basis}
    return answer.assign(**{name: pd.Series(some, answer.index, object) for name, some in graded.items()})
