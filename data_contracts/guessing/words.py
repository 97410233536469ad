"""Words over columns, brought to one form, and how alike two of them are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

from data_contracts.catalog import catalog
from data_contracts.policy import policy

EXACT, SAME_MEANING, WITHIN = 1.0, 0.92, 0.8
LEAST_ALIKE = 0.5
_BRACKETS = re.compile(r"[(\[{【〔<《「][^)\]}】〕>》」]*[)\]}】〕>》」]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = re.compile(r"[\W_]+")
_OF = re.compile(r"(.+?)[\W_]+of[\W_]+(?:(?:the|a|an)[\W_]+)?(.+)")
_NUMBERED = re.compile(r"^\d+[.、)]\s*")
SAME = (
    ("时间", "日期"),
    ("日子", "日期"),
    ("号码", "编号"),
    ("代码", "编号"),
    ("编码", "编号"),
    ("序号", "编号"),
    ("类型", "类别"),
    ("种类", "类别"),
    ("分类", "类别"),
    ("干警", "民警"),
    ("警员", "民警"),
    ("人员", "民警"),
    ("部门", "单位"),
    ("机构", "单位"),
    ("等次", "等级"),
    ("级别", "等级"),
    ("分数", "得分"),
    ("成绩", "得分"),
    ("情况", ""),
    ("是否", ""),
    ("的", ""),
)
"""Pairs of Chinese words that say the same over a column; the first is read as the second."""
FILLING = frozenset({"the", "of", "a", "an", "is", "was", "in", "at", "by", "for", "officer", "police"})
SAME_EN = {
    "number": "no",
    "num": "no",
    "id": "no",
    "code": "no",
    "ref": "no",
    "when": "date",
    "on": "date",
    "day": "date",
    "time": "date",
    "kind": "type",
    "category": "type",
    "began": "start",
    "started": "start",
    "begin": "start",
    "ended": "end",
    "finish": "end",
    "badge": "officer",
    "staff": "officer",
    "employee": "officer",
    "honor": "honour",
    "awards": "award",
    "hrs": "hours",
    "dept": "department",
}


@cache
def plain(text: str) -> str:
    """A word without case, width, brackets, signs and spaces.

    >>> plain("１. 警　号（必填）"), plain("Badge_No."), plain("加班(小时)")
    ('警号', 'badgeno', '加班')
    """
    wide = unicodedata.normalize("NFKC", text).strip()
    bare = _BRACKETS.sub("", _NUMBERED.sub("", wide)) or wide
    return _SIGNS.sub("", bare).casefold()


@cache
def turned(text: str) -> str:
    """English words about an "of" in the other order, in plain form; any other word as `plain` has it.

    >>> turned("Type of complaint"), turned("Date_of_the_incident"), turned("complaint type")
    ('complainttype', 'incidentdate', 'complainttype')
    """
    wide = _BRACKETS.sub(" ", _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))).strip().casefold()
    found = _OF.fullmatch(wide)
    return plain(f"{found[2]} {found[1]}") if found else plain(text)


@cache
def meaning(text: str) -> str:
    """A word with the words that say the same over a column made one.

    >>> meaning("任职时间") == meaning("任职日期"), meaning("dateOfBirth"), meaning("Start Day")
    (True, 'birth date', 'date start')
    """
    bare = plain(text)
    if not bare.isascii():
        for one, other in SAME:
            bare = bare.replace(one, other)
        return bare or plain(text)
    return " ".join(sorted(tokens(text)))


@cache
def tokens(text: str) -> frozenset[str]:
    """The words of an English header that mean something, those of one meaning made one."""
    wide = _BRACKETS.sub(" ", _CAMEL.sub(" ", unicodedata.normalize("NFKC", text)))
    words = [word for word in _SIGNS.split(wide.casefold()) if word]
    kept = [SAME_EN.get(word, word) for word in words if word not in FILLING] or words
    return frozenset(kept)


@cache
def likeness(header: str, known: str) -> float:
    """How much two words say the same, 0 to 1: equal in plain form, of one meaning, one within the other, or alike.

    >>> likeness("警号", "警 号"), likeness("任职时间", "任职日期"), likeness("警号", "学历")
    (1.0, 0.92, 0.0)
    """
    if plain(header) == plain(known) or turned(header) == turned(known):
        return EXACT
    if meaning(header) == meaning(known):
        return SAME_MEANING
    if plain(header).isascii() != plain(known).isascii():
        return 0.0
    return _english(header, known) if plain(header).isascii() else _chinese(meaning(header), meaning(known))


def _english(header: str, known: str) -> float:
    one, other = tokens(header), tokens(known)
    alike = 2 * len(one & other) / max(1, len(one) + len(other))
    return WITHIN * alike if alike >= LEAST_ALIKE else 0.0


def _chinese(header: str, known: str) -> float:
    """Shared pairs of characters; a word that stands whole at the other's end says more than one at its beginning."""
    shorter, longer = sorted((header, known), key=len)
    if len(shorter) >= 2 and shorter in longer:
        whole = WITHIN if longer.endswith(shorter) else 0.7
        return whole * (0.5 + 0.5 * len(shorter) / len(longer))
    one, other = _pairs(header), _pairs(known)
    shared = sum((one & other).values())
    alike = 2 * shared / max(1, sum(one.values()) + sum(other.values()))
    return WITHIN * alike if alike >= LEAST_ALIKE else 0.0


def _pairs(word: str) -> Counter[str]:
    return Counter(word[place : place + 2] for place in range(len(word) - 1))


def is_known(header: str) -> bool:
    """Whether a contract or the list of forbidden headers knows the word, or one that says the same.

    >>> is_known("入警时间"), is_known("010001")
    (True, False)
    """
    return meaning(header) in _known_meanings()


@cache
def known_words() -> tuple[str, ...]:
    """Every word that some column of a contract is called."""
    return tuple(
        dict.fromkeys(w for table in catalog().tables.values() for column in table.columns for w in column.called)
    )


@cache
def _known_meanings() -> frozenset[str]:
    return frozenset(meaning(word) for word in (*known_words(), *(w for g in policy().forbidden for w in g.headers)))
