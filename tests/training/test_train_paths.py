"""From history to a registered, signed paths model, the figures of its gate, and what the gate makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import GateRefused, InvalidInput, NotReady, UntrustedArtifact
from data_contracts.gating import GainLimits, PathLimits
from data_contracts.policy import Policy, policy
from data_contracts.settings import Settings
from features.history import History
from models import artifacts, keys, registry
from models.paths.bundle import SERVICE, PathBundle, service_hash
from models.paths.finding import Goals
from models.posts.histories import CareerState, histories_of
from tests.training.careers import postings
from tests.training.path_worlds import ladder_careers, ladder_frames, rank_frames
from training.gate import verdict as gate
from training.gate.lines import Status
from training.paths.train import fit_bundle, train_paths, worth_of

AS_OF = date(2021, 1, 1)
SIGNED = ("A made-up force that nobody lives by.", ["Ann", "Bob"])


def _with_courses(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Posts of three families, and a course that half of those who go to z by m took before."""
    known = pd.Timestamp("2000-01-01")
    posts = pd.DataFrame({"post_id": ["a", "b", "m", "n", "z"], "job_family": ["one", "one", "two", "two", None]})
    courses = pd.DataFrame({"course_id": ["open", "must"], "mandated": [False, True]})
    taken = pd.DataFrame({"officer_id": ["o001", "o003"], "course_id": ["open", "open"], "occurred_on": known})
    return {**frames, "posts": posts.assign(known_on=known), "courses": courses.assign(known_on=known),
            "course_completions": taken.assign(known_on=known)}  # fmt: skip


def test_train_signs_and_registers_and_the_champion_finds_the_ways(state: Settings) -> None:
    rows = postings(ladder_careers()).drop(columns="superseded_on")
    absent = ("ended_on", "shift", "supervisor_id", "occasion")
    History(state.history_dir).append("postings", rows.assign(**dict.fromkeys(absent)))
    model, worth = train_paths(state, AS_OF)
    assert worth.cases > 0
    assert "ahead of most_frequent" in worth.sentence()
    assert list(worth.lists.models) == ["pharos", "most_frequent"]
    assert sum(int(rows.sum()) for rows in worth.lists.strata.values()) == worth.cases
    assert worth.lists.span is not None
    assert worth.lists.span.learned_from < worth.lists.span.judged_from < worth.lists.span.judged_until
    assert worth.lists.span.learned_until == worth.lists.span.judged_until
    assert [worth.picture] == list(state.pictures_dir.glob("*/paths.png"))
    assert worth.figures["path_hit_at_5"] == pytest.approx(worth.figures["peer_path_hit_at_5"] + worth.gain)
    kept = registry.client(state).get_run(model.run_id).data
    assert {"gate.hit_gain", "gate.hit_gain_low", "gate.coverage"} <= set(kept.metrics)
    parts, metadata = artifacts.load(model.path, keys.public_key(state.keys_dir))
    assert (metadata["service"], metadata["service_hash"], metadata["kinds"]) == (SERVICE, service_hash(), ["post"])
    one = PathBundle.from_parts(parts).kinds["post"]
    officer = CareerState(("a",), (date(2020, 1, 1),), as_of=AS_OF)
    starts = histories_of([officer], one.catalogue, one.ranks)
    (ways,) = one.model.routes(Goals(starts, np.array([one.catalogue.code("z")]), 60.0), 3)
    assert one.catalogue.code("m") in {way.path[0] for way in ways}


def test_a_bundle_is_the_same_after_it_was_kept() -> None:
    frames = _with_courses(ladder_frames(60)) | rank_frames()
    bundle = fit_bundle(frames, date(2020, 12, 31))
    again = PathBundle.from_parts(bundle.to_parts())
    assert list(again.kinds) == ["post", "rank_step"]
    for kind, one in bundle.kinds.items():
        other = again.kinds[kind]
        assert (other.catalogue, other.ranks, other.model.search) == (one.catalogue, one.ranks, one.model.search)
        state = CareerState((one.catalogue.posts[0],), (date(2018, 1, 1),), as_of=AS_OF)
        starts = histories_of([state], one.catalogue, one.ranks)
        asked = Goals(starts, np.array([one.catalogue.size - 1]), 48.0)
        np.testing.assert_array_equal(other.model.chance(asked), one.model.chance(asked))
    assert bundle.lifts is not None
    assert again.lifts is not None
    assert (bundle.lifts.courses, bundle.lifts.families) == (("open",), ("", "one", "two"))
    np.testing.assert_array_equal(again.lifts.lift, bundle.lifts.lift)
    assert bundle.lifts.lift[0, 2] > 1 > bundle.lifts.lift[0, 1], "its holders went to m, of family two"


