"""The watch for people and for the record: one page with pictures, one JSON, one MLflow run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, Grade
from experiments.backtests.reporting import without_nan
from experiments.drift.findings import ALERT, Finding
from experiments.drift.outcomes import Outcome
from experiments.reports.pages import Page, Picture, Row, Section, Sheet, write_page
from training import tracking
from training.evaluation.drift_plots import calibration_figure, drifting_figure, rates_figure, said_figure
from training.evaluation.names import outcome_named
from training.risk.reference import Came

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.drift.watch import Watch

EXPERIMENT = "watch"
LEVELS = (Bilingual("平稳", "quiet"), Bilingual("提醒", "warning"), Bilingual("警报", "alert"))
NOT_JUDGED = Bilingual("所看日期在训练之前，不作判定", "looks back, not judged")
SECTIONS: Mapping[str, Bilingual] = {
    "inputs": Bilingual("输入特征", "inputs"),
    "predictions": Bilingual("预测", "predictions"),
    "outcomes": Bilingual("结局", "outcomes"),
}
FIGURES: Mapping[str, Bilingual] = {
    "psi": Bilingual("分布变化（均值；PSI）", "spread (means; PSI)"),
    "nulls": Bilingual("缺值比例", "share without a value"),
    "new_codes": Bilingual("新代码比例", "share with a new code"),
    "grades": Bilingual("等级变化（较差比例；PSI）", "grades (share poor; PSI)"),
    "mean": Bilingual("平均预测（倍数）", "mean chance (times)"),
    "predicted_over_observed": Bilingual("预测与实际之比（倍数）", "predicted over observed (times)"),
    "ece": Bilingual("校准误差", "calibration error"),
    "precision_drop": Bilingual("平均精确率（损失比例）", "average precision (share lost)"),
}
FINDING_COLUMNS = (
    Bilingual("对象", "of what"),
    Bilingual("指标", "figure"),
    Bilingual("训练时", "at training"),
    Bilingual("现在", "now"),
    Bilingual("判定值", "judged value"),
    Bilingual("平常上限", "usual at most"),
    Bilingual("级别", "level"),
)
RATE_COLUMNS = (
    Bilingual("等级", "grade"),
    Bilingual("训练时人数", "officers at training"),
    Bilingual("训练时发生率", "rate at training"),
    Bilingual("现在人数", "officers now"),
    Bilingual("现在发生率", "rate now"),
)
MOST_ROWS = 40
QUIET_NOTE = Bilingual("没有超出限值的变化。", "Nothing has moved beyond its limit.")


def record_watch(settings: Settings, made: Watch, folder: Path) -> Path:
    """Write `watch.html` and `watch.json`, log both with the pictures under the experiment `watch`; the page's path."""
    service = f"{made.watched.bundle.service}:{made.watched.bundle.service_hash}"
    name = f"watch as of {made.as_of}"
    with tracking.run(EXPERIMENT, name, data_hash=made.data_hash, feature_service=service, use=settings) as run:
        pictures = {name: _drawn(run, name, figure) for name, figure in _figures(made).items()}
        page = write_page(folder / "watch.html", page_of(made, pictures))
        told = without_nan(made.to_json())
        text = json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False)
        (folder / "watch.json").write_text(text + "\n", encoding="utf-8")
        run.params({"as_of": made.as_of, "model_version": made.watched.version})
        level = {} if made.looks_back else {"level": made.level}
        run.metrics({**level, **_loudest(made.findings)}, made.as_of)
        run.record(told, "watch")
        run.client.log_artifact(run.run_id, str(page))
    return page


def page_of(made: Watch, pictures: Mapping[str, bytes]) -> Page:
    """The page: what it is, then inputs, predictions and outcomes."""
    title = Bilingual(f"漂移监测 {made.as_of}", f"Drift watch, {made.as_of}")
    found = {code: [one for one in made.findings if one.section == code] for code in SECTIONS}
    sections = [_section(code, found[code], pictures) for code in SECTIONS]
    sections[-1].sheets.extend(_rates(key, made) for key, some in made.came.items() if some)
    sections[-1].notes.extend(one.counted for one in made.open_findings)
    sections[-1].notes.extend(made.notes)
    return Page(title, [_about(made), *sections])


def _about(made: Watch) -> Section:
    reference, level = made.watched.reference, NOT_JUDGED if made.looks_back else LEVELS[made.level]
    zh = f"模型 risk 第 {made.watched.version} 版，与 {reference.as_of} 训练时的 {reference.officers:,} 名民警相比。"
    en = f"Model risk version {made.watched.version}, against {reference.officers:,} officers as of {reference.as_of}."
    notes = [Bilingual(f"总体级别：{level.zh}。", f"Overall: {level.en}."), Bilingual(zh, en)]
    notes.extend(notice.told for notice in made.notices)
    if not made.watched.answers:
        notes.append(Bilingual("该版本尚未启用，此处仅作观察。", "This version does not answer; it is only watched."))
    if reference.recomputed:
        notes.append(
            Bilingual("训练时未保存参照，已由快照重算。", "Training kept no reference; it was computed again.")
        )
    return Section("about", Bilingual("概要", "summary"), notes)


