"""The model card says, in both languages, what the gate found; its pictures and pages lie beside the artefact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from data_contracts.policy import policy
from data_contracts.settings import Settings
from models import artifacts, keys, registry
from models.registry import ResolvedModel
from tests.training.risk_versions import DAYS, Force, fewer_draws, register
from training.evaluation.card_plots import groups_figure
from training.gate import verdict as gate
from training.gate import waivers
from training.gate.card_blocks import Block, Grid, Heading, Text, as_html, as_markdown
from training.gate.card_words import LANGUAGES, PURPOSE, WORDS
from training.gate.lines import Status
from training.gate.model_card import card_blocks
from training.gate.verdict import Examined, Seen
from training.gate.waivers import Note

REASON = "Women of this force serve by day, where fewer complaints arise."


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Examined, Path]:
    """A version that fails, its card written."""
    use = Settings(state=tmp_path_factory.mktemp("judged"))
    Force().settle_in(use)
    with fewer_draws():
        model = register(use, Force(inflated=1.5))
        examined, card = gate.pass_gate(use, "risk", model.version)
    return use, examined, card


def _of_conduct(examined: Examined) -> Seen:
    seen = examined.seen["conduct"]
    assert isinstance(seen, Seen)
    return seen


def test_the_card_lies_with_the_run_beside_the_artefact(judged: tuple[Settings, Examined, Path]) -> None:
    use, examined, card = judged
    names = {"card.zh.md", "card.en.md", "card.zh.html", "card.en.html", "conduct.png", "conduct-groups.png"}
    assert {path.name for path in card.iterdir()} == names
    assert card.parent == examined.model.path.parent
    logged = registry.client(use).list_artifacts(examined.model.run_id, "card")
    assert {item.path for item in logged} == {f"card/{name}" for name in names}
    assert all((card / name).read_bytes().startswith(b"\x89PNG") for name in names if name.endswith("png"))
    assert artifacts.digest(examined.model.path) == examined.model_hash
    artifacts.load(examined.model.path, keys.public_key(use.keys_dir))  # a card beside it leaves the artefact whole


def test_the_card_tells_all_in_both_languages(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, card = judged
    zh, en = ((card / f"card.{language}.md").read_text(encoding="utf-8") for language in LANGUAGES)
    assert "结论：未通过发布检验" in zh
    assert "did not pass the gate" in en
    assert "strain 不提供，因为 平均精确率较投诉计数规则的增益为" in zh
    assert "strain is not served because gain in average precision over count_rule is" in en
    for text, fails in ((zh, "不通过"), (en, "fail")):
        assert examined.model_hash in text
        women = next(line for line in text.splitlines() if line.startswith("| sex=女 † |"))
        assert f"| {fails} |" in women
        assert "[conduct" not in women
        for day in DAYS:
            assert str(day) in text
    for line in examined.lines:
        assert line.group or f"| {line.check} |" in en


def test_a_page_stands_alone_and_shows_names_as_text(judged: tuple[Settings, Examined, Path]) -> None:
    _, _, card = judged
    page = (card / "card.zh.html").read_text(encoding="utf-8")
    assert page.startswith('<!doctype html>\n<html lang="zh">')
    assert "http" not in page
    blocks: list[Block] = [Heading("a < b", 1), Text("<script>"), Grid(("x",), [("<b>",)])]
    html = as_html(blocks, "en")
    assert "<script>" not in html
    assert "&lt;b&gt;" in html
    assert "# a < b\n\n<script>\n" in as_markdown(blocks)


def test_who_signed_and_who_is_excused_stands_in_the_card(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, _ = judged
    check = examined.checks(Status.FAIL)[0]
    note = Note("justification", "risk", "1", "hash", (check,), REASON, ("Ann Li",), "2026-01-01")
    seen = _of_conduct(examined)
    excused = replace(seen, fairness=replace(seen.fairness, excused=("sex=unknown",)))
    text = as_markdown(card_blocks(replace(examined, notes=(note,), seen={"conduct": excused}), 1))
    assert f"| justification | Ann Li | 2026-01-01 | {REASON} | {check} |" in text
    assert "Under 2% of the force even when pooled, and so excused here in writing: sex=unknown." in text


def test_a_card_without_outcomes_is_short_and_whole() -> None:
    model = ResolvedModel("next-post", "4", Path(), "", {})
    bare = Examined(model, "hash", {"as_of": "2026-01-01"}, ())
    text = as_markdown(card_blocks(bare, 0))
    assert text.startswith("# 模型卡：next-post 第 4 版")
    assert "训练日" in text
    assert "特征服务" not in text


def test_every_model_with_a_gate_has_words_for_its_purpose() -> None:
    assert set(PURPOSE) == set(gate.GATES) == set(registry.NAMES)
    assert all(zh and en for zh, en in WORDS.values())


def test_groups_without_an_interval_are_left_empty(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, _ = judged
    groups = _of_conduct(examined).fairness.groups
    unknown = replace(groups[0], true_positive_gap=replace(groups[0].true_positive_gap, value=np.nan))
    left, right = groups_figure("conduct", [unknown, *groups[1:]], policy().gate.groups).get_axes()
    assert len(left.containers) == len(groups)
    assert len(right.containers) == len(groups) - 1


def test_a_note_is_kept_once(judged: tuple[Settings, Examined, Path]) -> None:
    use, examined, _ = judged
    note = waivers.note_of("waiver", examined.model, "hash", ["a"], REASON, ("Ann", "Bob"), date(2026, 1, 1))
    assert waivers.sign(use, examined.model, note) == waivers.sign(use, examined.model, note)
