"""What a model said about later as-ofs and what came: the rows that training judges by, and the gate after it.

How the rows are kept and read again is said in models/risk/evidence.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.policy import policy
from data_contracts.pseudonyms import Pseudonyms
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.risk.evidence import FILE, UNKNOWN, Later, Pooled, budget_spent
from training.evaluation.bootstrap import Difference, OfficerDraws, difference, weighted_precisions
from training.evaluation.grade_rates import GradeRates, Order, grade_rates, level_told, order_of
from training.evaluation.risk_metrics import TOP_SHARE, ece, soft_average_precision
from training.gate.lines import FALLING, WHOLLY_ABOVE, Line, Status, above_zero, at_least, at_most

NOTHING = Difference(UNKNOWN, UNKNOWN, UNKNOWN)
PRECISION_WORDS = Bilingual("平均精确率较投诉计数规则的增益", "gain in average precision over count_rule")
HITS_WORDS = Bilingual(
    "同等预警预算下精确率较投诉计数规则的增益", "gain in precision over count_rule at the alert budget"
)
PERSISTENCE = "persistence.precision"
PERSISTENCE_WORDS = Bilingual(
    "同等预警预算下精确率较“按本人近 24 个月同类情况排序”的增益",
    "gain in precision over the outcome's own past 24 months at the alert budget",
)
EVENTS_WORDS = Bilingual("后续年份的事件数", "events on the later years")
ECE_WORDS = Bilingual("校准误差", "expected calibration error")
ORDER_WORDS = Bilingual("四级实际发生率之间的最小差", "least step between the event rates of neighbouring grades")


@dataclass(frozen=True)
class Checked:
    """How an outcome did on as-ofs it had not learned from, with labels as known on the training day."""

    outcome: str
    rows: int
    positives: float
    ap: float
    gain: Difference
    ece: float
    precision: float
    hits: Difference = NOTHING
    rates: GradeRates = field(default_factory=dict)
    over_past: Difference | None = None  # None where nobody has a past of the outcome

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the gate asks of the outcome as a whole."""
        limit, least_events = policy().gate.calibration_error_at_most, policy().gate.least_events
        precise, hits = ((one.difference, one.low, one.high) for one in (self.gain, self.hits))
        found = [rate.rate for rate in self.rates.values() if rate.n]
        least = float(np.min(-np.diff(found))) if len(found) > 1 else UNKNOWN
        enough = Status.PASS if self.positives >= least_events else Status.INCONCLUSIVE
        calibrated = Status.PASS if self.ece <= limit else Status.FAIL
        ordered = Status.FAIL if order_of(self.rates) is Order.BROKEN else Status.PASS
        name = self.outcome
        own = () if self.over_past is None else (_over_past(name, self.over_past),)
        return (
            Line(f"{name}.events", name, enough, EVENTS_WORDS, at_least(least_events), self.positives, counted=True),
            above_zero(f"{name}.count_rule.average_precision", name, PRECISION_WORDS, precise),
            above_zero(f"{name}.count_rule.precision", name, HITS_WORDS, hits),
            *own,
            Line(f"{name}.calibration_error", name, calibrated, ECE_WORDS, at_most(limit), self.ece),
            Line(f"{name}.grades", name, ordered, ORDER_WORDS, FALLING, least, note=level_told(self.rates)),
        )

    @property
    def passes(self) -> bool:
        """Whether it may be trained for service: ahead of the count rule for sure, calibrated, grades in order.

        A gain over the outcome's own past that is not certain leaves it in: the gate asks two people about it.
        """
        return not self._against

    @property
    def because(self) -> tuple[Bilingual, ...]:
        """Why it is not served; nothing where it passes."""
        return tuple(line.told for line in self._against)

    @property
    def _against(self) -> list[Line]:
        asked = f"{self.outcome}.{PERSISTENCE}", Status.INCONCLUSIVE
        return [line for line in self.lines if not line.holds and (line.check, line.status) != asked]


