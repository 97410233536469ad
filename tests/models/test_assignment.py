"""The assignment by fit is the greatest under the same constraints, and its blocking pairs are counted right."""

from __future__ import annotations

import numpy as np
import pytest

from data_contracts.errors import InvalidInput
from models.matching.assignment import best_fit
from models.matching.placing import match
from models.matching.wishes import MatchInput
from tests.models.rounds import NOWHERE, RULES, each_round, random_rounds


def test_it_equals_every_assignment_tried_and_its_blocking_pairs_those_found_by_hand() -> None:
    rounds = random_rounds(11, 300)
    found = best_fit(match(rounds.given(), RULES))
    frame = found.assignments()
    posts = dict(zip(frame["officer_id"], frame["vacancy_id"].fillna(NOWHERE), strict=True))
    blocking: list[tuple[str, str]] = []
    for small in each_round(rounds):
        ours = {one: posts[one] for one in small.lists}
        assert ours in list(small.assignments())
        assert small.total_fit(ours) == pytest.approx(max(small.total_fit(other) for other in small.assignments()))
        blocking += small.blocking(ours)
    told = found.blocking_pairs()
    assert sorted(told.itertuples(index=False, name=None)) == sorted(blocking)
    assert len(blocking) > 100
    assert found.total_fit > found.total_fit_of_match > 0


def test_totals_are_sums_of_the_fit_granted() -> None:
    rounds = random_rounds(12, 20)
    found = best_fit(match(rounds.given(), RULES))
    fit = rounds.pairs.set_index(["officer_id", "vacancy_id"])["fit"]
    for frame, total in (
        (found.assignments(), found.total_fit),
        (found.match.assignments(), found.total_fit_of_match),
    ):
        given = frame.dropna(subset="vacancy_id")
        assert fit.loc[list(zip(given["officer_id"], given["vacancy_id"], strict=True))].sum() == pytest.approx(total)


def test_where_no_wish_fits_nobody_is_placed() -> None:
    given = random_rounds(13, 3).given()
    found = best_fit(match(MatchInput(given.officers, given.preferences.assign(fit=-1.0), given.vacancies), RULES))
    assert found.assignments()["vacancy_id"].isna().all()
    assert found.total_fit == 0.0


def test_fit_must_be_known_of_every_wish_that_counts() -> None:
    given = random_rounds(14, 3).given()
    bare = MatchInput(given.officers, given.preferences.drop(columns="fit"), given.vacancies)
    with pytest.raises(InvalidInput, match="no column 'fit'; add it, or do without the assignment by fit"):
        best_fit(match(bare, RULES))
    gone = given.preferences.assign(fit=np.where(given.preferences["eligible"], given.preferences["fit"], np.nan))
    best_fit(match(MatchInput(given.officers, gone, given.vacancies), RULES))
    row = gone.index[gone["eligible"]][0]
    gone.loc[row, "fit"] = np.nan
    with pytest.raises(InvalidInput) as refused:
        best_fit(match(MatchInput(given.officers, gone, given.vacancies), RULES))
    who, where = gone.loc[row, "officer_id"], gone.loc[row, "vacancy_id"]
    assert f"not a number in 1 rows, first officer {who!r} with vacancy {where!r}; give" in str(refused.value)
