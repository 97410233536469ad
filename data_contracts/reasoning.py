"""What the department decides about reasons: which themes may be told of which outcome, and on what evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.decisions import STRICT, Code
from data_contracts.vocabulary import Outcome


@dataclass(frozen=True)
class OutcomeThemes:
    """The themes that may be told as reasons of one outcome."""

    __pydantic_config__ = STRICT

    name: Outcome
    themes: Annotated[tuple[Code, ...], Field(min_length=1)]


@dataclass(frozen=True)
class ReasonPolicy:
    """The themes by outcome, by how many standard errors one, and a sentence of it beside its best, must go with what
    came before it is told, and the columns that are told of no outcome, whatever the evidence. A code must be as sure
    among officers who are alike in `compared_within`, ages in bands of so many years."""

    __pydantic_config__ = STRICT

    least_evidence: Annotated[float, Field(ge=0, le=10)]
    least_sentence_evidence: Annotated[float, Field(ge=0, le=10)]
    outcome: tuple[OutcomeThemes, ...]
    never_told: tuple[Code, ...] = ()
    compared_within: tuple[Literal["age_band", "sex", "ethnicity"], ...] = ("age_band", "sex", "ethnicity")
    code_age_band_years: Annotated[int, Field(ge=1, le=50)] = 5

    def themes_of(self, outcome: str) -> tuple[str, ...]:
        """What may be told of an outcome; nothing of one that is not listed.

        >>> from data_contracts.policy import policy
        >>> policy().reasons.themes_of("strain"), policy().reasons.themes_of("weather")
        (('workload', 'career_stage'), ())
        """
        return next((one.themes for one in self.outcome if one.name.value == outcome), ())