def _over_past(outcome: str, gain: Difference) -> Line:
    """Above zero with its whole interval passes, below zero with its whole interval fails, else nobody can tell.

    What policy calls an outcome may be a habit that a count of it tells as well as any model can. That is no reason
    to refuse a calibrated model with reasons, but people must know of it; a model that is surely worse is refused.
    """
    status = Status.PASS if gain.low > 0 else Status.FAIL if gain.high < 0 else Status.INCONCLUSIVE
    figures = gain.difference, gain.low, gain.high
    return Line(f"{outcome}.{PERSISTENCE}", outcome, status, PERSISTENCE_WORDS, WHOLLY_ABOVE, *figures)


def check(outcome: str, later: Sequence[Later]) -> Checked:
    """Pooled over the later as-ofs; figures are NaN where there was no year to check on."""
    return check_pooled(outcome, Pooled.of(later))


def check_pooled(outcome: str, rows: Pooled) -> Checked:
    """Gains over the count rule and over the outcome's own past with paired intervals over officers, calibration, and
    how grades turned out."""
    if rows.y.sum() <= 0:
        return Checked(outcome, len(rows.y), 0.0, UNKNOWN, NOTHING, UNKNOWN, UNKNOWN)
    y, scores = rows.y, {"chances": rows.chances, "counts": rows.counts}
    opponents = dict(scores)
    if rows.past is not None and len(np.unique(rows.past)) > 1:  # where all are equal there is no rule to follow
        opponents["past"] = rows.past
    spent = {name: rows.flagged(score) for name, score in opponents.items()}
    drawn = OfficerDraws(rows.officers.tolist()).each(
        lambda times: {**weighted_precisions(y, scores, times), **_drawn_hits(y, spent, times)}
    )
    exact = soft_average_precision(y, rows.chances), soft_average_precision(y, rows.counts)
    gain = difference(exact, (drawn["chances"], drawn["counts"]))
    hit = {name: float(part @ y / max(part.sum(), 1.0)) for name, part in spent.items()}
    ahead = {name: difference((hit["chances"], hit[name]), (drawn["chances hits"], drawn[f"{name} hits"]))
             for name in spent if name != "chances"}  # fmt: skip
    rates = grade_rates(y, rows.chances, policy().grades.shares, rows.days)
    top = budget_spent(rows.days, rows.chances, TOP_SHARE)  # of each day by itself, as the preview and the card have it
    precision = float(top @ y / top.sum()) if top.sum() else UNKNOWN
    figures = len(y), float(y.sum()), exact[0], gain, ece(y, rows.chances), precision
    over_past = NOTHING if rows.past is None else ahead.get("past")
    return Checked(outcome, *figures, ahead["counts"], rates, over_past)


def _drawn_hits(y: Numbers, spent: Mapping[str, Numbers], times: NDArray[np.int32]) -> dict[str, Numbers]:
    """Precision of each way to spend the budget in every draw, (draws,)."""
    drawn = times.astype(np.float64)
    return {f"{name} hits": drawn @ (part * y) / np.maximum(drawn @ part, 1e-9) for name, part in spent.items()}


def write_evidence(folder: Path, later: Mapping[str, Sequence[Later]], names: Pseudonyms) -> Path:
    """All outcomes' rows as parquet; officers under pseudonyms."""
    parts = []
    for outcome, some in later.items():
        rows = Pooled.of(some)
        officers = [names.of(str(officer)) for officer in rows.officers]
        columns = {"as_of": rows.days.astype("datetime64[us]"), "officer": officers, "y": rows.y,
                   "chance": rows.chances, "count": rows.counts, "past": rows.past}  # fmt: skip
        columns |= {name: np.full(len(rows.y), UNKNOWN) if ends is None else ends
                    for name, ends in (("comes", rows.comes), ("stays", rows.stays))}  # fmt: skip
        parts.append(pd.DataFrame(columns).assign(outcome=outcome))
    path = folder / FILE
    pd.concat(parts, ignore_index=True).to_parquet(path, index=False)
    return path
