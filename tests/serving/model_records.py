"""A state in which a model has two versions, with everything that is written about them: gate, card, drift, audit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from data_contracts.audit.chain import Action, Entry
from data_contracts.settings import Settings
from models import artifacts, gate_records, keys, registry
from models.artifacts import Parts
from models.audit import audit_chain
from models.registry import PATH_TAG, ResolvedModel
from models.risk.evidence import FILE, PLACE, digest

AT = datetime(2026, 10, 1, 9)
STATUSES = ("pass", "waived", "explained", "fail", "inconclusive")
CARD = """# Model card: risk version 1

It passed the gate.

- For early support.

| what | value |
| --- | --- |
| trained on | 2026-01-01 |

## As a whole

![curves](conduct.png)
"""


def line(check: str, status: str = "pass", value: float | None = 1.1) -> dict[str, Any]:
    """A check of the outcome conduct, as the gate writes it."""
    return {"check": f"conduct.{check}", "outcome": "conduct", "status": status, "must": "", "value": value,
            "low": 0.9, "high": 1.3}  # fmt: skip


def recorded(folder: Path, later: Mapping[str, Sequence[float]] | None = None) -> Settings:
    """Version 1 of risk passed with signatures and answers; version 2 failed.

    With `later` the events of conduct are counted, and the rows they were counted on are kept: labels by outcome.
    """
    use = Settings(state=folder)
    client = registry.client(use)
    client.create_registered_model("risk")
    for version in ("1", "2"):
        place = use.mlflow_dir / "risk" / version / "model"
        place.parent.mkdir(parents=True)
        told = {"name": "risk", "service": "risk_v1", "service_hash": "h1", "as_of": f"2026-0{version}-01"}
        if later is not None:
            told["evidence_sha256"] = _rows(place.parent / PLACE, later)
        artifacts.save(place, Parts(json={"version": version}), told, keys.signing_key(use.keys_dir))
        tags = {PATH_TAG: f"risk/{version}/model"}
        client.create_model_version("risk", source=str(place), tags=tags)
    registry.set_alias(use, "risk", "1")
    first, second = registry.versions(use, "risk")
    groups = [f"sex={sex}.{measure}" for sex in ("female", "male") for measure in ("calibration", "flag_ratio")]
    lines = [line("calibration_error"), line("grades", value=None),
             *(line(check, status) for check, status in zip(groups, STATUSES, strict=False))]  # fmt: skip
    if later is not None:
        lines.insert(0, line("events", value=sum(later["conduct"])))
    _judged(use, first, True, lines)
    _judged(use, second, False, [line("calibration_error", "fail")])
    note = {
        "kind": "waiver", "model": "risk", "version": "1", "model_hash": "h", "on": "2026-09-30",
        "checks": ["conduct.sex=female.calibration"], "reason": "本部门女警人数少，先行试用",
        "signed_by": ["Ann Li", "王一"],
    }  # fmt: skip
    gate_records.write_signed(use, gate_records.folder_of(use, first) / "waiver-0.json", note)
    card = first.path.parent / gate_records.CARD
    card.mkdir()
    for language in ("zh", "en"):
        (card / f"card.{language}.md").write_text(CARD)
    audit_chain(use).append(
        Entry(AT, "operator:ann", Action.MODEL_PROMOTED, details={"model": "risk", "version": "1", "sha256": "h"})
    )
    watched(use)
    return use


def _rows(folder: Path, later: Mapping[str, Sequence[float]]) -> str:
    """Labels of later years as training keeps them; their sha256."""
    rows = [{"outcome": outcome, "as_of": datetime(2025, 1, 1), "officer": f"p-{number}", "y": y, "chance": 0.2,
             "count": 0.0} for outcome, some in later.items() for number, y in enumerate(some)]  # fmt: skip
    folder.mkdir()
    pd.DataFrame(rows).to_parquet(folder / FILE)
    return digest(folder / FILE)


def _judged(use: Settings, model: ResolvedModel, passed: bool, lines: list[dict[str, Any]]) -> None:
    told = {"model": model.name, "version": model.version, "model_hash": "h", "passed": passed, "lines": lines}
    gate_records.write_signed(use, gate_records.folder_of(use, model) / gate_records.RESULT, told)


def watched(use: Settings) -> None:
    """A watch that warned."""
    findings = [
        {"section": "predictions", "what": "conduct_12m", "figure": "mean", "then": 0.05, "now": 0.08,
         "level": "warning"},
        {"section": "inputs", "what": "tenure_days", "figure": "psi", "then": 1.0, "now": None, "level": "alert"},
        {"section": "inputs", "what": "awards", "figure": "psi", "then": 1.0, "now": 1.0, "level": "quiet"},
    ]  # fmt: skip
    told = {"as_of": "2026-10-01", "model_version": "1", "level": "alert", "findings": findings,
            "notices": [{"code": "c", "zh": "须知", "en": "to know"}]}  # fmt: skip
    folder = use.state / "watch" / "2026-10-01"
    folder.mkdir(parents=True)
    (folder / "watch.json").write_text(json.dumps(told, ensure_ascii=False))
