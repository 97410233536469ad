"""Ours for theirs: which code of a contract each word of a column stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from data_contracts.catalog import Column
from data_contracts.coercion import FALSE_WORDS, TRUE_WORDS
from data_contracts.guessing.words import LEAST_ALIKE, likeness, plain
from data_contracts.policy import policy
from data_contracts.schema import allowed_values

MOST_WORDS = 60
"""A column with more different words than this holds no codes."""
YES = (*sorted(TRUE_WORDS), "√", "✓", "对", "属实", "x")
NO = (*sorted(FALSE_WORDS), "×", "✗", "错", "不属实", "-")
_NUMBERED_RANK = re.compile(r"^([1-4])级")
_RANK_NUMBERS = dict(zip("1234", "一二三四", strict=True))


@dataclass(frozen=True)
class Coding:
    """The words of a column and our codes for them: surely, perhaps, and those that nothing stands for.

    `share` is the part of the cells whose word has a code, sure or not; `needed` says whether a mapping must declare
    them, because the door would not read the words as they are.
    """

    sure: Mapping[str, str] = field(default_factory=dict)
    perhaps: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    share: float = 0.0
    needed: bool = False


NO_CODING = Coding()


def has_codes(column: Column) -> bool:
    """Whether the words of such a column are codes of ours."""
    return column.kind == "boolean" or bool(vocabulary(column))


def coding(column: Column, words: Mapping[str, int]) -> Coding:
    """The coding of a column's words, counted; empty for a column without codes, or with too many words."""
    if not words or len(words) > MOST_WORDS or not has_codes(column):
        return Coding()
    known = vocabulary(column)
    sure: dict[str, str] = {}
    perhaps: dict[str, str] = {}
    unknown: list[str] = []
    for word in words:
        code, exact = _code_of(word, known)
        if code is None:
            unknown.append(word)
        else:
            (sure if exact else perhaps)[word] = code
    found = {**sure, **perhaps}
    share = sum(words[word] for word in found) / sum(words.values())
    return Coding(sure, perhaps, tuple(unknown), share, any(not _reads(column, word, found[word]) for word in found))


@cache
def _vocabulary(column: Column) -> tuple[tuple[str, str], ...]:
    if column.kind == "boolean":
        return (*((word, "true") for word in YES), *((word, "false") for word in NO))
    if column.name == "ladder":
        return tuple((word, one.code) for one in policy().ladders for word in (one.code, one.name_zh, one.name_en))
    if "rank_step" in column.name:
        steps = [step for ladder in policy().ladders for step in ladder.steps]
        return tuple((word, step.code) for step in steps for word in (step.code, step.name_en))
    pairs: list[tuple[str, str]] = []
    if column.policy_list is not None:
        for one in policy().list_of(column.policy_list):
            pairs += [(one.code, one.code), (one.name_zh, one.code), (one.name_en, one.code)]
    for code in column.enum:
        words = (code, column.labels_zh[code], column.labels_en[code], *column.value_synonyms.get(code, ()))
        pairs += [(word, code) for word in words]
    return tuple(pairs)


@cache
def vocabulary(column: Column) -> Mapping[str, str]:
    """Code by word in plain form: of an enum, a policy list, the ladders, yes and no; empty where any word goes."""
    found: dict[str, str] = {}
    for word, code in _vocabulary(column):
        found.setdefault(plain(word) or word, code)
    return found


def _code_of(word: str, known: Mapping[str, str]) -> tuple[str | None, bool]:
    """The code of a word and whether that is sure."""
    bare = plain(word) or word
    bare = _NUMBERED_RANK.sub(lambda found: _RANK_NUMBERS[found[1]] + "级", bare)
    if bare in known:
        return known[bare], True
    alike = [one for one in known if _denies(one) == _denies(bare)]
    near = max(alike, key=lambda one: likeness(bare, one), default=None)
    if near is None or bare.isascii() or likeness(bare, near) < LEAST_ALIKE or known[near] in ("true", "false"):
        return None, False
    return known[near], False


def _denies(word: str) -> bool:
    return any(sign in word for sign in "不未无非否")


def _reads(column: Column, word: str, code: str) -> bool:
    """Whether the door reads the word as that code without being told."""
    if column.kind == "boolean":
        return word.strip().lower() in (TRUE_WORDS if code == "true" else FALSE_WORDS)
    if not allowed_values(column):
        return word == code
    labels = column.codes_by_label
    if column.policy_list is not None:
        labels = {name.casefold(): one.code for one in policy().list_of(column.policy_list)
                  for name in (one.name_zh, one.name_en)}  # fmt: skip
    return word.casefold() == code or labels.get(word.casefold()) == code
