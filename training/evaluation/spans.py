"""Which time a recommender learned from and which later time it was judged on, told plainly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from data_contracts.vocabulary import Bilingual


@dataclass(frozen=True)
class Span:
    """Days, the first and the last of each: of what the version learned from, and of what its like was judged on.

    What was judged is a model of the same kind that had seen only what was known before `judged_from`.
    """

    learned_from: date
    learned_until: date
    judged_from: date
    judged_until: date

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `to_json` made."""
        return cls(**{name: date.fromisoformat(value[name]) for name in cls.__annotations__})

    def to_json(self) -> dict[str, str]:
        """For the signed metadata."""
        return {name: getattr(self, name).isoformat() for name in self.__annotations__}

    @property
    def told(self) -> Bilingual:
        """Both in a sentence.

        >>> span = Span(date(2016, 1, 4), date(2025, 12, 31), date(2025, 6, 30), date(2025, 12, 31))
        >>> span.told.en
        'learned from 2016-01-04 to 2025-12-31; judged on 2025-06-30 to 2025-12-31 by a model of the same kind that \
had seen only what was known before'
        """
        zh = (
            f"学习所用时段：{self.learned_from} 至 {self.learned_until}；检验所用时段：{self.judged_from} 至 "
            f"{self.judged_until}，由只用当时已知的较早数据重新学习的同类模型作答"
        )
        en = (
            f"learned from {self.learned_from} to {self.learned_until}; judged on {self.judged_from} to "
            f"{self.judged_until} by a model of the same kind that had seen only what was known before"
        )
        return Bilingual(zh, en)
