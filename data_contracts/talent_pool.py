"""What the department counts as evidence of talent in each of the six fields, filled from `policy/talent.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.decisions import STRICT, Code, Months, Named, Positive
from data_contracts.vocabulary import TalentField

Half = Annotated[float, Field(ge=0)]


@dataclass(frozen=True)
class TalentLine(Named):
    """One line of evidence; each key is explained at the head of policy/talent.toml.

    `how` is `count` (points for each row), `years` (points for each year of the posting) or `above_peers` (points for
    each unit of `value` by which the officer's mean lies above that of the peers, below it as points off) or
    `above_own` (the same against the mean of the officer's own other rows of the table: where they stand out).
    """

    table: Code
    date: Code
    how: Literal["count", "years", "above_peers", "above_own"]
    points: Positive
    cap: Positive
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    value: Code | None = None
    job_families: tuple[Code, ...] = ()
    months: Months | None = None
    half_life_months: Months | None = None
    steady_rows: Half = 0.0

    @property
    def others(self) -> Mapping[str, tuple[str, ...]]:
        """Among which rows of its table an `above_own` line stands out: where it names job families, the like rows of
        other times; else all rows."""
        return self.where if self.job_families else {}

    @property
    def compares(self) -> bool:
        """Whether it compares a mean, so that it can also take points off."""
        return self.how in ("above_peers", "above_own")


@dataclass(frozen=True)
class FieldRule:
    """One field: the job families whose posts lead into it, how many are named, what a self-nomination does, and the
    lines of evidence."""

    __pydantic_config__ = STRICT

    name: TalentField
    job_families: Annotated[tuple[Code, ...], Field(min_length=1)]
    size: Annotated[int, Field(ge=1, le=200)]
    nomination: Literal["shown", "required"]
    lines: Annotated[tuple[TalentLine, ...], Field(min_length=1)]


@dataclass(frozen=True)
class TalentPolicy:
    """Everything about short lists: who may be listed at all, who are peers, how large a group
    must be to be told of in the balance of a list, and the fields."""

    __pydantic_config__ = STRICT

    minimum_service_months: Annotated[int, Field(ge=0, le=1200)]
    least_lines: Annotated[int, Field(ge=1)]
    least_peers: Annotated[int, Field(ge=2)]
    least_score: Half
    nomination_months: Months
    least_group: Annotated[int, Field(ge=2)]
    field: tuple[FieldRule, ...]

    def rule(self, name: str) -> FieldRule:
        """The rule of a field; `policy_checks` sees to it that every field has one."""
        return next(rule for rule in self.field if rule.name == name)

    def families_of(self, name: str) -> tuple[str, ...]:
        """The job families of a field; none where there is no such field."""
        return next((rule.job_families for rule in self.field if rule.name == name), ())

    @property
    def tables(self) -> tuple[str, ...]:
        """Every contract table that the evidence is read from, with those that its conditions and peers refer to."""
        lines = [line.table for rule in self.field for line in rule.lines]
        return tuple(dict.fromkeys(["officers", "postings", "posts", "units", "courses", "self_nominations", *lines]))
