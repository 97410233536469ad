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
    """When "6 of 10 officers from your post" may be said: within how long, and of how many people at least."""

    __pydantic_config__ = STRICT

    within_months: Months
    least_officers: Annotated[int, Field(ge=2)]
    least_moved: Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class SuggestionPolicy:
    """How suggested posts are ordered, how their fit is told, and what is counted of others."""

    __pydantic_config__ = STRICT

    most_of_a_family: Annotated[int, Field(ge=1)]
    family_discount: Annotated[float, Field(gt=0, le=1)]
    fit: FitWeights
    counts: CountRules
