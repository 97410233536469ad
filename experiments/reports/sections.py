"""The sections of the risk report, each a function of the evidence; one that has nothing to show is left out."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual, Grade
from experiments.backtests.risk import COUNT_RULE, PHAROS, Tested
from experiments.reports.bars import bars_sheet
from experiments.reports.groups import audit_of
from experiments.reports.pages import Cell, Picture, Row, Section, Sheet
from experiments.reports.words import caption_of, coded, outcome_at, verdict_named
from models.base import Numbers
from models.groups import group_named, group_order
from training.evaluation.card_plots import groups_figure
from training.evaluation.fairness import Fairness, Group, Judged, Measured, fairness
from training.evaluation.grade_rates import GradeRates, grade_rates, order_told, ratio_told
from training.evaluation.names import measure_named, method_named, outcome_named
from training.evaluation.report_plots import budget_figure, calibrations_figure, grades_figure, learning_figure
from training.evaluation.risk_metrics import TOP_SHARE, ece, precision_at
from training.evaluation.unit_metrics import too_few_told
from training.evaluation.unit_plots import units_figure
from training.gate.lines import events_told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.reports.risk import Evidence

Drawn = Callable[["Figure", str], bytes]
SHOWN_BUDGETS = (0.01, 0.02, 0.05, 0.10)
PACKAGES = ("pharos", "numpy", "pandas", "scikit-learn", "lightgbm", "interpret-core", "torch", "duckdb")
OUTCOME = Bilingual("结局", "outcome")
AS_OF = Bilingual("截止日", "as of")
RATIO = Bilingual("预测/实际", "predicted over observed")
MODEL = Bilingual("模型", "model")


def run_section(made: Evidence, _: Drawn) -> Section:
    """The command, the data by hash, the cuts, the versions: what it takes to run it again."""
    asked, data = made.asked, made.report.data
    options = [f"--source {asked.source}", "--data DIR", f"--horizon-months {asked.horizon_months}"]
    options += [f"--as-of {day}" for day in asked.as_ofs] + [f"--outcome {name}" for name in made.outcomes]
    if asked.mapping:
        options.append(f"--mapping {asked.mapping.name}")
    command = f"pharos report risk {' '.join(options)}"
    known = data["cuts"]["known_until"]
    seed, draws = data["bootstrap"]["seed"], data["bootstrap"]["draws"]
    notes = [
        Bilingual(f"重新运行：{command}", f"Run again: {command}"),
        Bilingual(f"数据记录到 {known}；训练只用截止日之前已知的事实；检验用全部已知结论。",
                  f"Data know of days up to {known}; training sees only what was known at each as-of; tests use all."),
        Bilingual(f"区间为 95 %，按民警配对自助抽样 {draws} 次，种子 {seed}。",
                  f"Intervals are 95 %, paired bootstrap over officers, {draws} draws, seed {seed}."),
    ]  # fmt: skip
    files = [Row((name, digest)) for name, digest in sorted(data["hashes"].items())]
    tables = [Row((name, count)) for name, count in data["rows"].items()]
    sheets = [
        Sheet(Bilingual("数据文件", "data files"), (Bilingual("文件", "file"), Bilingual("sha256", "sha256")), files),
        Sheet(Bilingual("各表行数", "rows by table"), (Bilingual("表", "table"), Bilingual("行", "rows")), tables),
        Sheet(
            Bilingual("版本", "versions"), (Bilingual("软件", "software"), Bilingual("版本", "version")), _versions()
        ),
    ]
    return Section("run", Bilingual("运行方法", "what was run"), notes, [], sheets)


def bars_section(made: Evidence, _: Drawn) -> Section | None:
    """What was asked before the first run, beside what was seen; what is missed says so."""
    bars = made.bars
    if not bars:
        return None
    missed = sum(not bar.met for bar in bars)
    zh = f"要求在首次运行之前定下；{len(bars)} 项中未达到 {missed} 项。合并数字掩盖的各截止日数字列在括号内。"
    en = (f"Set before the first run; {missed} of {len(bars)} are missed. Where a figure is pooled, those of each "
          "as-of stand in brackets.")  # fmt: skip
    sheet = bars_sheet(bars)
    return Section("bars", sheet.caption, [Bilingual(zh, en)], [], [sheet])


def budget_section(made: Evidence, drawn: Drawn) -> Section:
    """Precision by alert budget, pooled over as-ofs: every model on the same officers."""
    title = Bilingual("按名额的精确率", "precision by budget")
    section = Section("budget", title, [Bilingual("所有截止日合并。", "Pooled over as-ofs.")])
    for outcome in made.outcomes:
        y, scores = _pooled(made.of(outcome))
        caption = caption_of(outcome, "按预警名额的精确率", "precision by alert budget")
        section.pictures.append(
            Picture(caption, drawn(budget_figure(outcome_named(outcome), y, scores, PHAROS), f"budget-{outcome}"))
        )
        columns = [MODEL, *(Bilingual(f"前 {100 * share:g} %", f"top {100 * share:g} %") for share in SHOWN_BUDGETS)]
        rows = [Row((method_named(name), *(precision_at(y, score, share) for share in SHOWN_BUDGETS)))
                for name, score in scores.items()]  # fmt: skip
        section.sheets.append(Sheet(caption, columns, rows))
    return section


def calibration_section(made: Evidence, drawn: Drawn) -> Section:
    """What was said against what came, at each as-of."""
    told = [Bilingual(**one["told"]) for one in made.report.more["open_findings"]]
    section = Section("calibration", Bilingual("校准", "calibration"), told)
    rows = []
    for outcome in made.outcomes:
        days = {str(one.as_of): (one.y, one.scores[PHAROS]) for one in made.of(outcome)}
        caption = caption_of(outcome, "预测与实际", "said against seen")
        png = drawn(calibrations_figure(outcome_named(outcome), days), f"calibration-{outcome}")
        section.pictures.append(Picture(caption, png))
        rows += [Row((outcome_named(outcome), day, *_calibrated(y, said))) for day, (y, said) in days.items()]
    columns = (OUTCOME, AS_OF, Bilingual("平均预测", "mean predicted"), Bilingual("实际", "observed"),
               RATIO, Bilingual("校准误差", "calibration error"))  # fmt: skip
    section.sheets.append(Sheet(Bilingual("pharos 的校准", "calibration of pharos"), columns, rows))
    return section


def grades_section(made: Evidence, drawn: Drawn) -> Section:
    """Event rates of the four grades at each as-of, and whether they are in order."""
    section = Section("grades", Bilingual("四个等级", "four grades"))
    shares, rows = policy().grades.shares, []
    for outcome in made.outcomes:
        days = {str(one.as_of): grade_rates(one.y, one.scores[PHAROS], shares) for one in made.of(outcome)}
        caption = caption_of(outcome, "各等级发生率", "event rate by grade")
        section.pictures.append(
            Picture(caption, drawn(grades_figure(outcome_named(outcome), days), f"grades-{outcome}"))
        )
        rows += [Row((outcome_named(outcome), day, *_graded(rates))) for day, rates in days.items()]
    names = [Bilingual(grade.zh, grade.en) for grade in Grade]
    ordered, times = Bilingual("严格有序", "strictly ordered"), Bilingual("较差/最佳", "poor over excellent")
    columns = (OUTCOME, AS_OF, *names, ordered, times)
    section.sheets.append(Sheet(Bilingual("各等级发生率", "event rate by grade"), columns, rows))
    return section


def units_section(made: Evidence, drawn: Drawn) -> Section | None:
    """Units: what was expected, what came, and the rank correlation beside that of the last period."""
    title = Bilingual("单位", "units")
    if made.units is None:
        note = made.units_note
        return None if note is None else Section("units", title, [Bilingual(f"未能评定：{note}", f"Left out: {note}")])
    section = Section("units", title)
    for outcome, days in (made.units.shown or {}).items():
        caption = caption_of(outcome, "单位的预期与实际", "units, expected and seen")
        section.pictures.append(Picture(caption, drawn(units_figure(outcome_named(outcome), days), f"units-{outcome}")))
    keys = ("outcome", "as_of", "method", "units", "spearman", "spearman_low", "spearman_high")
    columns = (OUTCOME, AS_OF, Bilingual("方法", "method"), Bilingual("单位数", "units"),
               Bilingual("等级相关", "Spearman"), Bilingual("下限", "low"), Bilingual("上限", "high"))  # fmt: skip
    rows = [coded(_of_units(one, keys[4:]), keys) for one in made.units.records]
    section.sheets.append(Sheet(Bilingual("与实际的等级相关", "rank correlation with what came"), columns, rows))
    told = [_of_units(one, ("difference", "low", "high")) for one in made.units.comparisons]
    section.sheets.append(_compared(Bilingual("单位", "units"), told))
    return section


def _of_units(record: Mapping[str, Any], figures: Sequence[str]) -> Mapping[str, Any]:
    """A record of the units' backtest; of too few units words stand in the place of its figures."""
    few = too_few_told(int(record["units"]))
    return record if few is None else {**record, **dict.fromkeys(figures), figures[0]: few}


