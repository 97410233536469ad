"""What the form of the policy files cannot say: sums, unique codes, and agreement with the contracts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from data_contracts.advising import CoursesPolicy
from data_contracts.catalog import Catalog, Table
from data_contracts.decisions import (
    SERVICE,
    CareerLadder,
    ConcernCategory,
    EligibilityRule,
    ForbiddenGroup,
    GradePolicy,
    OutcomeRule,
    PointsRule,
    Retention,
    Sign,
    SupportRule,
    TrainingRule,
)
from data_contracts.earning import EarningPolicy
from data_contracts.feedback_rules import FeedbackPolicy
from data_contracts.gating import GatePolicy
from data_contracts.naming import Naming
from data_contracts.nightly_rules import NightPolicy
from data_contracts.pathing import PathPolicy
from data_contracts.placing import MatchingPolicy
from data_contracts.reasoning import ReasonPolicy
from data_contracts.requirements import UnknownFacts
from data_contracts.reviewing import ReviewPolicy
from data_contracts.suggesting import SuggestionPolicy
from data_contracts.supporting import CourseAdvice, WhatIfPolicy
from data_contracts.talent_checks import talent_faults
from data_contracts.talent_pool import TalentPolicy
from data_contracts.triaging import TriagePolicy, triage_faults
from data_contracts.vocabulary import Grade, Outcome
from data_contracts.watching import WatchPolicy

PLACES = re.compile(r"{(\w*)}")
TABLE_REMEDY = "name a table that has a contract"


@dataclass(frozen=True)
class Problem:
    """One fault: where it is, what it is, how to mend it."""

    file: str
    key: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        place = f"policy/{self.file}" + (f", key {self.key}" if self.key else "")
        return f"{place}: {self.fault}; {self.remedy}"


@dataclass(frozen=True)
class Sections:
    """What the policy files hold, one section a file."""

    ladders: tuple[CareerLadder, ...]
    concerns: tuple[ConcernCategory, ...]
    grades: GradePolicy
    outcomes: tuple[OutcomeRule, ...]
    support: tuple[SupportRule, ...]
    points: tuple[PointsRule, ...]
    eligibility: tuple[EligibilityRule, ...]
    training: tuple[TrainingRule, ...]
    retention: Retention
    forbidden: tuple[ForbiddenGroup, ...]
    watch: WatchPolicy
    gate: GatePolicy
    course_themes: CourseAdvice
    what_if: WhatIfPolicy
    reasons: ReasonPolicy
    matching: MatchingPolicy
    earning: EarningPolicy
    unknown_facts: UnknownFacts
    talent: TalentPolicy
    suggestions: SuggestionPolicy
    paths: PathPolicy
    feedback: FeedbackPolicy
    courses: CoursesPolicy
    review: ReviewPolicy
    night: NightPolicy
    names: Naming
    triage: TriagePolicy


def problems_of(found: Sections, contracts: Catalog) -> Iterator[Problem]:
    """Every fault that the sections have among themselves or against the contracts."""
    yield from _twice(found)
    yield from _grades(found.grades)
    yield from _cut_offs(found.grades, found.outcomes)
    yield from _outcomes(found, contracts)
    for number, rule in enumerate(found.points, start=1):
        yield from _points(f"rule[{number}]", rule, contracts)
    for name in sorted(set(found.earning.by_table) - set(contracts.tables)):
        yield Problem("earning.toml", f"by_table.{name}", f"no table {name!r}", TABLE_REMEDY)
    yield from _retention(found.retention, contracts)
    yield from _forbidden(found.forbidden, contracts)
    yield from _watch(found.watch)
    yield from _gate(found.gate)
    yield from _matching(found.matching, found.forbidden)
    yield from _what_if(found.what_if)
    yield from _reasons(found)
    yield from (Problem("talent.toml", *fault) for fault in talent_faults(found.talent, contracts))
    yield from _suggestions(found.suggestions)
    yield from _feedback(found.feedback)
    yield from _courses(found.courses)
    yield from _review(found.review, found.grades.scoring.warning_expiry_days)
    faults = triage_faults(found.triage, found.concerns, contracts)
    yield from (Problem("triage.toml", *fault) for fault in faults)


def _twice(found: Sections) -> Iterator[Problem]:
    subcategories = (sub.code for category in found.concerns for sub in category.subcategories)
    steps = (f"{ladder.code}/{step.code}" for ladder in found.ladders for step in ladder.steps)
    lists: tuple[tuple[str, Iterable[str]], ...] = (
        ("ladders.toml", (ladder.code for ladder in found.ladders)),
        ("ladders.toml", steps),
        ("concerns.toml", (category.code for category in found.concerns)),
        ("concerns.toml", subcategories),
        ("outcomes.toml", (rule.name.value for rule in found.outcomes)),
        ("grades.toml", (f"cut_off {one.outcome}/{one.horizon_months}" for one in found.grades.cut_off)),
        ("support.toml", (f"{rule.outcome}/{rule.grade}" for rule in found.support)),
        ("course_themes.toml", (one.theme for one in found.course_themes.theme)),
        ("reasons.toml", (one.name.value for one in found.reasons.outcome)),
        ("what_if.toml", (change.code for change in found.what_if.change)),
        ("talent.toml", (rule.name.value for rule in found.talent.field)),
        ("talent.toml", (f"{rule.name}/{line.code}" for rule in found.talent.field for line in rule.lines)),
        ("points.toml", (rule.code for rule in found.points)),
        ("eligibility.toml", (rule.code for rule in found.eligibility)),
        ("training.toml", (rule.code for rule in found.training)),
        ("names.toml", (f"competency {one.code}" for one in found.names.competency)),
        ("names.toml", (f"job_family {one.code}" for one in found.names.job_family)),
        ("matching.toml", (one.code for one in found.matching.priority_class)),
        ("matching.toml", (one.column for one in found.matching.tie_break)),
        ("triage.toml", (one.code for one in found.triage.channel)),
        ("triage.toml", (f"helper {one.code}" for one in found.triage.helper)),
        ("triage.toml", (f"alarm {one.code}" for one in found.triage.alarm)),
        ("retention.toml", (table for rule in found.retention.table for table in rule.tables)),
    )
    for file, codes in lists:
        for code, times in Counter(codes).items():
            if times > 1:
                yield Problem(file, code, f"appears {times} times", "keep one of them")


def _grades(grades: GradePolicy) -> Iterator[Problem]:
    total = sum(share for _, share in grades.shares.worst_first())
    if not math.isclose(total, 1.0, abs_tol=1e-9):
        yield Problem("grades.toml", "shares", f"sum to {total:g}", "make the four shares sum to 1")
    scoring = grades.scoring
    if scoring.flag_features_after_hours > scoring.refuse_features_after_hours:
        fault = "features would be refused before they are flagged"
        yield Problem("grades.toml", "scoring.flag_features_after_hours", fault, "make it the smaller of the two")
    if not grades.units.poor > grades.units.fair > grades.units.good:
        yield Problem("grades.toml", "units", "a worse grade begins lower", "make poor > fair > good")


def _cut_offs(grades: GradePolicy, outcomes: tuple[OutcomeRule, ...]) -> Iterator[Problem]:
    for one in grades.cut_off:
        if not one.poor > one.fair > one.good:
            place = f"cut_off {one.outcome}/{one.horizon_months}"
            yield Problem("grades.toml", place, "a worse grade begins lower", "make poor > fair > good")
    if grades.mode != "cut_offs":
        return
    for rule in outcomes:
        if rule.served and grades.cut_offs_of(rule.name, rule.horizon_months) is None:
            place, fault = f"cut_off {rule.name}/{rule.horizon_months}", "no cut-offs for an outcome that is served"
            yield Problem("grades.toml", place, fault, "add a [[cut_off]], or use another mode")


def _suggestions(rules: SuggestionPolicy) -> Iterator[Problem]:
    if not rules.fit.competencies + rules.fit.goal + rules.fit.wishes > 0:
        fault = "no part of fit weighs anything"
        yield Problem("suggestions.toml", "fit", fault, "give competencies, goal or wishes a weight above 0")
    if rules.counts.least_moved > rules.counts.least_officers:
        fault = "more would have to move than are counted"
        yield Problem("suggestions.toml", "counts.least_moved", fault, "make it the smaller of the two")


def _courses(courses: CoursesPolicy) -> Iterator[Problem]:
    if courses.load.hours_a_day > courses.load.hours_a_month:
        fault = "a day would bear more than the month it lies in"
        yield Problem("courses.toml", "load.hours_a_day", fault, "make it at most load.hours_a_month")
    if courses.load.usual_hours > courses.load.hours_a_month:
        fault = "a course of unknown length would never fit into a month"
        yield Problem("courses.toml", "load.usual_hours", fault, "make it at most load.hours_a_month")
    if courses.gap.least_gap > courses.gap.most_levels:
        fault = "no course could close the smallest gap that counts"
        yield Problem("courses.toml", "gap.least_gap", fault, "make it at most gap.most_levels")
    if courses.edition_due_months > min(courses.edition_months, courses.offered_months):
        fault = "a course that everybody takes once would be due after its offer is over"
        yield Problem("courses.toml", "edition_due_months", fault, "make it at most edition_months and offered_months")


def _review(review: ReviewPolicy, expiry_days: int) -> Iterator[Problem]:
    if review.review_within_days > expiry_days:
        fault = "warnings would expire before a person must have looked at them"
        remedy = "make it at least review_within_days of review.toml"
        yield Problem("grades.toml", "scoring.warning_expiry_days", fault, remedy)


def _reasons(found: Sections) -> Iterator[Problem]:
    """An outcome that is served without any theme would warn without ever saying why."""
    for rule in found.outcomes:
        if rule.served and not found.reasons.themes_of(rule.name.value):
            yield Problem(
                "reasons.toml", rule.name.value, "is served, and no theme may be told of it", "list its themes"
            )


def _what_if(what_if: WhatIfPolicy) -> Iterator[Problem]:
    for change in what_if.change:
        if (change.to is None) == (change.add == 0.0):
            yield Problem("what_if.toml", change.code, "brings its measure nowhere, or to two places", "give to or add")
        if change.measure == "courses" and change.to is not None:
            yield Problem("what_if.toml", change.code, "courses are taken one by one", "give add, not to")
        for words in (change.zh, change.en):
            if set(PLACES.findall(words)) != {"before", "after"}:
                fault = f"{words!r} does not name what was and what would be"
                yield Problem("what_if.toml", change.code, fault, "write {before} and {after} in both languages")


def _outcomes(found: Sections, contracts: Catalog) -> Iterator[Problem]:
    for missing in sorted(set(Outcome) - {rule.name for rule in found.outcomes}):
        yield Problem("outcomes.toml", missing, "no rule for this outcome", "add it, with served = false if unwanted")
    for rule in found.outcomes:
        yield from _outcome(rule, contracts)
    given = {(rule.outcome, rule.grade) for rule in found.support}
    for outcome in Outcome:
        for grade in Grade:
            if (outcome, grade) not in given:
                yield Problem("support.toml", f"{outcome}/{grade}", "no support action", "add at least one action")


SUSTAINED = {"finding": ("sustained",)}
SIGN_NEEDS: Mapping[str, tuple[str, ...]] = {
    "past_minimum": ("months",),
    "without": ("months",),
    "no_growth": ("months", "each", "level"),
}


def _outcome(rule: OutcomeRule, contracts: Catalog) -> Iterator[Problem]:
    if rule.exposure not in (SERVICE, *contracts.tables):
        yield Problem("outcomes.toml", f"{rule.name}.exposure", f"no table {rule.exposure!r}", TABLE_REMEDY)
    if rule.horizon_months not in rule.horizons_months:
        fault = f"{rule.horizon_months} months are not among horizons_months"
        yield Problem("outcomes.toml", f"{rule.name}.horizon_months", fault, "add it there")
    if all(sign.optional for sign in rule.signs):
        yield Problem("outcomes.toml", f"{rule.name}.signs", "all are optional", "let one be asked for always")
    if rule.known == "finding" and any(sign.how != "row" or sign.where != SUSTAINED for sign in rule.signs):
        fault = "an open row has a chance only of being sustained"
        yield Problem("outcomes.toml", f"{rule.name}.known", fault, 'ask for sustained findings, or use "row"')
    for number, sign in enumerate(rule.signs, start=1):
        yield from _sign(f"{rule.name}.signs[{number}]", sign, contracts)


def _sign(place: str, sign: Sign, contracts: Catalog) -> Iterator[Problem]:
    if sign.table not in contracts.tables:
        yield Problem("outcomes.toml", f"{place}.table", f"no table {sign.table!r}", TABLE_REMEDY)
        return
    table = contracts.tables[sign.table]
    for needed in SIGN_NEEDS.get(sign.how, ()):
        if getattr(sign, needed) is None:
            yield Problem("outcomes.toml", f"{place}.{needed}", f"{sign.how} needs it", "add this key")
    for name in sorted(set(sign.columns) - set(table.column_names)):
        yield Problem("outcomes.toml", place, f"no column {name!r}", f"name a column of {table.name}")
    for name, values in (*sign.where.items(), *sign.unless.items()):
        allowed = table.column(name).enum if name in table.column_names else ()
        for value in sorted(set(values) - set(allowed)) if allowed else ():
            yield Problem("outcomes.toml", f"{place}.{name}", f"no value {value!r}", f"use {', '.join(allowed)}")


def _points(place: str, rule: PointsRule, contracts: Catalog) -> Iterator[Problem]:
    if rule.table not in contracts.tables:
        yield Problem("points.toml", f"{place}.table", f"no table {rule.table!r}", TABLE_REMEDY)
        return
    table = contracts.tables[rule.table]
    if rule.date not in table.column_names:
        yield Problem("points.toml", f"{place}.date", f"no column {rule.date!r}", f"name a date of {table.name}")
    if rule.per == "year" and not table.ends:
        yield Problem("points.toml", f"{place}.per", f"{table.name} has no end date", 'use per = "row"')
    for name in (*rule.where, *rule.at_least):
        yield from _condition(place, name, rule, table, contracts)


def _condition(place: str, name: str, rule: PointsRule, table: Table, contracts: Catalog) -> Iterator[Problem]:
    owner, _, column = name.rpartition(".")
    target = contracts.tables.get(owner) if owner in table.references.values() else None if owner else table
    if target is None or column not in target.column_names:
        remedy = f"use a column of {table.name}, or table.column of one that it refers to"
        yield Problem("points.toml", f"{place}.{name}", "no such column", remedy)
        return
    allowed = target.column(column).enum
    for value in rule.where.get(name, ()):
        if allowed and value not in allowed:
            yield Problem("points.toml", f"{place}.where.{name}", f"no value {value!r}", f"use {', '.join(allowed)}")


def _retention(retention: Retention, contracts: Catalog) -> Iterator[Problem]:
    named = {table for rule in retention.table for table in rule.tables}
    for table in sorted(set(contracts.tables) - named):
        yield Problem("retention.toml", table, "this table has no rule", "add it to one of the lists")
    for table in sorted(named - set(contracts.tables)):
        yield Problem("retention.toml", table, "no such table", TABLE_REMEDY)


def _forbidden(groups: tuple[ForbiddenGroup, ...], contracts: Catalog) -> Iterator[Problem]:
    named = {name for group in groups for name in group.names}
    protected = {"sex", "ethnicity", "birth_year", "text"}
    for name in sorted(protected - named):
        yield Problem("forbidden.toml", name, "must stay forbidden", "put it back into a group")
    trainable = {c.name for t in contracts.tables.values() for c in t.columns if c.may_train}
    for name in sorted(named & trainable):
        yield Problem("forbidden.toml", name, "the contract lets it train", "set mayTrain to false or take it out here")


def _watch(watch: WatchPolicy) -> Iterator[Problem]:
    for key, limit in watch.limits().items():
        if limit.alert <= limit.warn:
            yield Problem("watch.toml", key, "the alert would come no later than the warning", "make alert the larger")


def _gate(gate: GatePolicy) -> Iterator[Problem]:
    edges = gate.groups.unit_size_edges
    if list(edges) != sorted(set(edges)):
        yield Problem("gate.toml", "groups.unit_size_edges", "sizes do not grow", "list them from small to large")
    if gate.paths.coverage_low >= gate.paths.coverage_high:
        yield Problem("gate.toml", "paths.coverage_low", "no coverage lies between the ends", "make it the smaller one")


def _matching(matching: MatchingPolicy, groups: tuple[ForbiddenGroup, ...]) -> Iterator[Problem]:
    forbidden = {name: group.because_en for group in groups for name in group.names}
    for one in matching.tie_break:
        for name in sorted(name for name in forbidden if f"_{name}_" in f"_{one.column}_"):
            yield Problem("matching.toml", one.column, f"holds {name!r} ({forbidden[name]})", "take this tie-break out")


def _feedback(feedback: FeedbackPolicy) -> Iterator[Problem]:
    explored, learned, causes = feedback.exploring, feedback.learning, feedback.declining.returns_on
    rarest = explored.share / (explored.places + explored.depth)
    if 0 < rarest < learned.least_propensity:
        yield Problem(
            "feedback.toml", "learning.least_propensity", f"an explored item has a chance of {rarest:.4f} only",
            "make it smaller than that, or explore more answers or less deep",
        )  # fmt: skip
    if len(set(causes)) < len(causes):
        yield Problem("feedback.toml", "declining.returns_on", "a cause appears twice", "keep one of them")
