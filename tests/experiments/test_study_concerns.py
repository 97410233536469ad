"""A study of concerns: what is asked was held out, every subcategory counts alike, urgency by those it is asked of."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from data_contracts.concern_phrases import phrases
from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from experiments.studies.board_tables import as_tables
from experiments.studies.concern_kind import HELD, SIMULATOR, ConcernStudy, Said, rows_of
from experiments.studies.ground import ground_of
from experiments.studies.kinds import KINDS
from experiments.studies.leaderboard import Entry, boards
from experiments.studies.reading import read_study
from experiments.studies.scores import Cost
from models import registry
from tests.experiments.study_room import run_in, written
from training.concerns.corpus import Example, Share, examples
from training.concerns.fit import labels_of_policy
from training.concerns.urgency import HALVES, asked, sentences

TEXT = """
kind = "concerns"
title = { zh = "诉求", en = "Concerns" }
baseline = "names"
peers = ["names"]
data = { source = "phrases" }
test = { as_ofs = [2026-01-01] }
tune = { trials = 1, folds = 1 }
[[candidate]]
name = "small"
tuned = true
settings = { variants = 1 }
"""
CODES = labels_of_policy().subcategories


def said(firsts: list[str], levels: list[int]) -> Said:
    """Answers that are sure of one subcategory each."""
    chances = np.array([[float(code == first) for code in CODES] for first in firsts])
    return Said(chances, np.array(levels), np.array([True, True, False, True])[: len(firsts)])


SOME = [
    Example("想休年假", "annual_leave", 0, "想休年假"),
    Example("想休年假呀", "annual_leave", 0, "想休年假"),
    Example("年假没批", "annual_leave", 1, "年假没批"),
    Example("快救人", "hardship", 2, "快救人"),
]


def test_every_subcategory_counts_alike_and_urgency_only_where_it_is_asked() -> None:
    rows = rows_of("one", SOME, said(["annual_leave", "housing", "housing", "hardship"], [0, 2, 0, 2]))
    assert rows["macro_first"].mean() == pytest.approx((1 / 3 + 1) / 2)
    assert rows["told"].tolist() == [1, 1, 0, 1]
    assert rows["urgent_precision"].dropna().tolist() == [0, 1]
    assert rows["urgent_found"].dropna().tolist() == [1]
    assert rows["item"].tolist() == [0, 1, 0, 0]


def test_a_board_tells_means_over_what_is_asked_of_phrases() -> None:
    right = said([one.subcategory for one in SOME], [one.urgency for one in SOME])
    blind = said(["housing"] * 4, [0, 0, 0, 0])
    entries = [Entry(name, rows_of("simulator", SOME, told).assign(as_of="2026-01-01"), Cost(1.0, 0.1))
               for name, told in (("right", right), ("blind", blind))]  # fmt: skip
    (board,) = boards(entries, KINDS["concerns"], "blind")
    first, last = board.standings
    assert first.name == "right"
    assert {name: one.value for name, one in first.figures.items() if name != "told"} == pytest.approx(
        dict.fromkeys(("macro_first", "macro_among_3", "urgent_precision", "urgent_found"), 1.0)
    )
    assert np.isnan(last.figures["urgent_precision"].value), "who calls nothing urgent has no precision"
    assert last.figures["urgent_found"].value == 0.0
    assert board.officers == 3, "phrases are drawn, with all their forms"
    console = Console(record=True, width=80)
    for table in as_tables(board):
        console.print(table)
    told = console.export_text()
    assert re.search(r"right +1\.000 +1\.000 +0\.750 +1\.000 +1\.000 *\n", told), told
    assert re.search(r"right +\+1\.000\* +\+\d\.\d{3}…\+\d(\.\d{3})? +1\.0 +0\.10 +–", told), told
    assert "…" not in re.sub(r"[+-]\d\.\d+…[+-]\d", "", told), "nothing is cut off"


def test_what_is_asked_was_never_learned_from(tmp_path: Path) -> None:
    study = read_study(str(written(tmp_path, TEXT, "concerns-here")))
    loaded = ConcernStudy(ground_of(study, Settings(state=tmp_path / "state")))
    learned = {one.phrase for one in examples(loaded.learned, Share(), 1, 0)}
    held = {one.phrase for one in loaded.parts[HELD]}
    assert not held & learned
    assert held | learned == {one.phrase for one in examples(phrases(), Share(), 1, 0)}
    clauses, every = loaded.learned.around.urgent, phrases().around.urgent
    assert 0.7 * len(every) < len(clauses) < len(every), "clauses of urgency are held out as well"
    half = {one.phrase for one in loaded.parts[SIMULATOR]}
    assert half == {one.text for one in sentences()} - {one.phrase for one in asked(phrases(), Share(0, HALVES))}


@pytest.mark.slow
def test_a_study_of_concerns_is_run_whole_and_stays_in_its_state(tmp_path: Path) -> None:
    state = tmp_path / "state"
    printed = run_in(state, written(tmp_path, TEXT, "concerns-here"))
    assert all(len(line) <= 80 or line.startswith(("page ", "study ")) for line in printed.splitlines()), printed
    assert "模拟语句" in printed
    assert "例句" in printed
    client = registry.client(Settings(state=state))
    runs = client.search_runs([client.get_experiment_by_name("study-concerns-here").experiment_id])
    (small,) = [run for run in runs if run.data.tags.get("pharos.model") == "small"]
    figures = small.data.metrics
    assert figures["simulator.macro_first"] > 0.5
    assert figures["simulator.urgent_found"] > 0.5
    assert figures["simulator.from_reference.low"] > 0, "it is ahead of looking for names"
    assert 0 < figures["held_phrases.told"] <= 1


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ('source = "phrases"', 'source = "simulator"', '"phrases" belongs to kind = "concerns"'),
        ('kind = "concerns"', 'kind = "courses"', '"phrases" belongs to kind = "concerns" and kind is \'courses\''),
        ("[2026-01-01]", "[2025-01-01, 2026-01-01]", "test.as_ofs has 2 days; phrases have none"),
        ("folds = 1", "folds = 6", "tune.folds is 6; phrases are held out in 5 parts"),
        ("variants = 1", "forms = 1", r"candidate\[1\].settings.forms is 1"),
        ('"phrases" }', '"phrases", folder = "x" }', "data.folder is .*, and phrases needs none"),
        ("as_ofs = [2026-01-01]", 'as_ofs = [2026-01-01], outcomes = ["strain"]', "test.outcomes is for risk"),
    ],
)
def test_what_is_wrong_with_a_study_of_concerns_is_told(tmp_path: Path, was: str, now: str, words: str) -> None:
    assert was in TEXT
    with pytest.raises(InvalidInput, match=words):
        read_study(str(written(tmp_path, TEXT.replace(was, now))))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    study = read_study(str(written(tmp_path, TEXT, "concerns-here")))
    with pytest.raises(InvalidInput, match="leave --data out"):
        ground_of(study, Settings(state=tmp_path / "state"), tmp_path)
