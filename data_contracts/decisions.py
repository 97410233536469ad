"""What the department decides, as frozen dataclasses; `policy.py` fills them from TOML and checks them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from data_contracts.asof import DAYS_A_MONTH
from data_contracts.errors import InvalidInput
from data_contracts.unit_grading import UnitGrading
from data_contracts.vocabulary import Bilingual, Education, Grade, Outcome, SupportKind, Track, UnitLevel

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Months = Annotated[int, Field(ge=1, le=1200)]
Days = Annotated[int, Field(ge=0, le=3660)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[str, Field(min_length=1, max_length=400)]
Ahead = Literal[6, 12, 24]
SERVICE = "service"  # the exposure of everybody in service at as-of
STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Named:
    """A code with its Chinese and English name."""

    __pydantic_config__ = STRICT

    code: Code
    name_zh: Words
    name_en: Words


@dataclass(frozen=True)
class LadderStep:
    """One step; `minimum_years` is the least time in it before the next, None where the next is by selection."""

    __pydantic_config__ = STRICT

    code: Code
    name_en: Words
    minimum_years: Positive | None = None

    @property
    def name_zh(self) -> str:
        """The Chinese name, which is the code itself."""
        return self.code

    @property
    def label(self) -> Bilingual:
        """Both names together."""
        return Bilingual(self.code, self.name_en)


@dataclass(frozen=True)
class CareerLadder(Named):
    """A ladder, its steps low to high."""

    steps: tuple[LadderStep, ...]

    def position(self, step: str) -> int | None:
        """Place of a step, 0 lowest; None for a step that is not on this ladder."""
        codes = [known.code for known in self.steps]
        return codes.index(step) if step in codes else None


@dataclass(frozen=True)
class ConcernCategory(Named):
    """One of the categories of concerns, its handler and its deadlines in days."""

    handler_zh: Words
    handler_en: Words
    acknowledge_within_days: Days
    resolve_within_days: Days
    subcategories: tuple[Named, ...]


@dataclass(frozen=True)
class Shares:
    """Shares of the officers scored that get each grade; they sum to one.

    Those of poor and fair are the most that may have them: whose odds lie below `warned_from_mean` times those of
    the force's mean chance is good, and below `poor_from_mean` times them at most fair, however high among the
    others. Where the chance at which excellent would end is below `told_apart_from`, a model cannot tell excellent
    from good: then nobody is excellent, and such a good counts against nobody.
    """

    __pydantic_config__ = STRICT

    poor: Share
    fair: Share
    good: Share
    excellent: Share
    warned_from_mean: Annotated[float, Field(ge=0, le=20)] = 1.0
    poor_from_mean: Annotated[float, Field(ge=0, le=20)] = 1.5
    told_apart_from: Annotated[float, Field(ge=0, le=0.5)] = 0.001

    def worst_first(self) -> tuple[tuple[Grade, float], ...]:
        """Grade and share, worst first."""
        return tuple((grade, float(getattr(self, grade.value))) for grade in Grade)


@dataclass(frozen=True)
class UnitBudget:
    """How many of a unit may be flagged at one time, and when an officer is near a limit or among the best."""

    __pydantic_config__ = STRICT

    poor_budget: Share
    poor_budget_least: Annotated[int, Field(ge=0)]
    approach_margin: Share
    commend_share: Share
    approach_share: Share = 0.05

    def most_flagged(self, officers: int) -> int:
        """Most officers of a unit that may be graded poor at one time.

        >>> UnitBudget(0.10, 2, 0.2, 0.1).most_flagged(45)
        4
        """
        return max(self.poor_budget_least, math.floor(self.poor_budget * officers))


@dataclass(frozen=True)
class Flagging:
    """When a flag is one: the months that a trend looks back on, and the least fall (or rise) that counts, in log-odds;
    in how many days who is near a limit is seen to cross it, and the least share of them that makes it worth an alert.
    Nobody is commended of whom a complaint of the last `commend_clear_months` was sustained; 0
    sets no such rule."""

    __pydantic_config__ = STRICT

    months: Annotated[int, Field(ge=1, le=12)]
    within_days: Annotated[int, Field(ge=1, le=365)]
    least_rise: Positive
    commend_clear_months: Annotated[int, Field(ge=0, le=120)] = 36
    least_crossing: Share = 0.25

    @property
    def nights(self) -> int:
        """Monthly nights looked back on: those of a trend, and those in which who was near is followed.

        >>> Flagging(3, 90, 0.1).nights
        4
        """
        return max(self.months, round(self.within_days / DAYS_A_MONTH) + 1)


@dataclass(frozen=True)
class CutOffs:
    """The least chance of each grade but the best, of one outcome so many months ahead."""

    __pydantic_config__ = STRICT

    outcome: Outcome
    horizon_months: Literal[6, 12, 24]
    poor: Share
    fair: Share
    good: Share

    @property
    def by_grade(self) -> dict[str, float]:
        """As grading takes them."""
        return {"poor": self.poor, "fair": self.fair, "good": self.good}


@dataclass(frozen=True)
class Scoring:
    """How much history and how fresh features a score needs, and how long a warning stands."""

    __pydantic_config__ = STRICT

    short_history_months: Months
    flag_features_after_hours: Positive
    refuse_features_after_hours: Positive
    warning_expiry_days: Annotated[int, Field(ge=1, le=90)]


@dataclass(frozen=True)
class Doubt:
    """When an answer is `unsure`: the share of those to whom it came, and of the others, that sets must hold."""

    __pydantic_config__ = STRICT

    promise: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    shown: tuple[Annotated[float, Field(gt=0.5, lt=1)], ...] = (0.9, 0.7)

    @property
    def levels(self) -> tuple[float, ...]:
        """The promise and those shown beside it, the strictest first.

        >>> Doubt(0.8, (0.7, 0.9, 0.8)).levels
        (0.9, 0.8, 0.7)
        """
        return tuple(sorted({self.promise, *self.shown}, reverse=True))


@dataclass(frozen=True)
class GradePolicy:
    """Everything about grades."""

    __pydantic_config__ = STRICT

    mode: Literal["shares", "cut_offs", "unit_budget"]
    shares: Shares
    unit: UnitBudget
    units: UnitGrading
    flags: Flagging
    scoring: Scoring
    doubt: Doubt = Doubt()
    cut_off: tuple[CutOffs, ...] = ()

    def cut_offs_of(self, outcome: str, horizon_months: int) -> dict[str, float] | None:
        """What the department set for an outcome; None where it set nothing."""
        found = [one for one in self.cut_off if (one.outcome, one.horizon_months) == (outcome, horizon_months)]
        return found[0].by_grade if found else None


@dataclass(frozen=True)
class Sign:
    """How an outcome shows in one table; each field is explained at the head of policy/outcomes.toml."""

    __pydantic_config__ = STRICT

    how: Literal["row", "run", "past_minimum", "without", "no_growth"]
    table: Code
    date: Code
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)
    in_a_row: Annotated[int, Field(ge=1)] = 1
    months: Annotated[int, Field(ge=0, le=1200)] | None = None
    each: Code | None = None
    level: Code | None = None
    growth: float = 0.0
    optional: bool = False
    unrecorded: Literal["counts", "nothing"] = "nothing"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the table that it reads."""
        named = (self.date, *self.where, *self.unless, *self.at_least, self.each, self.level)
        return tuple(dict.fromkeys(name for name in named if name is not None))


