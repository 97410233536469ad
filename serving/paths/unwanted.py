"""Paths that an officer does not want for now: the path itself was declined, or the post it begins or ends with.

A post that is asked about by name is answered though that post was declined: to ask is a cause. A way there that was
declined stays away all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from data_contracts.vocabulary import Bilingual, ItemKind
from models.paths.telling import ToldPath
from serving.feedback.declines import Declined

LONGEST = 200  # characters that an item may have in the log
ALL_DECLINED = Bilingual(
    "期限内的路径均为本人已表示不感兴趣的（各自何时重新列入见 declined）；可登记新的目标",
    "every path within the horizon is one that the officer declined (`declined` says when each may come back); state "
    "another goal",
)
OTHERS_LEFT = Bilingual(
    "所列路径均为本人已表示不感兴趣的（各自何时重新列入见 declined）；其余途径合计可能性为{chance:.2%}，均未单独列出；"
    "可登记新的目标",
    "every path that is told was declined (`declined` says when each may come back); the other ways have a chance of "
    "{chance:.2%} together, and none of them is told by itself; state another goal",
)
NAME_IT = Bilingual(
    "，或在请求中指明岗位“{post}”：指明的岗位不因本人对它不感兴趣而排除",
    ", or name the post “{post}” in the request, which is then answered though it was declined",
)


@dataclass(frozen=True)
class Sorted:
    """Paths that may be shown, best first; those kept away, and the words that keep them."""

    wanted: tuple[ToldPath, ...]
    unwanted: tuple[ToldPath, ...] = ()
    because: tuple[Declined, ...] = ()

    @property
    def declined(self) -> dict[tuple[str, ...], date]:
        """The day of the word against each path kept away, as re-planning wants it."""
        return {posts_of(path): max(one.since for one in self.because) for path in self.unwanted}


def posts_of(path: ToldPath) -> tuple[str, ...]:
    """The posts (or rank steps) of a path in order."""
    return tuple(step.post for step in path.steps)


def path_id(posts: Sequence[str]) -> str:
    """The code of a path, by which feedback names it: its posts in order; a hash of them where they are too long.

    >>> path_id(["p-3", "p-7"])
    'p-3>p-7'
    """
    told = ">".join(posts)
    return told if len(told) <= LONGEST else sha256(told.encode()).hexdigest()


def open_by_name(paths: Sequence[ToldPath], away: Sequence[Declined]) -> str | None:
    """The post to which one of these declined paths, best first, would be told if it were asked about by name."""
    ends = (posts_of(path) for path in paths)
    return next((posts[-1] for posts in ends if not _against(posts, away, posts[-1])), None)


def sorted_paths(paths: Sequence[ToldPath], away: Sequence[Declined], asked_goal: str | None) -> Sorted:
    """What an officer wants and what not; `asked_goal` is the post asked about by name, None for the stated goal."""
    found = [(path, _against(posts_of(path), away, asked_goal)) for path in paths]
    because = dict.fromkeys(one for _, against in found for one in against)
    wanted = tuple(path for path, against in found if not against)
    return Sorted(wanted, tuple(path for path, against in found if against), tuple(because))


def refusing(away: Sequence[Declined], asked_goal: str | None) -> Callable[[tuple[str, ...]], bool] | None:
    """Whether a way by some posts was declined, None where no post and no path was; `asked_goal` as in
    `sorted_paths`."""
    kept = [one for one in away if one.item_kind in (ItemKind.PATH.value, ItemKind.POST.value)]
    return (lambda posts: bool(_against(posts, kept, asked_goal))) if kept else None


def _against(posts: tuple[str, ...], away: Sequence[Declined], asked_goal: str | None) -> list[Declined]:
    ends = {posts[0], posts[-1]} - {asked_goal}
    return [
        one
        for one in away
        if (one.item_kind == ItemKind.PATH.value and one.item == path_id(posts))
        or (one.item_kind == ItemKind.POST.value and one.item in ends)
    ]
