"""How a page speaks: the words of its language, days, shares and numbers as people there write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from data_contracts.counting import filled as fill
from serving.pages.words import WORDS
from serving.words import Words

LOCALES: Mapping[str, str] = {"zh": "zh_CN", "en": "en_GB"}
HTML_LANGUAGES: Mapping[str, str] = {"zh": "zh-CN", "en": "en"}
NOTHING = "—"


@dataclass(frozen=True)
class Teller:
    """One language.

    >>> Teller("zh").day(date(2026, 1, 2)), Teller("en").share(0.0314)
    ('2026年1月2日', '3.1%')
    """

    language: str
    zone: tzinfo | None = UTC  # None is the machine's own

    @property
    def html(self) -> str:
        """The language as HTML names it."""
        return HTML_LANGUAGES[self.language]

    @property
    def other(self) -> str:
        """The language that the switch leads to."""
        return "en" if self.language == "zh" else "zh"

    def word(self, name: str, /, **filled: Any) -> str:
        """A text of the pages (words.py); raises KeyError for one that is not there.

        >>> Teller("en").word("people", many=3), Teller("en").word("people", many="1")
        ('3 officers', '1 officer')
        """
        told: str = getattr(WORDS[name], self.language)
        return fill(told, **filled) if filled else told

    def say(self, words: Words) -> str:
        """Whatever is said in both languages: a text of an answer, a grade, a reason why not."""
        told: str = getattr(words, self.language)
        return told

    def day(self, day: date | str | None) -> str:
        """A day; a dash for none."""
        if day is None:
            return NOTHING
        one = date.fromisoformat(day) if isinstance(day, str) else day
        return str(format_date(one, "medium", locale=LOCALES[self.language]))

    def month(self, day: date) -> str:
        """A month, for what is not known to the day.

        >>> Teller("zh").month(date(2027, 3, 9)), Teller("en").month(date(2027, 3, 9))
        ('2027年3月', 'March 2027')
        """
        return str(
            format_date(day, "yyyy年M月" if self.language == "zh" else "MMMM yyyy", locale=LOCALES[self.language])
        )

    def month_briefly(self, day: date) -> str:
        """A month for the head of a column.

        >>> Teller("zh").month_briefly(date(2027, 3, 9)), Teller("en").month_briefly(date(2027, 9, 9))
        ('27年3月', 'Sep 27')
        """
        # Not en_GB: it has a month of four letters.
        form, locale = ("yy年M月", "zh") if self.language == "zh" else ("LLL yy", "en")
        return str(format_date(day, form, locale=locale))

    def moment(self, moment: datetime) -> str:
        """A day and the time on it, where the bureau is; a moment without a zone is UTC.

        >>> from zoneinfo import ZoneInfo
        >>> Teller("en", ZoneInfo("Asia/Shanghai")).moment(datetime(2026, 1, 1, 23, 30))
        '2 Jan 2026, 07:30'
        """
        there = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(self.zone)
        form = "yyyy年M月d日 HH:mm" if self.language == "zh" else "d MMM yyyy, HH:mm"
        return str(format_datetime(there, form, locale=LOCALES[self.language]))

    @property
    def zone_name(self) -> str:
        """What clock moments are told by.

        >>> from zoneinfo import ZoneInfo
        >>> Teller("en").zone_name, Teller("zh", ZoneInfo("Asia/Shanghai")).zone_name
        ('UTC', '北京时间')
        """
        name = "" if self.zone is None else str(self.zone)
        if name == "Asia/Shanghai":
            return self.word("beijing_time")
        return name or f"UTC{datetime.now().astimezone().isoformat()[-6:]}"

    def share(self, share: float | None, digits: int = 1) -> str:
        """A share as per cent; a dash for none. What is there is never told as nothing.

        >>> Teller("en").share(0.0004), Teller("en").share(0.0), Teller("en").share(0.004, 0)
        ('<0.1%', '0.0%', '<1%')
        """
        if share is None:
            return NOTHING
        least, known = Decimal(1).scaleb(-digits), _per_cent(share)
        if share > 0 and known < least:
            return f"<{least}%"
        return f"{known.quantize(least, ROUND_HALF_UP)}%"

    def of_hundred(self, share: float) -> int:
        """How many of 100 people a share is, rounded as `share` is.

        >>> Teller("en").of_hundred(0.4950), Teller("en").share(0.4950, 0)
        (50, '50%')
        """
        return int(_per_cent(share).quantize(Decimal(1), ROUND_HALF_UP))

    def points(self, change: float) -> str:
        """A change of a share in points, with its sign.

        >>> Teller("en").points(-0.012), Teller("zh").points(0.0)
        ('−1.2', '0.0')
        """
        told = f"{100 * abs(change):.1f}"
        sign = "" if told == "0.0" else "+" if change > 0 else "−"
        return sign + told

    def number(self, number: float) -> str:
        """A number with the marks of its language."""
        return str(format_decimal(number, locale=LOCALES[self.language]))

    def whole(self, number: float) -> str:
        """A sum of parts as people are counted.

        >>> Teller("en").whole(1234.4)
        '1,234'
        """
        return self.number(round(number))

    def rough(self, number: float) -> str:
        """A count that is a mean: whole where it is large, to a tenth where it is small.

        >>> Teller("en").rough(0.26), Teller("en").rough(14.2)
        ('0.3', '14')
        """
        return self.number(round(number) if number >= 10 else round(number, 1))

    def joined(self, texts: Sequence[Words]) -> str:
        """Several sentences in a row, so that none runs into the next; a stop at the end of one gives way.

        >>> from data_contracts.vocabulary import Bilingual
        >>> Teller("en").joined([Bilingual("甲。", "it builds law."), Bilingual("乙", "law is at 1.1")])
        'it builds law; law is at 1.1'
        """
        some = [self.say(text).strip() for text in texts]
        mark = "；" if self.language == "zh" else "; "
        return mark.join([*(one.rstrip("。.；;") for one in some[:-1]), *some[-1:]])

    @property
    def colon(self) -> str:
        """What stands between a name and what is told of it."""
        return "：" if self.language == "zh" else ": "

    def listed(self, texts: Sequence[str]) -> str:
        """Several texts in a row."""
        return ("、" if self.language == "zh" else ", ").join(texts)


def _per_cent(share: float) -> Decimal:
    """With the four decimals that answers tell, for the same chance stands whole in a case: rounded from one and from
    the other, 0.495517 read 49.6% in one place and 49.5% in the next. Decimal, as 100 * 0.4955 lies below 49.55."""
    return 100 * Decimal(str(round(float(share), 4)))
