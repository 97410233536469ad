"""Words of the page of a unit and of its preview."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual

UNIT: Mapping[str, Bilingual] = {
    "unit": Bilingual("单位", "Units"),
    "unit.all": Bilingual("我可见的单位", "The units that I see"),
    "unit.above": Bilingual("所在位置", "Where this is"),
    "unit.block": Bilingual("本块面（含下属单位）", "The block, with everything under it"),
    "unit.own": Bilingual("单位本级", "The unit itself"),
    "unit.outcomes": Bilingual("各项结局", "What is looked at"),
    "unit.outcome": Bilingual("结局", "Outcome"),
    "unit.expected": Bilingual("预期比例（95%区间）", "Expected share (95 % interval)"),
    "unit.trend": Bilingual("趋势", "Trend"),
    "unit.alerts": Bilingual("预警/名额", "Alerts / budget"),
    "unit.alerts.of": Bilingual("{flagged}人，名额{budget}人", "{flagged} of a budget of {budget}"),
    "unit.alerts.over": Bilingual("超出名额", "over budget"),
    "unit.alerts.hidden": Bilingual("仅告知复核人", "told to reviewers"),
    "unit.approaching": Bilingual("接近界限", "Near a limit"),
    "unit.commended": Bilingual("值得表扬", "To commend"),
    "unit.could_be": Bilingual("也可能是{grades}", "could be {grades}"),
    "unit.why": Bilingual("成因与变化", "What is behind it"),
    "unit.why.of": Bilingual("{outcome}：成因与变化", "{outcome}: what is behind it"),
    "unit.below": Bilingual("下属单位", "Units below"),
    "unit.stood_for": Bilingual("以“{unit}”的等级代表", "stands under the grade of “{unit}”"),
    "unit.not_graded": Bilingual("未评级", "Not graded"),
    "unit.cases": Bilingual("查看本块面的预警", "See the cases of this block"),
    "unit.open": Bilingual("打开", "Open"),
    "unit.legend": Bilingual("图例", "How to read the marks"),
    "trend.worsening": Bilingual("恶化", "worsening"),
    "trend.improving": Bilingual("改善", "improving"),
    "trend.steady": Bilingual("平稳", "steady"),
    "trend.none": Bilingual("无可比较", "nothing to compare"),
    "skills": Bilingual("能力差距", "Capability gaps"),
    "skills.lead": Bilingual(
        "与岗位标准相比，最薄弱的能力在前；人数过少的不显示。",
        "Against the standards of the posts, the thinnest first; what too few were measured in is not shown.",
    ),
    "skills.show": Bilingual("显示能力差距", "Show capability gaps"),
    "skills.name": Bilingual("能力", "Competency"),
    "skills.share": Bilingual("达标率（95%区间）", "At the standard (95 % interval)"),
    "skills.below": Bilingual("未达标/已测评", "Below / measured"),
    "skills.courses": Bilingual("可弥补的课程", "Courses that would help"),
    "skills.thin": Bilingual("明显薄弱", "surely thin"),
    "skills.suppressed": Bilingual("人数过少、未显示：{names}", "Too few to show: {names}"),
}
PREVIEW: Mapping[str, Bilingual] = {
    "preview": Bilingual("若调整预警比例", "If the limit were another"),
    "preview.show": Bilingual("显示预览", "Show the preview"),
    "preview.lead": Bilingual(
        "只是预览，不改变任何设置；等级按全员评定，以下只数本块面。往年的对错取自模型训练前留出的年份。",
        "A preview that changes nothing. Grades are over the whole force, alerts are counted in this block; whether "
        "they were right is told by years that the model did not learn from.",
    ),
    "preview.share": Bilingual("全员中预警的比例", "Share of the force that is alerted"),
    "preview.try": Bilingual("预览", "Preview"),
    "preview.in_force": Bilingual("{share}（现行政策）", "{share} (policy in force)"),
    "preview.said": Bilingual(
        "按此界限：本块面现有预警{now}人，每月新增约{new}人（依据{months}个月）；{worth}",
        "With this limit: {now} {now:alert|alerts} in this block now, about {new} new a month (months counted: "
        "{months}); {worth}",
    ),
    "preview.said.no_month": Bilingual(
        "按此界限：本块面现有预警{now}人，每月新增尚不知（没有相隔一个月的快照）；{worth}",
        "With this limit: {now} {now:alert|alerts} in this block now, new ones a month not known (no two snapshots a "
        "month apart); {worth}",
    ),
    "preview.floor": Bilingual(
        "另有{many}人在此比例之内，但可能性低于政策下限（全员平均几率的{times}倍），不预警。",
        "Within this share but not alerted, since below policy's floor of {times} times the odds of the force's mean: "
        "{many}.",
    ),
    "preview.worth": Bilingual(
        "往年全员的预警，每10人中有{right}人确实出现。", "over the whole force {right} of 10 were right in the past."
    ),
    "preview.worth.open": Bilingual(
        "往年全员的预警，每10人中约{right}人已出现或预计会出现。",
        "over the whole force, of 10 alerted in the past it came, or is expected to come, to about {right}.",
    ),
    "preview.said.no_past": Bilingual(
        "按此界限：本块面现有预警{now}人；尚无往年数据说明对错。",
        "With this limit: {now} {now:alert|alerts} in this block now; no past year tells how often that is right.",
    ),
    "preview.past": Bilingual(
        "往年全员共{flagged}人次预警，准确率{precision}（95%区间{low}至{high}）；出现者中有{recall}曾被预警。",
        "In the past, over the whole force: {flagged} {flagged:alert|alerts}, {precision} of them right (95 % interval "
        "{low} to {high}); they found {recall} of all to whom it came.",
    ),
    "preview.past.open": Bilingual(
        "往年全员共{flagged}人次预警，其中{precision}已出现或预计会出现（95%区间{low}至{high}）；"
        "已出现或预计会出现者中有{recall}曾被预警。",
        "In the past, over the whole force: {flagged} {flagged:alert|alerts}; to {precision} of them it came or is "
        "expected to (95 % interval {low} to {high}); they found {recall} of all to whom it came or is expected to.",
    ),
    "preview.open": Bilingual(
        "这些比例所依据的{events}起事件中，有{expected}起只是尚未了结事项的可能性之和，并非查实结果。",
        "Of the {events} events behind these shares {expected} are the chances of what is still open, no findings.",
    ),
}
