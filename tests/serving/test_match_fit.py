"""The measure of fit of `/v1/match`: the officer's record against the post, by the rule of next posts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from data_contracts.policy import policy
from serving.matching.answers import MatchDesk
from serving.matching.fit import TABLES, RecordFit
from serving.matching.schemas import MatchRequest
from tests.models.records import framed
from tests.serving.desks import NOW
from tests.serving.guidance_state import guidance

WEIGHTS = policy().suggestions.fit
KNOWN = {"known_on": "2024-01-01", "occurred_on": "2024-01-01"}
AS_OF = date(2024, 3, 1)


def _frames() -> dict[str, pd.DataFrame]:
    standards = [{"post_id": "q", "competency": "law", "standard_level": 4.0, "known_on": "2000-01-01"}]
    levels = [{"officer_id": "a", "competency": "law", "level": 2.0, **KNOWN},
              {"officer_id": "b", "competency": "law", "level": 4.0, **KNOWN}]  # fmt: skip
    goals = [{"officer_id": "b", "goal_kind": "post", "goal": "q", "horizon_months": 60, **KNOWN}]
    rows = {"competency_standards": standards, "competency_assessments": levels, "career_goals": goals}
    return {name: framed(name, some) for name, some in rows.items()}


def _wishes(*rows: tuple[str, str, str | None, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["officer_id", "vacancy_id", "post_id", "preference_order"])


def _fit(frames: dict[str, pd.DataFrame], *rows: tuple[str, str, str | None, int]) -> list[float]:
    return RecordFit(WEIGHTS)(frames, _wishes(*rows), AS_OF).tolist()


def test_the_record_decides_part_by_part() -> None:
    a, b = _fit(_frames(), ("a", "v-1", "q", 1), ("b", "v-1", "q", 1))
    own = WEIGHTS.competencies, WEIGHTS.goal, WEIGHTS.wishes
    assert a == pytest.approx((own[0] * 0.5 + own[2] * 1.0) / (own[0] + own[2]))
    assert b == pytest.approx(1.0)


def test_a_later_wish_fits_less_and_what_nobody_knows_is_no_error() -> None:
    first, second, unknown = _fit({}, ("n", "v-1", "q", 1), ("n", "v-2", "r", 2), ("n", "v-3", None, 3))
    assert [first, second] == pytest.approx([1.0, 1.0 - WEIGHTS.wish_step])
    assert 0.0 <= unknown < second


def test_two_vacancies_of_one_post_count_by_the_better_wish() -> None:
    assert _fit({}, ("n", "v-1", "q", 1), ("n", "v-2", "q", 3)) == [1.0, 1.0]


def test_the_service_shows_the_assignment_by_fit_beside_the_stable_one() -> None:
    """Over the simulated history, as the process opens it."""
    desk = guidance()["/v1/match"]
    assert isinstance(desk, MatchDesk)
    officers = desk.records(None, NOW.date(), ["postings"])["postings"]["officer_id"].astype(str).unique()[:3].tolist()
    posts = desk.records([], NOW.date(), ["posts"])["posts"]["post_id"].astype(str).tolist()
    vacancies = [{"vacancy_id": name, "post_id": post, "places": 1} for name, post in zip("xy", posts, strict=False)]
    wishes = [{"officer_id": one, "vacancy_id": name, "preference_order": order}
              for one in officers for order, name in ((1, "x"), (2, "y"))]  # fmt: skip
    body: dict[str, Any] = {"officer_ids": officers, "vacancies": vacancies, "wishes": wishes, "with_fit": True}
    found = desk.answer(MatchRequest.model_validate(body), "r", NOW)
    assert found.alternative is not None
    assert found.alternative.total_fit >= found.alternative.total_fit_of_match > 0
    assert found.alternative.blocking_pairs >= 0
    assert found.filled > 0


def test_the_tables_it_reads_are_contract_tables() -> None:
    desk = guidance()["/v1/match"]
    assert isinstance(desk, MatchDesk)
    assert set(desk.records(None, NOW.date(), TABLES)) == set(TABLES)
