"""Where rules bar every post the answer says why in one notice, and from when the first could be open."""

from __future__ import annotations

from datetime import date

import pytest

from data_contracts.vocabulary import Bilingual
from models.eligibility.opening import Opening, opening
from models.eligibility.rules import OWN_RANK, BlockedBy
from serving.posts.recommend import nothing_open

DAY = date(2026, 1, 1)
SETTLED = BlockedBy("settled_in_post", "任现岗位满一年", "a year in the post", date(2026, 5, 5))
GRASSROOTS = BlockedBy("grassroots", "基层经历", "two years at the grass roots", date(2027, 2, 1))
COURSE = BlockedBy("own_course", "须完成培训", "a course is required")
PROMOTION = BlockedBy(OWN_RANK, "职级", "a rank step", date(2025, 1, 1))
NAMES = {"b": Bilingual("岗位乙", "post b")}


def test_the_day_is_that_of_the_post_whose_last_bar_falls_first() -> None:
    found = opening({"a": [SETTLED, GRASSROOTS], "b": [SETTLED], "c": [SETTLED]}, DAY)
    assert found == Opening(date(2026, 5, 5), SETTLED, "b", date(2026, 5, 5)), "of two on a day the likelier"
    later = opening({"a": [SETTLED, GRASSROOTS]}, DAY)
    assert later == Opening(date(2027, 2, 1), GRASSROOTS, "a", date(2027, 2, 1)), "the bar that falls last tells why"


def test_what_time_does_not_bring_puts_nothing_off_and_opens_nothing() -> None:
    assert opening({"a": [SETTLED, COURSE], "b": [GRASSROOTS]}, DAY) == Opening(
        date(2026, 5, 5), SETTLED, "b", date(2027, 2, 1)
    )
    assert opening({"a": [COURSE], "b": [PROMOTION]}, DAY) == Opening(), "a promotion does not come of itself"
    assert opening({}, DAY) == Opening()


@pytest.mark.parametrize(
    ("found", "declined", "en", "zh"),
    [
        (
            Opening(date(2026, 5, 5), SETTLED, "b", date(2026, 5, 5)), set(),
            "no post is open to you before 2026-05-05, because of this rule: a year in the post; the first that time "
            "alone opens is “post b”, on 2026-05-05",
            "2026-05-05之前没有可选岗位，因为任现岗位满一年；仅凭年限最先可选的是“岗位乙”（2026-05-05）",
        ),
        (
            Opening(date(2026, 5, 5), SETTLED, "b", date(2026, 5, 5)), {"b"},
            "no post is open to you before 2026-05-05, because of this rule: a year in the post",
            "2026-05-05之前没有可选岗位，因为任现岗位满一年",
        ),
        (
            Opening(), set(),
            "no post is open to you now; each asks for more than time: what it lacks stands with the posts barred",
            "目前没有可选岗位；每个岗位另有年限以外的条件",
        ),
    ],
)  # fmt: skip
def test_it_is_said_in_one_notice(found: Opening, declined: set[str], en: str, zh: str) -> None:
    told = nothing_open(found, NAMES, declined)
    assert (told.code, told.en, told.zh) == ("nothing_open", en, zh)