@dataclass(frozen=True)
class OutcomeRule:
    """An outcome: whether it is served, what it rests on, how far it looks ahead, and the signs it shows by."""

    __pydantic_config__ = STRICT

    name: Outcome
    name_zh: Words
    name_en: Words
    description_zh: Words
    description_en: Words
    served: bool
    basis: Literal["finding", "duty", "allegation"]
    horizon_months: Ahead
    horizons_months: Annotated[tuple[Ahead, ...], Field(min_length=1)]
    exposure: Code
    known: Literal["row", "finding"]
    mature_after_days: Days
    signs: Annotated[tuple[Sign, ...], Field(min_length=1)]
    combine: Literal["any", "all"] = "any"

    @property
    def needs_tables(self) -> tuple[str, ...]:
        """The tables without which it cannot be trained."""
        return tuple(dict.fromkeys(sign.table for sign in self.signs if not sign.optional))

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that its labels read where it exists."""
        exposed = () if self.exposure == SERVICE else (self.exposure,)
        return tuple(dict.fromkeys((*(sign.table for sign in self.signs), *exposed)))

    def name_at(self, months: int) -> str:
        """The outcome's name on records: plain at our own horizon, with the months at another (`conduct_24m`)."""
        return str(self.name) if months == self.horizon_months else f"{self.name}_{months}m"

    def main_horizon(self, offered: Iterable[int]) -> int:
        """Of the months offered, those that grade an officer as a whole: our own, else the nearest, the shorter first.

        Raises InvalidInput when nothing is offered.
        """
        nearest = sorted(offered, key=lambda months: (abs(months - self.horizon_months), months))
        if not nearest:
            raise InvalidInput(f"no horizon is offered for {self.name}; train it first")
        return nearest[0]


