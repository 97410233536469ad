"""What the department decides about facts that nobody recorded, when it asks who may take a post."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data_contracts.decisions import STRICT

Fact = Literal["service", "post", "grassroots", "education", "level", "rank_step", "course"]


@dataclass(frozen=True)
class UnknownFacts:
    """The facts which, where they are unknown, count as not met; all others are told as unknown and bar nobody."""

    __pydantic_config__ = STRICT

    count_as_not_met: tuple[Fact, ...] = ()
