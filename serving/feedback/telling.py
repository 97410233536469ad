"""What an officer declined, in the shape of an answer; apart from the schemas, which a client reads without pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from data_contracts.vocabulary import Bilingual, ItemKind
from serving.feedback.declines import Declined as KeptAway
from serving.schemas import Declined
from serving.words import text_of


def told_declined(one: KeptAway, name: Bilingual | None = None, because: Bilingual | None = None) -> Declined:
    """An item that stays away, as answers tell it, by its name where it has one; `because` tells it in other words."""
    named = None if name is None else text_of(name)
    return Declined(
        item=one.item, item_kind=one.item_kind, name=named, until=one.until, text=text_of(because or one.because)
    )


def told_beside(one: KeptAway, name: Bilingual | None) -> Declined:
    """A course that was declined and is named all the same, because a post that is asked about requires it."""
    said = Bilingual("报告已完成", "reported as done") if one.done else Bilingual("表示不感兴趣", "declined")
    because = Bilingual(
        f"本人于 {one.since} {said.zh}；路径上的岗位要求此课程，故仍与该步一并列出",
        f"{said.en} on {one.since}; a post of these paths requires it, so it stands with that step all the same",
    )
    return told_declined(one, name, because)


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