@dataclass(frozen=True)
class SupportAction:
    """One suggested action, to be started within some days.

    Beside a training action stand courses that address the officer's reasons; it may say more closely which it means:
    only of these competencies, at most so many of them, of at most so many hours each. With `gaps` courses that bring
    the officer up to the standard of the present post come first. Where none fits, the action stands without a course.
    """

    __pydantic_config__ = STRICT

    kind: SupportKind
    zh: Words
    en: Words
    within_days: Days
    competencies: tuple[Code, ...] = ()
    courses_at_most: Annotated[int, Field(ge=0)] | None = None
    hours_at_most: Annotated[float, Field(gt=0)] | None = None
    gaps: bool = False

    @property
    def text(self) -> Bilingual:
        """The suggestion in words."""
        return Bilingual(self.zh, self.en)


@dataclass(frozen=True)
class SupportRule:
    """The actions suggested for one outcome at one grade, preferred first."""

    __pydantic_config__ = STRICT

    outcome: Outcome
    grade: Grade
    actions: Annotated[tuple[SupportAction, ...], Field(min_length=1)]


@dataclass(frozen=True)
class PointsRule(Named):
    """One line of the published points table; counts rows of `table` that match `where` and `at_least`.

    `plannable` says whether an officer can bring it about; nobody decides to be given a medal.
    """

    table: Code
    date: Code
    per: Literal["row", "year"]
    points: Positive
    cap: Positive
    evidence_zh: Words
    evidence_en: Words
    plannable: bool
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)
    expires_months: Months | None = None


@dataclass(frozen=True)
class EligibilityRule(Named):
    """What a post asks of an officer; an empty list of posts, families, tracks or levels names all of them."""

    post_ids: tuple[Code, ...] = ()
    job_families: tuple[Code, ...] = ()
    tracks: tuple[Track, ...] = ()
    unit_levels: tuple[UnitLevel, ...] = ()
    minimum_service_months: Months | None = None
    minimum_post_months: Months | None = None
    minimum_grassroots_months: Months | None = None
    minimum_education: Education | None = None
    minimum_levels: Mapping[str, float] = field(default_factory=dict)

    @property
    def applies_to_all(self) -> bool:
        """Whether this rule speaks about every post."""
        return not (self.post_ids or self.job_families or self.tracks or self.unit_levels)

    def applies_to(self, post_id: str, job_family: str | None, track: str | None, unit_level: str | None) -> bool:
        """Whether this rule speaks about the post.

        >>> EligibilityRule("x", "例", "example", tracks=(Track.TECHNICAL,)).applies_to("p", None, "general", None)
        False
        """
        scopes = ((self.post_ids, post_id), (self.job_families, job_family))
        words = ((self.tracks, track), (self.unit_levels, unit_level))
        return all(not allowed or value in allowed for allowed, value in (*scopes, *words))


@dataclass(frozen=True)
class TrainingRule(Named):
    """Training that everyone on some tracks must take again and again."""

    tracks: Annotated[tuple[Track, ...], Field(min_length=1)]
    competency: Code
    every_months: Months
    hours: Positive
    grace_days: Days


@dataclass(frozen=True)
class ResultRetention:
    """How long results, the audit chain, refused rows, the log of suggestions and copies of upgrades are kept."""

    __pydantic_config__ = STRICT

    months: Months
    audit_months: Months
    quarantine_days: Days
    suggestions_months: Months
    backups_days: Annotated[int, Field(ge=1, le=3660)]  # a copy outlives the day it was made on


@dataclass(frozen=True)
class TableRetention:
    """How long rows of some tables are kept; `months` None is as long as the officer serves."""

    __pydantic_config__ = STRICT

    tables: tuple[Code, ...]
    after_leaving_months: Months
    basis_zh: Words
    basis_en: Words
    months: Months | None = None


@dataclass(frozen=True)
class Retention:
    """How long anything is kept."""

    __pydantic_config__ = STRICT

    results: ResultRetention
    table: tuple[TableRetention, ...]


@dataclass(frozen=True)
class ForbiddenGroup:
    """Names that no feature may hold, the words over such columns in exports, and why."""

    __pydantic_config__ = STRICT

    names: Annotated[tuple[Code, ...], Field(min_length=1)]
    because_zh: Words
    because_en: Words
    headers: tuple[Words, ...] = ()
