"""The pages of models say which version answers in this service, and what became of the promoted one."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader

from serving.champions.record_schemas import Decision, Here, ModelsTold, ModelTold, RefusedHere, VersionTold
from serving.pages import models
from serving.pages.faces import templates
from serving.pages.telling import Teller
from serving.schemas import Text
from tests.serving.test_page_sentences import page, plain

REFUSED = RefusedHere(
    version="2", since=datetime(2026, 11, 1, 8, 5, tzinfo=UTC), why=Text(zh="试答过慢", en="it was slow"), again=True
)


def model(champion: str, here: Here | None) -> ModelTold:
    """Four versions; what answers is what `here` says, else the champion."""
    answers = champion if here is None else here.version
    versions = [
        VersionTold(version=one, champion=one == champion, answers=one == answers, passed=True, counts={},
                    trained_as_of=None)
        for one in ("5", "4", "3", "2", "1")
    ]  # fmt: skip
    title = Text(zh="风险预警", en="risk warnings")
    return ModelTold(name="risk", title=title, champion=champion, answers=answers, here=here, versions=versions,
                     shown=answers or champion)  # fmt: skip


def shown(show: Any, language: str, told: ModelTold) -> str:
    """A page as it is read."""
    answer = ModelsTold(request_id="r", models=[told])
    visit: Any = SimpleNamespace(query={"name": "risk"}, ask=lambda *_, **__: answer, tell=Teller(language))
    view = show(visit)
    whole = templates()
    frame = DictLoader({"base.html.j2": "{% block main %}{% endblock %}"})  # the head of a page needs a caller
    template = whole.overlay(loader=ChoiceLoader([frame, *filter(None, [whole.loader])])).get_template(view.template)
    return plain(template.render({**page(language), **view.shown}))


@pytest.mark.parametrize("show", [models.show_list, models.show])
def test_a_refused_champion_is_told_with_why_and_since_when_in_words(show: Any) -> None:
    told = model("2", Here(version="1", refused=REFUSED))
    zh, en = shown(show, "zh", told), shown(show, "en", told)
    assert "第2版 ▲ 已定为启用版本，本服务未换用" in zh
    assert "第1版 ★ 本服务正在作答" in zh, "also where it is not among the newest"
    assert "予换用：试答过慢。 仍由第1版作答。 服务会自动再试，间隔逐次加长。" in zh
    assert "▲ Version 2 was promoted, and this service refuses it since" in en
    assert "2026" in en
    assert "it was slow. Version 1 goes on answering. It is tried again by itself, later each time." in en
    assert "★ 启用中" not in zh
    assert "★ champion" not in en


def test_decisions_that_are_not_shown_are_counted() -> None:
    one = Decision(at=REFUSED.since, action="model_promoted", version="2", actor="ann", more=[], wrong=False)
    counted = (
        (1, "1 earlier one stands in the audit chain", "更早的还有1项"),
        (3, "3 earlier ones stand", "更早的还有3项"),
    )
    for many, en, zh in counted:
        told = model("2", None).model_copy(update={"decisions": [one], "earlier_decisions": many})
        assert en in shown(models.show, "en", told)
        assert zh in shown(models.show, "zh", told)
    none = model("2", None).model_copy(update={"decisions": [one]})
    assert "earlier" not in shown(models.show, "en", none)


@pytest.mark.parametrize("show", [models.show_list, models.show])
def test_what_only_somebody_can_mend_is_told_so_and_so_is_what_has_not_come_yet(show: Any) -> None:
    stays = Here(version=None, refused=REFUSED.model_copy(update={"again": False}))
    en = shown(show, "en", model("2", stays))
    assert "Nothing answers in this service. Mend it and promote again" in en
    assert "tried again by itself" not in en
    assert "has not taken it up yet. Version 1 goes on" in shown(show, "en", model("2", Here(version="1")))
    assert "尚未换用" in shown(show, "zh", model("2", Here(version="1")))


@pytest.mark.parametrize("show", [models.show_list, models.show])
@pytest.mark.parametrize("here", [None, Here(version="2")])
def test_where_all_is_well_nothing_more_is_said(show: Any, here: Here | None) -> None:
    zh = shown(show, "zh", model("2", here))
    assert "第2版 ★ 启用中" in zh or "★ 第2版 启用中" in zh
    assert "本服务" not in zh
    assert "▲" not in zh
