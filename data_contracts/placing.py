"""Who goes first where more officers wish for a vacancy than it has places, filled from `policy/matching.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.decisions import STRICT, Code, Named, Words


@dataclass(frozen=True)
class TieBreak:
    """A published column that decides between equal points; `prefer` says which end of it goes first."""

    __pydantic_config__ = STRICT

    column: Code
    prefer: Literal["more", "less"]
    name_zh: Words
    name_en: Words


@dataclass(frozen=True)
class MatchingPolicy:
    """The published order at a vacancy: priority classes, then points, then tie-breaks, then the lottery."""

    __pydantic_config__ = STRICT

    points_decimals: Annotated[int, Field(ge=0, le=6)]
    lottery_seed: Words
    priority_class: tuple[Named, ...] = ()
    tie_break: tuple[TieBreak, ...] = ()

    def place_of(self, code: str) -> int:
        """Place of a priority class, 0 first; everybody else comes after the last one.

        >>> from data_contracts.policy import policy
        >>> [policy().matching.place_of(code) for code in ("hardship", "couple", "none")]
        [0, 1, 2]
        """
        codes = [known.code for known in self.priority_class]
        return codes.index(code) if code in codes else len(codes)
