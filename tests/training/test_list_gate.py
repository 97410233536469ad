"""The gate of the recommenders by group, on lists whose fairness is known: what passes, what fails, what is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from rich.console import Console

from data_contracts.errors import GateRefused, InvalidInput, UntrustedArtifact
from data_contracts.policy import check_features, policy
from data_contracts.settings import Settings
from features.history import History
from tests.models.records import framed
from tests.training.careers import postings
from tests.training.list_versions import DAY, Lists, fewer_draws, register
from training.evaluation.card_plots import COLOURS, gaps_figure
from training.evaluation.exposure import Gap, exposure_gaps, gap_lines
from training.evaluation.fairness import Measured, Verdict
from training.evaluation.list_plots import quality_figure
from training.evaluation.list_quality import quality_of
from training.evaluation.shown_lists import Answers, Kinds, shown_lists
from training.evaluation.spans import Span
from training.gate import verdict as gate
from training.gate.audit_groups import posted_register
from training.gate.card_blocks import as_markdown
from training.gate.lines import Status, as_table
from training.gate.list_card import list_blocks
from training.gate.list_evidence import FILE, FOLDER, write_lists
from training.gate.list_lines import SeenLists
from training.gate.model_card import Say, card_blocks

pytestmark = pytest.mark.usefixtures("undrawn")
TODAY = date(2026, 1, 1)
REASON = "Men of this force go on to patrol more often; the lists follow and do not add to it."
NAMES = ("next-post", "courses", "paths")


@pytest.fixture(scope="module", autouse=True)
def _fewer_draws() -> Iterator[None]:
    with fewer_draws():
        yield


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A force whose protected attributes and postings are on record."""
    use = Settings(state=tmp_path_factory.mktemp("recorded"))
    Lists().settle_in(use)
    return use


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("drawn")
def test_a_fair_recommender_passes_and_becomes_champion(recorded: Settings, name: str) -> None:
    for seed in (5, 6, 7):
        register(recorded, name, Lists(seed=seed).shown())
        examined = gate.promote(recorded, name)
        assert {line.status for line in examined.lines} == {Status.PASS}, seed
        assert {"", "sex=f", "sex=m"} <= {line.group for line in examined.lines}


def test_files_signed_as_another_model_are_not_even_examined(recorded: Settings) -> None:
    model = register(recorded, "courses", Lists().shown(), signed_as="risk")
    with pytest.raises(UntrustedArtifact, match="signed, but as 'risk'"):
        gate.examine(recorded, "courses", model.version)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("unfair", "failed"),
    [
        (Lists(withheld=0.6), {"sex=f.legal_gap", "sex=f.patrol_gap", "sex=m.legal_gap", "sex=m.patrol_gap"}),
        (Lists(worse=0.6), {"sex=f.ndcg_at_10_gap", "sex=m.ndcg_at_10_gap"}),
    ],
    ids=["legal_work_is_withheld_from_women", "lists_of_women_are_worse"],
)
def test_an_unfair_recommender_fails_and_nobody_can_sign_for_it(
    recorded: Settings, name: str, unfair: Lists, failed: set[str]
) -> None:
    for seed in (5, 6, 7):
        model = register(recorded, name, replace(unfair, seed=seed).shown())
        examined = gate.examine(recorded, name, model.version)
        found = {line.check for line in examined.lines if line.status is Status.FAIL and "+" not in line.group}
        assert found == {f"{name}.{check}" for check in failed}, seed
    with pytest.raises(InvalidInput, match="a fail is never waived"):
        gate.settle(recorded, examined, "justification", examined.checks(Status.FAIL), REASON, ["Ann"], TODAY)
    with pytest.raises(GateRefused, match=r"sex=f\.\w+_gap: .* \(fail\)"):
        gate.promote(recorded, name, model.version)


def test_lists_that_follow_what_groups_really_do_need_words(recorded: Settings) -> None:
    model = register(recorded, "next-post", Lists(apart=0.6).shown())
    examined = gate.examine(recorded, "next-post", model.version)
    assert examined.checks(Status.FAIL) == []
    silent = examined.checks(Status.UNEXPLAINED)
    assert "next-post.sex=m.legal_gap" in silent
    with pytest.raises(GateRefused, match="explained in writing where what was taken differs as much"):
        gate.promote(recorded, "next-post", model.version)
    gate.settle(recorded, examined, "justification", silent, REASON, ["Ann"], TODAY)
    assert gate.promote(recorded, "next-post", model.version).checks(Status.EXPLAINED) == silent


