"""Counts in English sentences: one place, two places. Chinese needs none of it."""

from __future__ import annotations

from string import Formatter
from typing import Any


def noun(many: object, one: str, several: str | None = None) -> str:
    """The word that follows a count, as it is told: its singular after 1 alone; `several` is `one` with an s if absent.

    >>> noun(1, "place"), noun("1", "place"), noun("1.5", "point"), noun(0, "vacancy", "vacancies")
    ('place', 'place', 'points', 'vacancies')
    """
    return one if str(many) == "1" else several or f"{one}s"


def counted(many: object, one: str, several: str | None = None) -> str:
    """A count, a number or what is told of one, with its word.

    >>> counted(1, "place"), counted(2, "place"), counted("1,200", "officer")
    ('1 place', '2 places', '1,200 officers')
    """
    return f"{many} {noun(many, one, several)}"


class _Filler(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, several = format_spec.partition("|")
        return noun(value, one, several) if bar else str(format(value, format_spec))


def filled(pattern: str, /, **values: Any) -> str:
    """A sentence with what its braces name; `{many:place|places}` is the word that fits the count and not the count.

    >>> filled("{many} {many:place|places} closed", many=1), filled("{many} {many:place|places}", many="2,000")
    ('1 place closed', '2,000 places')
    >>> filled("{chance:.1%} of {many} {many:way is|ways are} open", chance=0.5, many=2)
    '50.0% of 2 ways are open'
    """
    return _Filler().vformat(pattern, (), values)