def ceiling_section(made: Evidence, drawn: Drawn) -> Section | None:
    """What more officers, or the findings of later years, would give: how far there is to go."""
    if not made.ceilings:
        return None
    zh = ("只用提升树、只看最后一个截止日：曲线仍在上升处，更多民警或年份会有帮助；"
          "“已知后来结论”一列是当日无法知道的上限。")  # fmt: skip
    en = ("Trees alone, at the last as-of: where the curve still rises, more officers or years would help; the column "
          "of later findings is a ceiling, for nobody could know them on that day.")  # fmt: skip
    section = Section("ceiling", Bilingual("上限", "how far there is to go"), [Bilingual(zh, en)])
    curves = {outcome_at(one.outcome, one.as_of): [(spot.rows, spot.average_precision) for spot in one.curve]
              for one in made.ceilings}  # fmt: skip
    caption = Bilingual("学习曲线", "learning curves")
    section.pictures.append(Picture(caption, drawn(learning_figure(curves), "learning")))
    shares = [Bilingual(f"{100 * spot.share:g} % 民警", f"{100 * spot.share:g} % of the officers")
              for spot in made.ceilings[0].curve]  # fmt: skip
    columns = (OUTCOME, AS_OF, *shares, Bilingual("已知后来结论", "told later findings"))
    rows = [Row((outcome_named(one.outcome), one.as_of, *(spot.average_precision for spot in one.curve), one.eventual))
            for one in made.ceilings]  # fmt: skip
    section.sheets.append(Sheet(Bilingual("平均精确率", "average precision"), columns, rows))
    return section


