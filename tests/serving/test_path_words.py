"""Every text that a simulated bureau's answers about paths hold: no bare code in either language, no course over.

The bureau is simulated with its own codes, which look like no word: `community-1`, `e-legal-2`, `special_police`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd
import pytest

from data_contracts.asof import add_months
from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.history import History
from serving.paths.answers import PathDesk
from serving.paths.plan_log import plan_log
from serving.paths.schemas import PathsAnswer, PathsFound, PathsRequest
from serving.paths.source import RecordPaths
from serving.points.answers import HistoryRecords
from tests.serving.feedback_room import plain_suggester
from tests.serving.path_office import IDENTITY
from training.paths.train import TABLES, fit_bundle

END = date(2026, 1, 1)
QUOTED = re.compile(r"(?:代号|code )“[^”]*”")
CODE = re.compile(r"[a-z]+(?:[_-][a-z0-9]+)+")
HYPHENATED = {"counter-terrorism", "sub-bureau"}  # plain English
GOALS: tuple[dict[str, str] | None, ...] = (
    None,
    {"kind": "job_family", "goal": "legal"},
    {"kind": "post", "goal": "special_police-3"},
    {"kind": "rank_step", "goal": "一级警长"},
    {"kind": "rank_step", "goal": "一级警务专员"},
    {"kind": "talent_field", "goal": "counter_terrorism"},
)


@dataclass(frozen=True)
class Bureau:
    """A simulated bureau with the answers to every goal."""

    frames: dict[str, pd.DataFrame]
    answers: tuple[PathsAnswer, ...]

    @property
    def found(self) -> list[PathsFound]:
        """Everybody with paths."""
        return [one for answer in self.answers for one in answer.results if isinstance(one, PathsFound)]


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    use, made = Settings(state=tmp_path_factory.mktemp("bureau")), simulate(110, 4, 3, END)
    history = History(use.history_dir)
    history.append_all({name: made[name] for name in catalog().tables if len(made[name])}, "test")
    frames = {name: history.frame(name) for name in TABLES}
    fitted = fit_bundle(frames, END)
    source = RecordPaths(fitted, HistoryRecords.of(use), policy())
    desk = PathDesk(IDENTITY, source, plan_log(use), plain_suggester(), policy())
    people = frames["officers"]
    serving = sorted(people.loc[people["left_on"].isna(), "officer_id"])[:10]
    bodies = [{"officer_ids": serving, "goal": goal, "horizon_months": 60} for goal in GOALS]
    now = datetime.combine(END, time())
    return Bureau(frames, tuple(desk.answer(PathsRequest.model_validate(body), "r", now) for body in bodies))


def _texts(value: object, language: str) -> Iterator[str]:
    """Every text of a language in an answer, wherever it stands."""
    if isinstance(value, dict):
        if isinstance(value.get(language), str):
            yield value[language]
        for one in value.values():
            yield from _texts(one, language)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, language)


def _plain(text: str) -> str:
    """A text without the codes that it quotes as codes."""
    return QUOTED.sub("", text)


def test_no_text_of_a_whole_bureau_holds_a_bare_code(bureau: Bureau) -> None:
    told = [answer.model_dump(mode="json") for answer in bureau.answers]
    chinese = {_plain(text) for one in told for text in _texts(one, "zh")}
    english = {_plain(text) for one in told for text in _texts(one, "en")}
    assert min(len(chinese), len(english)) > 30
    assert [text for text in chinese if re.search("[A-Za-z]", text)] == []
    assert [text for text in english if set(CODE.findall(text)) - HYPHENATED] == []
    assert [text for text in english if re.search("[\u4e00-\u9fff]", text)] == []


def test_each_step_names_courses_that_can_be_taken_and_says_where_there_are_none(bureau: Bureau) -> None:
    courses = bureau.frames["courses"].set_index("course_id")
    oldest = pd.Timestamp(add_months(END, -policy().courses.offered_months))
    steps = [step for one in bureau.found for path in one.paths for step in path.steps]
    named = {course.course_id for step in steps for course in step.courses}
    changes = [one.change for one in bureau.found if one.change is not None]
    named |= {change.course_id or "" for change in changes}
    assert named
    known = courses.loc[sorted(named)]
    assert known.index[(known["issued_on"] < oldest).to_numpy(bool)].tolist() == [], "these are over"
    everybody = set(courses.index[courses["mandated"].to_numpy(bool)])
    assert [change.course_id for change in changes if change.course_id in everybody] == []
    for step in steps:
        closed = {name for course in step.courses for name in course.closes}
        assert all(gap.note is not None for gap in step.gaps if gap.competency not in closed)


def test_the_course_of_a_change_stands_in_a_step_of_a_path(bureau: Bureau) -> None:
    changed = [one for one in bureau.found if one.change is not None]
    assert changed
    for one in changed:
        names = {course.course_id for path in one.paths for step in path.steps for course in step.courses}
        assert one.change is None or one.change.course_id in names


def test_a_course_is_asked_for_once_on_a_way(bureau: Bureau) -> None:
    for path in (path for one in bureau.found for path in one.paths):
        asked = [course.course_id for step in path.steps for course in step.courses]
        assert len(asked) == len(set(asked))


def test_no_rank_goal_that_a_ladder_has_is_called_unknown(bureau: Bureau) -> None:
    answers = [one for answer in bureau.answers[3:5] for one in answer.results]
    codes = {one.because.code for one in answers if not isinstance(one, PathsFound)}
    assert "goal_unknown" not in codes
    assert "minimum_times" in codes
