"""From a ranking to what an officer sees: declined items out, a little chance in, and all of it logged.

Desks of career guidance rank, leave out who is not eligible, and call `shown`; nothing that chance put there is ever
shown without its propensity on record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from data_contracts.errors import NotReady
from data_contracts.feedback_rules import ExploringPolicy
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from data_contracts.settings import Settings
from models.feedback.exploration import Ranked, ShownItem, explored, seed_text
from serving.feedback.declines import DeclineBook, Declined, decline_book
from serving.feedback.exposures import ExposureLog, Showing, exposure_log
from serving.night.manifest import ModelIdentity
from serving.waiting import still_wanted

Away = Mapping[str, tuple[Declined, ...]]  # by officer


@dataclass(frozen=True)
class Asked:
    """What was asked of which model; `as_of` is the day of the features read, `now` is UTC without a zone."""

    request_id: str
    item_kind: str
    model: ModelIdentity
    as_of: date | None
    now: datetime


@dataclass(frozen=True)
class Suggested:
    """What is shown to one officer, and what was kept away because it was declined."""

    items: tuple[ShownItem, ...]
    away: tuple[Declined, ...] = ()


class Shows(Protocol):
    """What keeps the suggestions that were shown; the log is one."""

    def show(self, answers: Iterable[tuple[Showing, Sequence[ShownItem]]], /) -> None:
        """Keep them; raises NotReady where it cannot."""
        ...


@dataclass(frozen=True)
class Suggester:
    """Everything between a ranking and an officer, fixed at start."""

    log: Shows
    book: DeclineBook
    policy: ExploringPolicy
    names: Pseudonyms

    def away(self, officer_ids: Sequence[str], day: date) -> Away:
        """What each officer declined and must not be shown on a day; nothing where the log cannot be read."""
        try:
            return self.book.away(officer_ids, day)
        except NotReady:
            return {}

    def away_on(self, officer_ids: Sequence[str], days: Collection[date]) -> Away:
        """The same of several days, each item once with its latest word: of the day that is asked about and of today,
        for what was declined does not come back because somebody asks about another day."""
        found: dict[str, dict[tuple[str, str], Declined]] = {}
        for away in (self.away(officer_ids, day) for day in sorted(set(days))):
            for name, some in away.items():
                found.setdefault(name, {}).update({(one.item_kind, one.item): one for one in some})
        return {name: tuple(some.values()) for name, some in found.items()}

    def needed(self, top: int, away: Away) -> int:
        """How many eligible items to rank so that `top` can be shown: declined ones fall out, chance looks below."""
        below = self.policy.depth if self.policy.share > 0 else 0
        return top + below + max(map(len, away.values()), default=0)

    def shown(
        self, asked: Asked, ranked: Mapping[str, Ranked], top: int, away: Away | None = None,
        fixed: Mapping[str, Ranked] | None = None,
    ) -> dict[str, Suggested]:  # fmt: skip
        """At most `top` items for each officer of `ranked` (eligible items with scores, best first), logged.

        `fixed` items (a required course) stand first for good: no decline and no chance touches them, and they are
        logged as shown with propensity 1. `away` is what `away()` said, asked again where it is not given.

        Where the log cannot be used, the ranking itself is shown: worse than not to learn is to be silent.
        """
        first = fixed or {}
        known = self.away(list(ranked), local_day(asked.now)) if away is None else away
        chosen = {
            name: self._chosen(asked, name, (first.get(name, ()), items), top, known.get(name, ()))
            for name, items in ranked.items()
        }
        still_wanted()  # what nobody is told was not shown
        try:
            self.log.show((_showing(asked, name), one.items) for name, one in chosen.items())
        except NotReady:
            plain = replace(self, policy=replace(self.policy, share=0.0))
            return {
                name: plain._chosen(asked, name, (first.get(name, ()), items), top, known.get(name, ()))
                for name, items in ranked.items()
            }
        return chosen

    def _chosen(
        self, asked: Asked, officer_id: str, ranked: tuple[Ranked, Ranked], top: int, away: tuple[Declined, ...]
    ) -> Suggested:
        fixed, rest = ranked[0][:top], ranked[1]
        out = {one.item for one in away if one.item_kind == asked.item_kind}
        left = [(item, score) for item, score in rest if item not in out]
        seed = seed_text(self.names, f"{asked.item_kind} {asked.request_id}", officer_id)
        head = tuple(ShownItem(item, place, score, 1.0) for place, (item, score) in enumerate(fixed, start=1))
        tail = explored(left, top - len(head), self.policy, seed) if top > len(head) else ()
        placed = tuple(replace(one, position=one.position + len(head)) for one in tail)
        told = tuple(one for one in away if one.item in out and any(item == one.item for item, _ in rest))
        return Suggested((*head, *placed), told)


def suggester(settings: Settings, rules: Policy, log: ExposureLog | None = None) -> Suggester:
    """The one of this service; `log` where the process has opened it already."""
    used = log or exposure_log(settings)
    return Suggester(used, decline_book(settings, rules, used), rules.feedback.exploring, pseudonyms(settings.keys_dir))


def _showing(asked: Asked, officer_id: str) -> Showing:
    model = asked.model
    return Showing(asked.request_id, officer_id, asked.item_kind, model.name, model.version, asked.as_of, asked.now)
