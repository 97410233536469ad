"""What the department decides about suggestions and their feedback, as frozen dataclasses filled from
`policy/feedback.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.decisions import STRICT, Days, Months, Positive, Share
from data_contracts.vocabulary import Bilingual

Cause = Literal["posting", "goal", "closed_gap"]
CAUSES: dict[str, Bilingual] = {
    "posting": Bilingual("有了新的任职", "there is a new posting"),
    "goal": Bilingual("有了新的职业目标", "there is a new career goal"),
    "closed_gap": Bilingual("一项能力已达到该岗位标准", "a competency has reached the standard of this post"),
}


@dataclass(frozen=True)
class ExploringPolicy:
    """How many answers try something out: the last `places` of a list, from at most `depth` items below it."""

    __pydantic_config__ = STRICT

    share: Annotated[float, Field(ge=0, le=0.5)]
    places: Annotated[int, Field(ge=1, le=10)]
    depth: Annotated[int, Field(ge=1, le=50)]


@dataclass(frozen=True)
class DecliningPolicy:
    """How long a declined item stays away, and what brings it back earlier."""

    __pydantic_config__ = STRICT

    reason_needed: bool
    months_away: Months
    returns_on: tuple[Cause, ...]


@dataclass(frozen=True)
class LearningPolicy:
    """How much must be seen before it is believed, and how far it may move a score."""

    __pydantic_config__ = STRICT

    settle_days: Days
    least_shown: Annotated[int, Field(ge=1)]
    least_effective: Annotated[int, Field(ge=2)]
    least_support: Share
    least_propensity: Annotated[float, Field(gt=0, le=1)]
    usual_fall: Annotated[float, Field(ge=0, le=5)]
    usual_fall_error: Positive
    most_appeal: Annotated[float, Field(gt=0, le=3)]


@dataclass(frozen=True)
class FeedbackPolicy:
    """Everything about the feedback loop."""

    __pydantic_config__ = STRICT

    exploring: ExploringPolicy
    declining: DecliningPolicy
    learning: LearningPolicy
