"""What answers about paths say of their own figures: what a chance counts, how many places, what off track means."""

from __future__ import annotations

from datetime import date

from data_contracts.vocabulary import Bilingual
from models.courses.gaps import told_levels
from models.paths.reasons import because
from serving.paths.answering import chance_told
from serving.paths.chances import explained


def test_that_declined_paths_are_counted_in_the_chance_is_said_where_some_were_left_out() -> None:
    assert "declined" not in explained(36).goal.en
    told = explained(36, 0.1234).goal
    assert told.en.endswith("the officer declined them are counted in too, and without them it is 12.34%")
    assert told.zh.endswith("不感兴趣而未列出的路径也计算在内，不计入时为12.34%")


def test_chances_have_four_places_and_levels_two_where_the_second_says_something() -> None:
    assert chance_told(0.12345678901234567) == 0.1235
    assert chance_told(1.0000000002) == 1.0
    assert [told_levels(one) for one in (0.25, 0.5, 1.0)] == ["0.25", "0.5", "1.0"]


def test_who_left_every_path_is_told_what_became_of_the_chance() -> None:
    told: Bilingual = because("left_path", "k", date(2026, 1, 1)).text
    assert told.en == "k, the present post, is on none of the paths kept of the last answer"
    rose = because("chance_rose", "19.50%", date(2026, 1, 1), "8.60%").named(lambda _: Bilingual("不用", "unused"))
    assert rose.en == (
        "the chance of the goal rose from 8.60%, as told on 2026-01-01, to 19.50%, so leaving the path is by itself "
        "not off track"
    )
    assert rose.zh == "目标的可能性由 8.60%（2026-01-01）升至 19.50%，离开原路径本身因此不算偏离"


def test_another_path_that_was_told_is_named_by_its_posts() -> None:
    found = because("told_path", "k", path=("k", "z")).named(lambda post: Bilingual(f"岗{post}", f"post {post}"))
    assert found.en == "took up post k, on another of the paths told: post k → post z"
    assert found.zh == "已任职 岗k，在上次所列的另一条路径上：岗k → 岗z"