def test_a_group_whose_ways_nobody_foresees_needs_words(recorded: Settings) -> None:
    model = register(recorded, "courses", Lists(harder=0.6).shown())
    examined = gate.examine(recorded, "courses", model.version)
    assert examined.checks(Status.FAIL) == []
    assert "courses.sex=f.ndcg_at_10_gap" in examined.checks(Status.UNEXPLAINED)
    with pytest.raises(GateRefused, match="where a plain peer's gap is as wide"):
        gate.promote(recorded, "courses", model.version)


def test_what_nobody_recorded_is_inconclusive_and_named_in_the_card(tmp_path: Path) -> None:
    """As in New York, which records ethnicity alone: sex and age cannot be compared, and the card says so."""
    use = Settings(state=tmp_path / "state")
    one = Lists(people=300)
    one.settle_in(use, as_in_new_york=True)
    model = register(use, "courses", one.shown())
    examined, card = gate.pass_gate(use, "courses", model.version)
    waiting = examined.checks(Status.INCONCLUSIVE)
    assert {"courses.sex", "courses.age_band"} <= set(waiting)
    assert "courses.ethnicity=f.ndcg_at_10_gap" in {line.check for line in examined.lines}
    assert "sex, age." in (card / "card.en.md").read_text("utf-8")
    gate.settle(use, examined, "waiver", waiting, REASON, ["Ann", "Bob"], TODAY)
    assert gate.promote(use, "courses", model.version).passed


@pytest.mark.usefixtures("drawn")
def test_the_card_shows_table_and_picture(recorded: Settings) -> None:
    model = register(recorded, "paths", Lists(withheld=0.6).shown())
    examined, card = gate.pass_gate(recorded, "paths", model.version)
    for picture in ("paths.png", "paths.en.png", "paths-groups.png", "paths-groups.en.png"):
        assert (card / picture).read_bytes().startswith(b"\x89PNG")
    zh, en = ((card / f"card.{language}.md").read_text("utf-8") for language in ("zh", "en"))
    head = next(line for line in en.splitlines() if line.startswith("| group | officers | NDCG@10 | status |"))
    assert "| legal affairs | status |" in head, "a job family is called by its name"
    row = next(line for line in en.splitlines() if line.startswith("| women | 2000 |"))
    assert "| fail |" in row
    assert "| -0.3" in row, "women are shown less legal work"
    assert "(paths-groups.png)" in zh
    assert "(paths.png)" in zh
    assert "(paths-groups.en.png)" in en
    assert "(paths.en.png)" in en
    assert "sex=f" not in zh + en.partition("women")[0]
    assert "不通过" in next(line for line in zh.splitlines() if line.startswith("| 性别：女 | 2000 |"))
    assert "Judged on 4,000 lists between 2025-06-01 and 2025-06-01" in en
    assert len(as_table(examined.lines).rows) > 3
    seen = examined.seen["paths"]
    assert isinstance(seen, SeenLists)
    told = replace(examined, seen={"paths": replace(seen, gaps=(), excused=("sex=x",))})
    assert "excused here in writing: sex x" in as_markdown(card_blocks(told, 1))


