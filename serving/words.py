"""Words in both languages, from the language of the house into that of answers; said here once for all desks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from serving.schemas import Because, BlockedBy, Text


class Words(Protocol):
    """Anything said in both languages: a `Bilingual`, a reason, a rule that bars a post."""

    @property
    def zh(self) -> str:
        """In Chinese."""
        ...

    @property
    def en(self) -> str:
        """In English."""
        ...


class Rule(Words, Protocol):
    """A rule in words."""

    @property
    def code(self) -> str:
        """Stable."""
        ...


def text_of(words: Words) -> Text:
    """The same words as an answer holds them.

    >>> from data_contracts.vocabulary import Bilingual
    >>> text_of(Bilingual("课程", "course")).zh
    '课程'
    """
    return Text(zh=words.zh, en=words.en)


def because_of(code: str, words: Words) -> Because:
    """A reason under its stable code."""
    return Because(code=code, zh=words.zh, en=words.en)


def rules_of(rules: Iterable[Rule]) -> list[BlockedBy]:
    """Rules as an answer holds them, in order."""
    return [BlockedBy(rule=one.code, text=text_of(one)) for one in rules]
