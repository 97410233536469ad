"""What the department decides about concerns beside their categories: when something is told from words, who helps,
and whom an open one goes to; filled from `policy/triage.toml`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.catalog import Catalog
from data_contracts.decisions import STRICT, Code, ConcernCategory, Days, Named, Words
from data_contracts.vocabulary import Bilingual

Open = Literal["acknowledged", "resolved"]
Urgency = Literal["normal", "soon", "urgent"]
Promise = Annotated[float, Field(gt=0.5, lt=1)]
Count = Annotated[int, Field(ge=1)]
_BETWEEN_CLAUSES = re.compile(r"[。，,；;！!？?：:、\s…~]+|\.{2,}")


@dataclass(frozen=True)
class Telling:
    """Promises that must have been kept on held-out phrases, and how many categories are told."""

    __pydantic_config__ = STRICT

    right_at_least: Promise
    urgent_found: Promise
    soon_found: Promise
    concerns_kept: Promise
    suggestions: Annotated[int, Field(ge=1, le=9)]


@dataclass(frozen=True)
class DeadlineLearning:
    """How many deadlines must have been missed, and kept, and how far back the record is learned from."""

    __pydantic_config__ = STRICT

    least_events: Count
    recent_months: Annotated[int, Field(ge=1, le=240)]


@dataclass(frozen=True)
class ThemeRules:
    """The fewest people a shown figure may be of, and how many whole months are told."""

    __pydantic_config__ = STRICT

    least_people: Annotated[int, Field(ge=2)]
    months: Annotated[int, Field(ge=1, le=60)]


@dataclass(frozen=True)
class Channel(Named):
    """A way a concern comes by, and how it is answered."""

    answer_zh: Words
    answer_en: Words

    @property
    def answer(self) -> Bilingual:
        """How it is answered, in words."""
        return Bilingual(self.answer_zh, self.answer_en)


@dataclass(frozen=True)
class Asked:
    """What is known of one concern when a rule is looked for; None where it is not known."""

    urgency: str
    channel: str | None = None
    category: str | None = None
    subcategory: str | None = None
    raised_by: str | None = None


@dataclass(frozen=True)
class HelperRule:
    """Kinds of helper, preferred first, for concerns that fit; an empty list fits all."""

    __pydantic_config__ = STRICT

    helpers: Annotated[tuple[Code, ...], Field(min_length=1)]
    urgencies: tuple[Urgency, ...] = ()
    channels: tuple[Code, ...] = ()
    categories: tuple[Code, ...] = ()
    subcategories: tuple[Code, ...] = ()
    raised_by: tuple[Code, ...] = ()

    def fits(self, asked: Asked) -> bool:
        """Whether it speaks of such a concern; what is not known fits no list."""
        pairs = (
            (self.urgencies, asked.urgency), (self.channels, asked.channel), (self.categories, asked.category),
            (self.subcategories, asked.subcategory), (self.raised_by, asked.raised_by),
        )  # fmt: skip
        return all(not some or one in some for some, one in pairs)


@dataclass(frozen=True)
class Step:
    """Whom a concern goes to that is still `open` so many days after it was raised, or after its deadline."""

    __pydantic_config__ = STRICT

    open: Open
    to: Code
    urgencies: tuple[Urgency, ...] = ()
    channels: tuple[Code, ...] = ()
    after_days: Days | None = None
    past_deadline_days: Days | None = None

    def fits(self, asked: Asked) -> bool:
        """Whether it speaks of such a concern."""
        pairs = ((self.urgencies, asked.urgency), (self.channels, asked.channel))
        return all(not some or one in some for some, one in pairs)

    def due(self, deadline_days: int) -> int:
        """The days from raising on which it begins; the deadline day itself is still in time."""
        if self.after_days is not None:
            return self.after_days
        return deadline_days + 1 + (self.past_deadline_days or 0)


@dataclass(frozen=True)
class Alarm(Named):
    """Plain words of a danger to life: a clause that holds one of `words` and none of `unless` makes a text urgent.

    Where `subcategory` stands the concern goes there, whatever else it speaks of.
    """

    words: Annotated[tuple[Words, ...], Field(min_length=1)]
    unless: tuple[Words, ...] = ()
    category: Code | None = None
    subcategory: Code | None = None

    def is_raised_by(self, clause: str) -> bool:
        """Whether a clause (NFKC) says it."""
        return any(word in clause for word in self.words) and not any(word in clause for word in self.unless)


@dataclass(frozen=True)
class TriagePolicy:
    """Everything about triage."""

    __pydantic_config__ = STRICT

    telling: Telling
    deadlines: DeadlineLearning
    themes: ThemeRules
    urgency: tuple[Named, ...]
    channel: tuple[Channel, ...]
    helper: tuple[Named, ...]
    helper_rule: Annotated[tuple[HelperRule, ...], Field(min_length=1)]
    step: tuple[Step, ...] = ()
    alarm: tuple[Alarm, ...] = ()

    def alarm_of(self, text: str) -> Alarm | None:
        """The first alarm that a text raises, None where it raises none.

        >>> from data_contracts.policy import policy
        >>> found = policy().triage.alarm_of("房子的事没人管，我不想活了")
        >>> found.code, found.subcategory
        ('wish_to_die', 'psychological_support')
        >>> policy().triage.alarm_of("去年处置过一起跳楼警情，当时没睡好")
        """
        clauses = _BETWEEN_CLAUSES.split(unicodedata.normalize("NFKC", text))
        return next((one for one in self.alarm if any(one.is_raised_by(clause) for clause in clauses)), None)

    def helpers_for(self, asked: Asked) -> tuple[Named, ...]:
        """Kinds of helper for a concern, preferred first."""
        known = {one.code: one for one in self.helper}
        rule = next(rule for rule in self.helper_rule if rule.fits(asked))
        return tuple(known[code] for code in rule.helpers)

    def channel_of(self, code: str | None) -> Channel | None:
        """A channel by its code."""
        return next((one for one in self.channel if one.code == code), None)

    def helper_of(self, code: str) -> Named:
        """A kind of helper by its code."""
        return next(one for one in self.helper if one.code == code)


def triage_faults(
    found: TriagePolicy, concerns: Sequence[ConcernCategory], contracts: Catalog
) -> Iterator[tuple[str, str, str]]:
    """Key, fault and remedy of what does not agree with the categories or the contract of concerns."""
    columns = {column.name: column for column in contracts.table("concerns").columns}
    known: dict[str, set[str]] = {
        "channels": {str(one) for one in columns["channel"].enum},
        "raised_by": {str(one) for one in columns["raised_by"].enum},
        "categories": {one.code for one in concerns},
        "subcategories": {sub.code for one in concerns for sub in one.subcategories},
        "helpers": {one.code for one in found.helper},
    }
    urgencies = [one.code for one in found.urgency]
    if urgencies != ["normal", "soon", "urgent"]:
        yield "urgency", f"{urgencies} are not normal, soon, urgent", "name these three in this order"
    if {one.code for one in found.channel} != known["channels"]:
        yield "channel", "not the channels of the contract of concerns", f"name {', '.join(sorted(known['channels']))}"
    for number, rule in enumerate(found.helper_rule, start=1):
        for name, codes in known.items():
            yield from _unknown(f"helper_rule[{number}].{name}", getattr(rule, name), codes)
    if not found.helper_rule[-1].fits(Asked("normal")):
        yield f"helper_rule[{len(found.helper_rule)}]", "fits not every concern", "end with a rule of helpers alone"
    category_of = {sub.code: one.code for one in concerns for sub in one.subcategories}
    for number, alarm in enumerate(found.alarm, start=1):
        if category_of.get(alarm.subcategory or "") != alarm.category and (alarm.category or alarm.subcategory):
            fault = f"{alarm.category} has no subcategory {alarm.subcategory}"
            yield f"alarm[{number}]", fault, "name a category with one of its subcategories, or neither"
    for number, step in enumerate(found.step, start=1):
        yield from _unknown(f"step[{number}].to", (step.to,), known["helpers"])
        yield from _unknown(f"step[{number}].channels", step.channels, known["channels"])
        if (step.after_days is None) == (step.past_deadline_days is None):
            yield f"step[{number}]", "says not when", "give after_days or past_deadline_days, one of the two"


def _unknown(key: str, given: Iterable[str], codes: set[str]) -> Iterator[tuple[str, str, str]]:
    for code in given:
        if code not in codes:
            yield key, f"{code!r} is unknown", f"use one of {', '.join(sorted(codes))}"