def groups_section(made: Evidence, drawn: Drawn) -> Section | None:
    """Groups of officers by what may never train: calibration and misses, pooled over as-ofs, with verdicts."""
    audits = {outcome: audit_of(made.of(outcome), made.protected) for outcome in made.outcomes}
    if any(audit.empty for audit in audits.values()):
        return None
    zh = "通过：区间全部落在允许范围内；不通过：区间排除相等且估计值在范围外；其余为无法判定，不等于通过。"
    en = "Pass: the interval lies in the band; fail: it excludes equality, the figure lies outside; else inconclusive."
    section = Section("groups", Bilingual("各组是否公平", "groups"), [Bilingual(zh, en)])
    limits = policy().gate.groups
    for outcome, audit in audits.items():
        found = fairness(_judged(made.of(outcome)), audit, limits, len(audits))
        if found.groups:
            caption = caption_of(outcome, "各组", "groups")
            png = drawn(groups_figure(outcome_named(outcome), found.groups, limits), f"groups-{outcome}")
            section.pictures.append(Picture(caption, png))
            section.sheets.append(_groups(caption, found))
    return section


def comparisons_section(made: Evidence, _: Drawn) -> Section:
    """Every model's figures, and how far pharos is ahead of each, with intervals."""
    names = list(dict.fromkeys(key for record in made.report.records for key in record))
    skipped = {"horizon_months", "labels"}
    shown = [name for name in names if name not in skipped and not _is_nested(made.report.records, name)]
    rows = [coded(record, shown) for record in made.report.records]
    figures = Sheet(Bilingual("各模型", "every model"), [measure_named(name) for name in shown], rows)
    sheets = [figures, _compared(Bilingual("风险模型", "risk"), made.report.comparisons)]
    return Section("comparisons", Bilingual("与其他模型比较", "comparisons"), [], [], sheets)


