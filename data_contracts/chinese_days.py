"""Dates as Chinese documents write them in characters (二〇二三年三月五日), turned into digits."""

from __future__ import annotations

import re
import unicodedata

DIGITS = {sign: str(number) for number, sign in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
"""Also the full-width zero and the circle that people type for 〇."""
TENS = {"": 0, "十": 10, "廿": 20, "卅": 30}
_YEAR = "".join(DIGITS)
_COUNT = "一二三四五六七八九十廿卅"
_COUNTED = re.compile(r"([二三]?十|廿|卅)?([一二三四五六七八九])?")
_WRITTEN = re.compile(
    rf"^\s*([{_YEAR}]{{4}})\s*年\s*([{_COUNT}]{{1,3}})\s*月?\s*(?:([{_COUNT}]{{1,4}})\s*[日号]?)?\s*$"
)
_YEAR_WRITTEN = re.compile(rf"^\s*([{_YEAR}]{{4}})\s*(年度?)?\s*$")


def in_digits(text: str) -> str:
    """The same date or year with half-width digits and marks; a text that is neither comes back in half width.

    >>> in_digits("二〇二三年十二月三十一日"), in_digits("二零二三年三月"), in_digits("２０２３．３")
    ('2023年12月31日', '2023年3月', '2023.3')
    >>> in_digits("二〇一二年度"), in_digits("二零一二")
    ('2012年度', '2012')
    """
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    text = plain.replace("○", "〇")
    if alone := _YEAR_WRITTEN.match(text):
        return _year(alone[1]) + (alone[2] or "")
    found = _WRITTEN.match(text)
    if found is None:
        return plain
    month, day = count(found[2]), count(found[3] or "")
    if month is None or (found[3] and day is None):
        return plain
    return f"{_year(found[1])}年{month}月" + ("" if day is None else f"{day}日")


def _year(signs: str) -> str:
    return "".join(DIGITS[sign] for sign in signs)


def count(text: str) -> int | None:
    """A count up to 39 in characters, None where it is none.

    >>> [count(text) for text in ("三", "十", "十二", "二十", "三十一", "廿五", "十十", "")]
    [3, 10, 12, 20, 31, 25, None, None]
    """
    found = _COUNTED.fullmatch(text)
    if not text or found is None:
        return None
    tens = found[1] or ""
    many = TENS[tens] if tens in TENS else 10 * int(DIGITS[tens[0]])
    return many + int(DIGITS.get(found[2] or "〇", "0"))