def test_a_bundle_that_lacks_a_part_is_refused() -> None:
    parts = fit_bundle(ladder_frames(60), date(2020, 12, 31)).to_parts()
    del parts.arrays["post-dwell.post"]
    with pytest.raises(UntrustedArtifact, match="train it again"):
        PathBundle.from_parts(parts)


def test_without_courses_or_families_there_are_no_lifts() -> None:
    frames, until = _with_courses(ladder_frames(60)), date(2020, 12, 31)
    none_elective = frames["courses"].assign(mandated=True)
    for less in ({"posts": frames["posts"].assign(job_family=None)}, {"courses": none_elective}):
        assert fit_bundle({**frames, **less}, until).lifts is None
    assert fit_bundle({name: frames[name] for name in ("postings", "officers")}, until).lifts is None


def test_without_history_it_says_what_to_run(state: Settings) -> None:
    with pytest.raises(NotReady, match="pharos ingest"):
        train_paths(state, AS_OF)


def test_too_short_a_history_is_refused() -> None:
    frames = {"postings": postings({"a": [("p", "2021-01-01")]})}
    with pytest.raises(InvalidInput, match="too few goals"):
        worth_of(frames, date(2022, 1, 1))
    with pytest.raises(InvalidInput, match="no move is known"):
        fit_bundle(frames, date(2022, 1, 1))


@pytest.mark.parametrize(
    ("figures", "closed"),
    [
        ({"hit_gain_low": -0.005, "coverage": 0.8}, []),
        ({"hit_gain_low": -0.02, "coverage": 0.8}, ["hit_gain_low"]),
        ({"hit_gain_low": 0.1, "coverage": 0.95}, ["coverage"]),
        ({}, ["hit_gain_low", "coverage"]),
    ],
)
def test_the_gate_allows_no_loss_and_no_times_that_break_their_word(
    state: Settings, monkeypatch: pytest.MonkeyPatch, figures: dict[str, float], closed: list[str]
) -> None:
    kept = SimpleNamespace(data=SimpleNamespace(metrics={f"gate.{name}": value for name, value in figures.items()}))
    client = SimpleNamespace(get_run=lambda _: kept)
    monkeypatch.setattr(registry, "client", lambda _: client)
    model = registry.ResolvedModel("paths", "1", state.state, "run", {})
    lines = gate.path_lines(state, model)
    assert [line.check for line in lines if not line.holds] == closed


def test_a_model_that_loses_is_not_promoted(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = postings(ladder_careers(60)).drop(columns="superseded_on")
    absent = ("ended_on", "shift", "supervisor_id", "occasion")
    History(state.history_dir).append("postings", rows.assign(**dict.fromkeys(absent)))
    train_paths(state, AS_OF)
    monkeypatch.setattr(gate, "policy", lambda: _with_limits(PathLimits(-0.9, 0.0, 1.0)))
    with pytest.raises(GateRefused, match="hit_gain_low"):
        gate.promote(state, "paths")
    monkeypatch.setattr(gate, "policy", lambda: _with_limits(PathLimits(0.9, 0.0, 1.0)))
    examined = gate.examine(state, "paths")
    assert {line.check for line in examined.lines} == {"hit_gain_low", "coverage"} | {
        f"paths.{name}" for name in policy().gate.groups.attributes if name != "unit_size"
    } | {line.check for line in examined.lines if line.group.startswith("unit_size=")}, "nobody recorded sex or age"
    gate.settle(state, examined, "waiver", examined.checks(Status.INCONCLUSIVE), *SIGNED, AS_OF)
    assert gate.promote(state, "paths").model.version == "1"


def _with_limits(limits: PathLimits) -> Policy:
    return replace(policy(), gate=replace(policy().gate, paths=limits))


OWN = {"next-post": gate.next_post_lines, "courses": gate.courses_lines}


def test_the_limits_of_recommenders_are_those_of_policy(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = SimpleNamespace(data=SimpleNamespace(metrics={"gate.ndcg_gain": 0.03, "gate.ndcg_gain_low": 0.01}))
    monkeypatch.setattr(registry, "client", lambda _: SimpleNamespace(get_run=lambda _: kept))
    model = registry.ResolvedModel("courses", "1", state.state, "run", {})
    for name in ("next-post", "courses"):
        assert all(line.holds for line in OWN[name](state, model))
    asked = replace(policy().gate, next_post=GainLimits(0.02, 0.02), courses=GainLimits(0.05, 0.0))
    monkeypatch.setattr(gate, "policy", lambda: replace(policy(), gate=asked))
    closed = {
        name: [line.check for line in OWN[name](state, model) if not line.holds] for name in ("next-post", "courses")
    }
    assert closed == {"next-post": ["ndcg_gain_low"], "courses": ["ndcg_gain"]}
