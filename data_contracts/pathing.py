"""What the department decides about paths: how many, how likely at least, and when a plan changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from data_contracts.decisions import STRICT, Months, Share


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
