"""What the department decides about warnings as cases, as frozen dataclasses filled from `policy/review.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from data_contracts.decisions import STRICT, Months
from data_contracts.vocabulary import Bilingual

DaysAhead = Annotated[int, Field(ge=1, le=90)]
Paragraph = Annotated[str, Field(min_length=1, max_length=2000)]
AREA = "自治[区州县旗]"  # 黔东南苗族侗族自治州: where somebody serves, not who they are
Unsaid = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(min_length=1)]


@dataclass(frozen=True)
class Told:
    """A paragraph for officers, in both languages."""

    __pydantic_config__ = STRICT

    zh: Paragraph
    en: Paragraph

    @property
    def text(self) -> Bilingual:
        """Both together."""
        return Bilingual(self.zh, self.en)


@dataclass(frozen=True)
class ReviewPolicy:
    """How soon people act on a case, how long it is kept, and what officers are told of their rights."""

    __pydantic_config__ = STRICT

    review_within_days: DaysAhead
    support_within_days: DaysAhead
    answer_within_days: DaysAhead
    keep_months: Months
    never_said_zh: Unsaid
    never_said_en: Unsaid
    notice: Told
    contest: Told
    opt_out: Told

    def unsayable(self, text: str) -> bool:
        """Whether a reviewer's words hold one that no warning may rest on; English words only as whole words, and
        Chinese ones not in the name of an autonomous area.

        >>> from data_contracts.policy import policy
        >>> review = policy().review
        >>> review.unsayable("因其民族"), review.unsayable("a Religious reason")
        (True, True)
        >>> review.unsayable("raced to the scene; 已谈心"), review.unsayable("调自宁夏回族自治区")
        (False, False)
        """
        chinese, english = ("|".join(map(re.escape, words)) for words in (self.never_said_zh, self.never_said_en))
        elsewhere = re.sub(rf"(?:{chinese})+{AREA}", "", text)
        found = re.search(chinese, elsewhere) or re.search(rf"\b(?:{english})\b", text, re.IGNORECASE)
        return found is not None
