"""One more merit that an officer could still have: the smallest piece of a plan for points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Chance:
    """A merit that could still come: the day on which it is earned, and the first on which it could count.

    `awaited` says that what it is given for is over and only its outcome is not known yet; `late` that the day by which
    such outcomes are usually known has passed too: then `on` is tomorrow, and nobody knows when it comes. `transfer_by`
    is the last day on which a transfer to a post that counts still earns it by the deadline, `transfer_on` the one that
    earns it on the day told; None where it needs none. `waits` says that it could be earned sooner, but would have
    expired by the deadline.
    """

    earned: date
    on: date
    awaited: bool = False
    late: bool = False
    transfer_by: date | None = None
    transfer_on: date | None = None
    waits: bool = False
