"""Why a post is suggested, in words and numbers that an officer can check."""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.suggesting import CountRules
from models.posts.histories import Array
from models.posts.next_post_net import WAYS

MOST = 2
LIFTED = 0.405  # log 1.5: half as many again of such officers among those who move here as among all movers
SPEAKS = 0.1


@dataclass(frozen=True)
class Reason:
    """A stable code and one sentence in each language."""

    code: str
    zh: str
    en: str


PLAIN = {
    "return": Reason("return", "您曾任此岗位", "you held this post before"),
    "popular": Reason("popular", "近年调入此岗位的民警较多", "many officers have moved to this post"),
    "two_step": Reason(
        "two_step", "与您前后两个岗位经历相同的民警曾调入此岗位", "officers with your last two posts moved here"
    ),
    "exchange": Reason(
        "exchange", "此岗位与您现岗位之间常有互调", "officers often move from this post to yours, and back"
    ),
    "kindred": Reason(
        "kindred", "与您岗位相近的民警曾调入此类岗位", "officers of posts like yours moved to posts like this"
    ),
    "after": Reason(
        "after", "任过您所任岗位的民警后来曾调入此岗位", "officers who held one of your posts moved here later on"
    ),
    "stage": Reason(
        "stage",
        "调入此岗位的民警中，与您警龄、职级相近者明显偏多",
        "many of those who move here have years of service and a rank like yours",
    ),
    "together": Reason(
        "together", "任过您所任岗位的民警常任此岗位", "officers who held your posts often held this one too"
    ),
}
THEMES = {
    "anywhere": "popular", "popular": "popular", "popular_1y": "popular", "popular_recent": "popular", "moved": "moved",
    "moved_recently": "moved", "two_step": "two_step", "last_two": "two_step", "exchange": "exchange", "after": "after",
    "kindred_source": "kindred", "kindred_target": "kindred", "together": "together", "together_sharp": "together",
    "return": "return",
}  # fmt: skip


def moved_here(count: int, total: int) -> Reason:
    """The plainest reason: how many of those who left the present post came here.

    >>> moved_here(6, 10).en
    '6 of 10 officers who left your post moved here'
    """
    return Reason(
        "moved",
        f"离开您现岗位的 {total} 人次中有 {count} 人次调入此岗位",
        f"{count} of {total} officers who left your post moved here",
    )


@dataclass(frozen=True)
class Seen:
    """What was really counted for one officer and one post, before any back-off to popularity."""

    moved: float
    out_of_present: float
    two_step: float
    exchange: float
    after: float
    kindred: float
    together: float
    held_before: bool
    lift: float = 0.0


def reasons_for(parts: Array, seen: Seen, rules: CountRules) -> tuple[Reason, ...]:
    """At most two reasons, strongest first; that a post is popular is said only when nothing speaks for this officer.

    That officers of this rank and years of service go there is told last, for it says least of this one.

    parts: (ways,) what each way of counting gave the post. A theme speaks only if something of it was really counted,
    for its part may be mere back-off to popularity; moves out of the present post only where they are enough to be a
    reason, by `rules`.
    """
    weight: dict[str, float] = {}
    for way, part in zip(WAYS, parts, strict=True):
        weight[THEMES[way]] = weight.get(THEMES[way], 0.0) + float(part)
    spoken = {
        "moved": rules.worth_telling(round(seen.moved), round(seen.out_of_present)),
        "two_step": seen.two_step >= 1,
        "exchange": seen.exchange >= 1,
        "after": seen.after > 0,
        "kindred": seen.kindred > 0,
        "together": seen.together > 0,
        "return": seen.held_before,
    }
    least = SPEAKS * sum(weight.values())
    own = [theme for theme, speaks in spoken.items() if speaks and weight[theme] > least]
    strongest = sorted(own, key=lambda theme: -weight[theme])[:MOST]
    if len(strongest) < MOST and seen.lift >= LIFTED:
        strongest.append("stage")
    moved = moved_here(round(seen.moved), round(seen.out_of_present))
    return tuple(moved if theme == "moved" else PLAIN[theme] for theme in strongest or ["popular"])
