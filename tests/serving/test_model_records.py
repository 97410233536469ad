"""What is on record of models, read for people: nothing of it is believed once it was changed."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_contracts.audit.chain import Action, Entry
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from models import gate_records, registry
from models.audit import audit_chain
from models.risk.evidence import FILE, PLACE
from serving.champions.cards import card_of
from serving.champions.record_schemas import ModelsRequest, ModelTold
from serving.champions.records import MOST_DECISIONS, TITLES, ModelsDesk
from serving.champions.refusing import NEVER, Refusal, Standing
from tests.serving.model_records import AT, recorded

NOW = datetime(2026, 11, 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return recorded(tmp_path_factory.mktemp("models"))


@pytest.fixture
def use(made: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(made.state, tmp_path / "state")
    return Settings(state=tmp_path / "state")


def told(use: Settings, name: Any = "risk") -> ModelTold:
    (model,) = ModelsDesk(use).answer(ModelsRequest(name=name), "r", NOW).models
    return model


def test_all_models_are_told_in_short(use: Settings) -> None:
    models = ModelsDesk(use).answer(ModelsRequest(), "r", NOW).models
    assert [one.name for one in models] == list(registry.NAMES)
    risk = models[0]
    assert [(one.version, one.champion, one.passed) for one in risk.versions] == [
        ("2", False, False),
        ("1", True, True),
    ]
    assert risk.versions[1].counts == {"pass": 3, "waived": 1, "explained": 1, "fail": 1}
    assert (risk.versions[0].trained_as_of, risk.lines, models[1].versions) == ("2026-02-01", [], [])


def test_of_events_it_is_told_how_many_are_chances_and_no_findings(tmp_path: Path) -> None:
    use = recorded(tmp_path / "models", later={"conduct": [1.0, 1.0, 0.25, 0.5, 0.0], "strain": [1.0, 0.0]})
    asked = {one.measure: one.expected for one in told(use).lines if not one.group}
    assert asked == {"events": 0.75, "calibration_error": None, "grades": None}
    folder = use.mlflow_dir / "risk" / "1" / PLACE
    (folder / FILE).write_bytes(b"changed")
    assert [one.expected for one in told(use).lines] == [None] * 7


def test_one_model_is_told_whole_about_the_version_that_answers(use: Settings) -> None:
    model = told(use)
    assert (model.champion, model.shown, len(model.lines)) == ("1", "1", 6)
    assert [one.group.en for one in model.lines if one.group] == ["women", "women", "men", "men"]
    assert {one.measure for one in model.lines if not one.group} == {"calibration_error", "grades"}
    assert [(one.signed_by, one.checks) for one in model.notes] == [(["Ann Li", "王一"], 1)]
    assert [one.kind for one in model.card_zh] == ["text", "list", "table", "heading"]
    assert [(one.action, one.actor, one.version, one.wrong) for one in model.decisions] == [
        ("model_promoted", "operator:ann", "1", False)
    ]
    assert model.drift is not None
    assert [(one.level, one.name.en, one.now) for one in model.drift.findings] == [
        ("alert", "tenure_days", None), ("warning", "sustained complaint, 12 months", 0.08)
    ]  # fmt: skip


def test_without_a_champion_the_newest_version_is_told(use: Settings) -> None:
    registry.client(use).delete_registered_model_alias("risk", "champion")
    model = told(use)
    assert (model.champion, model.shown, [one.status for one in model.lines]) == (None, "2", ["fail"])


SINCE = datetime(2026, 10, 31, 9, 30, tzinfo=UTC)
REFUSED = Refusal("risk", "2", "1", "slow_model", Bilingual("试答过慢", "it was slow"), SINCE, due=60.0)


@pytest.mark.parametrize(
    ("standing", "answers", "refused"),
    [
        (Standing("1", REFUSED), "1", ("2", "it was slow", True)),
        (Standing(None, replace(REFUSED, due=NEVER)), None, ("2", "it was slow", False)),
        (Standing("1"), "1", None),  # promoted a moment ago
        (Standing("1", replace(REFUSED, version="3")), "1", None),  # the alias has moved since
        (Standing("2"), "2", None),
    ],
)
def test_the_version_that_answers_in_this_service_is_told_beside_the_promoted_one(
    standing: Standing, answers: str | None, refused: tuple[str, str, bool] | None, use: Settings
) -> None:
    registry.set_alias(use, "risk", "2")
    (model,) = ModelsDesk(use, lambda _: standing).answer(ModelsRequest(name="risk"), "r", NOW).models
    assert (model.champion, model.answers, model.shown) == ("2", answers, answers or "2")
    assert [(one.version, one.champion, one.answers) for one in model.versions] == [
        ("2", True, answers == "2"), ("1", False, answers == "1")
    ]  # fmt: skip
    assert model.here is not None
    told = model.here.refused
    assert (told and (told.version, told.why.en, told.again)) == refused
    assert told is None or told.since == SINCE


def test_a_record_that_was_changed_after_it_was_signed_is_not_shown(use: Settings) -> None:
    version = registry.version_of(use, "risk", "1")
    for name in (gate_records.RESULT, "waiver-0.json"):
        path = gate_records.folder_of(use, version) / name
        path.write_text(path.read_text("utf-8").replace("conduct", "strain"), "utf-8")
    model = told(use)
    assert (model.lines, model.notes, model.versions[1].passed) == ([], [], None)
    assert model.problem is not None
    assert model.problem.en.startswith("the record of the gate was changed")


def test_a_version_whose_files_were_changed_tells_no_day_of_training(use: Settings) -> None:
    manifest = registry.version_of(use, "risk", "1").path / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace("2026-01-01", "2027-01-01"), "utf-8")
    assert told(use).versions[1].trained_as_of is None


def test_a_state_without_models_says_so(tmp_path: Path) -> None:
    model = told(Settings(state=tmp_path))
    assert (model.versions, model.shown, model.drift, model.decisions) == ([], None, None, [])


def test_a_watch_that_cannot_be_read_is_passed_over(use: Settings) -> None:
    later = use.state / "watch" / "2026-11-01"
    later.mkdir()
    (later / "watch.json").write_text("{")
    drift = told(use).drift
    assert drift is not None
    assert (str(drift.as_of), drift.level, drift.watched) == ("2026-10-01", "alert", 3)


def test_a_card_that_is_not_there_has_no_blocks(tmp_path: Path) -> None:
    assert card_of(tmp_path, "zh") == []


def test_what_was_decided_is_told_in_lines_for_people(use: Settings) -> None:
    chain = audit_chain(use)
    common = {"model": "risk", "version": "1", "sha256": "h"}
    signed = {"kind": "waiver", "checks": ["a", "b"], "signed_by": ["Ann", "王一"]}
    chain.append(Entry(AT, "operator:ann", Action.GATE_SIGNED, details=common | signed))
    chain.append(Entry(AT, "operator:ann", Action.MODEL_ROLLED_BACK,
                       details=common | {"before": "2", "reason": "校准变差"}))  # fmt: skip
    taken = {"name": "risk", "version": "1", "before": None, "sha256": "h", "officers": 9, "new_detail": {"a": 1}}
    chain.append(Entry(AT, "service", Action.MODEL_TAKEN_UP, details=taken))
    assert told(use).earlier_decisions == 0
    up, back, sign, _ = told(use).decisions
    assert [one.en for one in sign.more] == ["a waiver", "about 2 checks", "signed by Ann, 王一"]
    assert [one.zh for one in sign.more] == ["豁免", "涉及2项检验", "签字人：Ann、王一"]
    assert back.action == "model_rolled_back"
    assert [one.zh for one in back.more] == ["理由：校准变差", "此前启用第2版"]
    assert [one.en for one in up.more] == ["no version answered before", "tried on 9 officers", 'new_detail: {"a": 1}']


def test_how_many_decisions_are_not_shown_is_told(use: Settings) -> None:
    chain = audit_chain(use)
    for number in range(MOST_DECISIONS + 2):
        details = {"model": "risk", "version": str(number), "sha256": "h", "before": "1", "reason": "x"}
        chain.append(Entry(AT, "operator:ann", Action.MODEL_ROLLED_BACK, details=details))
    found = told(use)
    assert len(found.decisions) == MOST_DECISIONS
    assert found.earlier_decisions >= 2
    assert found.decisions[0].version == str(MOST_DECISIONS + 1)


def test_no_title_counts_outcomes_that_may_not_be_served() -> None:
    assert not [one.en for one in TITLES.values() if re.search(r"two|three|four|five", one.en)]
