"""The demo asks the gate first: its reviewers sign where nothing failed, and for a version that failed nobody does."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from data_contracts.errors import GateRefused
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from experiments import demo
from models import registry
from models.registry import ResolvedModel
from serving.risk.preview import monthly
from training.gate import verdict
from training.gate.lines import Line, Status
from training.gate.verdict import Examined

MODEL = ResolvedModel("risk", "1", Path(), "run", {})
Asked = Callable[..., tuple[list[tuple[str, list[str]]], str]]


def line(check: str, status: Status) -> Line:
    return Line(f"conduct.{check}", "conduct", status, Bilingual("项", check), Bilingual("高", "high"), 0.5)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    """What is signed, and what is said, when a version with lines of these statuses is to be promoted."""

    def ask(*statuses: Status) -> tuple[list[tuple[str, list[str]]], str]:
        signed: list[tuple[str, list[str]]] = []
        examined = Examined(MODEL, "hash", {}, tuple(line(f"c{place}", one) for place, one in enumerate(statuses)))

        def promoted(*_: Any) -> Examined:
            if Status.FAIL in statuses:
                raise GateRefused("risk version 1 was not promoted")
            return examined

        def settled(_: Settings, __: Examined, kind: str, checks: list[str], *___: Any) -> Path:
            signed.append((kind, checks))
            return tmp_path

        monkeypatch.setattr(registry, "versions", lambda *_: [MODEL])
        monkeypatch.setattr(verdict, "examine", lambda *_: examined)
        monkeypatch.setattr(verdict, "promote", promoted)
        monkeypatch.setattr(verdict, "settle", settled)
        out = io.StringIO()
        way = demo.Way(demo.DemoPlan(), Settings(state=tmp_path), Console(file=out, width=200))
        demo.walked(demo.promote("risk"), way)
        return signed, out.getvalue()

    return ask


def test_nobody_signs_for_a_version_that_failed(asked: Asked) -> None:
    signed, said = asked(Status.FAIL, Status.INCONCLUSIVE, Status.UNEXPLAINED)
    assert signed == []
    assert "left out: risk version 1 was not promoted" in said
    assert "DEMO ONLY" not in said


def test_what_a_small_force_cannot_show_is_signed_for_aloud(asked: Asked) -> None:
    signed, said = asked(Status.PASS, Status.INCONCLUSIVE, Status.UNEXPLAINED)
    assert signed == [("waiver", ["conduct.c1"]), ("justification", ["conduct.c2"])]
    assert said.count("DEMO ONLY") == 2
    assert asked(Status.PASS)[0] == []


def test_the_days_of_the_demo_let_a_preview_count_a_month(tmp_path: Path) -> None:
    way = demo.Way(demo.DemoPlan(years=3), Settings(state=tmp_path), Console(), date(2026, 1, 1))
    days = way.snapshot_days
    assert days == [date(2024, 1, 1), date(2025, 1, 1), date(2025, 12, 1), date(2026, 1, 1)]
    assert monthly(way.today, days) == [(date(2025, 12, 1), way.today)]
