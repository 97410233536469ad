"""Which posts rules keep shut for good: what neither a posting nor a course brings, and time not soon enough.

That is a degree, and a rank step or length of service that comes only after an officer's day. Months in a post and at
the grass roots, courses and levels are what a career brings, so they shut nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from data_contracts.policy import Policy
from models.eligibility.rules import OWN_RANK, Asking, BlockedBy, Post, Requirement, bars_of_posts, requirements
from models.eligibility.standing_facts import Facts

LASTING = ("education", "rank_step", "service")


def shut_for_good(
    facts: Facts, officer: int, posts: Sequence[Post], policy: Policy, until: date | None = None,
    asking: Asking = requirements,
) -> dict[str, tuple[BlockedBy, ...]]:  # fmt: skip
    """By post, what bars the officer at that place in `facts` from it up to the day `until`, None for ever; posts that
    nothing bars for so long are left out.

    A rank step of another ladder shuts a post only where the record was asked who changed ladder (`Ladders.changes`).
    """

    def lasting(post: Post, policy: Policy) -> list[Requirement]:
        return [one for one in asking(post, policy) if one.fact in LASTING]

    tracks = {post.post_id: post.track for post in posts}
    nobody_asked, ladder = facts.ladders.changes is None, facts.ladder[officer]

    def lasts(bar: BlockedBy, post_id: str) -> bool:
        if bar.met_from is not None:
            return until is not None and bar.met_from > until
        return not (bar.code == OWN_RANK and nobody_asked and ladder != tracks[post_id])

    each = bars_of_posts(facts, officer, posts, policy, lasting)
    kept = {post_id: tuple(one for one in bars if lasts(one, post_id)) for post_id, bars in each.items()}
    return {post_id: bars for post_id, bars in kept.items() if bars}
