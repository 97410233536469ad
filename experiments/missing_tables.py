"""What a missing table costs: outcomes that fall away, features that stay empty, answers that get weaker, measured.

What falls away is read from policy and features; how much weaker a model gets was measured on a simulated bureau by
`python -m experiments.benchmarks.missing_tables`, and is told with that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from rich.table import Table
from rich.text import Text

from data_contracts.catalog import catalog
from data_contracts.counting import counted
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from experiments.benchmarks.evidence import RESULTS

MEASURED = RESULTS / "missing_tables.json"
STALE_DAYS = 62
"""An event table whose newest row was known longer ago than two months before the newest of all is stale."""
EVENTS_OF_RARE = frozenset(
    {"career_goals", "competency_standards", "self_nominations", "vacancies", "preferences", "feedback"}
)
"""Tables that may well stay still for months; that they do says nothing."""

WEAKER: Mapping[str, Bilingual] = {
    "appraisals": Bilingual(
        "积分缺少考核项；理由不提考核；能力画像少一面",
        "points lack appraisals; reasons do not name them; profiles lack a side",
    ),
    "career_goals": Bilingual(
        "/v1/paths 只回答请求中写明的目标", "/v1/paths answers only goals that the request names"
    ),
    "competency_assessments": Bilingual(
        "能力差距未知：/v1/courses 与 /v1/profile 不能补短板",
        "gaps are unknown: /v1/courses and /v1/profile close none",
    ),
    "competency_standards": Bilingual(
        "没有可比的标准：能力差距与目标岗位要求未知",
        "nothing to measure against: gaps and the needs of goal posts are unknown",
    ),
    "complaints": Bilingual("没有投诉方面的预警、理由与单位数字", "no warning, reason or unit figure about complaints"),
    "concerns": Bilingual("诉求不能分流，也没有单位主题", "concerns are not routed, and units have no themes"),
    "course_completions": Bilingual(
        "/v1/courses 只按规定作答，不知谁已学过；积分缺少培训项",
        "/v1/courses goes by rules alone and repeats what was taken; points lack training",
    ),
    "courses": Bilingual(
        "课程没有名称、必修与能力说明；逾期无法判断",
        "courses have no name, duty or competency; nothing is ever overdue",
    ),
    "duty_months": Bilingual(
        "没有超负荷预警；投诉按人数而非按勤务小时衡量",
        "no warning of strain; complaints go by heads and not by hours of duty",
    ),
    "feedback": Bilingual("建议不随取舍而变", "suggestions do not learn from what was declined"),
    "force_reports": Bilingual("使用武力方面没有特征与理由", "no feature and no reason about use of force"),
    "honours": Bilingual(
        "积分缺少奖励项；表扬与名单证据不足", "points lack awards; praise and short lists have less evidence"
    ),
    "officers": Bilingual(
        "不知入警日期：没有警龄、离队与学历，岗位条件多为未知",
        "no date of joining: service, leaving and education are unknown, and so are many conditions of posts",
    ),
    "postings": Bilingual(
        "什么都不能做：特征、预警与建议都从任职开始",
        "nothing works: features, warnings and advice all begin with postings",
    ),
    "posts": Bilingual(
        "一个单位即一个岗位：没有岗位条件、职位类别与名称",
        "a post is a unit: no conditions, families or names of posts",
    ),
    "preferences": Bilingual("/v1/match 没有志愿可匹配", "/v1/match has no wishes to match"),
    "promotions": Bilingual(
        "职级未知：停滞无法预警，职级目标与路径缺少时限",
        "ranks are unknown: no warning of stagnation, and paths have no least times",
    ),
    "protected_attributes": Bilingual(
        "不能做公平性审计：准入关不能判定各组差异", "no audit of fairness: the gate cannot judge groups"
    ),
    "rank_steps": Bilingual(
        "自带的职级没有次序，只认政策中的职级", "ranks of your own have no order; only those of policy are known"
    ),
    "self_nominations": Bilingual("/v1/shortlist 不知谁愿意参加", "/v1/shortlist does not know who wishes to stand"),
    "units": Bilingual(
        "没有单位树：/v1/units 不能逐级汇总，权限只到本单位",
        "no tree of units: /v1/units adds nothing up, and rights reach one unit only",
    ),
    "vacancies": Bilingual("/v1/match 与岗位建议不知哪里有空缺", "/v1/match and next posts do not know what is open"),
}


NO_SURE_LOSS = Bilingual("模拟中其余预警未见可靠的下降", "simulated, no other warning got surely worse")


@dataclass(frozen=True)
class Cost:
    """What is lost without a table: `outcomes` that cannot be trained, `features` that stay empty, and in words.

    `measured` is by outcome the average precision with the table, without it, and the interval of the loss.
    """

    table: str
    outcomes: tuple[str, ...]
    features: int
    weaker: Bilingual
    measured: Mapping[str, Mapping[str, Any]]

    @property
    def words(self) -> Bilingual:
        """All of it in one sentence."""
        parts = [self.weaker]
        if self.outcomes:
            zh = "、".join(policy().outcome(name).name_zh for name in self.outcomes)
            en = ", ".join(policy().outcome(name).name_en for name in self.outcomes)
            parts.append(Bilingual(f"不能训练：{zh}", f"cannot be trained: {en}"))
        if self.features:
            parts.append(
                Bilingual(
                    f"{self.features}个特征为空", counted(self.features, "feature stays empty", "features stay empty")
                )
            )
        losses = self._losses()
        if self.measured and not losses:
            losses = [NO_SURE_LOSS]
        return Bilingual.joined([*parts, *losses])

    def _losses(self) -> list[Bilingual]:
        """The outcomes whose average precision was surely lower without the table, in the simulated bureau."""
        told = []
        for name, seen in self.measured.items():
            if seen["low"] > 0 and name not in self.outcomes:
                rule = policy().outcome(name)
                figures = f"AP {seen['ap']:.3f} → {seen['ap_without']:.3f}"
                told.append(Bilingual(f"模拟中“{rule.name_zh}”{figures}", f"simulated: {rule.name_en} {figures}"))
        return told


@cache
def measured() -> Mapping[str, Any]:
    """What the benchmark wrote; empty where it was never run."""
    found: Mapping[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    return found


def cost_of(table: str) -> Cost:
    """What is lost without a table.

    >>> cost_of("duty_months").outcomes
    ('strain',)
    """
    seen = measured().get("tables", {}).get(table, {})
    outcomes = tuple(rule.name.value for rule in policy().outcomes if rule.served and table in rule.needs_tables)
    return Cost(table, outcomes, int(seen.get("features", 0)), WEAKER[table], seen.get("outcomes", {}))


@dataclass(frozen=True)
class Standing:
    """How a table stands in the state at hand: rows, the day of the newest that was known, and `stale` or not."""

    table: str
    rows: int
    newest: date | None
    stale: bool

    @property
    def word(self) -> Bilingual:
        """Present, stale or missing."""
        if not self.rows:
            return Bilingual("缺失", "missing")
        return Bilingual("过旧", "stale") if self.stale else Bilingual("有", "present")


def standings(settings: Settings) -> list[Standing]:
    """Every table of the contracts as the history at hand has it; registered rows are no delivery of a table."""
    import pandas as pd

    from data_contracts.intake import REGISTERED_ON
    from features.history import History

    history = History(settings.history_dir)
    there = set(history.tables())
    known: dict[str, pd.Series] = {}
    for name in there & set(catalog().tables):
        days = history.frame(name, ["known_on"])["known_on"]
        known[name] = days[days > REGISTERED_ON]
    newest = {name: days.max() for name, days in known.items() if len(days)}
    last = max(newest.values(), default=None)
    found = []
    for name, table in catalog().tables.items():
        day = newest.get(name)
        waits = table.event_date is not None and name not in EVENTS_OF_RARE
        stale = bool(waits and day is not None and last is not None and (last - day).days > STALE_DAYS)
        found.append(Standing(name, len(known.get(name, ())), None if day is None else day.date(), stale))
    return found


def remedy(standing: Standing) -> str:
    """What to do about a table that is missing or stale."""
    if standing.rows and not standing.stale:
        return ""
    if standing.stale:
        return "export it again, up to the last month, then: pharos ingest"
    return f"fill in data_contracts/documents/templates/{standing.table}.xlsx, or: pharos ingest --guess FILE"


def as_table(found: list[Standing]) -> Table:
    """The tables of the state at hand, and what each that is missing or stale costs."""
    told = Table(title="tables of this state 各表")
    for head in ("table", "state", "newest", "what it costs", "what to do"):
        told.add_column(head, overflow="fold")  # Chinese has no spaces to break at, and would be cut off
    for one in found:
        style = "green" if one.rows and not one.stale else "yellow" if one.rows or one.table != "postings" else "red"
        table = catalog().table(one.table)
        words = f"{one.word.zh} {one.word.en}" + (f" ({one.rows:,})" if one.rows else "")
        cost = "" if style == "green" else "\n".join((cost_of(one.table).words.zh, cost_of(one.table).words.en))
        newest = "" if one.newest is None else str(one.newest)
        told.add_row(f"{one.table} {table.name_zh}", Text(words, style=style), newest, cost, remedy(one))
    return told
