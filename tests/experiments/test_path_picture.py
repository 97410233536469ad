"""The picture has a line for each path, words in a language that the fonts have, and only known formats."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from matplotlib.text import Annotation

from data_contracts.errors import InvalidInput
from data_contracts.vocabulary import Bilingual
from experiments.advice.path_picture import draw_paths, path_figure
from models.paths.telling import StepCourse, TellingStep, ToldPath
from training.evaluation import plots

PATHS = (
    ToldPath((TellingStep("m", 0.4, 12.0, 6.0, 20.0), TellingStep("z", 0.5, 24.0, 14.0, 34.0)), 0.18),
    ToldPath((TellingStep("z", 0.1, 18.0, 6.0, 30.0),), 0.07),
)


def _name(item: str) -> Bilingual:
    return Bilingual(f"岗{item}", f"post {item}")


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_paths_are_drawn(tmp_path: Path, ending: str) -> None:
    file = draw_paths(tmp_path / "deep" / f"paths.{ending}", PATHS, ("a", "z"), _name)
    assert file.stat().st_size > 2000


def test_words_are_english_where_no_font_draws_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "chinese_font", lambda: None)
    figure = path_figure(PATHS, "a", "z", _name)
    told = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "from: post a" in told
    assert "whole path in time 18%" in told
    assert "post m (40% of moves then)" in told
    assert len(figure.axes[0].lines) == 2 + 3  # a line a path, an interval a step


def test_a_small_chance_is_drawn_as_it_is_printed() -> None:
    rare = (ToldPath((TellingStep("z", 0.00049, 18.0, 6.0, 30.0),), 0.0006), ToldPath(PATHS[1].steps, 0.031))
    told = [text.get_text() for text in path_figure(rare, "a", "z", _name, "en").axes[0].texts]
    assert {"post z (<0.1% of moves then)", "whole path in time <0.1%", "whole path in time 3.1%"} <= set(told)


def test_the_courses_of_each_step_are_on_it_briefly() -> None:
    courses = [StepCourse(f"c{number}", Bilingual(f"课{number}", f"course {number}")) for number in range(3)]
    asking = (TellingStep("m", 0.4, 12.0, 6.0, 20.0, courses=tuple(courses)),
              TellingStep("z", 0.5, 24.0, 14.0, 34.0, courses=tuple(courses[:1])))  # fmt: skip
    figure = path_figure((ToldPath(asking, 0.18),), "a", "z", _name, "en")
    told = {text.get_text(): text.xy[0] for text in figure.axes[0].texts if isinstance(text, Annotation)}
    taken = {text: month for text, month in told.items() if text.startswith("take:")}
    assert taken == {"take: course 0 and 2 more": 0.0, "take: course 0": 12.0}, "where the time for them begins"
    ending = (asking[0], replace(asking[1], courses=(replace(courses[1], take_by=date(2026, 5, 1)),)))
    figure = path_figure((ToldPath(ending, 0.18),), "a", "z", _name, "en")
    (place,) = (
        text.xy[0] for text in figure.axes[0].texts if isinstance(text, Annotation) and "by 2026" in text.get_text()
    )
    assert place == 0.0, "its last day may come before the first step"


def test_words_are_english_where_they_are_asked_for_in_english() -> None:
    figure = path_figure(PATHS, "a", "z", _name, "en")
    assert "from: post a" in " ".join(text.get_text() for text in figure.axes[0].texts)


def test_another_ending_is_refused_and_no_path_draws_an_empty_picture(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"\.png or \.svg"):
        draw_paths(tmp_path / "paths.doc", PATHS, ("a", "z"), _name)
    assert path_figure((), "a", "z", _name).axes[0].lines[:] == []
