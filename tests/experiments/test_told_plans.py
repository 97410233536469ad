"""Answers of paths that come after one another, and a reader who says which of them nothing explains."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

from data_contracts.policy import policy
from data_contracts.settings import Settings
from experiments.backtests.plan_reader import MOVES, Reader, Row
from experiments.backtests.told_plans import Coming
from features.history import History
from serving.paths.schemas import GoalReached, PathsFound, PathsRequest, PlanReason
from serving.paths.source import EVENT_TABLES
from serving.schemas import Text
from tests.models.records import framed
from tests.serving.path_office import desk, moved_on, office

FIRST, THEN = datetime(2021, 1, 2, 8), datetime(2021, 3, 2, 8)


def answered(settings: Settings) -> tuple[Reader, PathsFound]:
    """A reader who saw the first answer to x and the rows that came in since, and the second answer."""
    history, opened, reader = office(settings), desk(settings), Reader(policy().paths)
    reader.came(rows_of(history))
    (before,) = opened.answer(PathsRequest(officer_ids=["x"]), "r", FIRST).results
    reader.read("x", before, FIRST.date())
    moved_on(history)
    reader.came(rows_of(history))
    (found,) = opened.answer(PathsRequest(officer_ids=["x"]), "r", THEN).results
    assert isinstance(found, PathsFound)
    return reader, found


def rows_of(history: History) -> dict[str, list[Row]]:
    return {
        name: [Row.of(name, one) for one in history.frame(name).to_dict("records")]
        for name in history.tables()
        if name in EVENT_TABLES
    }


def test_an_answer_of_the_service_is_explained(state: Settings) -> None:
    reader, found = answered(state)
    reader.read("x", found, THEN.date())
    assert reader.unexplained == []
    assert sum(reader.counts[f"told {code}"] for code in MOVES) == 1, "x took up a post"
    assert reader.counts["first answers"] == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"status": "no_path"}, "the status is no_path and should be "),
        ({"changed": True}, "said to change and is what was left of the last one"),
        ({"why": []}, "1 posts were taken up and 0 are told"),
        (
            {"why": [PlanReason(code="appraisal", text=Text(zh="", en=""))]},
            "0 rows of appraisals came in and 1 are told",
        ),
    ],
)
def test_what_nothing_explains_is_found(state: Settings, wrong: dict[str, object], words: str) -> None:
    reader, found = answered(state)
    progress = found.progress.model_copy(update=wrong)
    reader.read("x", found.model_copy(update={"progress": progress}), THEN.date())
    assert any(words in line for line in reader.unexplained), reader.unexplained


def test_a_path_that_is_not_the_one_that_stays_is_found(state: Settings) -> None:
    reader, found = answered(state)
    other = found.paths[0].model_copy(update={"steps": found.paths[0].steps * 2})
    reader.read("x", found.model_copy(update={"paths": [other, *found.paths]}), THEN.date())
    assert any("said to stay and another stands first" in line for line in reader.unexplained), reader.unexplained


def test_rows_come_when_they_are_known_and_some_a_look_late() -> None:
    days = [date(2025, 1, 1), date(2025, 3, 1), date(2025, 5, 1)]
    known = pd.date_range("2024-12-01", "2025-05-01", freq="D")
    rows = pd.DataFrame({"officer_id": [f"o{n}" for n in range(len(known))], "known_on": known})
    coming = Coming.of({"honours": rows}, days)
    first, second = (coming.by(look)["honours"] for look in (1, 2))
    assert len(first) + len(second) == (known > pd.Timestamp(days[0])).sum(), "each comes once"
    assert first["known_on"].max() <= pd.Timestamp(days[1])
    late = second[second["known_on"] <= pd.Timestamp(days[1])]
    assert 0 < len(late) < len(first)


def test_a_goal_reached_twice_is_no_second_change(state: Settings) -> None:
    history, opened, reader = office(state), desk(state), Reader(policy().paths)
    asked = PathsRequest(officer_ids=["x"])
    reader.came(rows_of(history))
    reader.read("x", opened.answer(asked, "r", FIRST).results[0], FIRST.date())
    there = {"officer_id": "x", "post_id": "z", "unit_id": "s", "started_on": "2021-02-01", "known_on": "2021-02-01"}
    history.append_all({"postings": framed("postings", [there])}, "second")
    reader.came(rows_of(history))
    for _ in range(2):
        (found,) = opened.answer(asked, "r", THEN).results
        reader.read("x", found, THEN.date())
    assert reader.unexplained == []
    assert (reader.counts["changed"], reader.counts["unchanged"]) == (1, 1)
    assert isinstance(found, GoalReached)
    assert found.progress is not None
    again = found.progress.model_copy(update={"changed": True})
    reader.read("x", found.model_copy(update={"progress": again}), THEN.date())
    assert any("reached before and is said to change" in line for line in reader.unexplained)
