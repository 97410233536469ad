"""The record of how concerns are sorted tells figures of the phrases and the settings that are here, both ways."""

from __future__ import annotations

import re
from pathlib import Path

from data_contracts.concern_phrases import phrases
from experiments import demo
from training.concerns.fit import ConcernFit
from training.concerns.train import phrases_hash

RECORD = next((Path(__file__).resolve().parents[2] / "experiments" / "decisions").glob("0028-*.md"))
MEASURED = re.compile(r"phrases `([0-9a-f]{12})`")
HEADS = re.compile(r"^\| .*`make demo` \((\d+) forms a phrase\) \| `pharos train concerns` \((\d+) forms\) \|$", re.M)
REMEDY = "train both ways, ask `python -m experiments.concern_figures` once of each, and tell the figures in the record"


def test_the_figures_are_of_the_phrases_that_are_here() -> None:
    told = MEASURED.findall(RECORD.read_text(encoding="utf-8"))
    assert told == [phrases_hash(phrases())[:12]], f"the phrases changed after they were measured: {REMEDY}"


def test_the_figures_are_of_the_demo_and_of_the_command() -> None:
    told = HEADS.findall(RECORD.read_text(encoding="utf-8"))
    assert told == [(str(demo.DEMO_VARIANTS), str(ConcernFit().variants))], f"other settings than measured: {REMEDY}"
