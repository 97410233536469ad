"""What the gate says of groups: one line each for what can refuse a model, and for what somebody must explain."""

from __future__ import annotations

from dataclasses import replace

from data_contracts.gating import GroupLimits
from data_contracts.vocabulary import Bilingual
from training.evaluation.fairness import Fairness, Group, Measured, Verdict
from training.gate.lines import Line, Status

STATUS = {Verdict.PASS: Status.PASS, Verdict.FAIL: Status.FAIL, Verdict.INCONCLUSIVE: Status.INCONCLUSIVE}
CALIBRATION = Bilingual("预测与实际发生数之比", "predicted over observed events")
GAP = Bilingual("检出率与其余民警之差", "true-positive rate less that of the rest")
FLAGS = Bilingual("预警率与其余民警之比", "flag rate over that of the rest")
ALARMS = Bilingual("误报率与其余民警之比", "false-positive rate over that of the rest")
LACKING = Bilingual("未登记该属性，无法比较各组", "nobody recorded this attribute, so groups cannot be compared")


def group_lines(outcome: str, found: Fairness, lacking: tuple[str, ...], limits: GroupLimits) -> list[Line]:
    """Every group's lines, and one for each attribute that is not known at all: inconclusive as a whole."""
    lines = [line for group in found.groups for line in _of_group(outcome, group, limits)]
    return lines + lacking_lines(outcome, lacking)


def lacking_lines(outcome: str, lacking: tuple[str, ...]) -> list[Line]:
    """One line for each attribute that nobody recorded."""
    must = Bilingual("已登记", "recorded")
    return [Line(f"{outcome}.{name}", outcome, Status.INCONCLUSIVE, LACKING, must) for name in lacking]


def _of_group(outcome: str, group: Group, limits: GroupLimits) -> list[Line]:
    ratio = f"{limits.ratio_low:g} – {limits.ratio_high:g}"
    within = Bilingual(f"区间在 {ratio} 之内", f"within {ratio}, with its interval")
    gap = Bilingual(f"区间在 ±{limits.gap_at_most:g} 之内", f"within ±{limits.gap_at_most:g}, with its interval")
    shown = Bilingual(f"{ratio}，否则须书面说明", f"{ratio}, or explained in writing")
    name = f"{outcome}.{group.name}"
    calibration, caught = STATUS[group.calibration_verdict(limits)], STATUS[group.gap_verdict(limits)]
    off_ratio, off_gap = (suspect and status is Status.INCONCLUSIVE for suspect, status in (
        (group.suspect_ratio(limits), calibration), (group.suspect_gap(limits), caught)))  # fmt: skip
    flags, alarms = (_shown(one, limits) for one in (group.flag_ratio, group.false_positive_ratio))
    lines = [
        replace(
            _line(f"{name}.calibration", calibration, CALIBRATION, within, group.predicted_ratio), suspect=off_ratio
        ),
        replace(_line(f"{name}.true_positive_gap", caught, GAP, gap, group.true_positive_gap), suspect=off_gap),
        _line(f"{name}.flag_ratio", flags, FLAGS, shown, group.flag_ratio),
        _line(f"{name}.false_positive_ratio", alarms, ALARMS, shown, group.false_positive_ratio),
    ]
    return [replace(line, outcome=outcome, group=group.name) for line in lines]


def _shown(measured: Measured, limits: GroupLimits) -> Status:
    inside = limits.ratio_low <= measured.value <= limits.ratio_high
    return Status.PASS if inside else Status.UNEXPLAINED


def _line(check: str, status: Status, words: Bilingual, must: Bilingual, measured: Measured) -> Line:
    return Line(check, "", status, words, must, measured.value, measured.low, measured.high)
