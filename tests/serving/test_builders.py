"""Rows of the feature services as the real models read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.posts.histories import CareerState, Catalogue
from models.posts.next_post import RankedPost, Ranking
from models.posts.reasons import Reason
from serving import builders
from serving.builders import CareerRanker, career_state
from serving.posts.advice import Ranks
from serving.posts.recommend import Asked

AS_OF = pd.Timestamp("2026-11-01")
ROW = {
    "as_of": AS_OF,
    "recent_posts": ["p1", "p2"],
    "recent_started": ["2019-05-01", "2023-07-01"],
    "rank_code": "四级警长",
    "tenure_days": 3000.0,
    "days_in_rank": 400.0,
}


def test_a_row_becomes_a_career() -> None:
    state = career_state(ROW)
    assert state == CareerState(
        posts=["p1", "p2"],
        started_on=[date(2019, 5, 1), date(2023, 7, 1)],
        rank="四级警长",
        entered_on=date(2018, 8, 15),
        as_of=date(2026, 11, 1),
        rank_since=date(2025, 9, 27),
    )


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA])
def test_a_recruit_is_a_career_without_posts(nothing: object) -> None:
    empty = dict.fromkeys(ROW, nothing)
    state = career_state({**empty, "as_of": AS_OF})
    assert (state.posts, state.started_on, state.rank, state.entered_on, state.rank_since) == ([], [], None, None, None)


class Model:
    """Suggests to each officer the posts that they hold, in turn, so that a swap of officers would show."""

    catalogue = Catalogue(("p1", "p2", "q1"), ((), (), ()))
    within = None
    moved_to: Mapping[str, int] = MappingProxyType({})

    def rankings(self, states: list[CareerState]) -> list[Ranking]:
        def why(_: str) -> tuple[Reason, ...]:
            return (Reason("return", "曾任", "held before"),)

        return [Ranking(tuple(RankedPost(post, -1.0, 0.5, ()) for post in one.posts), why) for one in states]


def test_every_officer_gets_their_own_posts() -> None:
    other = {**ROW, "recent_posts": ["q1"], "recent_started": ["2020-01-01"]}
    frame = pd.DataFrame([{**ROW, "officer_id": "a"}, {**other, "officer_id": "b"}])
    ranker = CareerRanker(Ranks(Model()), {"p1": Bilingual("一", "one")})  # type: ignore[arg-type]  # a stand-in
    ranked = ranker(frame, Asked(5), None, policy())
    found = [(one.officer_id, [post.post_id for post in one.found.open]) for one in ranked]
    assert found == [("a", ["p1", "p2"]), ("b", ["q1"])]
    assert {post.likelihood for one in ranked for post in one.found.open} == {0.5}
    assert [reason.en for reason in ranked[0].found.open[0].reasons] == ["held before"]
    assert not any(one.rules_checked for one in ranked)


def test_importing_the_builders_imports_no_framework() -> None:
    assert builders.builders().risk.__name__ == "_risk"
