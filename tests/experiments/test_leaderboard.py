"""Leaderboards on planted scores: who is ahead for sure, on whom it rests, and what is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from experiments.studies import run as study_run
from experiments.studies.board_figures import board_figure, cost_figure, model_figure
from experiments.studies.board_tables import as_tables, days_tables
from experiments.studies.board_words import SURE
from experiments.studies.comparing import Wanted, boards_of, compared, entries_of, kept, show
from experiments.studies.kind import Exam
from experiments.studies.kinds import KINDS
from experiments.studies.leaderboard import boards
from experiments.studies.record import record_comparison
from models import registry
from tests.experiments.kept_study import DAYS, EVENTS, OFFICERS, plant
from training.evaluation.plots import chinese_font


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(state=tmp_path_factory.mktemp("planted") / "state")
    plant(made)
    plant(made, "smaller", people=300)
    plant(made, "posts", kind="next-post")
    return made


def test_who_knows_more_is_ahead_for_sure(use: Settings) -> None:
    (board,) = boards_of(Wanted(use, ["planted"]))
    assert [one.name for one in board.standings] == ["trees", "logistic", "count_rule"]
    assert (board.officers, board.rows, board.events) == (OFFICERS, 2 * OFFICERS, 2 * EVENTS)
    assert board.reference == "count_rule"
    best = board.standings[0]
    assert best.behind is not None
    assert best.behind.low > 0.3
    assert best.sure
    assert best.figures["average_precision"].low <= best.figures["average_precision"].value
    assert set(best.by_day) == {str(day) for day in DAYS}
    assert board.standings[-1].behind is None


def test_the_same_model_twice_differs_by_nothing(use: Settings) -> None:
    (one, *_) = entries_of(Wanted(use, ["planted/trees"]))
    (board,) = boards([one, replace(one, name="again")], KINDS["risk"], "again")
    behind = next(found.behind for found in board.standings if found.name == one.name)
    assert behind is not None
    assert (behind.difference, behind.low, behind.high) == (0.0, 0.0, 0.0), "the draws are paired"


def test_studies_are_compared_on_the_officers_they_share(use: Settings) -> None:
    (board,) = boards_of(Wanted(use, ["planted/trees", "smaller"]))
    assert board.officers == 300
    assert {one.name for one in board.standings} == {
        "planted/trees", "smaller/count_rule", "smaller/logistic", "smaller/trees",
    }  # fmt: skip
    assert board.reference == board.standings[0].name, "no baseline of the first study is among them"


def test_what_cannot_be_compared_is_refused(use: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="have no figure in common"):
        boards_of(Wanted(use, ["planted", "posts"]))
    one, other = entries_of(Wanted(use, ["planted/trees", "planted/logistic"]))
    strangers = replace(other, rows=other.rows.assign(officer_id="x" + other.rows["officer_id"]))
    with pytest.raises(InvalidInput, match="share no officer at any test day"):
        boards([one, strangers], KINDS["risk"], "best")
    otherwise = replace(other, rows=other.rows.assign(y=0.0))
    with pytest.raises(InvalidInput, match="held to different outcomes"):
        boards([one, otherwise], KINDS["risk"], "best")
    with pytest.raises(InvalidInput, match="several studies were run: planted, posts, smaller"):
        boards_of(Wanted(use, []))
    with pytest.raises(InvalidInput, match="no study was run"):
        boards_of(Wanted(Settings(state=tmp_path), []))


def test_scores_that_are_gone_are_told(tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state")
    plant(use)
    study_run.Tested(Exam(DAYS[0], "conduct"), "trees").path(use.experiments_dir / "planted").unlink()
    with pytest.raises(NotReady, match="pharos experiment run planted"):
        kept(use, "planted").entry("trees", "trees")


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_is_whole_and_in_both_languages(use: Settings, width: int) -> None:
    console = Console(record=True, width=width)
    (table,) = as_tables(boards_of(Wanted(use, ["planted"]))[0])
    console.print(table)
    told = console.export_text()
    assert "查实投诉 · conduct" in told
    assert "…" not in re.sub(r"[+-]\d\.\d+…[+-]\d", "", told), "nothing is cut off"
    assert re.search(r"trees +\d\.\d{3} +1\.000 +\+0\.\d{3}\* +\+0\.\d{3}…\+0\.\d{3} +4\.0 +0\.50 +2 kB", told), told
    assert SURE[True].en == "the interval leaves out 0"


def test_the_terminal_has_a_line_a_model_for_each_test_day(use: Settings, tmp_path: Path) -> None:
    console = Console(record=True, width=80)
    found = compared(Wanted(use, ["planted"], out=tmp_path))
    show(found, console)
    told = console.export_text()
    assert re.search(rf"model +{DAYS[0]} +{DAYS[1]}", told), told
    best = found.boards[0].standings[0]
    values = [f"{best.by_day[str(day)].value:.3f}" for day in DAYS]
    ends = [f"{best.by_day[str(day)].low:.3f}…{best.by_day[str(day)].high:.3f}" for day in DAYS]
    assert re.search(rf"{best.name} +{values[0]} +{values[1]} *\n +{ends[0]} +{ends[1]}", told), told
    assert max(map(len, told.splitlines()[:-1])) <= 80
    (board,) = boards_of(Wanted(use, ["planted"]))
    many = replace(board, days=board.days * 3)
    assert [len(table.columns) for table in days_tables(many)] == [5, 3], "what does not fit goes below"


def test_titles_and_axes_are_in_both_languages(use: Settings) -> None:
    (board,) = boards_of(Wanted(use, ["planted"]))
    if chinese_font() is None:
        pytest.skip("without a Chinese font pictures are English")
    for figure in (board_figure(board), cost_figure(board)):
        words = [figure.get_suptitle(), *(axes.get_xlabel() or axes.get_ylabel() for axes in figure.axes)]
        for one in words:
            assert re.search("[\u4e00-\u9fff].* · .*[a-z]", one), one
    assert not re.search("[\u4e00-\u9fff]", board_figure(board, english=True).get_suptitle())


def test_pictures_draw_every_letter_in_both_languages(use: Settings, caplog: pytest.LogCaptureFixture) -> None:
    (board,) = boards_of(Wanted(use, ["planted"]))
    for english in (False, True):
        for figure in (board_figure(board, english=english), cost_figure(board, english=english)):
            figure.canvas.draw()
            assert figure.legends
    assert "glyph" not in caplog.text
    lines = board_figure(board, english=True).axes[0].lines
    markers = {line.get_marker() for line in lines if len(np.atleast_1d(line.get_xdata())) == len(DAYS)}
    assert len(markers - {"None", "_"}) == len(board.standings), "colour is never alone"


def test_pictures_of_single_models_may_be_laid_side_by_side(use: Settings, caplog: pytest.LogCaptureFixture) -> None:
    (board,) = boards_of(Wanted(use, ["planted"]))
    trees, rule = (model_figure(board, name) for name in ("trees", "count_rule"))
    for one, lines in ((trees, 2), (rule, 1)):
        one.canvas.draw()
        drawn = [
            line for line in one.axes[0].lines if np.size(line.get_xdata()) == len(DAYS) and line.get_linestyle() == "-"
        ]
        assert len(drawn) == lines, "the model, and the reference where it is another"
    best = next(found for found in board.standings if found.name == "trees")
    assert [best.by_day[str(day)].value for day in DAYS] == pytest.approx(list(drawn_last(trees)))
    for place in (0, 1):
        assert trees.axes[place].get_ylim() == rule.axes[place].get_ylim()
        assert trees.axes[place].get_xlim()[1] == pytest.approx(rule.axes[place].get_xlim()[1])
    assert "glyph" not in caplog.text


def drawn_last(figure: Any) -> list[float]:
    """The figures by day of the line that is drawn last, the model's own."""
    line = [one for one in figure.axes[0].lines if len(one.get_xdata()) == len(DAYS) and one.get_linestyle() == "-"][-1]
    return [float(value) for value in line.get_ydata()]


