"""Posts newer than the model: which posts are like them, and where they stand in a ranking."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from models.posts.newcomers import NEW_POST, Newcomers
from models.posts.next_post import RankedPost, Ranking
from models.posts.reasons import Reason

KNOWN = ("patrol-1", "patrol-2", "legal-1")


def posts(*more: dict[str, Any]) -> pd.DataFrame:
    rows = [
        {"post_id": "patrol-1", "name_en": "Patrol officer", "job_family": "patrol", "track": "enforcement"},
        {"post_id": "patrol-2", "job_family": "patrol", "track": "enforcement", "min_rank_step": "r2"},
        {"post_id": "legal-1", "job_family": "legal", "track": "enforcement"},
        *more,
    ]
    told: dict[str, Any] = {"name_zh": None, "name_en": None, "unit_level": "station", "min_rank_step": None}
    return pd.DataFrame([{**told, "known_on": pd.Timestamp("2020-01-01"), **row} for row in rows])


def ranking(**scores: float) -> Ranking:
    def why(_: str) -> tuple[Reason, ...]:
        return (Reason("moved", "调入", "moved"),)

    ordered = sorted(scores.items(), key=lambda one: -one[1])
    return Ranking(tuple(RankedPost(name.replace("_", "-"), at, 1 / len(scores), ()) for name, at in ordered), why)


DRONE = {"post_id": "drone-1", "job_family": "patrol", "track": "enforcement"}


@pytest.mark.parametrize(
    ("told", "likest"),
    [
        (DRONE, ("patrol-1", "patrol-2", "legal-1")),
        ({**DRONE, "min_rank_step": "r2"}, ("patrol-2", "patrol-1", "legal-1")),
        ({**DRONE, "job_family": "aviation"}, ("legal-1", "patrol-1", "patrol-2")),
        ({**DRONE, "job_family": "legal", "track": None}, ("legal-1",)),
    ],
)
def test_family_track_level_and_step_say_which_posts_are_like_a_new_one(
    told: dict[str, Any], likest: tuple[str, ...]
) -> None:
    assert Newcomers.of({"posts": posts(told)}, KNOWN).kin == {"drone-1": likest}


def test_of_posts_equal_in_all_else_the_one_with_the_same_standards_is_likest() -> None:
    standards = pd.DataFrame(
        [
            {"post_id": post, "competency": name, "standard_level": level, "known_on": pd.Timestamp("2020-01-01")}
            for post, name, level in (("drone-1", "law", 2.0), ("legal-1", "data", 2.0), ("other-1", "law", 2.0))
        ]
    )
    rows = posts({**DRONE, "job_family": "aviation"}, {"post_id": "other-1", "track": "enforcement"})
    found = Newcomers.of({"posts": rows, "competency_standards": standards}, (*KNOWN, "other-1"))
    assert found.kin["drone-1"][0] == "other-1"


def test_a_post_that_shares_neither_family_nor_track_waits() -> None:
    found = Newcomers.of({"posts": posts({"post_id": "x", "job_family": "sea", "track": "harbour"})}, KNOWN)
    assert (found.kin, found.waiting) == ({}, ("x",))
    same = ranking(patrol_1=-1.0)
    assert found.joined(same, None) is same


def test_a_new_post_stands_beside_the_one_it_is_like_or_the_next_where_that_is_held() -> None:
    found = Newcomers.of({"posts": posts(DRONE)}, KNOWN)
    whole = found.joined(ranking(patrol_1=-1.0, legal_1=-2.0), "patrol-2")
    assert [one.post_id for one in whole.posts] == ["patrol-1", "drone-1", "legal-1"]
    assert sum(one.probability for one in whole.posts) == pytest.approx(1.0)
    (reason,) = whole.why("drone-1")
    assert reason.code == NEW_POST
    assert reason.en.endswith("scored as the post most like it, “Patrol officer”")
    assert [one.code for one in whole.why("legal-1")] == ["moved"]
    from_patrol = found.joined(ranking(patrol_2=-3.0, legal_1=-2.0), "patrol-1")
    assert [one.post_id for one in from_patrol.posts] == ["legal-1", "patrol-2", "drone-1"]
    assert "“patrol-2”" in from_patrol.why("drone-1")[0].zh


def test_who_holds_the_new_post_is_not_sent_to_it() -> None:
    found = Newcomers.of({"posts": posts(DRONE)}, KNOWN)
    assert [one.post_id for one in found.joined(ranking(patrol_1=-1.0), "drone-1").posts] == ["patrol-1"]
