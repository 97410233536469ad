"""Of which codes (ranks, tracks) a model is sure, and what is told of them: how many of their officers had the outcome.

A code says nothing by itself to who reads it. So none is told without how its officers fared, and how all did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from data_contracts.vocabulary import Bilingual


@dataclass(frozen=True)
class CodeRate:
    """A code's officers had the outcome surely more often than the others (`sign` 1) or less (-1): the share of them
    who had it within the horizon, and of all officers; both in [0, 1], of the rows learned from."""

    sign: int
    share: float
    of_all: float

    @property
    def differs(self) -> bool:
        """Whether the figures, as they are told, say what the sign says.

        >>> CodeRate(1, 0.0912, 0.0421).differs, CodeRate(1, 0.0421, 0.0419).differs, CodeRate(-1, 0.05, 0.04).differs
        (True, False, False)
        """
        return self.sign * (round(self.share, 3) - round(self.of_all, 3)) > 0

    def told(self, of: Bilingual, what: Bilingual) -> Bilingual:
        """The comparison; `of` are the officers of the code, `what` is the outcome and its months.

        >>> CodeRate(1, 0.0912, 0.0421).told(Bilingual("", "officers of this rank"), Bilingual("", "strain")).en
        'strain: 9.1% of officers of this rank, 4.2% of all officers'
        """
        return Bilingual(
            f"{what.zh}：{of.zh}中{self.share:.1%}，全员中{self.of_all:.1%}",
            f"{what.en}: {self.share:.1%} of {of.en}, {self.of_all:.1%} of all officers",
        )

    def to_json(self) -> dict[str, Any]:
        """As a model keeps it."""
        return {"sign": self.sign, "share": self.share, "of_all": self.of_all}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """The same again."""
        return cls(int(told["sign"]), float(told["share"]), float(told["of_all"]))


CodeRates = Mapping[str, Mapping[str, CodeRate]]  # by column and code
NO_CODES: CodeRates = {}


def codes_json(codes: CodeRates) -> dict[str, dict[str, Any]]:
    """As a model keeps them."""
    return {column: {code: rate.to_json() for code, rate in each.items()} for column, each in codes.items()}


def codes_of_json(told: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> CodeRates:
    """The same again.

    >>> kept = {"track": {"technical": CodeRate(-1, 0.01, 0.04)}}
    >>> codes_of_json(codes_json(kept)) == kept
    True
    """
    return {column: {code: CodeRate.from_json(rate) for code, rate in each.items()} for column, each in told.items()}


__all__ = ["NO_CODES", "CodeRate", "CodeRates", "codes_json", "codes_of_json"]
