"""What pages make of answers, piece by piece: each figure is told as what it is a figure of, and nothing runs together.

The templates are rendered as they are, without a server; the browser tests look at whole pages.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from serving.pages.faces import templates
from serving.pages.telling import Teller
from serving.paths.schemas import PathInstead
from serving.schemas import Text

LANGUAGES = ("zh", "en")


def plain(markup: str) -> str:
    """The words of a piece as they are read, blanks joined."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", markup))).strip()


def piece(template: str, macro: str, *arguments: Any) -> str:
    """What a macro makes of its arguments, as it is read."""
    return plain(getattr(templates().get_template(template).module, macro)(*arguments))


def change(kind: str, chance: float, before: float | None, **more: Any) -> PathInstead:
    text = {"zh": "改变", "en": "the change"}
    return PathInstead.model_validate({"kind": kind, "text": text, "chance": chance, "before": before, **more})


@pytest.mark.parametrize(
    ("language", "nearer", "longer"),
    [
        ("zh", "改变 到达“法制民警”的可能性：6.1%", "改变 经任一路径达到目标的可能性由0.2%升至7.0%"),
        ("en", "the change the chance of reaching legal officer: 6.1%",
         "the change the chance of the goal by any way, from 0.2% to 7.0%"),
    ],
)  # fmt: skip
def test_the_chance_of_a_nearer_goal_is_told_as_that_goals_own(language: str, nearer: str, longer: str) -> None:
    goal = Text(zh="法制民警", en="legal officer")
    some = [change("nearer_goal", 0.0609, None, goal_id="post:x", goal=goal), change("horizon", 0.07, 0.002)]
    told = piece("changes.html.j2", "told", some, Teller(language))
    assert told == f"{nearer}{longer}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_change_brings_a_path_no_figure_seems_to_rise(language: str) -> None:
    told = piece("changes.html.j2", "told", [change("none", 0.002, 0.002)], Teller(language))
    assert "%" not in told