def test_a_comparison_on_record_names_the_records_of_each_study(use: Settings, tmp_path: Path) -> None:
    found = compared(Wanted(use, ["planted", "smaller"], out=tmp_path))
    kept_run = registry.client(use).get_run(record_comparison(use, found))
    (seen,) = kept_run.inputs.dataset_inputs
    assert (seen.dataset.name, seen.dataset.digest, seen.tags[0].value) == ("simulator", "d1", "evaluation")
    assert "study planted, smaller" in seen.dataset.source
    assert set(json.loads(seen.dataset.profile)) == {"tests.planted", "tests.smaller"}


def test_a_legend_of_long_names_stays_in_its_picture(use: Settings) -> None:
    (one,) = entries_of(Wanted(use, ["planted/trees"]))
    many = [replace(one, name=f"a-candidate-with-a-rather-long-name-{place}") for place in range(7)]
    (board,) = boards(many, KINDS["risk"], "best")
    for figure in (board_figure(board, english=True), cost_figure(board, english=True)):
        figure.canvas.draw()
        box = figure.legends[0].get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width
        assert len(figure.legends) == 1
        assert len(figure.legends[0].get_texts()) == len(many)


def test_page_and_pictures_lie_together(use: Settings, tmp_path: Path) -> None:
    found = compared(Wanted(use, ["planted", "smaller"], out=tmp_path / "out"))
    assert {place.name for place in (tmp_path / "out").iterdir()} == {
        "compare.html", "compare.json", "compare-conduct.png", "compare-conduct.svg", "cost-conduct.png",
        "cost-conduct.svg",
    }  # fmt: skip
    page = found.page.read_text("utf-8")
    assert "planted、smaller" in page
    assert "o-0001" not in page, "a page names nobody"
    assert "o-0001" not in found.figures.read_text("utf-8")
