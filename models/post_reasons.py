"""Why a post is suggested, in words and numbers that an officer can check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.next_post_net import WAYS
from models.post_histories import Array

MOST = 2


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
    "together": Reason(
        "together", "任过您所任岗位的民警常任此岗位", "officers who held your posts often held this one too"
    ),
}
THEMES = {
    "anywhere": "popular", "popular": "popular", "popular_1y": "popular", "popular_recent": "popular", "moved": "moved",
    "moved_recently": "moved", "two_step": "two_step", "exchange": "exchange", "kindred_source": "kindred",
    "kindred_target": "kindred", "together": "together", "together_sharp": "together", "return": "return",
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


def reasons_for(held: Array, post: int, parts: Array, counts: Array) -> tuple[Reason, ...]:
    """At most two reasons, strongest first.

    held: (width,) posts of the officer; parts: (ways,) what each way of counting gave `post`;
    counts: (size,) moves out of the present post.
    """
    weight: dict[str, float] = {}
    for way, part in zip(WAYS, parts, strict=True):
        weight[THEMES[way]] = weight.get(THEMES[way], 0.0) + float(part)
    if counts[post] < 1:
        weight["moved"] = 0.0
    if post not in held[1:]:
        weight["return"] = 0.0
    if len(held) == 0 or np.all(held < 0):
        weight = {"popular": 1.0}
    strongest = sorted((theme for theme in weight if weight[theme] > 0), key=lambda theme: -weight[theme])[:MOST]
    return tuple(
        moved_here(round(float(counts[post])), round(float(counts.sum()))) if theme == "moved" else PLAIN[theme]
        for theme in strongest
    )
