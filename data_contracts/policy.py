"""The policy of the department: the TOML files under `policy/`, read once, checked, and refused with a remedy.

>>> policy().outcome("conduct").served, policy().outcome("force").served
(True, False)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from data_contracts.advising import CoursesPolicy
from data_contracts.catalog import catalog
from data_contracts.decisions import (
    CareerLadder,
    ConcernCategory,
    EligibilityRule,
    ForbiddenGroup,
    GradePolicy,
    LadderStep,
    Named,
    OutcomeRule,
    PointsRule,
    Retention,
    SupportAction,
    SupportRule,
    TableRetention,
    TrainingRule,
)
from data_contracts.earning import EarningPolicy
from data_contracts.errors import ContractViolation, ForbiddenFeature, InvalidInput
from data_contracts.feedback_rules import FeedbackPolicy
from data_contracts.gating import GatePolicy
from data_contracts.naming import Naming
from data_contracts.nightly_rules import NightPolicy
from data_contracts.pathing import PathPolicy
from data_contracts.placing import MatchingPolicy
from data_contracts.policy_checks import Problem, Sections, problems_of
from data_contracts.reasoning import ReasonPolicy
from data_contracts.requirements import UnknownFacts
from data_contracts.reviewing import ReviewPolicy
from data_contracts.suggesting import SuggestionPolicy
from data_contracts.supporting import CourseAdvice, WhatIfPolicy
from data_contracts.talent_pool import TalentPolicy
from data_contracts.triaging import TriagePolicy
from data_contracts.vocabulary import GoalKind
from data_contracts.watching import WatchPolicy

T = TypeVar("T")
POLICY_DIR = Path(__file__).parent / "policy"
REMEDIES = {
    "missing": "add this key",
    "unexpected_keyword_argument": "remove this key or correct its spelling",
    "extra_forbidden": "remove this key or correct its spelling",
}


@dataclass(frozen=True)
class Policy(Sections):
    """Everything that the department decides and code does not: the sections, and what is asked of them."""

    @property
    def served_outcomes(self) -> tuple[str, ...]:
        """Outcomes that may be graded and shown.

        >>> policy().served_outcomes
        ('conduct', 'strain', 'departure', 'stagnation')
        """
        return tuple(rule.name.value for rule in self.outcomes if rule.served)

    @property
    def forbidden_columns(self) -> tuple[str, ...]:
        """Names that no feature may hold."""
        return tuple(name for group in self.forbidden for name in group.names)

    def outcome(self, name: str) -> OutcomeRule:
        """The rule of an outcome; raises InvalidInput for a name that policy does not know."""
        return _only({rule.name.value: rule for rule in self.outcomes}, name, "outcome")

    def ladder(self, code: str) -> CareerLadder:
        """A ladder by its code; raises InvalidInput for one that policy does not know.

        >>> policy().ladder("enforcement").position("四级警长")
        2
        """
        return _only({ladder.code: ladder for ladder in self.ladders}, code, "ladder")

    def step(self, ladder: str, step: str) -> LadderStep | None:
        """A step of a ladder, None where the ladder or the step is a source's own."""
        steps = {(known.code, one.code): one for known in self.ladders for one in known.steps}
        return steps.get((ladder, step))

    def concern(self, code: str) -> ConcernCategory:
        """A category of concerns by its code; raises InvalidInput for one that policy does not know."""
        return _only({category.code: category for category in self.concerns}, code, "concern category")

    def support_for(self, outcome: str, grade: str) -> tuple[SupportAction, ...]:
        """Suggested actions, preferred first.

        >>> [action.kind.value for action in policy().support_for("strain", "poor")]
        ['leave', 'counselling', 'rotation']
        """
        rules = [rule for rule in self.support if rule.outcome == outcome and rule.grade == grade]
        return rules[0].actions if rules else ()

    def families_of(self, kind: str, goal: str) -> tuple[str, ...]:
        """The job families whose posts count for a goal that is a job family or a talent field; none of an unknown
        field."""
        return (goal,) if kind == GoalKind.JOB_FAMILY else self.talent.families_of(goal)

    def retention_of(self, table: str) -> TableRetention:
        """How long rows of a table are kept."""
        return next(rule for rule in self.retention.table if table in rule.tables)

    def list_of(self, policy_list: str) -> tuple[Named, ...]:
        """What a contract column with that `policyList` may hold; raises ContractViolation for another list."""
        lists: dict[str, tuple[Named, ...]] = {
            "concernCategories": self.concerns,
            "concernSubcategories": tuple(sub for category in self.concerns for sub in category.subcategories),
        }
        if policy_list not in lists:
            raise ContractViolation(f"policyList {policy_list!r} is unknown; use one of {', '.join(lists)}")
        return lists[policy_list]


