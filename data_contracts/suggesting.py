"""What the department decides about suggested posts, as frozen dataclasses filled from `policy/suggestions.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from data_contracts.decisions import STRICT, Months, Share


@dataclass(frozen=True)
class FitWeights:
    """What the parts of fit weigh; parts that nobody recorded are left out and the others count for them."""

    __pydantic_config__ = STRICT

    competencies: Share
    goal: Share
    wishes: Share
    same_family: Share
    wish_step: Share


@dataclass(frozen=True)
class CountRules:
    """When "6 of 10 officers from your post" may be said: within how long, of how many people, how often at least.

    A training is named only where those who had it moved `training_lift` times as often as all did, and where no more
    than `most_trained` of them had it: what everybody takes sets nobody apart. How long the moves took is told of
    `least_timed` officers who moved, or more.
    """

    __pydantic_config__ = STRICT

    within_months: Months
    least_officers: Annotated[int, Field(ge=2)]
    least_moved: Annotated[int, Field(ge=1)]
    least_share: Share
    training_lift: Annotated[float, Field(ge=1)]
    most_trained: Share
    least_timed: Annotated[int, Field(ge=3)] = 10

    def worth_telling(self, moved: int, total: int) -> bool:
        """Whether so many of so many are enough people and often enough to be a reason.

        >>> rules = CountRules(36, 5, 2, 0.05, 1.2, 0.8)
        >>> rules.worth_telling(6, 10), rules.worth_telling(1, 1365), rules.worth_telling(20, 1365)
        (True, False, False)
        """
        return total >= self.least_officers and moved >= self.least_moved and moved >= self.least_share * total


@dataclass(frozen=True)
class SuggestionPolicy:
    """How suggested posts are ordered, how their fit is told, and what is counted of others."""

    __pydantic_config__ = STRICT

    most_of_a_family: Annotated[int, Field(ge=1)]
    family_discount: Annotated[float, Field(gt=0, le=1)]
    fit: FitWeights
    counts: CountRules
