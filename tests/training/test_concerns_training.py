"""The sorting of concerns, trained on a small bureau: deadlines with a cause are told apart, the gate reads figures,
and nothing that learns of officers can read words."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.concern_phrases import PhraseBank, phrases
from data_contracts.errors import ForbiddenFeature
from data_contracts.policy import check_features
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.declared import declared_features
from features.history import History
from models import artifacts, keys
from models.concerns.deadlines import DeadlineModel
from models.concerns.model import ConcernModel
from models.concerns.text_model import TextModel
from models.registry import versions
from training.concerns.challenger import NetFit, fit_net, worth_of_net
from training.concerns.corpus import Share, examples
from training.concerns.deadlines import fit_deadlines, outcomes, situations
from training.concerns.fit import ConcernFit, fit_heads, hits, labels_of_policy, targets, worth_of_settings
from training.concerns.train import train_concerns
from training.gate.verdict import examine

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 1, 1)
QUICK = ConcernFit(variants=1)


@pytest.fixture(scope="module")
def small() -> PhraseBank:
    """Every fourth sentence of each subcategory."""
    bank = phrases()
    some = {code: replace(one, says=one.says[::4], about=one.about[:3]) for code, one in bank.subcategories.items()}
    return PhraseBank(some, bank.around)


@pytest.fixture(scope="module")
def text(small: PhraseBank) -> TextModel:
    labels = labels_of_policy()
    return TextModel(labels, *fit_heads(examples(small, Share(), 1, 0), labels, QUICK))


def made_up(rows: int) -> pd.DataFrame:
    """Concerns that are resolved late when they came by a visit, and in time else."""
    rng = np.random.default_rng(3)
    raised = pd.Timestamp(2023, 6, 1) + pd.to_timedelta(rng.integers(0, 900, rows), unit="D")
    channel = rng.choice(["online", "visit"], rows)
    late = rng.random(rows) < np.where(channel == "visit", 0.8, 0.1)
    return pd.DataFrame({
        "concern_id": [f"n-{row}" for row in range(rows)], "officer_id": [f"o-{row % 90}" for row in range(rows)],
        "unit_id": rng.choice(["u-1", "u-2"], rows), "raised_by": "officer", "channel": channel, "category": "leave",
        "subcategory": "annual_leave", "text": "想休年假", "raised_on": raised,
        "acknowledged_on": raised, "resolved_on": raised + pd.to_timedelta(np.where(late, 20, 3), unit="D"),
        "known_on": raised,
    })  # fmt: skip


def test_a_channel_that_is_slow_is_told_so_and_a_deadline_never_missed_is_not_told(text: TextModel) -> None:
    rows = situations(made_up(600), text)
    models, worths = fit_deadlines(rows, TODAY)
    assert set(models) == {"resolve"}
    assert "0 of 30" in worths["acknowledge"].refused
    assert worths["resolve"].figures["auc_low"] > 0.7
    asked = pd.concat([rows[rows["channel"] == one].head(1) for one in ("online", "visit")])
    online, visit = models["resolve"].chances(asked)
    assert visit > 0.6 > 0.3 > online
    later = models["resolve"].chances_now(asked, np.array([0.9, 0.9]))
    assert (later > [online, visit]).all(), "what is still open late in its time is likelier to be missed"
    assert models["resolve"].chances_now(asked, np.array([1.1, 1.1])).tolist() == [1.0, 1.0]
    again = DeadlineModel.from_parts(models["resolve"].to_parts("resolve"), "resolve")
    np.testing.assert_allclose(again.chances(asked), [online, visit])


def test_only_deadlines_that_have_passed_are_learned_from(text: TextModel) -> None:
    rows = situations(made_up(40), text)
    young = rows.assign(raised_on=pd.Timestamp(2025, 12, 30))
    assert len(outcomes(young, "resolve", TODAY)[0]) == 0
    some, missed, used = outcomes(rows.assign(resolved_on=pd.Series(pd.NaT, index=rows.index)), "resolve", TODAY)
    assert len(some) == 40
    assert missed.all()
    assert np.isinf(used).all()


def test_it_is_trained_registered_and_judged(tmp_path: Path, small: PhraseBank) -> None:
    use = Settings(state=tmp_path)
    frames = simulate(150, 5, 3, TODAY)
    History(use.history_dir).append_all({name: frames[name] for name in ("concerns", "units", "officers")}, "test")
    steps: list[str] = []
    model, worth = train_concerns(use, TODAY, steps.append, QUICK, small)
    assert worth.figures["subcategory_first"] > 0.3
    assert worth.picture is not None
    assert "registering" in steps
    assert worth.sentence().startswith("subcategory right at first")
    assert [one.version for one in versions(use, "concerns")] == [model.version]
    parts, about = artifacts.load(model.path, keys.public_key(use.keys_dir))
    assert about["service"] == "concerns_v1"
    assert ConcernModel.from_parts(parts).text.labels == labels_of_policy()
    checks = {line.check: line for line in examine(use, "concerns").lines}
    assert set(checks) == {"gain_low", "told", "told_right", "calibration_error", "urgent_found", "urgent_false_alarms"}
    assert checks["told"].value == pytest.approx(worth.figures["told"])


def test_the_search_reports_each_part_and_the_network_learns(small: PhraseBank) -> None:
    seen: list[float] = []
    value = worth_of_settings(small, QUICK, lambda _, figure: seen.append(figure))
    assert len(seen) == 5
    assert value == pytest.approx(seen[-1])
    tiny = NetFit(variants=1, epochs=1, width=8, filters=8)
    assert worth_of_net(small, tiny, lambda *_: None) >= 0.0
    some = [one for one in examples(small, Share(), 1, 0) if one.subcategory in ("equipment", "schooling")]
    net = fit_net(some, labels_of_policy(), replace(tiny, epochs=15, batch=8, filters=16, width=16))
    told = net.chances([one.text for one in some])
    assert hits(told.subcategory, targets(some, labels_of_policy())[0], 1).mean() > 0.9
    again = type(net).from_parts(net.to_parts())
    np.testing.assert_allclose(again.chances(["警车坏了"]).subcategory, net.chances(["警车坏了"]).subcategory)


# --- words reach no model of officers


def test_no_feature_is_made_of_words() -> None:
    assert not catalog().table("concerns").column("text").may_train
    for name in ("text", "concerns_text_length", "text_12m"):
        with pytest.raises(ForbiddenFeature):
            check_features([name])
    fields = [field.name for view in declared_features().views for field in view.fields]
    assert fields
    assert not [name for name in fields if "concern" in name or "text" in name.split("_")]


READERS = ("features", "models/risk", "models/units", "training/risk", "training/units")


def readers_of_words(root: Path) -> list[str]:
    """Files of rooms about officers that name the table of concerns or the phrases."""
    found = []
    for room in READERS:
        for file in sorted((root / room).rglob("*.py")):
            names = {node.value for node in ast.walk(ast.parse(file.read_text("utf-8")))
                     if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip
            if "concerns" in names:
                found.append(file.relative_to(root).as_posix())
    return found


def test_no_room_about_officers_reads_the_table() -> None:
    assert readers_of_words(ROOT) == []


def test_a_reader_is_seen(tmp_path: Path) -> None:
    place = tmp_path / "training/risk/words.py"
    place.parent.mkdir(parents=True)
    place.write_text('rows = history.frame("concerns", ["text"])', "utf-8")
    assert readers_of_words(tmp_path) == ["training/risk/words.py"]
