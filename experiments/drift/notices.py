"""What to know before the figures of a watch: a day before training, limits that were held, mute features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from data_contracts.vocabulary import Bilingual
from data_contracts.watching import Sureness
from experiments.drift.findings import Finding
from training.evaluation.names import outcome_named

MOST_NAMED = 3
FIGURES = {"psi": Bilingual("分布", "spread"), "grades": Bilingual("等级", "grades"), "mean": Bilingual("均值", "mean")}


@dataclass(frozen=True)
class Notice:
    """One of them: a stable code for programs, and what it says."""

    code: str
    told: Bilingual

    def as_record(self) -> dict[str, str]:
        """For the JSON."""
        return {"code": self.code, "zh": self.told.zh, "en": self.told.en}


def notices_of(as_of: date, trained_on: date, findings: Sequence[Finding], sureness: Sureness) -> list[Notice]:
    """All of them, the gravest first."""
    found = [_before_training(as_of, trained_on)] if as_of < trained_on else []
    return [*found, *_held(findings, sureness), *_mute(findings)]


def _before_training(as_of: date, trained_on: date) -> Notice:
    zh = (
        f"所看日期 {as_of} 早于模型的训练截止日 {trained_on}：以下是拿这一天与其后的数据相比，变化"
        "不代表训练之后的漂移，预测也可能已见过其后发生的事；请改看训练截止日及以后的日期"
    )
    en = (
        f"the day watched, {as_of}, lies before the training day of the model, {trained_on}: the figures compare it "
        "with its own future, what moved is no drift since training, and the model may have seen what came; watch a "
        "day from training on"
    )
    return Notice("before_training", Bilingual(zh, en))


def _held(findings: Sequence[Finding], sureness: Sureness) -> Iterator[Notice]:
    """Limits of predictions that a multiple of what is usual would have put out of reach."""
    for one in findings:
        if one.section != "predictions" or one.used_to is None or one.bound is None:
            continue
        least = 1.0 if one.figure == "mean" else 0.0  # a factor of one is no move
        wanted = least + sureness.usual_times * (one.used_to - least)
        if wanted > one.bound:
            yield Notice("limit_held", _held_told(one, wanted, sureness))


def _held_told(one: Finding, wanted: float, sureness: Sureness) -> Bilingual:
    name, figure, times = outcome_named(one.what), FIGURES[one.figure], f"{sureness.usual_times:g}"
    zh = (
        f"{name.zh}的预测（{figure.zh}）在以往同样的季节之间已变化 {one.used_to:.2f}，其 {times} 倍（{wanted:.2f}）作"
        f"上限就形同虚设，故上限定为 {one.bound:.2f}"
    )
    en = (
        f"predictions of {name.en} ({figure.en}) used to move by {one.used_to:.2f} between the same seasons; {times} "
        f"times that, {wanted:.2f}, would be a limit that nothing passes, so it is held at {one.bound:.2f}"
    )
    return Bilingual(zh, en)


def _mute(findings: Sequence[Finding]) -> Iterator[Notice]:
    """Features that move as far as can be in a usual year."""
    names = [one.what for one in findings if one.mute]
    if not names:
        return
    more = len(names) - MOST_NAMED
    shown = "、".join(names[:MOST_NAMED]), ", ".join(names[:MOST_NAMED])
    zh = f"{shown[0]}{f'等 {len(names)} 个特征' if more > 0 else ''}平常就变到几乎不能再变，分布变化在此看不出漂移"
    en = (
        f"{shown[1]}{f' and {more} more features' if more > 0 else ''} move nearly as far as can be when nothing is "
        "wrong, so that drift in their spread cannot be seen"
    )
    yield Notice("cannot_tell", Bilingual(zh, en))
