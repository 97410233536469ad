"""What would help whoever has no path: each change is tried by the search itself, and told with the chance it brings.

A course, the rules in the way that an officer can meet, and a longer time lead to the goal and stand by the chance that
each gives; a goal on the way that is within reach comes last, for its chance is that of another goal. Where none of
them leads to a path, that is said. Of rules only those named are lifted: what the others bar stays barred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from data_contracts.counting import filled
from data_contracts.vocabulary import Bilingual
from models.paths.plans import PathPlanner
from models.paths.telling import Instead, NoPath, Question, Told
from models.paths.together import Ahead, Asked, search_all

Kind = Literal["course", "rule", "horizon", "nearer_goal"]
ORDER: tuple[Kind, ...] = ("course", "rule", "horizon", "nearer_goal")
LONGER_MONTHS = (60, 120)  # tried one after the other, for rank steps LADDER_MONTHS too
LADDER_MONTHS = 240  # a ladder is a chain, and its searches are quick
WORDS: Mapping[str, Bilingual] = {
    "rule": Bilingual("满足以下规则：{rules}", "meet these rules: {rules}"),
    "horizon": Bilingual("将期限延长至{months}个月", "allow {months} {months:month|months}"),
    "nearer_goal": Bilingual("先以途中的{post}为目标", "aim first for {post}, which is on the way"),
    "none": Bilingual(
        "没有单项改变可以带来路径：所试的课程、规则与{months}个月以内的期限均不足",
        "no single change brings a path: neither a course nor a rule nor any time up to {months} "
        "{months:month|months} is enough",
    ),
}


@dataclass(frozen=True)
class Pathless:
    """A question without a path, and what was found for it."""

    planner: PathPlanner
    question: Question
    ahead: Ahead
    told: Told

    @property
    def because(self) -> NoPath:
        """Why there is none."""
        if self.told.because is None:
            raise TypeError("a question with a path has no reason against one")
        return self.told.because


@dataclass(frozen=True)
class _Try:
    """A change to a question: whose, what it is, and the question as it would then be."""

    place: int
    instead: Instead
    asked: Asked


def with_what_helps(refused: Sequence[Pathless]) -> list[Told]:
    """The refusals of one model, each with the changes that lead to a path, what helps most first."""
    helped: list[list[Instead]] = [[] for _ in refused]
    at_once = [each for place, one in enumerate(refused) for each in _now(place, one)]
    for made, found in _tried(refused, at_once):
        helped[made.place].append(_with(made.instead, found))
    nearer = list[_Try]()
    left = set(range(len(refused)))
    for months in (*LONGER_MONTHS, LADDER_MONTHS):
        tries = [each for place in sorted(left) for each in _longer(place, refused[place], months)]
        for made, found in _tried(refused, tries):
            left.discard(made.place)
            helped[made.place].append(_with(made.instead, found))
            nearer += _on_the_way(made.place, refused[made.place], found)
    for made, found in _tried(refused, nearer):
        helped[made.place].append(_with(made.instead, found))
    return [_told(one, found) for one, found in zip(refused, helped, strict=True)]


def _tried(refused: Sequence[Pathless], tries: Sequence[_Try]) -> Iterator[tuple[_Try, Ahead]]:
    """The changes that lead to a path."""
    if tries:
        planner = refused[tries[0].place].planner
        found = search_all(planner.model, [one.asked for one in tries], planner.wanted(1), free=False)
        yield from ((one, each) for one, each in zip(tries, found, strict=True) if each.routes)


def _now(place: int, one: Pathless) -> Iterator[_Try]:
    """Courses whose chance says that they may do, and the rules in the way that an officer can meet."""
    asked, least, before = one.ahead.asked, one.planner.policy.least_chance, one.ahead.chance
    for change, factors, chance in zip(asked.changes, _lifted(asked), one.ahead.lifted.tolist(), strict=False):
        if chance >= least:
            told = Instead("course", change.text, before, course=change.course)
            yield _Try(place, told, replace(asked, factors=factors[None, :], changes=()))
    named = [rule for rule in one.because.blocked if not rule.timed]
    if named:
        rules = Bilingual.joined((rule.text for rule in named), ("、", "; "))
        bars = one.planner.bars(one.question, named)
        yield _Try(
            place, Instead("rule", _worded("rule", rules=rules), before), replace(asked.without("bars"), bars=bars)
        )


def _lifted(asked: Asked) -> Iterable[np.ndarray]:
    return () if asked.factors is None else asked.factors[1:]


def _longer(place: int, one: Pathless, months: int) -> Iterator[_Try]:
    """The same question with more time, where there is more before service ends and the ladder could do with it."""
    asked, climb, end = one.ahead.asked, one.question.climb, one.question.end_months
    spent = end is not None and end <= asked.horizon_months
    needed = 0.0 if climb is None else climb.months
    wanted = months <= _longest(one) and needed <= months
    if months > asked.horizon_months and wanted and not spent:
        told = Instead("horizon", _worded("horizon", months=months), one.ahead.chance, horizon_months=months)
        yield _Try(place, told, replace(asked.without(), horizon_months=float(months)))


def _longest(one: Pathless) -> int:
    return LADDER_MONTHS if one.question.climb is not None else LONGER_MONTHS[-1]


def _on_the_way(place: int, one: Pathless, found: Ahead) -> Iterator[_Try]:
    """The steps of the way there, as goals of their own within the horizon that was asked for."""
    asked, catalogue = one.ahead.asked, one.planner.catalogue
    for leg in found.routes[0].legs[:-1]:
        post = catalogue.posts[leg.post]
        text = _worded("nearer_goal", post=one.planner.facts.name(post))
        yield _Try(place, Instead("nearer_goal", text, None, post=post), replace(asked.without(), goals=(leg.post,)))


def _with(instead: Instead, found: Ahead) -> Instead:
    return replace(instead, chance=found.chance)


def _told(one: Pathless, helped: Sequence[Instead]) -> Told:
    """The likeliest course, the rules and the shortest time by their chances, then the farthest goal on the way."""
    best = dict[str, Instead]()
    for each in sorted(helped, key=lambda each: -each.chance if each.kind == "course" else 0.0):
        if each.kind == "nearer_goal" or each.kind not in best:
            best[each.kind] = each  # steps of the way come in order, so the last stays
    tried = max(_longest(one), one.question.horizon_months)
    none = Instead("none", _worded("none", months=tried), one.ahead.chance, one.ahead.chance)  # nothing changes it
    kept = (best[kind] for kind in ORDER if kind in best)
    found = tuple(sorted(kept, key=lambda each: (each.kind == "nearer_goal", -each.chance))) or (none,)
    return replace(one.told, because=replace(one.because, instead=found))


def _worded(code: str, **words: object) -> Bilingual:
    told = []
    for language in ("zh", "en"):
        plain = {name: getattr(word, language) if isinstance(word, Bilingual) else word for name, word in words.items()}
        told.append(filled(getattr(WORDS[code], language), **plain))
    return Bilingual(*told)
