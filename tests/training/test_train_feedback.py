"""`train_feedback` over a log as the service writes it: figures in MLflow, a picture, a signed model, or a refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from data_contracts import service_log
from data_contracts.errors import NotReady
from data_contracts.feedback_rules import ExploringPolicy
from data_contracts.policy import policy
from data_contracts.service_log import EXPOSURES, FEEDBACK
from data_contracts.settings import Settings
from models import artifacts, keys, registry
from models.feedback.appeal import Appeals
from tests.training.feedback_world import AS_OF, World
from training.feedback.data import joined
from training.feedback.train import figures, learn, train_feedback


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def write(settings: Settings, world: World, answers: int) -> None:
    """The world's log in the service's own database."""
    shown, said = world.log(answers, seed=4)
    engine = service_log.opened(settings.feedback_url, make=True)
    rows = shown.assign(as_of=None).astype(object)
    answered = said.assign(reason=None, unseen=False)
    for name in ("occurred_on", "known_on"):
        answered[name] = answered[name].dt.date.astype(object)
    with engine.begin() as connection:
        connection.execute(EXPOSURES.insert(), records_of(rows.where(rows.notna(), None)))
        connection.execute(FEEDBACK.insert(), records_of(answered))
    engine.dispose()


def test_what_was_learned_is_on_record_and_signed(state: Settings) -> None:
    write(state, World(policy=ExploringPolicy(share=0.5, places=2, depth=2)), 2000)
    stages: list[str] = []
    model, found = train_feedback(state, AS_OF, stages.append)
    assert stages == ["learning from the log", "registering"]
    parts, about = artifacts.load(model.path, keys.public_key(state.keys_dir))
    assert about["rows"] == 8000
    assert Appeals.from_parts(parts).bonus["post"]
    assert len(list(state.pictures_dir.glob("*/feedback.png"))) == 1
    (run,) = registry.client(state).search_runs(["1"]) or [None]
    assert run is not None
    kept = run.data.metrics
    assert kept["shown"] == 8000
    assert kept["ranking.liked.dr_low"] < kept["ranking.liked.dr"] < kept["ranking.liked.dr_high"]
    assert kept["with_appeal.liked.effective"] > 100
    assert run.data.params["how"] == "slice"
    assert "8,000 suggestions in 2,000 answers; the second place is looked at" in found.sentence()
    assert "with appeals" in found.sentence()


def test_too_little_is_refused_in_one_sentence(state: Settings) -> None:
    with pytest.raises(NotReady, match="logged nothing yet"):
        train_feedback(state, AS_OF)
    write(state, World(), 70)
    with pytest.raises(NotReady, match="280 suggestions have had 30 days to be answered by 2026-06-01"):
        train_feedback(state, AS_OF)
    with pytest.raises(NotReady, match="0 suggestions"):
        train_feedback(state, date(2025, 1, 2))


def test_without_exploration_no_worth_is_told() -> None:
    world = World()
    rows = joined(*replace(world, policy=replace(world.policy, share=0.02, places=1)).log(400, 5), AS_OF, 30)
    found = learn(rows, policy().feedback.learning)
    assert "no worth of another ranking: " in found.sentence()
    assert "with_appeal.liked.dr" not in figures(found)
