"""What of a question about units the night in force can answer, and why it has nothing of the rest.

The reasons are those of `/v1/risk`: an officer and his or her unit are told the same of one outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from data_contracts.policy import Policy
from data_contracts.vocabulary import Outcome
from serving.night.past import Asked
from serving.risk.absent import why_absent
from serving.schemas import Because
from serving.units.schemas import OutcomeNotGraded, UnitsRequest


@dataclass(frozen=True)
class Answered:
    """What the night answers: the months ahead of each outcome that policy serves, and `left_out`, why training kept
    no model of an outcome."""

    months: Mapping[str, Sequence[int]]
    policy: Policy
    left_out: Mapping[Asked, Because]

    @classmethod
    def of(cls, table: pd.DataFrame, policy: Policy, left_out: Mapping[Asked, Because]) -> Answered:
        """Of a night's table of units."""
        served = table[table["outcome"].isin(list(policy.served_outcomes))]
        months = served.groupby("outcome", sort=True)["horizon_months"].unique()
        return cls({str(name): sorted(map(int, some)) for name, some in months.items()}, policy, left_out)

    def asked(self, request: UnitsRequest) -> list[Asked]:
        """Each outcome and horizon once, in the order asked; all that is answered where nothing is named.

        An outcome that is not answered stands there with the months asked for, or with policy's own.
        """
        names = list(self.months) if request.outcomes is None else [outcome.value for outcome in request.outcomes]
        wanted: Sequence[int] = request.horizon_months or ()
        return list(dict.fromkeys((name, ahead) for name in names for ahead in wanted or self._ahead(name)))

    def absent(self, request: UnitsRequest) -> list[OutcomeNotGraded]:
        """Why there is nothing of an outcome and horizon, in the order asked."""
        return [
            OutcomeNotGraded(outcome=Outcome(name), horizon_months=ahead, because=self._why((name, ahead)))
            for name, ahead in self.asked(request)
            if ahead not in self.months.get(name, ())
        ]

    def _ahead(self, outcome: str) -> Sequence[int]:
        return self.months.get(outcome) or (self.policy.outcome(outcome).horizon_months,)

    def _why(self, asked: Asked) -> Because:
        answers = [(name, ahead) for name, some in self.months.items() for ahead in some]
        return why_absent(asked, answers, self.left_out)
