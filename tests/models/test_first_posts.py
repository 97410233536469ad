"""Where those who joined began: counted by track, shrunk where few did, and silent where nobody's joining is known."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from data_contracts.policy import policy
from models.posts.first_posts import FirstPosts
from models.posts.next_post import RankedPost, Ranking
from models.posts.reasons import RANKED, Reason

RULES = policy().suggestions.counts
ALONE = (Reason(RANKED, "仅排序", "the ranking alone"),)


def ranking(**shares: float) -> Ranking:
    posts = [RankedPost(post, share, share, ()) for post, share in sorted(shares.items(), key=lambda one: -one[1])]
    return Ranking(tuple(posts), lambda _: ALONE)


def force(*began: tuple[str, str | None, int, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Postings and officers: of each (post, track, how many, days from joining to the posting)."""
    postings, officers = list[dict[str, Any]](), list[dict[str, Any]]()
    joined = pd.Timestamp("2020-01-01")
    for post, track, many, days in began:
        for _ in range(many):
            one = {"officer_id": f"o{len(officers)}", "known_on": joined}
            officers.append({**one, "entered_on": joined, "track": track})
            for later, where in ((0, post), (500, "later")):
                day = joined + pd.Timedelta(days=days + later)
                postings.append({**one, "post_id": where, "started_on": day})
    return pd.DataFrame(postings), pd.DataFrame(officers)


def test_each_track_has_its_own_order_and_tells_what_was_counted() -> None:
    first = FirstPosts.of(*force(("a", "enforcement", 60, 0), ("b", "technical", 40, 0), ("old", "technical", 90, 900)))
    assert first.counts("technical") == {"b": 40}, "a first posting on record years after joining is not the first"
    model = ranking(later=0.8, a=0.1, b=0.1)
    orders = {}
    for track in ("enforcement", "technical", "general", None):
        found = first.applied(model, track, RULES)
        orders[track] = [one.post_id for one in found.posts]
        assert sum(one.probability for one in found.posts) == pytest.approx(1.0)
    assert orders == {
        "enforcement": ["a", "b", "later"], "technical": ["b", "a", "later"],
        "general": ["a", "b", "later"], None: ["a", "b", "later"],
    }  # fmt: skip
    told = first.applied(model, "technical", RULES).why("b")
    assert [one.en for one in told] == [
        "40 of 40 officers on record who joined on the track police technology began in this post"
    ]
    assert first.applied(model, "technical", RULES).why("later") == ALONE
    (everybody,) = first.applied(model, None, RULES).why("a")
    assert everybody.en == "60 of 100 officers on record who joined began in this post"


def test_a_track_of_one_joiner_says_little() -> None:
    first = FirstPosts.of(*force(("a", "enforcement", 60, 0), ("b", "technical", 1, 0)))
    found = first.applied(ranking(later=0.8, a=0.1, b=0.1), "technical", RULES)
    assert next(one.post_id for one in found.posts) == "a"
    assert found.why("b") == ALONE


@pytest.mark.parametrize("known", [None, "no day", "no track"])
def test_without_days_of_joining_the_ranking_stays_and_without_tracks_all_joiners_count(known: str | None) -> None:
    postings, officers = force(("a", None if known == "no track" else "general", 30, 0))
    if known == "no day":
        officers["entered_on"] = pd.NaT
    first = FirstPosts.of(postings, None if known is None else officers)
    model = ranking(later=0.8, a=0.2)
    found = first.applied(model, "general", RULES)
    assert (found is model) == (known != "no track")
    assert next(one.post_id for one in found.posts) == ("a" if known == "no track" else "later")