def test_the_card_tells_peers_strata_windows_and_the_years(recorded: Settings) -> None:
    rows = Lists().shown()
    odd = np.arange(len(rows.quality)) % 2 == 1
    days = np.where(odd, np.datetime64("2025-03-05"), np.datetime64("2025-06-01"))
    span = Span(date(2016, 1, 4), date(2025, 12, 31), date(2025, 1, 1), date(2025, 12, 31))
    full = (
        replace(rows, days=days).beside({"markov": rows.peer, "popularity": rows.peer / 2}, {"novel": odd}).over(span)
    )
    examined, card = gate.pass_gate(recorded, "next-post", register(recorded, "next-post", full).version)
    zh, en = ((card / f"card.{language}.md").read_text("utf-8") for language in ("zh", "en"))
    assert "learned from 2016-01-04 to 2025-12-31; judged on 2025-01-01 to 2025-12-31" in en
    assert "学习所用时段：2016-01-04 至 2025-12-31；检验所用时段：2025-01-01 至 2025-12-31" in zh
    assert "Judged on 4,000 lists between 2025-03-05 and 2025-06-01" in en
    assert "| stratum or window | lists | this model | Markov transitions | popularity |" in en
    assert "| 情形或时段 | 名单数 | 本模型 | 马尔可夫转移 | 热门程度 |" in zh
    for row, number in (("all", 4000), ("novel posts", 2000), ("from 2025-03-01", 2000), ("from 2025-06-01", 2000)):
        assert f"| {row} | {number} | 0." in en
    seen = examined.seen["next-post"]
    assert isinstance(seen, SeenLists)
    figure = quality_figure("x", "NDCG@10", quality_of(seen.rows), english=True)
    assert [axes.get_title() for axes in figure.axes] == ["beside its peers", "by stratum", "over the windows"]
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == [
        "this model",
        "Markov\ntransitions",
        "popularity",
    ]
    plain = quality_figure("x", "NDCG@10", quality_of(Lists(people=1).shown()), english=True)
    assert len(plain.axes) == 1


def test_a_gap_that_its_own_interval_would_fail_is_marked_in_table_card_and_picture() -> None:
    limits = policy().gate
    off, fine = Measured(-0.2, -0.35, -0.05, -0.4, 0.02), Measured(0.0, -0.2, 0.2, -0.3, 0.3)
    suspect, plain = Gap("sex=female", "ndcg_at_10", 90, off), Gap("sex=male", "ndcg_at_10", 90, fine)
    usual = replace(suspect, usual=-0.15)
    assert [gap.suspect(limits.lists) for gap in (suspect, plain, usual)] == [True, False, False]
    first, second = gap_lines([suspect, plain], limits.lists)
    assert (first.suspect, first.status, second.suspect) == (True, Status.INCONCLUSIVE, False)
    console = Console(width=200)
    with console.capture() as told:
        console.print(as_table([first, second]))
    assert "inconclusive †" in told.get()
    seen = SeenLists(Lists(people=20).shown(), (suspect, plain), (), ())
    statuses = {line.check: line.status for line in (first, second)}
    card = as_markdown(list_blocks("next-post", seen, statuses, limits, Say(1)))
    assert "| women † | 90 | -0.20 [-0.35, -0.05] | inconclusive † |" in card
    assert "| men | 90 | 0 [-0.20, +0.20] | inconclusive |" in card
    kinds = (suspect, replace(plain, measure="public_order"))
    named = SeenLists(Lists(people=20).shown(), kinds, ("sex=female", "age_band=20-29+unit_size=1-29"), ())
    statuses |= {one.check("next-post"): Status.PASS for one in kinds}
    chinese = as_markdown(list_blocks("next-post", named, statuses, limits, Say(0)))
    assert "| 治安管理 | 结论 |" in chinese, "a job family is called by its name"
    assert "性别：女；年龄段：20-29 岁，单位人数：1-29 人。" in chinese, "a pair is one of several, and told so"
    assert first.named.zh == "下一岗位，性别：女：NDCG@10 与其余民警之差"
    exposed = [[one, replace(one, measure="legal")] for one in (suspect, plain)]
    surely = Measured(-0.3, -0.35, -0.25, -0.4, -0.2)
    exposed.append([Gap("age_band=20-29", one, 90, surely, -0.25) for one in ("ndcg_at_10", "legal")])
    figure = gaps_figure("x", exposed, limits.lists, "next-post", english=True)
    bars = (one for one in figure.axes[0].containers if isinstance(one, ErrorbarContainer))
    drawn = [one.lines[2][0].get_color()[0] for one in bars]
    assert [to_hex(np.asarray(colour).tolist()) for colour in drawn] == [
        COLOURS["suspect"],
        COLOURS[Verdict.INCONCLUSIVE],
        COLOURS["unexplained"],
    ]


