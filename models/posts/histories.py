"""What a next-post model reads: posts held, newest first, as plain arrays with one row a question.

A post is a number of the catalogue; a post outside the catalogue is `catalogue.size`; `PADDING` is no post.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.posts.background import Background

Array = NDArray[Any]
PADDING = -1
EPOCH = date(1970, 1, 1)
MAX_WORDS = 1000
WORD = re.compile(r"[^\W\d_]+|\d+")
HAN = re.compile(r"[㐀-鿿]")


def words_of(*texts: str | None) -> tuple[str, ...]:
    """Words and numbers of names and attributes; a Chinese name gives its pairs of characters.

    >>> words_of("032 PRECINCT", None), words_of("刑侦岗")
    (('032', 'precinct'), ('侦岗', '刑侦'))
    """
    found: set[str] = set()
    for word in (word for text in texts if text for word in WORD.findall(text.lower())):
        found |= {word[i : i + 2] for i in range(len(word) - 1)} if HAN.search(word) else {word}
    return tuple(sorted(found))


@dataclass(frozen=True)
class Catalogue:
    """Every post that can be suggested, with the words of its name and attributes, and its job family where known."""

    posts: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    families: tuple[str | None, ...] = ()

    @property
    def size(self) -> int:
        """How many posts there are; also the number that stands for any other post."""
        return len(self.posts)

    @cached_property
    def codes(self) -> Mapping[str, int]:
        """Post to number."""
        return {post: code for code, post in enumerate(self.posts)}

    @cached_property
    def family_names(self) -> tuple[str, ...]:
        """Job families in order of name."""
        return tuple(sorted({family for family in self.families if family}))

    @cached_property
    def family_codes(self) -> Array:
        """(size,) the number of each post's family, minus 1 where it is not known."""
        place = {family: code for code, family in enumerate(self.family_names)}
        known = [place.get(family or "", -1) for family in self.families] or [-1] * self.size
        return np.array(known, np.int64)

    def code(self, post: str) -> int:
        """The number of a post, `size` if it is not in the catalogue."""
        return self.codes.get(post, self.size)

    @cached_property
    def word_matrix(self) -> Array:
        """(size + 1, words) float32: each row of unit length, only words that some posts share; last row is zero."""
        counts: dict[str, int] = {}
        for word in (word for words in self.words for word in words):
            counts[word] = counts.get(word, 0) + 1
        shared = sorted((w for w, n in counts.items() if 2 <= n <= self.size / 2), key=lambda w: (-counts[w], w))
        column = {word: i for i, word in enumerate(shared[:MAX_WORDS])}
        matrix = np.zeros((self.size + 1, len(column)), np.float32)
        for row, words in enumerate(self.words):
            matrix[row, [column[word] for word in words if word in column]] = 1.0
        return np.asarray(matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9), np.float32)


@dataclass(frozen=True)
class Histories:
    """What was known of each officer at the moment of the question.

    posts: (n, width) int32, newest first; days: (n, width) float32, from each start to the question;
    rank: (n,) int32, 0 is unknown; rank_days, tenure_days: (n,) float32, NaN is unknown; day: (n,) int32 since 1970;
    background: what else is known of each, None where nothing is.
    """

    posts: Array
    days: Array
    rank: Array
    rank_days: Array
    tenure_days: Array
    day: Array
    background: Background | None = None

    def __len__(self) -> int:
        return len(self.posts)

    def take(self, rows: Array | slice) -> Histories:
        """The rows asked for."""
        return Histories(
            self.posts[rows],
            self.days[rows],
            self.rank[rows],
            self.rank_days[rows],
            self.tenure_days[rows],
            self.day[rows],
            None if self.background is None else self.background.take(rows),
        )

    def present(self, size: int) -> Array:
        """(n,) the present post, `size` where there is none or it is not in the catalogue."""
        return self.nth(0, size)

    def nth(self, back: int, size: int) -> Array:
        """(n,) the post `back` steps before the present one, `size` where unknown."""
        if back >= self.posts.shape[1]:
            return np.full(len(self), size)
        post = self.posts[:, back]
        return np.where(post == PADDING, size, post)


@dataclass(frozen=True)
class Moves:
    """Moves with what was known before each: targets (n,) catalogue numbers, novel (n,) bool, officers (n,) codes."""

    histories: Histories
    targets: Array
    novel: Array
    officers: Array

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: Array | slice) -> Moves:
        """The rows asked for."""
        return Moves(self.histories.take(rows), self.targets[rows], self.novel[rows], self.officers[rows])

    @property
    def day(self) -> Array:
        """(n,) the day of each move, since 1970."""
        return self.histories.day


@dataclass(frozen=True)
class CareerState:
    """One officer at the moment of the question: posts oldest first with the day each started.

    courses: ids, newest first; goal: kind and code as in `career_goals`; numbers: as `post_background.numbers_of`
    makes them, none where they are not known.
    """

    posts: Sequence[str]
    started_on: Sequence[date]
    rank: str | None = None
    entered_on: date | None = None
    as_of: date = field(kw_only=True)
    rank_since: date | None = None
    courses: Sequence[str] = ()
    goal: tuple[str, str] | None = None
    numbers: Sequence[float] = ()


def barred(histories: Histories, size: int, novel: bool | Array) -> Array:
    """(n, size) True where a post may not be suggested: the present one, and with `novel` every post held.

    >>> none = np.full(1, np.nan)
    >>> one = Histories(np.array([[2, 0]]), np.zeros((1, 2)), np.zeros(1), none, none, np.zeros(1))
    >>> barred(one, 3, False).tolist(), barred(one, 3, True).tolist()
    ([[False, False, True]], [[True, False, True]])
    """
    count, width = histories.posts.shape
    posts = np.where(histories.posts == PADDING, size, histories.posts)
    every = np.broadcast_to(np.asarray(novel, bool).reshape(-1, 1), (count, width))
    posts = np.where(every | (np.arange(width) == 0), posts, size)
    mask = np.zeros((count, size + 1), bool)
    np.put_along_axis(mask, posts.astype(np.int64), True, axis=1)
    return mask[:, :size]


def histories_of(states: Sequence[CareerState], catalogue: Catalogue, ranks: Mapping[str, int]) -> Histories:
    """Career states as arrays; several postings of one post in a row are one."""
    steps = [_steps(state) for state in states]
    width = max([2, *(len(step) for step in steps)])
    posts = np.full((len(states), width), PADDING, np.int32)
    days = np.zeros((len(states), width), np.float32)
    for row, (state, step) in enumerate(zip(states, steps, strict=True)):
        for back, (post, started) in enumerate(reversed(step)):
            posts[row, back] = catalogue.code(post)
            days[row, back] = (state.as_of - started).days
    return Histories(
        posts,
        days,
        np.array([ranks.get(state.rank or "", 0) for state in states], np.int32),
        np.array([_days(state.rank_since, state.as_of) for state in states], np.float32),
        np.array([_days(state.entered_on, state.as_of) for state in states], np.float32),
        np.array([(state.as_of - EPOCH).days for state in states], np.int32),
    )


def _steps(state: CareerState) -> list[tuple[str, date]]:
    steps: list[tuple[str, date]] = []
    for post, started in sorted(zip(state.posts, state.started_on, strict=True), key=lambda step: step[1]):
        if started < state.as_of and (not steps or steps[-1][0] != post):
            steps.append((post, started))
    return steps


def _days(since: date | None, until: date) -> float:
    return float("nan") if since is None else float((until - since).days)
