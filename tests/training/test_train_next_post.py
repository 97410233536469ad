"""From history to a registered, signed model with the figures the gate reads."""

from __future__ import annotations

from datetime import date

import pytest

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from features.history import History
from features.store import FeatureReader
from models import artifacts, keys, registry
from models.posts.histories import CareerState
from models.posts.next_post import NextPostModel
from tests.training.careers import postings, two_step_careers
from training.posts.fit import FitSettings
from training.posts.train import train_next_post, worth_of

QUICK = FitSettings(nets=1, min_steps=80)


def test_train_signs_and_registers_what_beats_markov(state: Settings) -> None:
    rows = postings(two_step_careers(400)).drop(columns="superseded_on")
    absent = ("ended_on", "shift", "supervisor_id", "occasion")
    History(state.history_dir).append("postings", rows.assign(**dict.fromkeys(absent)))
    model, worth = train_next_post(state, date(2022, 1, 1), fit=QUICK)
    assert worth.low > 0
    assert "ahead of markov" in worth.sentence()
    assert [worth.picture] == list(state.pictures_dir.glob("*/next-post.png"))
    assert set(worth.places) == {"pharos", "markov", "popularity"}
    assert list(worth.lists.models) == ["pharos", "markov", "popularity"]
    assert set(worth.lists.strata) == {"novel", "short_history", "cold"}
    assert worth.lists.span is not None
    assert (worth.lists.span.learned_until, worth.lists.span.judged_until) == (date(2021, 12, 31), date(2021, 12, 31))
    assert worth.lists.span.learned_from < worth.lists.span.judged_from
    days = worth.lists.days.astype("datetime64[D]")
    assert str(days.min()) >= str(worth.lists.span.judged_from)
    assert str(days.max()) <= str(worth.lists.span.judged_until)
    kept = registry.client(state).get_run(model.run_id)
    assert kept.data.tags["feature_service"] == f"career_v1:{FeatureReader(state).service_hash('career_v1')}"
    assert {"seed", "nets", "learning_rate", "passes"} <= set(kept.data.params)
    logged = registry.client(state).list_artifacts(model.run_id, "pictures")
    assert [item.path for item in logged] == ["pictures/next-post.png"]
    parts, metadata = artifacts.load(model.path, keys.public_key(state.keys_dir))
    loaded = NextPostModel.from_parts(parts)
    officer = CareerState(("b", "hub"), (date(2020, 1, 1), date(2020, 4, 1)), as_of=date(2022, 1, 1))
    assert loaded.rank([officer], 1)[0][0].post_id == "d"
    assert metadata["as_of"] == "2022-01-01"
    assert loaded.within is not None
    counted = loaded.within.counted("a", "", "hub")
    assert counted.moved == counted.total > 50, "every officer of a moves on to the hub within 100 days"


def test_without_history_it_says_what_to_run(state: Settings) -> None:
    with pytest.raises(NotReady, match="pharos ingest"):
        train_next_post(state, date(2022, 1, 1))


def test_too_short_a_history_is_refused() -> None:
    frames = {"postings": postings({"a": [("p", "2021-01-01"), ("q", "2021-06-01")]})}
    with pytest.raises(InvalidInput, match="too few moves"):
        worth_of(frames, date(2022, 1, 1), QUICK)
