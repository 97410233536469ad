"""What answers about paths say of their own figures: what a chance counts, how many places, what off track means."""

from __future__ import annotations

from datetime import date

from data_contracts.vocabulary import Bilingual
from models.courses.gaps import told_levels
from models.paths.reasons import because
from serving.paths.answers import _chance
from serving.paths.chances import explained


def test_that_declined_paths_are_counted_in_the_chance_is_said_where_some_were_left_out() -> None:
    assert "declined" not in explained(36).goal.en
    told = explained(36, declined=True).goal
    assert told.en.endswith("paths left out because the officer declined them are counted in too")
    assert "不感兴趣" in told.zh


def test_chances_have_four_places_and_levels_two_where_the_second_says_something() -> None:
    assert _chance(0.12345678901234567) == 0.1235
    assert _chance(1.0000000002) == 1.0
    assert [told_levels(one) for one in (0.25, 0.5, 1.0)] == ["0.25", "0.5", "1.0"]


def test_a_path_that_was_left_says_that_the_chance_may_have_risen() -> None:
    told: Bilingual = because("left_path", "k", date(2026, 1, 1)).text
    assert "off track says that the old path was left, the chance may be higher or lower" in told.en
