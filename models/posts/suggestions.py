"""From ranked posts to suggestions: what may be taken, what is vacant, how likely, how fitting, and why.

`likelihood` is the model's share: how likely people with such a career go there. `fit` is a rule on the officer's own
record. Neither is ever made of the other. The order is by likelihood, spread over job families; the likeliest open
post always stands first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from data_contracts.counting import noun
from data_contracts.errors import InvalidInput
from data_contracts.suggesting import SuggestionPolicy
from data_contracts.vocabulary import Bilingual
from models.posts.fit import Fit, Standard, Wanting, fit_of
from models.posts.moved_within import Counted, MovedWithin
from models.posts.reasons import RANKED, Reason
from models.posts.vacancies import open_on

if TYPE_CHECKING:
    from models.posts.next_post import RankedPost  # brings torch


class Unmet(Protocol):
    """One requirement that bars a post, as `models/eligibility/rules.py` tells it."""

    @property
    def code(self) -> str:
        """Of the rule."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


@dataclass(frozen=True)
class Vacancy:
    """Open places of a post in a unit."""

    vacancy_id: str
    post_id: str
    unit_id: str
    places: int
    closes_on: date | None


@dataclass(frozen=True)
class Suggestion:
    """One post; `likelihood` in [0, 1]; `fit` is None where nothing that bears on it is on record.

    `blocked_by` is empty for what is open; `unknown` is what the post asks for and the record does not tell, which is
    neither met nor not met; `vacancies` names every vacancy where vacancies were given; `few_moves` says
    that hardly anybody on record moved to the post.
    """

    post_id: str
    likelihood: float
    fit: Fit | None
    reasons: tuple[Reason, ...]
    blocked_by: tuple[Unmet, ...] = ()
    vacancies: tuple[Vacancy, ...] = ()
    few_moves: bool = False
    unknown: tuple[Unmet, ...] = ()


@dataclass(frozen=True)
class Suggestions:
    """What is open, best first, and the likeliest of what rules bar, each with what is lacking."""

    open: tuple[Suggestion, ...]
    barred: tuple[Suggestion, ...]


@dataclass(frozen=True)
class Known:
    """What is the same for everybody: standards, counts of moves, names of courses, the mandated ones, and policy.

    vacancies: by post, None where suggestions are not limited to posts with open places; moved_to: how many moves on
    record went to each post, None where that was not counted.
    """

    rules: SuggestionPolicy
    standard: Standard = field(default_factory=Standard)
    within: MovedWithin | None = None
    course_names: Mapping[str, Bilingual] = field(default_factory=dict)
    mandated: frozenset[str] = frozenset()
    vacancies: Mapping[str, tuple[Vacancy, ...]] | None = None
    moved_to: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Person:
    """One officer: the present post, courses taken, abilities and wishes, and what bars each post, as of a day.

    `why` tells the model's reasons of a post where the ranking comes without them; `held` is how many posts are known.
    """

    present: str | None = None
    courses: frozenset[str] = frozenset()
    wanting: Wanting = field(default_factory=Wanting)
    blocked: Mapping[str, tuple[Unmet, ...]] = field(default_factory=dict)
    why: Callable[[str], tuple[Reason, ...]] | None = None
    held: int = 0


def suggest(ranked: Sequence[RankedPost], person: Person, known: Known, k: int) -> Suggestions:
    """At most `k` open posts and at most `k` barred ones from a ranking, best first; raises InvalidInput for k < 1.

    Give the whole ranking, not its first `k`: rules and vacancies take posts out of it.
    """
    if k < 1:
        raise InvalidInput("ask for at least one post")
    vacant = [one for one in ranked if known.vacancies is None or known.vacancies.get(one.post_id)]
    free = [one for one in vacant if not person.blocked.get(one.post_id)]
    barred = [one for one in vacant if person.blocked.get(one.post_id)]
    chosen = spread(free, known.standard.families, known.rules, k)
    told = [tuple(_suggestion(one, person, known) for one in some) for some in (chosen, barred[:k])]
    return Suggestions(*told)


def spread(
    ranked: Sequence[RankedPost], families: Mapping[str, str], rules: SuggestionPolicy, k: int
) -> list[RankedPost]:
    """`k` posts in an order that spreads over job families: maximal marginal relevance, Carbonell and Goldstein 1998.

    Each next post is the one of the largest likelihood times `family_discount` to the power of how many of its family
    stand before it, with at most `most_of_a_family` while another family has any left. The best stays the best. A
    post without a family is a family of its own.
    """
    chosen: list[RankedPost] = []
    left, seen = _within_reach(ranked, families, k), dict[str, int]()
    while left and len(chosen) < k:
        within = [one for one in left if seen.get(_family(one, families), 0) < rules.most_of_a_family] or left
        best = max(
            within, key=lambda one: one.probability * rules.family_discount ** seen.get(_family(one, families), 0)
        )
        left.remove(best)
        chosen.append(best)
        seen[_family(best, families)] = seen.get(_family(best, families), 0) + 1
    return chosen


def open_vacancies(vacancies: pd.DataFrame, as_of: date, units: pd.DataFrame | None) -> dict[str, tuple[Vacancy, ...]]:
    """Vacancies announced by a day, not closed before it and of a unit that stands, by post, in order of id."""
    rows = vacancies[open_on(vacancies, as_of, units) & (vacancies["places"] > 0)]
    found: dict[str, tuple[Vacancy, ...]] = {}
    columns = ["vacancy_id", "post_id", "unit_id", "places", "closes_on"]
    for name, post, unit, places, closes in rows.sort_values("vacancy_id")[columns].itertuples(index=False):
        until = None if pd.isna(closes) else closes.date()
        found[str(post)] = (*found.get(str(post), ()), Vacancy(str(name), str(post), str(unit), int(places), until))
    return found


