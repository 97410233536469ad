"""Why a post is suggested, in words and numbers that an officer can check."""

from __future__ import annotations

import math
from dataclasses import dataclass

from data_contracts.counting import counted, filled
from data_contracts.suggesting import CountRules
from models.posts.counts import WAYS
from models.posts.histories import Array

MOST = 2  # reasons of one post
LIFTED = 0.405  # log 1.5: half as many again of such officers among those who move here as among all movers
SPEAKS = 0.1


@dataclass(frozen=True)
class Reason:
    """A stable code and one sentence in each language."""

    code: str
    zh: str
    en: str


RANKED = "ranking_alone"  # nothing that was counted sets the post apart for this officer
RETURN = Reason("return", "您曾任此岗位", "you held this post before")
OUT_OF = {  # what was counted of moves out of some posts
    "two_step": (
        "与您前后两个岗位经历相同者离开现岗位的 {total} 人次中，有 {moved} 人次调入此岗位",
        "{moved} of {total} {total:move|moves} out of your post, by officers with the same post before it, led here",
    ),
    "after": (
        "离开您曾任的一个岗位的 {total} 人次中有 {moved} 人次调入此岗位",
        "{moved} of {total} {total:move|moves} out of a post that you held earlier led here",
    ),
    "kindred": (
        "离开您现岗位同类职位的 {total} 人次中有 {moved} 人次调入此岗位",
        "{moved} of {total} {total:move|moves} out of other posts of your job family led here",
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
    '6 of 10 moves out of your post led here'
    """
    return Reason(
        "moved",
        f"离开您现岗位的 {total} 人次中有 {count} 人次调入此岗位",
        f"{count} of {counted(total, 'move')} out of your post led here",
    )


@dataclass(frozen=True)
class Count:
    """`moved` of `total` moves out of some posts went to the post suggested."""

    moved: float = 0.0
    total: float = 0.0

    def worth_telling(self, rules: CountRules) -> bool:
        """Whether it is of enough people and often enough to be a reason."""
        return rules.worth_telling(round(self.moved), round(self.total))

    @property
    def numbers(self) -> tuple[int, int]:
        """Both as whole numbers."""
        return round(self.moved), round(self.total)


NONE = Count()


@dataclass(frozen=True)
class Seen:
    """What was really counted for one officer and one post, before any back-off to popularity.

    present: out of the post held; two_step: out of it by those who came from the officer's post before; earlier: out of
    one of the officer's earlier posts; kindred: out of other posts of the job family; everybody: all moves.
    back: moves from the post suggested to the one held. lift: log of how many times likelier an entrant of the post is
    of this rank and these years of service than any mover.
    """

    present: Count = NONE
    two_step: Count = NONE
    earlier: Count = NONE
    kindred: Count = NONE
    everybody: Count = NONE
    back: float = 0.0
    held_before: bool = False
    lift: float = 0.0


def reasons_for(parts: Array, seen: Seen, rules: CountRules) -> tuple[Reason, ...]:
    """At most two reasons, strongest first, each with what was counted; without any it is said that the model's ranking
    alone put the post there.

    That officers of this rank and years of service go there is told last, for it says least of this one.

    parts: (ways,) what each way of counting gave the post. A theme speaks only if enough of it was really counted, by
    `rules`, for its part may be mere back-off to popularity.
    """
    weight: dict[str, float] = {}
    for way, part in zip(WAYS, parts, strict=True):
        weight[THEMES[way]] = weight.get(THEMES[way], 0.0) + float(part)
    spoken = {
        "moved": seen.present.worth_telling(rules),
        "two_step": seen.two_step.worth_telling(rules),
        "exchange": round(seen.back) >= rules.least_moved and round(seen.present.moved) >= rules.least_moved,
        "after": seen.earlier.worth_telling(rules),
        "kindred": seen.kindred.worth_telling(rules),
        "return": seen.held_before,
    }
    least = SPEAKS * sum(weight.values())
    own = [theme for theme, speaks in spoken.items() if speaks and weight[theme] > least]
    told = [_told(theme, seen) for theme in sorted(own, key=lambda theme: -weight[theme])[:MOST]]
    if len(told) < MOST and seen.lift >= LIFTED:
        told.append(_stage(seen.lift))
    return tuple(told) or (_ranked(*seen.everybody.numbers),)


def _told(theme: str, seen: Seen) -> Reason:
    if theme == "moved":
        return moved_here(*seen.present.numbers)
    if theme == "return":
        return RETURN
    if theme == "exchange":
        moved, back = round(seen.present.moved), round(seen.back)
        return Reason(
            theme,
            f"此岗位与您现岗位之间有互调：调入 {moved} 人次，调回 {back} 人次",
            f"there are moves both ways between your post and this one: {moved} to it, {back} back",
        )
    moved, total = {"two_step": seen.two_step, "after": seen.earlier, "kindred": seen.kindred}[theme].numbers
    zh, en = (filled(words, moved=moved, total=total) for words in OUT_OF[theme])
    return Reason(theme, zh, en)


def _stage(lift: float) -> Reason:
    return Reason(
        "stage",
        f"近年调入此岗位者中，警龄、职级与您相近的比例约为全部调动者的 {math.exp(lift):.1f} 倍",
        f"years of service and a rank like yours are about {math.exp(lift):.1f} times as common among those who moved "
        "here lately as among all movers",
    )


def _ranked(moved: int, total: int) -> Reason:
    """Said plainly; how many of all moves went there is no reason of this officer's."""
    return Reason(
        RANKED,
        f"没有针对本人的具体依据，仅由模型排序列入（全部 {total} 次调动中有 {moved} 次调入此岗位）",
        f"no fact about you in particular: the model's ranking alone put it here ({moved} of all {total} moves on "
        "record went to it)",
    )
