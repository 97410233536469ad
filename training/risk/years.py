"""Which years a risk model learned from and which later years it was judged on, told plainly by as-of date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from data_contracts.vocabulary import Bilingual

PART = "years"  # of the signed metadata


@dataclass(frozen=True)
class Years:
    """As-ofs of one outcome, oldest first: each looks `horizon_months` ahead.

    At a judged as-of answered a model of the same kind that had learned only from as-ofs whose horizon was over by
    then; so a date may stand on both sides, and nobody was judged by what he or she taught.
    """

    horizon_months: int
    learned_from: tuple[date, ...]
    judged_on: tuple[date, ...]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Years:
        """What `to_json` made."""
        learned, judged = (tuple(map(date.fromisoformat, value[name])) for name in ("learned_from", "judged_on"))
        return cls(int(value["horizon_months"]), learned, judged)

    def to_json(self) -> dict[str, Any]:
        """For the signed metadata."""
        return {
            "horizon_months": self.horizon_months,
            "learned_from": [day.isoformat() for day in self.learned_from],
            "judged_on": [day.isoformat() for day in self.judged_on],
        }

    @property
    def told(self) -> Bilingual:
        """Both lists in a sentence.

        >>> years = Years(12, (date(2023, 1, 1), date(2024, 1, 1)), (date(2024, 1, 1),))
        >>> years.told.en
        'learned from 2023-01-01, 2024-01-01 (12 months after each); judged on 2024-01-01, each time by a model that \
had seen only what was over by then'
        """
        months = self.horizon_months
        zh = (
            f"学习所用截止日：{_listed(self.learned_from, '、') or '无'}（各看其后 {months} 个月）；"
            f"检验所用截止日：{_listed(self.judged_on, '、') or '无'}，每次只用当时已知的较早年份重新学习"
        )
        en = (
            f"learned from {_listed(self.learned_from, ', ') or 'no as-of'} ({months} months after each); "
            f"judged on {_listed(self.judged_on, ', ') or 'no later as-of'}, each time by a model that had seen only "
            "what was over by then"
        )
        return Bilingual(zh, en)


def _listed(days: Sequence[date], comma: str) -> str:
    return comma.join(day.isoformat() for day in days)
