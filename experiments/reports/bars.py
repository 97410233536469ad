"""What was asked of the risk models, beside what was seen: every bar that the outcomes of a report can be held to.

Bars were set before the first run, for 24 months ahead and labels that are mature. What is missed says so here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_contracts.figures import between, figure_told
from data_contracts.vocabulary import Bilingual
from experiments.backtests.risk import COUNT_RULE, PHAROS
from experiments.backtests.risk_tables import POOLED
from experiments.reports.pages import Row, Sheet
from models.risk.baselines import PEERS
from training.evaluation.grade_rates import Order
from training.evaluation.names import method_named, outcome_named
from training.evaluation.unit_metrics import FEWEST_UNITS, too_few_told

Records = Sequence[Mapping[str, Any]]
MONTHS = 24
TIMES_PEER: Mapping[str, float] = {"conduct": 1.15, "force": 1.02, "any_complaint": 1.01}
AHEAD_OF_COUNT = ("conduct", "force")  # precision in the top 5 %
MOST_ERROR: Mapping[str, float] = {"conduct": 0.01, "force": 0.02, "any_complaint": 0.03}
LEVEL: Mapping[str, tuple[float, float]] = {"conduct": (0.8, 1.25), "force": (0.7, 1.4), "any_complaint": (0.8, 1.25)}
FIRST_DAY_ONLY = "conduct"  # later windows hold findings that are still open
TIMES_EXCELLENT: Mapping[str, float] = {"conduct": 5.0, "force": 12.0}
YES, NO = Bilingual("是", "yes"), Bilingual("否", "no")
ORDERS: Mapping[Order, Bilingual] = {
    Order.STRICT: Bilingual("严格有序", "strict"),
    Order.LEVEL: Bilingual("有序，有相邻等级持平", "in order, some are level"),
    Order.BROKEN: Bilingual("不成序", "not in order"),
}
COLUMNS = (
    Bilingual("结局", "outcome"), Bilingual("要求", "asked"), Bilingual("所见", "seen"), Bilingual("达到", "met"),
)  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """One thing asked of one outcome, what was seen, and whether it was met."""

    outcome: str
    asked: Bilingual
    seen: Bilingual
    met: bool

    @property
    def row(self) -> Row:
        """As it stands on the page; what is missed is marked."""
        met = YES if self.met else NO
        return Row((outcome_named(self.outcome), self.asked, self.seen, met), "" if self.met else "warning")

    def as_record(self) -> dict[str, Any]:
        """For the JSON of the report."""
        return {"outcome": self.outcome, "asked": self.asked.en, "seen": self.seen.en, "met": self.met}


def bars_of(records: Records, comparisons: Records, units: Records) -> list[Bar]:
    """The bars of the outcomes in a report, as they stand in its JSON; none where it looked another time ahead.

    `records` and `comparisons` are those of the risk backtest, `units` the comparisons of the units backtest.
    """
    found = []
    for outcome in dict.fromkeys(str(one["outcome"]) for one in records):
        ours = [one for one in records if one["outcome"] == outcome and one["horizon_months"] == MONTHS]
        ahead = [one for one in comparisons if one["outcome"] == outcome and one["as_of"] == POOLED]
        if ours:
            found += [bar for make in BARS for bar in make(outcome, ours, ahead)]
            found += _units(outcome, [one for one in units if one["outcome"] == outcome and one["as_of"] == POOLED])
    return found


def bars_sheet(bars: Sequence[Bar]) -> Sheet:
    """The table of the page."""
    return Sheet(Bilingual("要求与所见", "what was asked, and what was seen"), COLUMNS, [bar.row for bar in bars])


def _same(words: str) -> Bilingual:
    return Bilingual(words, words)


def _of(records: Records, model: str, pooled: bool) -> list[Mapping[str, Any]]:
    return [one for one in records if one["model"] == model and (one["as_of"] == POOLED) == pooled]


def _interval(one: Mapping[str, Any]) -> str:
    return f"{figure_told(one['difference'], 4, signed=True)} {between(one['low'], one['high'], 4)}"


def _best_peer(outcome: str, records: Records, ahead: Records) -> Iterator[Bar]:
    least, own = TIMES_PEER.get(outcome), _of(records, PHAROS, pooled=True)
    peers = [one for name in PEERS for one in _of(records, name, pooled=True)]
    if least is None or not own or not peers:
        return
    best = max(peers, key=lambda one: float(one["average_precision"]))
    times = float(own[0]["average_precision"]) / float(best["average_precision"])
    gaps = [one for one in ahead if one["versus"] == best["model"] and one["metric"] == "average_precision"]
    name, gap = method_named(best["model"]), "; ".join(map(_interval, gaps))
    asked = Bilingual(
        f"平均精确率至少为最佳普通模型的 {least:g} 倍，差的区间高于零",
        f"average precision at least {least:g} times the best plain peer, the difference above zero",
    )
    seen = Bilingual(f"{times:.3f} 倍（{name.zh}）；{gap}", f"{times:.3f} times ({name.en}); {gap}")
    yield Bar(outcome, asked, seen, times >= least and bool(gaps) and all(one["low"] > 0 for one in gaps))


def _later_findings(outcome: str, _: Records, ahead: Records) -> Iterator[Bar]:
    told = [one for one in ahead if str(one["versus"]).endswith("_eventual")]
    if outcome not in TIMES_PEER or not told:
        return
    nearest = min(told, key=lambda one: float(one["difference"]))
    name = method_named(nearest["versus"])
    asked = Bilingual(
        "平均精确率不低于已知后来结论的同一普通模型，差的区间高于零",
        "average precision no less than plain peers told later findings, the difference above zero",
    )
    seen = Bilingual(f"{_interval(nearest)}（{name.zh}）", f"{_interval(nearest)} ({name.en})")
    yield Bar(outcome, asked, seen, float(nearest["low"]) > 0)


def _count_rule(outcome: str, _: Records, ahead: Records) -> Iterator[Bar]:
    told = [one for one in ahead if one["versus"] == COUNT_RULE and one["metric"] == "precision_at_5pct"]
    if outcome in AHEAD_OF_COUNT and told:
        asked = Bilingual(
            "前 5 % 精确率高于计数规则，区间高于零",
            "precision in the top 5 % above the count rule, interval above zero",
        )
        yield Bar(outcome, asked, _same(_interval(told[0])), float(told[0]["low"]) > 0)


def _calibration(outcome: str, records: Records, _: Records) -> Iterator[Bar]:
    most, own = MOST_ERROR.get(outcome), _of(records, PHAROS, pooled=True)
    if most is None or not own or own[0]["ece"] is None:
        return
    days = ", ".join(f"{one['as_of'][:4]}: {one['ece']:.4f}" for one in _of(records, PHAROS, pooled=False))
    asked = Bilingual(f"校准误差（合并）至多 {most:g}", f"calibration error, pooled, at most {most:g}")
    yield Bar(outcome, asked, _same(f"{own[0]['ece']:.4f} ({days})"), float(own[0]["ece"]) <= most)


def _level(outcome: str, records: Records, _: Records) -> Iterator[Bar]:
    band = LEVEL.get(outcome)
    told = [one for one in _of(records, PHAROS, pooled=False) if one["base_rate"] and one["mean_predicted"] is not None]
    if band is None or not told:
        return
    ratios = {one["as_of"][:4]: float(one["mean_predicted"]) / float(one["base_rate"]) for one in told}
    judged = list(ratios.values())[: 1 if outcome == FIRST_DAY_ONLY else None]
    low, high = band
    where = Bilingual("最早截止日", "first as-of") if outcome == FIRST_DAY_ONLY else Bilingual("各截止日", "each as-of")
    asked = Bilingual(f"预测/实际（{where.zh}）在 {low:g} 至 {high:g} 之间",
                      f"predicted over observed, {where.en}, within {low:g} to {high:g}")  # fmt: skip
    seen = _same(", ".join(f"{year}: {ratio:.2f}" for year, ratio in ratios.items()))
    yield Bar(outcome, asked, seen, all(low <= ratio <= high for ratio in judged))


def _grades(outcome: str, records: Records, _: Records) -> Iterator[Bar]:
    own = [one for one in _of(records, PHAROS, pooled=False) if one.get("grades")]
    if not own:
        return
    orders = {one["as_of"][:4]: Order(one["grades"]["order"]) for one in own}
    asked = Bilingual("各截止日等级发生率严格有序", "event rates of the grades strictly ordered at each as-of")
    told = [Bilingual(f"{year}：{ORDERS[order].zh}", f"{year}: {ORDERS[order].en}") for year, order in orders.items()]
    seen = Bilingual.joined(told, ("，", ", "))
    yield Bar(outcome, asked, seen, all(order is Order.STRICT for order in orders.values()))
    least = TIMES_EXCELLENT.get(outcome)
    if least is not None:
        times = [one["grades"]["poor_over_excellent"] for one in own]
        ratios = ", ".join(f"{one['as_of'][:4]}: {one['grades']['poor_over_excellent_told']}" for one in own)
        asked = Bilingual(f"较差的发生率至少为优秀的 {least:g} 倍", f"poor at least {least:g} times excellent")
        yield Bar(outcome, asked, _same(ratios), all(value is not None and value >= least for value in times))


def _units(outcome: str, compared: Records) -> Iterator[Bar]:
    if outcome not in TIMES_PEER:  # the three that were asked; who left is in no unit any more, so nothing precedes it
        return
    for one in compared:
        asked = Bilingual(
            "单位等级相关高于上一期发生率，区间高于零（三个结局中至少两个）",
            "units: Spearman above last period's rate, interval above zero (on two outcomes of three)",
        )
        few = too_few_told(int(one.get("units", FEWEST_UNITS)))  # reports of old do not say how many
        yield Bar(outcome, asked, few or _same(_interval(one)), few is None and float(one["low"]) > 0)


BARS: tuple[Callable[[str, Records, Records], Iterator[Bar]], ...] = (
    _best_peer, _later_findings, _count_rule, _calibration, _level, _grades,
)  # fmt: skip