def _section(code: str, findings: Sequence[Finding], pictures: Mapping[str, bytes]) -> Section:
    loud = sorted((one for one in findings if one.level), key=lambda one: (-one.level, -one.value))
    shown = loud if code == "inputs" else sorted(findings, key=lambda one: (-one.level, one.what))
    made = Section(code, SECTIONS[code], [] if loud else [QUIET_NOTE])
    made.pictures.extend(Picture(_caption(name), png) for name, png in pictures.items() if name.startswith(code))
    if shown:
        caption = Bilingual(f"{len(findings)} 项中 {len(loud)} 项超限", f"{len(loud)} of {len(findings)} beyond limits")
        made.sheets.append(Sheet(caption, FINDING_COLUMNS, [_row(one) for one in shown[:MOST_ROWS]]))
    return made


def _row(one: Finding) -> Row:
    level = LEVELS[one.level]
    figure = FIGURES[one.figure]
    what = one.what if one.section == "inputs" else outcome_named(one.what)  # features go by their columns
    cells = (what, figure, one.then, one.now, one.value, one.bound, level)
    return Row(cells, level.en if one.level else "")


def _rates(key: str, made: Watch) -> Sheet:
    """Event rates by grade of the newest mature night beside those of training."""
    seen, now = made.came[key][-1]
    then = made.watched.reference.came.get(key)
    rows = []
    for grade in Grade:
        before = then.rates[grade.value] if then else (0, 0.0)
        after = now.rates[grade.value]
        cells = (grade.label, before[0], _rate(before), after[0], _rate(after))
        rows.append(Row(cells))
    name = outcome_named(key)
    caption = Bilingual(f"{name.zh}：{seen.as_of} 的预测", f"{name.en}, said on {seen.as_of}")
    return Sheet(caption, RATE_COLUMNS, rows)


def _rate(counted: tuple[int, float]) -> float:
    return counted[1] / counted[0] if counted[0] else float("nan")


def _figures(made: Watch) -> dict[str, Figure]:
    """Pictures by name, the section first."""
    warn = policy().watch.inputs.psi.warn
    moved = [one for one in made.findings if (one.section, one.figure) == ("inputs", "psi")]
    bars = {one.what: (one.value / max(warn, one.bound or 0.0), one.level) for one in moved}
    drawn = {"inputs": drifting_figure(_on(SECTIONS["inputs"], made.as_of), bars)}
    for key, (then, now) in made.said.items():
        counts = then.spread.counts, now.spread.counts
        drawn[f"predictions-{key}"] = said_figure(_on(outcome_named(key), made.as_of), then.spread.edges, *counts)
    for key, some in made.came.items():
        if some:
            drawn |= _came_figures(key, some, made.watched.reference.came.get(key))
    return drawn


def _on(what: Bilingual, day: date) -> Bilingual:
    return Bilingual(f"{what.zh} {day}", f"{what.en} {day}")


def _came_figures(key: str, some: Sequence[tuple[Outcome, Came]], then: Came | None) -> dict[str, Figure]:
    came = [one for _, one in some]
    days = [seen.as_of for seen, _ in some]
    rates = rates_figure(outcome_named(key), days, [one.predicted for one in came], [one.observed for one in came])
    calibrated = calibration_figure(_on(outcome_named(key), days[-1]), then.bins if then else (), came[-1].bins)
    return {f"outcomes-{key}-calibration": calibrated, f"outcomes-{key}-rates": rates}


def _caption(name: str) -> Bilingual:
    section, _, rest = name.partition("-")
    if section == "inputs":
        return Bilingual(
            "变化最大的特征，以各自平常的变化为 1", "The features that moved most; 1 is what is usual for each"
        )
    if section == "predictions":
        of = outcome_named(rest)
        return Bilingual(f"{of.zh}：预测分布，训练时与现在", f"Chances of {of.en}, at training and now")
    if rest.endswith("-rates"):
        return Bilingual("各次预测的均值与实际发生率", "Mean predicted at each night, and what came")
    return Bilingual("校准，训练时与现在", "Calibration, at training and now")


def _drawn(run: tracking.Run, name: str, figure: Figure) -> bytes:
    return run.picture(figure, f"{EXPERIMENT}-{name}").read_bytes()


def _loudest(findings: Sequence[Finding]) -> dict[str, Any]:
    """For curves over time: how many alert, and the largest PSI of inputs."""
    moved = [one.value for one in findings if (one.section, one.figure) == ("inputs", "psi")]
    return {"alerts": sum(one.level == ALERT for one in findings), "largest_psi": max(moved, default=0.0)}