def _is_nested(records: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(isinstance(record.get(name), list | dict) for record in records)


def _compared(what: Bilingual, comparisons: Sequence[Mapping[str, Any]]) -> Sheet:
    keys = ("outcome", "as_of", "metric", "model", "versus", "difference", "low", "high")
    columns = (OUTCOME, AS_OF, Bilingual("指标", "metric"), MODEL, Bilingual("对照", "versus"),
               Bilingual("差", "difference"), Bilingual("下限", "low"), Bilingual("上限", "high"))  # fmt: skip
    rows = [coded(one, keys) for one in comparisons]
    return Sheet(
        Bilingual(f"差异与 95 % 区间（{what.zh}）", f"differences with 95 % intervals ({what.en})"), columns, rows
    )


def _pooled(tested: Sequence[Tested]) -> tuple[Numbers, dict[str, Numbers]]:
    y = np.concatenate([one.y for one in tested])
    names = [COUNT_RULE, *(name for name in tested[0].scores if name != COUNT_RULE)]
    return y, {name: np.concatenate([one.scores[name] for one in tested]) for name in names}


def _calibrated(y: Numbers, said: Numbers) -> tuple[Cell, ...]:
    observed = float(y.mean())
    return float(said.mean()), observed, float(said.mean()) / observed if observed else None, ece(y, said)


def _graded(rates: GradeRates) -> tuple[Cell, ...]:
    return *(rates[grade].rate for grade in Grade), order_told(rates), ratio_told(rates)


def _judged(tested: Sequence[Tested]) -> Judged:
    """Flagged is the top 5 % of each as-of, as an alert budget would."""
    flagged = [(pd.Series(one.scores[PHAROS]).rank(method="first", pct=True) > 1 - TOP_SHARE) for one in tested]
    return Judged(
        np.concatenate([one.officers.astype(str).to_numpy(object) for one in tested]),
        np.concatenate([one.y for one in tested]),
        np.concatenate([one.scores[PHAROS] for one in tested]),
        np.concatenate([some.to_numpy(np.float64) for some in flagged]),
    )


def _groups(caption: Bilingual, found: Fairness) -> Sheet:
    columns = (Bilingual("组", "group"), Bilingual("民警", "officers"), Bilingual("事件", "events"),
               RATIO, Bilingual("结论", "verdict"),
               Bilingual("检出率差", "true-positive gap"), Bilingual("结论", "verdict"),
               Bilingual("预警率比", "flag-rate ratio"), Bilingual("误报率比", "false-positive ratio"))  # fmt: skip
    groups = sorted(found.groups, key=lambda one: group_order(one.name))
    return Sheet(caption, columns, [_group(one) for one in groups])


def _group(one: Group) -> Row:
    limits = policy().gate.groups
    ratio, gap = (verdict_named(found) for found in (one.calibration_verdict(limits), one.gap_verdict(limits)))
    measured = (one.predicted_ratio, one.true_positive_gap, one.flag_ratio, one.false_positive_ratio)
    said, missed, flagged, alarmed = map(_interval, measured)
    return Row(
        (group_named(one.name), one.officers, events_told(one.positives), said, ratio, missed, gap, flagged, alarmed)
    )


def _interval(one: Measured) -> str | Bilingual:
    """A figure with its interval; nobody reads that a ratio is infinite, for that is said of nothing to divide by.

    >>> _interval(Measured(math.inf, 0.3, math.inf, 0.2, math.inf)).en
    'too few events to divide; at least 0.30'
    >>> _interval(Measured(1.2, 0.3, math.inf, 0.2, math.inf)).en
    '1.20, at least 0.30; too few events to tell an upper end'
    """
    if np.isnan(one.value):
        return "–"
    least = Bilingual(f"至少{one.low:.2f}", f"at least {one.low:.2f}") if math.isfinite(one.low) else None
    if math.isinf(one.value):
        told = Bilingual("事件太少，无法相除", "too few events to divide")
        return told if least is None else Bilingual.joined([told, least])
    if least is None:
        told = Bilingual("事件太少，没有区间", "too few events for an interval")
        return Bilingual(f"{one.value:.2f}；{told.zh}", f"{one.value:.2f}; {told.en}")
    if math.isinf(one.high):
        return Bilingual(
            f"{one.value:.2f}，{least.zh}；事件太少，上限无从得知",
            f"{one.value:.2f}, {least.en}; too few events to tell an upper end",
        )
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


def _versions() -> list[Row]:
    found = [Row(("python", platform.python_version()))]
    for name in PACKAGES:
        try:
            found.append(Row((name, version(name))))
        except PackageNotFoundError:
            continue
    return found


SECTIONS: tuple[Callable[[Evidence, Drawn], Section | None], ...] = (
    run_section, bars_section, budget_section, calibration_section, grades_section, units_section, ceiling_section,
    groups_section, comparisons_section,
)  # fmt: skip