def moved_reason(
    counted: Counted, months: int, course_names: Mapping[str, Bilingual], day: date | None = None
) -> Reason:
    """How many officers of the present post, with a training where one is named, moved here in time.

    Time runs from taking up the post, where a training is named from the later of that and the training: it says so.
    `day` is the last one counted, which is told, for the model was trained on it and answers on later ones.

    >>> moved_reason(Counted("c-law", 6, 10), 36, {"c-law": Bilingual("法律", "law")}).en
    '6 of 10 officers from your post with the training “law” moved here within 3 years of having both'
    >>> moved_reason(Counted("", 12, 40, (14, 5, 31)), 36, {}).en.partition("moved here ")[2]
    'within 3 years of taking up your post for the first time, after a median of 14 months from then (5 to 31)'
    >>> moved_reason(Counted("", 12, 40), 36, {}, date(2025, 12, 31)).en.partition(" of taking ")[2]
    'up your post for the first time (as counted on 2025-12-31)'
    """
    years = months // 12
    span_zh, span_en = (f"{years} 年", f"{years} {noun(years, 'year')}") if months % 12 == 0 else (
        f"{months} 个月", f"{months} {noun(months, 'month')}")  # fmt: skip
    name = course_names.get(counted.course_id, Bilingual(counted.course_id, counted.course_id))
    with_zh, with_en = (f"且完成培训“{name.zh}”", f" with the training “{name.en}”") if counted.course_id else ("", "")
    since_zh, since_en = (
        ("岗位与培训兼备", "having both")
        if counted.course_id
        else ("首次任您现岗位", "taking up your post for the first time")
    )
    after_zh, after_en = ("", "") if counted.months is None else _after(*counted.months)
    told = Reason(
        "moved_within",
        f"任您现岗位{with_zh}的 {counted.total} 名民警中，{counted.moved} 名自{since_zh}起 {span_zh}内调入此岗位"
        f"{after_zh}",
        f"{counted.moved} of {counted.total} officers from your post{with_en} moved here within {span_en} of {since_en}"
        f"{after_en}",
    )
    return _dated(told, day)


def _dated(reason: Reason, day: date | None) -> Reason:
    """A reason with the last day counted where it tells a number: models answer on days after it, without a recount."""
    if day is None or not any(letter.isdigit() for letter in reason.en):
        return reason
    return Reason(reason.code, f"{reason.zh}（截至 {day} 统计）", f"{reason.en} (as counted on {day})")


def _after(middle: int, fewest: int, most: int) -> tuple[str, str]:
    """In which time they went; months of the shortest and the longest way beside the median. None is less than half
    a month, which nobody would take for no time at all."""
    zh, en = (
        tuple(less if not one else str(one) for one in (middle, fewest, most)) for less in ("不足 1", "less than 1")
    )
    if fewest == most:
        about = f"about {en[0]}" if middle else en[0]
        return f"，均在此后约 {zh[0]} 个月", f", all after {about} {'months' if most > 1 else 'month'} from then"
    return (
        f"，此后所用时间中位数 {zh[0]} 个月（{zh[1]} 至 {zh[2]} 个月）",
        f", after a median of {en[0]} months from then ({en[1]} to {en[2]})",
    )


def _suggestion(one: RankedPost, person: Person, known: Known) -> Suggestion:
    vacancies = () if known.vacancies is None else known.vacancies.get(one.post_id, ())
    return Suggestion(
        post_id=one.post_id,
        likelihood=one.probability,
        fit=fit_of(one.post_id, person.wanting, known.standard, known.rules.fit),
        reasons=_reasons(one, person, known),
        blocked_by=tuple(person.blocked.get(one.post_id, ())),
        vacancies=tuple(vacancies),
        few_moves=known.moved_to is not None and known.moved_to.get(one.post_id, 0) < known.rules.counts.least_officers,
    )


def _reasons(one: RankedPost, person: Person, known: Known) -> tuple[Reason, ...]:
    """The count of officers with this post and training stands first, in place of the plainer count of moves."""
    reasons = one.reasons if person.why is None else person.why(one.post_id)
    reasons = reasons if known.within is None else tuple(_dated(reason, known.within.day) for reason in reasons)
    if known.within is None or person.present is None:
        return reasons
    counted = known.within.told(person.present, person.courses - known.mandated, one.post_id, known.rules.counts)
    if counted is None:
        return reasons
    own = moved_reason(counted, known.within.months, known.course_names, known.within.day)
    return (own, *(reason for reason in reasons if reason.code not in ("moved", RANKED)))


def _within_reach(ranked: Sequence[RankedPost], families: Mapping[str, str], k: int) -> list[RankedPost]:
    """The first `k` of each family, and of those without one: no others can be among the first `k` of the spread."""
    kept: list[RankedPost] = []
    seen = dict[str | None, int]()
    for one in ranked:
        family = families.get(one.post_id)
        seen[family] = seen.get(family, 0) + 1
        if seen[family] <= k:
            kept.append(one)
    return kept


def _family(one: RankedPost, families: Mapping[str, str]) -> str:
    return families.get(one.post_id, f"post {one.post_id}")