# file -> the key that holds its list (None: the file itself is the section) and the type it must have
SECTIONS: Mapping[str, tuple[str | None, Any]] = {
    "ladders": ("ladder", tuple[CareerLadder, ...]),
    "concerns": ("category", tuple[ConcernCategory, ...]),
    "grades": (None, GradePolicy),
    "outcomes": ("outcome", tuple[OutcomeRule, ...]),
    "support": ("support", tuple[SupportRule, ...]),
    "points": ("rule", tuple[PointsRule, ...]),
    "eligibility": ("rule", tuple[EligibilityRule, ...]),
    "training": ("rule", tuple[TrainingRule, ...]),
    "retention": (None, Retention),
    "forbidden": ("group", tuple[ForbiddenGroup, ...]),
    "watch": (None, WatchPolicy),
    "gate": (None, GatePolicy),
    "course_themes": (None, CourseAdvice),
    "what_if": (None, WhatIfPolicy),
    "reasons": (None, ReasonPolicy),
    "matching": (None, MatchingPolicy),
    "earning": (None, EarningPolicy),
    "unknown_facts": (None, UnknownFacts),
    "talent": (None, TalentPolicy),
    "suggestions": (None, SuggestionPolicy),
    "paths": (None, PathPolicy),
    "feedback": (None, FeedbackPolicy),
    "courses": (None, CoursesPolicy),
    "review": (None, ReviewPolicy),
    "night": (None, NightPolicy),
    "names": (None, Naming),
    "triage": (None, TriagePolicy),
}


@cache
def policy() -> Policy:
    """The policy of this checkout, read and checked once."""
    return read_policy(POLICY_DIR)


def read_policy(folder: Path) -> Policy:
    """Read all policy files of a folder; raises ContractViolation naming file, key and remedy of every fault."""
    problems: list[Problem] = []
    sections = {name: _section(folder / f"{name}.toml", *shape, problems) for name, shape in SECTIONS.items()}
    if not problems:
        found = Policy(**sections)
        problems.extend(problems_of(found, catalog()))
    if problems:
        raise ContractViolation("\n".join(str(problem) for problem in problems))
    return found


def _section(path: Path, key: str | None, shape: Any, problems: list[Problem]) -> Any:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(Problem(path.name, "", "the file is absent", "restore it from the project"))
        return None
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(path.name, "", f"not TOML: {error}", "mend that line"))
        return None
    others = [] if key is None else sorted(set(data) - {key})
    problems.extend(Problem(path.name, other, "unknown key", REMEDIES["extra_forbidden"]) for other in others)
    try:
        return TypeAdapter(shape).validate_python(data if key is None else data.get(key, ()))
    except ValidationError as error:
        problems.extend(_problem(path.name, key, fault["loc"], fault["type"], fault["msg"]) for fault in error.errors())
        return None


def _problem(file: str, key: str | None, loc: Iterable[int | str], kind: str, message: str) -> Problem:
    parts = [] if key is None else [key]
    for part in loc:
        if isinstance(part, int) and parts:
            parts[-1] += f"[{part + 1}]"
        else:
            parts.append(str(part))
    return Problem(file, ".".join(parts), message, REMEDIES.get(kind, "give a value of that form"))


def _only(known: Mapping[str, T], value: str, what: str) -> T:
    if value not in known:
        raise InvalidInput(f"{what} {value!r} is unknown; policy has {', '.join(known)}")
    return known[value]


def check_features(columns: Iterable[str], outcome: str | None = None) -> None:
    """Refuse feature names that hold a forbidden column; raises ForbiddenFeature naming each and its reason.

    A name is refused when a forbidden name occurs in it as whole words (parts between underscores), and a
    column that trains one outcome only (days of sick leave: strain) when `outcome` is another.

    >>> check_features(["complaints_sustained_12m", "tenure_days"])
    >>> check_features(["sick_days_sum_3m"], outcome="strain")
    >>> check_features(["officer_sex"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    data_contracts.errors.ForbiddenFeature: feature 'officer_sex' holds 'sex' (a protected attribute, ...
    """
    reasons = _forbidden_words(outcome)
    faults: list[tuple[str, str, str]] = []
    for column in columns:
        words = f"_{column}_"
        faults.extend((column, name, why) for name, why in reasons.items() if f"_{name}_" in words)
    if faults:
        told = "; ".join(f"feature {column!r} holds {name!r} ({why})" for column, name, why in faults[:5])
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise ForbiddenFeature(f"{told}{more}; take it out of the feature list")


def _forbidden_words(outcome: str | None) -> dict[str, str]:
    reasons = {name: group.because_en for group in policy().forbidden for name in group.names}
    columns = [(table.name, column) for table in catalog().tables.values() for column in table.columns]
    trainable = {column.name for _, column in columns if column.may_train}
    for table, column in columns:
        if not column.may_train and column.name not in trainable:
            reasons.setdefault(column.name, f"mayTrain is false in the contract of {table}")
        if column.trains_only and outcome not in column.trains_only:
            reasons.setdefault(column.name, f"only {', '.join(column.trains_only)} may use it")
    return reasons
