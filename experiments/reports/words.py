"""Words of the risk report: captions about an outcome, and the cells of a record by name instead of by code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from data_contracts.vocabulary import Bilingual
from experiments.reports.pages import Row
from training.evaluation.fairness import Verdict
from training.evaluation.names import measure_named, method_named, outcome_named
from training.gate.group_lines import STATUS
from training.gate.lines import STATUS_ZH

CODED: Mapping[str, Callable[[str], Bilingual]] = {
    "outcome": outcome_named, "as_of": method_named, "model": method_named, "method": method_named,
    "versus": method_named, "metric": measure_named,
}  # fmt: skip


def caption_of(outcome: str, zh: str, en: str) -> Bilingual:
    """A caption about an outcome."""
    name = outcome_named(outcome)
    return Bilingual(f"{name.zh}：{zh}", f"{name.en}: {en}")


def outcome_at(outcome: str, day: str) -> Bilingual:
    """An outcome and an as-of."""
    name = outcome_named(outcome)
    return Bilingual(f"{name.zh} {day}", f"{name.en} {day}")


def coded(record: Mapping[str, Any], keys: Sequence[str]) -> Row:
    """The cells of a record; codes of outcomes, models and figures by their names."""
    return Row([CODED[key](record[key]) if key in CODED and record.get(key) else record.get(key) for key in keys])


def verdict_named(one: Verdict) -> Bilingual:
    """What is known of a group, in words."""
    return Bilingual(STATUS_ZH[STATUS[one]], one.value)