def test_a_version_without_lists_fails_and_another_versions_lists_are_refused(recorded: Settings) -> None:
    fair = register(recorded, "next-post", Lists().shown())
    unfair = register(recorded, "next-post", Lists(worse=0.6).shown())
    place = Path(FOLDER, FILE)
    shutil.copy(fair.path.parent / place, unfair.path.parent / place)
    with pytest.raises(UntrustedArtifact, match="not what the model was signed with"):
        gate.promote(recorded, "next-post", unfair.version)


def test_the_evidence_names_nobody_and_no_group(recorded: Settings, tmp_path: Path) -> None:
    from data_contracts.pseudonyms import pseudonyms

    frame = pd.read_parquet(write_lists(tmp_path, Lists(people=50).shown(), pseudonyms(recorded.keys_dir)))
    assert not set(frame["officer"]) & set(Lists(people=50).officers)
    assert list(frame.columns) == ["as_of", "officer", "quality.ndcg_at_10", "peer.ndcg_at_10",
                                   "shown.legal", "shown.patrol", "taken.legal", "taken.patrol"]  # fmt: skip
    check_features(list(frame.columns), "evidence")


def test_units_are_those_of_the_postings_known_on_the_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use = Settings(state=tmp_path / "state")
    one = Lists(people=10)
    one.settle_in(use)
    moved = {"o1": [("p9", "2024-01-01")], "o2": [("p9", "2026-01-01")], "o3": [("p9", "2024-01-01")]}
    absent = ("shift", "supervisor_id", "occasion", "ended_on")
    late = postings(moved).drop(columns="superseded_on").assign(**dict.fromkeys(absent))
    History(use.history_dir).append("postings", late)
    gone = [{"officer_id": "o3", "left_on": "2024-06-01", "known_on": "2024-06-01"}]
    History(use.history_dir).append("officers", framed("officers", gone))
    register(use, "next-post", one.shown())  # makes the key of the pseudonyms
    (sizes,) = posted_register(use, [DAY]).unit_sizes.values()
    assert sorted(sizes.tolist()) == [1, *[8] * 8], "o1 moved on alone, o2 moves later, o3 left"
    later = date(2026, 2, 1)
    monkeypatch.setattr("training.gate.audit_groups.MOST_DAYS", 1)
    both = posted_register(use, [later, DAY]).unit_sizes
    assert both[DAY] is both[later], "days of one stretch are looked at together"
    assert sorted(both[DAY].tolist()) == [2, 2, *[7] * 7]
    assert posted_register(use, []).unit_sizes == {}


def test_chance_alone_condemns_no_small_force() -> None:
    """Percentiles of a thousand draws did: hundreds of gaps, each on a dozen officers, and one was always beyond."""
    limits, failed = policy().gate, 0
    for seed in range(12):
        rng, people = np.random.default_rng(seed), 160
        audit = pd.DataFrame({name: rng.choice(list("abcd"), people) for name in limits.groups.attributes})
        values = {"ndcg_at_10": rng.choice([0.0, 0.0, 0.5, 1.0], people), "legal": rng.choice([0.0, 1.0], people)}
        found = exposure_gaps(np.arange(people), values, audit, limits.groups, seed)
        failed += any(gap.status(limits.lists) is Status.FAIL for gap in found.gaps)
    assert failed == 0


def test_only_the_kinds_shown_most_are_compared() -> None:
    best = np.array([[0, 1], [0, 2], [0, -1]])
    who = np.array(["a", "b", "c"], dtype=object), np.full(3, DAY, dtype="datetime64[D]")
    answers = Answers(np.array([0, 0, 1, 2]), np.array([0, 1, 3, 0]))
    found = shown_lists(
        who, ("ndcg_at_10", np.ones(3), np.ones(3)), best, answers, Kinds.of(["x", "y", "z"], [None] * 3), 2
    )
    assert list(found.shown) == ["x", "y"]
    assert found.taken["x"].tolist() == [0.5, 0.0, 1.0]
    assert found.shown["y"].round(3).tolist() == [0.387, 0.0, 0.0]


def test_every_recommender_has_limits() -> None:
    limits = policy().gate.lists
    assert 0 < limits.quality_gap_at_most < 1
    assert limits.most_kinds >= 1
