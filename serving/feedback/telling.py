"""What an officer declined, in the shape of an answer; apart from the schemas, which a client reads without pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from data_contracts.vocabulary import Bilingual, ItemKind
from serving.feedback.declines import Declined as KeptAway
from serving.schemas import Declined
from serving.words import text_of


def told_declined(one: KeptAway, name: Bilingual | None = None) -> Declined:
    """An item that stays away, as answers tell it, by its name where it has one."""
    named = None if name is None else text_of(name)
    return Declined(item=one.item, item_kind=one.item_kind, name=named, until=one.until, text=text_of(one.because))


def told_courses(
    away: Iterable[KeptAway], named: Iterable[str], name: Callable[[str], Bilingual | None],
    required: Iterable[str] = (),
) -> list[Declined]:  # fmt: skip
    """The courses that an officer declined, but for those that the answer names, and those that a rule requires of the
    officer now: these are suggested all the same.

    One meaning for courses, paths and points.
    """
    shown = {*named, *required}
    out = [one for one in away if one.item_kind == ItemKind.COURSE.value and one.item not in shown]
    return [told_declined(one, name(one.item)) for one in out]
