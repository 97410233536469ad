"""A bound just under nothing is told as it is, wherever a figure is told with its interval."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

import training
from models.registry import ResolvedModel
from training.evaluation.bootstrap import Difference
from training.evaluation.list_quality import Mean
from training.gate.evidence import Checked, check
from training.gate.list_card import _mean
from training.gate.model_card import Say, _against_past
from training.risk.fit import FitSettings
from training.risk.record import Origin, Trained, as_table, note_of

HOUSE = Path(training.__file__).parents[1]
BARE = re.compile(r"\b(low|high|difference)(['\"]\])?:\+?\.[34]f")
CLOSE = Difference(0.0004, -0.0003, 0.0011)


@pytest.fixture
def close() -> Checked:
    """An outcome that is not quite ahead of the count rule."""
    return replace(check("conduct", []), ap=0.154, gain=CLOSE, over_past=CLOSE)


def test_the_table_and_the_note_of_a_training_tell_a_bound_under_nothing(close: Checked) -> None:
    out = io.StringIO()
    Console(file=out, width=80).print(as_table(Trained(ResolvedModel("risk", "1", Path(), "run", {}), (close,), ())))
    assert "0.0004 [-0.0003, 0.001]" in out.getvalue()
    origin = Origin(date(2026, 1, 1), 12, FitSettings(), "", {})
    assert "gain 0.0004 [-0.0003, 0.001] over count_rule" in note_of(origin, [close])


def test_the_card_tells_it_in_both_languages(close: Checked) -> None:
    class Seen:
        checked = close

    for language in (0, 1):
        (said,) = _against_past(Seen(), Say(language))  # type: ignore[arg-type]
        assert "0.0004 [-0.0003, 0.001]" in said.markdown()
    assert _mean(Mean(0.00021, -0.0001, 0.1, 40)) == "0.0002 [-0.0001, 0.100]"


def test_no_interval_is_told_past_it() -> None:
    """Where "above 0" is claimed, "-0.000" would read as nothing: every bound goes the one way."""
    found = [
        f"{path.relative_to(HOUSE)}: {match.group()}"
        for package in ("training", "experiments")
        for path in sorted((HOUSE / package).rglob("*.py"))
        for match in BARE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
