"""What the department decides about paths: how many, how likely at least, and when a plan changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from data_contracts.decisions import STRICT, Code, Months, Share


@dataclass(frozen=True)
class TalentFamilies:
    """The job families whose posts lead into a talent field."""

    __pydantic_config__ = STRICT

    field: Code
    job_families: Annotated[tuple[Code, ...], Field(min_length=1)]


@dataclass(frozen=True)
class PathPolicy:
    """Everything about paths and re-planning; filled from `policy/paths.toml`."""

    __pydantic_config__ = STRICT

    paths: Annotated[int, Field(ge=1, le=10)]
    least_chance: Share
    least_help: Share
    likeness_penalty: Annotated[float, Field(ge=0)]
    keep_within: Share
    grace_months: Annotated[float, Field(ge=0)]
    retirement_age: Annotated[int, Field(ge=40, le=80)]
    least_entry_age: Annotated[int, Field(ge=14, le=39)]
    default_horizon_months: Months
    talent_field: tuple[TalentFamilies, ...]

    def families_of(self, talent_field: str) -> tuple[str, ...]:
        """The job families of a field; empty where policy names none."""
        return next((one.job_families for one in self.talent_field if one.field == talent_field), ())
