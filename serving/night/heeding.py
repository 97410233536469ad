"""A scorer that looks at nobody who opted out: they are not scored, and their row says why."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from serving.night.manifest import ModelIdentity
from serving.night.results import NOT_SCORED, Scorer
from serving.review.standing import OPTED_OUT


def heeding(scorer: Scorer, opted_out: Collection[str]) -> Scorer:
    """The scorer as it is where nobody opted out."""
    return _Heeding(scorer, frozenset(opted_out)) if opted_out else scorer


@dataclass(frozen=True)
class _Heeding:
    scorer: Scorer
    opted_out: frozenset[str]

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        """The models that answer."""
        return self.scorer.models

    @property
    def answers(self) -> tuple[tuple[str, int], ...]:
        """What is answered."""
        return self.scorer.answers

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        """Results of one chunk; the model is not shown who opted out."""
        out = chunk["officer_id"].isin(self.opted_out)
        rows = [self._row(str(officer), *asked) for officer in chunk.loc[out, "officer_id"] for asked in self.answers]
        if out.all():
            return pd.DataFrame(rows)
        scored = self.scorer(chunk[~out].reset_index(drop=True))
        if not rows:
            return scored
        left = pd.DataFrame(rows).reindex(columns=scored.columns).astype(object)
        return pd.concat([scored.astype(object), left], ignore_index=True)

    def _row(self, officer_id: str, outcome: str, months: int) -> dict[str, object]:
        because = json.dumps(OPTED_OUT.model_dump(), ensure_ascii=False)
        return {"officer_id": officer_id, "outcome": outcome, "horizon_months": months, "status": NOT_SCORED,
                "probability": None, "because": because}  # fmt: skip
