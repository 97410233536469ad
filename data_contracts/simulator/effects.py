"""The planted effects: what raises each outcome and by how much, and what moves careers.

Hazards are per officer and month and log-linear: `hazard = base * exp(sum of coefficient * covariate)`.
Tests read these numbers as the truth; `effects.json` beside a simulated data set holds the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class ConductEffects:
    """A complaint that will in the end be sustained (outcome `conduct`)."""

    base: float = 0.0020
    past_complaints: float = 0.45
    past_complaints_decay_months: float = 12.0
    overtime_above_peers: float = 0.40
    nights: float = 0.25
    unit_climate: float = 1.0
    short_tenure: float = 0.60
    short_tenure_months: int = 36
    missing_training: float = 0.70
    training_lasts_months: int = 24
    job_family: float = 1.0
    frailty: float = 0.35
    commendations: float = 0.0


@dataclass(frozen=True)
class ForceEffects:
    """A use-of-force complaint (outcome `force`), an allegation."""

    base: float = 0.0017
    past_complaints: float = 0.25
    nights: float = 0.40
    unit_climate: float = 0.6
    short_tenure: float = 0.50
    job_family: float = 1.0
    frailty: float = 0.60


@dataclass(frozen=True)
class OtherComplaintEffects:
    """Any other complaint, never sustained."""

    base: float = 0.0088
    past_complaints: float = 0.25
    overtime_above_peers: float = 0.20
    unit_climate: float = 0.7
    job_family: float = 0.6
    frailty: float = 0.35


@dataclass(frozen=True)
class StrainEffects:
    """A sick spell of ten days or more in one month (outcome `strain`)."""

    base: float = 0.0030
    overtime_above_peers: float = 0.70
    nights: float = 0.45
    over_fifty: float = 0.40


@dataclass(frozen=True)
class DepartureEffects:
    """Leaving before retirement (outcome `departure`)."""

    base: float = 0.0012
    stagnation: float = 1.00
    stagnation_months: int = 48
    short_tenure: float = 0.90
    short_tenure_months: int = 60
    overtime_above_peers: float = 0.20
    transferred_share: float = 0.25
    retirement_age: int = 60


@dataclass(frozen=True)
class CareerEffects:
    """What moves officers between posts; shares are chances at a move, weights multiply the chance of a target."""

    move_base: float = 0.048
    settle_months: int = 12
    same_post_other_unit: float = 0.10
    two_step: float = 0.70
    return_to_earlier: float = 0.12
    course_weight: float = 6.0
    goal_weight: float = 3.0
    same_sub_bureau: float = 0.70
    step_chance: float = 0.06
    step_skill: float = 0.30
    step_slowdown: float = 0.85


@dataclass(frozen=True)
class TrainingHabit:
    """Some officers hardly train; they lack the conduct course more often, rise later, fade, and so stagnate.

    Factors multiply the usual chance of a course, of a step, and the usual growth in level (outcome `stagnation`).
    """

    avoiding_share: float = 0.10
    avoiding_factor: float = 0.005
    avoiding_step: float = 0.40
    avoiding_growth: float = -1.0


@dataclass(frozen=True)
class ExposureDifference:
    """The one documented difference by a protected attribute: men more often start in patrol and special police.

    No hazard reads a protected attribute; only the work a person starts with differs, and with it the exposure.
    """

    attribute: str = "sex"
    value: str = "male"
    first_post_families: tuple[str, ...] = ("patrol", "special_police")
    weight: float = 1.25


@dataclass(frozen=True)
class TalentEffects:
    """The hidden level in a talent field: standard normal at entry, `skill` of it general, more with related years.

    A unit of level adds to measured competencies (`level`), scores of courses (`elective_score`, `field_score`) and
    appraisals of performance and case quality in related posts; events of the field come `base * exp(effect * level)`
    a month, and `elsewhere` times as often to those whose post is not related.
    """

    skill: float = 0.5
    a_year: float = 0.10
    most_years: float = 10.0
    level: float = 0.40
    elective_score: float = 2.0
    field_score: float = 5.0
    field_score_mean: float = 78.0
    skill_score: float = 3.0
    score_sd: float = 8.0
    appraisal: float = 3.0
    honour_base: float = 0.0012
    honour: float = 0.9
    course_base: float = 0.003
    course: float = 0.5
    nomination_base: float = 0.0015
    nomination: float = 0.4
    elsewhere: float = 0.35


@dataclass(frozen=True)
class FindingDelays:
    """Days from a complaint to its finding: log-normal months, so that 38 % of the sustained take over two years."""

    sustained_median_months: float = 18.9
    sustained_sigma: float = 0.784
    other_median_months: float = 8.0
    other_sigma: float = 0.8
    never_closed: float = 0.02


@dataclass(frozen=True)
class Effects:
    """Everything that is planted.

    >>> Effects().conduct.commendations
    0.0
    """

    conduct: ConductEffects = field(default_factory=ConductEffects)
    force: ForceEffects = field(default_factory=ForceEffects)
    other_complaint: OtherComplaintEffects = field(default_factory=OtherComplaintEffects)
    strain: StrainEffects = field(default_factory=StrainEffects)
    departure: DepartureEffects = field(default_factory=DepartureEffects)
    careers: CareerEffects = field(default_factory=CareerEffects)
    training: TrainingHabit = field(default_factory=TrainingHabit)
    talent: TalentEffects = field(default_factory=TalentEffects)
    exposure: ExposureDifference = field(default_factory=ExposureDifference)
    delays: FindingDelays = field(default_factory=FindingDelays)
    unit_climate_sd: float = 0.5
    unit_climate_memory: float = 0.98

    def as_json(self) -> dict[str, Any]:
        """The effects as plain values."""
        return asdict(self)
