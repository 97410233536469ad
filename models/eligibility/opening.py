"""From when the first of posts that rules all bar could be open, by the days that the bars themselves tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.eligibility.rules import OWN_RANK, BlockedBy


@dataclass(frozen=True)
class Opening:
    """`before` this day nothing is open, because of `bar`, of the post that could be the first; None where no day bars.

    `post_id` is the first that time alone opens, on `opens_on`; None where each asks for more than time, a promotion
    or a course.
    """

    before: date | None = None
    bar: BlockedBy | None = None
    post_id: str | None = None
    opens_on: date | None = None


def opening(bars: Mapping[str, Sequence[BlockedBy]], as_of: date) -> Opening:
    """Of posts, the likeliest first, each with at least one bar: `bars` by post.

    What no time meets may be met any day, so it puts nothing off: the day is the earliest that rules allow.

    >>> months = BlockedBy("settled", "须满 12 个月", "12 months in the post", date(2026, 5, 5))
    >>> course = BlockedBy("course", "须完成培训", "a course is required")
    >>> found = opening({"a": [months, course], "b": [months]}, date(2026, 1, 1))
    >>> found.before, found.bar.code, found.post_id, found.opens_on
    (datetime.date(2026, 5, 5), 'settled', 'b', datetime.date(2026, 5, 5))
    """
    days = {post: max(_day(one, as_of) for one in some) for post, some in bars.items()}
    timely = {post: days[post] for post, some in bars.items() if all(_by_time(one) for one in some)}
    first = min(timely, key=lambda post: timely[post], default=None)
    opens_on = None if first is None else timely[first]
    earliest = min(days, key=lambda post: (days[post], post != first), default=None)
    if earliest is None or days[earliest] <= as_of:
        return Opening(post_id=first, opens_on=opens_on)
    bar = next(one for one in bars[earliest] if _day(one, as_of) == days[earliest])
    return Opening(days[earliest], bar, first, opens_on)


def _day(bar: BlockedBy, as_of: date) -> date:
    return as_of if bar.met_from is None else max(bar.met_from, as_of)


def _by_time(bar: BlockedBy) -> bool:
    """Whether it is met by waiting: the day of a rank step is only that from which a promotion may come."""
    return bar.met_from is not None and bar.code != OWN_RANK
