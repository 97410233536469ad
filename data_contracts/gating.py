"""What the promotion gate asks of a model, as frozen dataclasses filled from `policy/gate.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.decisions import STRICT

Attribute = Literal["sex", "ethnicity", "age_band", "unit_size"]


@dataclass(frozen=True)
class GroupLimits:
    """Which groups are compared, and how far each may lie from equality."""

    __pydantic_config__ = STRICT

    attributes: Annotated[tuple[Attribute, ...], Field(min_length=1)]
    ratio_low: Annotated[float, Field(gt=0, lt=1)]
    ratio_high: Annotated[float, Field(gt=1)]
    gap_at_most: Annotated[float, Field(gt=0, lt=1)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    least_share: Annotated[float, Field(ge=0, lt=0.5)]
    age_band_years: Annotated[int, Field(ge=1, le=50)]
    unit_size_edges: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]

    @property
    def partitions(self) -> tuple[tuple[Attribute, ...], ...]:
        """Each attribute by itself, then each pair."""
        return (*((name,) for name in self.attributes), *combinations(self.attributes, 2))


@dataclass(frozen=True)
class ListLimits:
    """How far the lists that recommenders show may lie from equality between groups, and how much of them is compared.

    Both gaps are a group's mean less that of everybody else: of the quality of its lists, and of the share of exposure
    that a kind (of post or course) has there.
    """

    __pydantic_config__ = STRICT

    quality_gap_at_most: Annotated[float, Field(gt=0, lt=1)]
    exposure_gap_at_most: Annotated[float, Field(gt=0, lt=1)]
    most_kinds: Annotated[int, Field(ge=1, le=50)]


@dataclass(frozen=True)
class WaiverRule:
    """Who may say yes to what nobody could measure well, and in how many words."""

    __pydantic_config__ = STRICT

    signatures: Annotated[int, Field(ge=2)]
    least_reason: Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class GainLimits:
    """How far a recommender must be ahead of its plain peer, and the lower end of the interval of that gain."""

    __pydantic_config__ = STRICT

    gain_above: Annotated[float, Field(ge=-1, lt=1)]
    gain_low_above: Annotated[float, Field(ge=-1, lt=1)]


@dataclass(frozen=True)
class PathLimits:
    """How many path hits may be lost against the way most often taken, and how well intervals of time must hold."""

    __pydantic_config__ = STRICT

    loss_at_most: Annotated[float, Field(ge=-1, lt=1)]
    coverage_low: Annotated[float, Field(ge=0, lt=1)]
    coverage_high: Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True)
class ConcernLimits:
    """How far the sorting of concerns must be ahead of looking for names, how often what it tells must be right, and
    how many urgent ones it must find, all on phrases that were held out."""

    __pydantic_config__ = STRICT

    gain_low_above: Annotated[float, Field(ge=-1, lt=1)]
    told_at_least: Annotated[float, Field(gt=0, le=1)]
    told_right_at_least: Annotated[float, Field(gt=0, le=1)]
    urgent_found_at_least: Annotated[float, Field(gt=0, le=1)]
    false_alarms_at_most: Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True)
class GatePolicy:
    """Everything about promotion; `promise_short_at_most` is how far what "unsure" promises (policy/grades.toml) may be
    missed, for everybody and in each group."""

    __pydantic_config__ = STRICT

    calibration_error_at_most: Annotated[float, Field(gt=0, lt=1)]
    least_events: Annotated[int, Field(ge=1)]
    promise_short_at_most: Annotated[float, Field(ge=0, lt=0.5)]
    groups: GroupLimits
    lists: ListLimits
    waivers: WaiverRule
    next_post: GainLimits
    courses: GainLimits
    paths: PathLimits
    concerns: ConcernLimits
