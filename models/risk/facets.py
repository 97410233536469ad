"""Themes of a reason: which features speak of one thing, and the sentence in which people read of it.

A theme has facets: the recent past and the long one, overtime and nights. What a person reads is one column of the
record with its number, its day, and how others in the same post stand; never the model's inside, never anybody's
name. Of the people around an officer only numbers are told, and means only of so many that they tell of nobody;
a supervisor is never named, nor is what he or she did.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import Numbers

DAYS_PER_YEAR = 365.25
RECENT = ("_3m", "_6m", "_12m", "_24m", "_trend_3m", "_trend_12m")
NEAR = 0.05  # of the usual: who has 176 hours where all have 180 differs in nothing that people would call a reason
LEAST_SEEN = 0.01  # as told, with two digits: a smaller difference would read as none
NUMBER = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")  # [one|many]
LEAST_CROWD = 5  # the officer and four others: the mean of fewer would soon be somebody's record


@dataclass(frozen=True)
class Facet:
    """One sentence, told of column `shown`; it stands for columns that begin with `begins` (and end with `ends`).

    `zh` and `en` hold {value} and {start}, the first day of the look-back of `months`; `en` writes nouns that
    follow the number as [one|many]. `post` is the column with the difference to the mean of the others in the same
    post; `last` the days since it last happened, or, where what is told is a time that goes on, since it began
    (`goes_on`); `scale` divides the value for people (days to years). `worse` says on which side of the usual the
    number speaks against an officer, whatever the model made of it; None in themes of bad things, where it is
    always more, and of codes, which have no sides. `crowd` is the column with how many people share what the mean
    is of, the officer included: where there are fewer than LEAST_CROWD the sentence is not told. `sustained` is the
    column with how many of the complaints counted were found sustained. `moved_by` are the beginnings of the
    columns that say the same as the figure told (the same count in another window, as a rate, against the post);
    empty for all that the facet covers. Only where these give the greater part of what the facet adds may its
    figure be told. `below_zh` and `below_en` are the words for a number below zero, which is then told without its
    sign. `named` facets tell a code in words, no number: {value} is its name, and a model says of which codes it is
    sure (training/risk/code_signs.py); `of_zh` and `of_en` are what its officers are called. `last_zh` and `last_en`
    say what happened last on {day}, where that is not another one of what is counted.
    """

    begins: tuple[str, ...]
    shown: str
    zh: str
    en: str
    months: int | None = None
    ends: tuple[str, ...] = ("",)
    post: str | None = None
    last: str | None = None
    scale: float = 1.0
    crowd: str | None = None
    worse: Literal["more", "less"] | None = None
    goes_on: bool = False
    sustained: str | None = None
    moved_by: tuple[str, ...] = ()
    below_zh: str = ""
    below_en: str = ""
    named: bool = False
    of_zh: str = ""
    of_en: str = ""
    last_zh: str = "最近一次在{day}"
    last_en: str = "the last on {day}"

    def words(self, number: float) -> tuple[str, str, str]:
        """The sentences for a number as it is in the record, and the number for people.

        >>> rank = Facet((), "", "past {value}", "past {value}", below_zh="before {value}", below_en="before {value}")
        >>> rank.words(-2.0), rank.words(2.0)
        (('before {value}', 'before {value}', '2'), ('past {value}', 'past {value}', '2'))
        """
        told = number / self.scale
        if told < 0 and self.below_zh:
            return self.below_zh, self.below_en, number_told(-told)
        return self.zh, self.en, number_told(told)

    def moves(self, column: str) -> bool:
        """Whether a column that the facet covers says the same as the figure that is told."""
        return not self.moved_by or column.startswith(self.moved_by)

    def day_told(self, day: str) -> tuple[str, str]:
        """What is said of the day that `last` counts from; nothing without one."""
        if not day:
            return "", ""
        if self.goes_on:
            return f"自{day}起", f"since {day}"
        return self.last_zh.format(day=day), self.last_en.format(day=day)

    def covers(self, column: str) -> bool:
        """Whether what this column adds is told by this sentence."""
        return column.startswith(self.begins) and column.partition("=")[0].endswith(self.ends)


@dataclass(frozen=True)
class Theme:
    """`bad` themes speak against an officer only where their number is not below the usual, and for one only where
    it is not above: nobody reads "no complaint" as a reason to worry. `note` follows every sentence, but never of what
    was found sustained: that is a finding. The facets of `one_count` are windows of one count: any of them may stand
    for what the others add."""

    code: str
    zh: str
    en: str
    facets: tuple[Facet, ...]
    bad: bool = False
    one_count: bool = False
    note_zh: str = ""
    note_en: str = ""

    def note_told(self, counted: float, sustained: float) -> tuple[str, str]:
        """What follows the sentence, of so many things of which so many were found sustained (NaN: not known).

        >>> theme = Theme("t", "", "", (), note_zh="投诉不等于查实", note_en="a complaint is no finding")
        >>> theme.note_told(3.0, 0.0)[1], theme.note_told(3.0, 1.0)[1], theme.note_told(1.0, 1.0)[1]
        ('a complaint is no finding', '1 of them sustained, the others are no finding', 'found sustained')
        """
        if np.isnan(sustained) or sustained <= 0:
            return self.note_zh, self.note_en
        if sustained >= counted:
            return "已查实", "found sustained"
        return (
            f"其中查实{sustained:.0f}件，其余不等于查实",
            f"{sustained:.0f} of them sustained, the others are no finding",
        )


def differs_by(usual: Numbers | float, scale: Numbers | float = 1.0) -> Numbers:
    """How far a number must lie from the usual before people call it another; `scale` as of the facet.

    >>> differs_by(np.array([180.0, 0.02])).round(4).tolist()
    [9.0, 0.01]
    """
    apart: Numbers = np.maximum(NEAR * np.abs(usual), LEAST_SEEN * np.asarray(scale))
    return apart


def in_number(words: str, value: str) -> str:
    """English words with their nouns, written [one|many], in the number of `value` as it is told.

    >>> in_number("{value} sustained [complaint|complaints]", "1"), in_number("{value} [move|moves]", "0.5")
    ('{value} sustained complaint', '{value} moves')
    """
    return NUMBER.sub(r"\1" if value == "1" else r"\2", words)


def number_told(value: float) -> str:
    """Short for people: whole numbers whole, others with one or two digits.

    >>> number_told(3.0), number_told(0.128), number_told(11.46), number_told(-0.001)
    ('3', '0.13', '11.5', '0.00')
    """
    if float(value).is_integer():
        return str(int(value))
    told = f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"
    return told.removeprefix("-") if float(told) == 0 else told
