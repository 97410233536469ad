"""The model card says, in both languages, what the gate found; its pictures and pages lie beside the artefact."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer

from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Grade
from models import artifacts, keys, registry
from models.groups import group_named, group_order
from models.registry import ResolvedModel
from models.risk.evidence import Pooled
from models.risk.grade_rate import GradeRate
from models.risk.grades import cut_offs
from tests.training.risk_versions import DAYS, Force, fewer_draws, register
from training.evaluation.bootstrap import Difference
from training.evaluation.card_plots import COLOURS, SUSPECT, groups_figure
from training.evaluation.fairness import Judged, Measured, fairness
from training.gate import coverage, model_card, waivers
from training.gate import verdict as gate
from training.gate.alert_worth import alert_worth
from training.gate.card_blocks import Block, Grid, Heading, Text, as_html, as_markdown
from training.gate.card_words import LANGUAGES, PURPOSE, WORDS
from training.gate.evidence import NOTHING
from training.gate.lines import Line, Status, events_told
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
    names |= {"conduct.en.png", "conduct-groups.en.png"}
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
    assert "超负荷不提供，因为平均精确率较投诉计数规则的增益为" in zh
    assert "strain is not served because gain in average precision over count_rule is" in en
    assert "| outcomes judged (refused: none may answer) | conduct |" in en
    assert "| 经检验的结果（未通过，均不得提供） | 查实投诉 |" in zh
    assert "outcomes served" not in en
    assert "| 提供的结果 |" not in zh
    for text, fails, sex in ((zh, "不通过", "性别：女"), (en, "fail", "women")):
        assert examined.model_hash in text
        women = next(line for line in text.splitlines() if line.startswith(f"| {sex} † |"))
        assert f"| {fails} |" in women
        assert "[conduct" not in women
        for day in DAYS:
            assert str(day) in text
    for code in ("conduct\n", "| poor |", "| excellent |", "inconclusive", "not measured"):
        assert code not in zh  # titles, grades and verdicts have Chinese names
    assert "## 查实投诉\n" in zh
    assert "(conduct-groups.en.png)" in en
    assert "(conduct-groups.png)" in zh
    assert "学习所用截止日：2022-01-01、2023-01-01、2024-01-01、2025-01-01（各看其后 12 个月）" in zh
    assert "检验所用截止日：2024-01-01、2025-01-01，" in zh
    assert "learned from 2022-01-01, 2023-01-01, 2024-01-01, 2025-01-01 (12 months after each); judged on" in en
    assert "| 较差 |" in zh
    assert re.search(r"\| conduct.events \| 后续年份的事件数 \| [\d,]+ \|", zh)  # people are counted whole
    for line in examined.lines:
        assert line.group or f"| {line.check} |" in en
    assert "政策承诺 80%" in zh
    levels = [line.split(" | ")[0] for line in en[en.index("| promised |") :].splitlines()[2:5]]
    assert levels == ["| 90%", "| 80%", "| 70%"]  # of each, how many are unsure


def test_the_card_tells_what_alerts_that_a_limit_is_near_are_worth(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, card = judged
    zh, en = ((card / f"card.{language}.md").read_text(encoding="utf-8") for language in LANGUAGES)
    rows = _of_conduct(examined).rows
    near = np.zeros(len(rows.y), dtype=bool)
    for day in DAYS:  # by hand: within a tenth of the limit of fair or poor, and the nearest twentieth of the force
        of_day = np.flatnonzero(rows.days == np.datetime64(day))
        chances = rows.chances[of_day]
        cuts = cut_offs(chances, policy().grades)
        ratio = np.where(chances < cuts["fair"], chances / cuts["fair"], chances / cuts["poor"])
        ratio = np.where((chances >= cuts["poor"]) | (chances < cuts["good"]) | (ratio < 0.9), 0.0, ratio)
        most = int(0.05 * len(chances))
        near[of_day[np.argsort(-ratio, kind="stable")[:most]]] = True
        near[of_day[ratio == 0.0]] = False
    events, rate = events_told(float(rows.y[near].sum())), f"{rows.y[near].mean():.2%}"
    assert f"| who would have been alerted | {near.sum()} | {events} | {rate} [" in en
    assert near.sum() > 20
    assert f"Of the {len(rows.y):,} rows judged {near.sum():,} (" in en
    assert "graded worse within 90 days" in en
    assert "where fewer than 25% were, nobody is alerted" in en
    assert f"| 会收到提示者 | {near.sum()} |" in zh
    assert "90 天内有多少人的等级变差" in zh


def test_a_measurement_that_too_few_are_near_for_is_not_promised(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, card = judged
    seen = _of_conduct(examined)
    assert "some 4 months after the version began to answer" in (card / "card.en.md").read_text(encoding="utf-8")
    few = np.flatnonzero(seen.rows.days == np.datetime64(DAYS[0]))[:150]  # a twentieth of 150 is under ten
    names = ("days", "officers", "y", "chances", "counts")
    rows = Pooled(*(getattr(seen.rows, name)[few] for name in names))
    told = replace(examined, seen={"conduct": replace(seen, rows=rows)})
    zh, en = (as_markdown(card_blocks(told, place)) for place in (0, 1))
    most = alert_worth(rows, "conduct", policy().grades).most
    assert 0 < most < 10
    assert "months after the version began" not in en
    assert f"only where 10 officers or more were near: on the days judged here at most {most} were" in en
    assert f"接近者不足 10 人时不作统计；各检验日最多 {most} 人" in zh


def test_groups_of_the_promise_stand_in_the_order_of_people(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, _ = judged
    bands = ("1-29", "100-299", "30-99")
    lines = tuple(
        Line(f"conduct.unit_size={band}.{name}", "conduct", Status.PASS, told, told, 0.9, group=f"unit_size={band}")
        for band in bands for name, told in coverage.WORDS.items()
    )  # fmt: skip
    (grid,) = model_card._kept_by_group("conduct", replace(examined, lines=lines), model_card.Say(1))
    assert isinstance(grid, Grid)
    assert [str(row[0]) for row in grid.rows] == [
        f"in units of {band} officers" for band in ("1-29", "30-99", "100-299")
    ]


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
    assert f"| justification | Ann Li | 2026-01-01 | {REASON} | conduct: 1 |" in text
    assert "Under 2% of the force even when pooled, and so excused here in writing: sex not recorded." in text


def test_a_version_that_is_unsure_of_everyone_says_so(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, card = judged
    told = replace(examined, metadata={**examined.metadata, "unsure_of_all": ["conduct"]})
    assert "此版本对所有人都标“无法判断”" in as_markdown(card_blocks(told, 0))
    assert "此版本对所有人都标" not in (card / "card.zh.md").read_text(encoding="utf-8")


def test_card_and_training_agree_on_what_is_not_served(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, _ = judged
    seen = _of_conduct(examined)
    for error, refused in ((0.5, True), (0.0, False)):
        checked = replace(seen.checked, ece=error)
        assert bool(checked.because) is refused
        told = replace(examined, seen={"conduct": replace(seen, checked=checked)})
        zh, en = (as_markdown(card_blocks(told, place)) for place in (0, 1))
        assert all(f"conduct is not served because {why.en}" in en for why in checked.because)
        assert ("conduct is not served because" in en) is refused
        assert ("查实投诉不提供，因为" in zh) is refused
    holding = replace(examined, lines=tuple(replace(line, status=Status.PASS) for line in examined.lines))
    signed = as_markdown(card_blocks(replace(holding, seen={**told.seen, "conduct": seen}), 1))
    assert "| outcomes served | conduct |" in signed
    assert "conduct is not served" not in signed  # a check that two people signed for is no reason any more


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
    assert _intervals(left) == len(groups)
    assert _intervals(right) == len(groups) - 1
    assert len(right.texts) == 1, "what stands there instead"


def _intervals(axes: Axes) -> int:
    """How many rows have one; those of a colour are one drawing."""
    bars = (one for one in axes.containers if isinstance(one, ErrorbarContainer))
    return sum(len(np.atleast_1d(one.lines[0].get_xdata())) for one in bars)


def test_no_figure_that_is_none_is_told_as_a_number(judged: tuple[Settings, Examined, Path]) -> None:
    """A grade that nobody has, a group without an event: said in words, in both languages."""
    _, examined, _ = judged
    seen = _of_conduct(examined)
    none = Measured(np.nan, np.nan, np.nan, np.nan, np.nan)
    first, second, *others = seen.fairness.groups
    without = replace(first, predicted_ratio=Measured(np.inf, 0.01, np.inf, 0.01, np.inf), true_positive_gap=none)
    half = replace(second, flag_ratio=Measured(0.0, np.nan, np.nan, np.nan, np.nan))
    fairly = replace(seen.fairness, groups=(without, half, *others))
    rates = {**seen.checked.rates, Grade.FAIR: GradeRate.of(0, 0)}
    told = replace(seen, fairness=fairly, checked=replace(seen.checked, rates=rates))
    card = replace(examined, seen={"conduct": told})
    zh, en = (as_markdown(card_blocks(card, place)) for place in (0, 1))
    for text in (zh, en):
        assert not re.search(r"\bnan\b|\binf\b", text)
    assert "| 一般 | 0 | 0 | 无人 |" in zh
    assert "无事件，不低于 0.01" in zh
    assert "no event, so nothing to measure" in en


def test_what_was_signed_is_counted_in_words_and_its_suspects_are_named(
    judged: tuple[Settings, Examined, Path],
) -> None:
    _, examined, _ = judged
    line = next(line for line in examined.lines if line.group)
    suspect = replace(line, suspect=True)
    note = Note("waiver", "risk", "1", "h", (line.check,), REASON, ("a", "b"), "2026-01-01")
    card = replace(examined, lines=(suspect, *(one for one in examined.lines if one is not line)), notes=(note,))
    signed = as_markdown(card_blocks(card, 0)).partition("## 签字")[2]
    assert "查实投诉 1 项" in signed
    assert line.named.zh in signed


def test_the_groups_picture_shows_every_group_by_attribute_and_value() -> None:
    rng = np.random.default_rng(4)
    many = 8000
    audit = pd.DataFrame({
        "sex": rng.choice(["f", "m"], many), "age_band": rng.choice(["20-29", "100-109", "30-39"], many),
        "ethnicity": rng.choice([*"abcdefgh", "rare", "other"], many, p=[*[0.12] * 8, 0.01, 0.03]),
        "unit_size": pd.Series(["1-29", "30-99", "100-299", "300+", None])[rng.integers(0, 5, many)].to_list(),
    })  # fmt: skip
    chances = rng.beta(2, 6, many)
    judged = Judged(np.arange(many), (rng.random(many) < chances).astype(float), chances, (chances > 0.5).astype(float))
    limits = policy().gate.groups
    groups = fairness(judged, audit, limits).groups
    assert len(groups) > 57
    assert len({group.name for group in groups}) == len(groups)  # what a register calls "other" is no pool of ours
    figure = groups_figure("conduct", groups, limits)
    names = [label.get_text() for label in figure.get_axes()[0].get_yticklabels()]
    assert len(names) == len(groups)
    order = [group.name for group in sorted(groups, key=lambda group: group_order(group.name))]
    assert order[:2] == ["sex=f", "sex=m"]
    ages = [name for name in order if name.startswith("age_band=") and "+" not in name]
    assert ages == ["age_band=20-29", "age_band=30-39", "age_band=100-109"]
    sizes = [name.partition("=")[2] for name in order if name.startswith("unit_size=")]
    assert sizes == ["1-29", "30-99", "100-299", "300+", "unknown"]
    pooled = group_named("sex+ethnicity=pooled")
    assert {pooled.zh, pooled.en} & set(names)
    assert figure.get_figheight() > 0.2 * len(groups)  # a line of its own for each


def test_a_note_is_kept_once(judged: tuple[Settings, Examined, Path]) -> None:
    use, examined, _ = judged
    note = waivers.note_of("waiver", examined.model, "hash", ["a"], REASON, ("Ann", "Bob"), date(2026, 1, 1))
    assert waivers.sign(use, examined.model, note) == waivers.sign(use, examined.model, note)


def test_the_card_says_whether_it_beats_the_outcomes_own_past(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, _ = judged
    seen = _of_conduct(examined)
    for gain, words in (
        (Difference(0.05, 0.01, 0.09), "It beats the outcome's own past"),
        (Difference(-0.035, -0.1, 0.033), "is not shown to beat the outcome's own past 24 months: precision at the "
                                          "alert budget differs by -0.035 [-0.100, 0.033]"),
        (Difference(-0.05, -0.09, -0.01), "loses to the outcome's own past"),
        (NOTHING, "was not compared with the outcome's own past"),
    ):  # fmt: skip
        one = replace(seen, checked=replace(seen.checked, over_past=gain))
        assert words in as_markdown(card_blocks(replace(examined, seen={"conduct": one}), 1))
    none = replace(seen, checked=replace(seen.checked, over_past=None))
    assert "own past" not in as_markdown(card_blocks(replace(examined, seen={"conduct": none}), 1))


def test_a_tenth_that_came_unlike_it_was_said_is_named(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, _ = judged
    text = as_markdown(card_blocks(examined, 1))  # chances inflated 1.5 times
    assert re.search(r"Of 10 groups by chance, the 95 % interval of \d+ does not hold what was said", text)
    assert "group 10 from the lowest chance: said" in text


def test_a_suspect_that_was_signed_for_is_named_below_the_signatures(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, _ = judged
    line = next(line for line in examined.lines if line.check.endswith("true_positive_gap"))
    lines = tuple(replace(one, suspect=one is line) for one in examined.lines)
    note = Note("waiver", "risk", "1", "hash", (line.check,), REASON, ("Ann Li", "Bo"), "2026-01-01")
    text = as_markdown(card_blocks(replace(examined, lines=lines, notes=(note,)), 1))
    assert f"- signed although “{line.named.en}” fails by its own 95 % interval" in text


def test_a_suspect_has_a_colour_and_words_of_its_own(judged: tuple[Settings, Examined, Path]) -> None:
    _, examined, _ = judged
    group = _of_conduct(examined).fairness.groups[0]
    off = Measured(-0.19, -0.28, -0.06, -0.4, 0.02)
    figure = groups_figure("strain", [replace(group, true_positive_gap=off)], policy().gate.groups)
    right = figure.get_axes()[1]
    assert [right.lines[-1].get_color()] == [COLOURS[SUSPECT]]
    assert any("†" in text.get_text() for text in figure.legends[0].get_texts())
