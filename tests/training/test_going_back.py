"""Back to the version that answered before: through the gate, on the chain, to the very bytes; by the command too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.audit.chain import Action
from data_contracts.audit.search import Found, Sought
from data_contracts.errors import GateRefused, InvalidInput, NotReady, UntrustedArtifact
from data_contracts.settings import Settings
from models import registry
from models.audit import search, verify
from tests.training.list_versions import Lists, fewer_draws, register
from training.gate import going_back
from training.gate import verdict as gate
from training.gate.going_back import roll_back
from training.gate.lines import Status

pytestmark = pytest.mark.usefixtures("undrawn")
NAME, REASON = "courses", "Lists of the new version repeat what was taken."


@pytest.fixture(scope="module", autouse=True)
def _fewer_draws() -> Iterator[None]:
    with fewer_draws():
        yield


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three fair versions that answered one after another, and an unfair one that never did."""
    use = Settings(state=tmp_path_factory.mktemp("state"))
    Lists(people=2000).settle_in(use)
    for seed in (5, 6, 7):
        register(use, NAME, Lists(people=2000, seed=seed).shown())
    for version in ("1", "2", "3"):
        gate.promote(use, NAME, version)
    register(use, NAME, Lists(people=2000, worse=0.8).shown())
    return use


@pytest.fixture(autouse=True)
def _the_third_answers(promoted: Settings) -> None:
    if registry.resolve(promoted, NAME).version != "3":
        gate.promote(promoted, NAME, "3")


def test_what_answered_before_answers_again_and_the_chain_says_why(promoted: Settings) -> None:
    examined, before = roll_back(promoted, NAME, REASON, "2")
    assert (examined.model.version, before) == ("2", "3")
    assert registry.resolve(promoted, NAME).version == "2"
    line = search(promoted, Sought(actions=frozenset({Action.MODEL_ROLLED_BACK})))[-1]
    told = line.told["details"]
    assert {name: told[name] for name in ("model", "version", "before", "reason")} == {
        "model": NAME, "version": "2", "before": "3", "reason": REASON,
    }  # fmt: skip
    assert told["sha256"] == examined.model_hash
    assert line.told["actor"].startswith("operator:")
    assert verify(promoted).good
    again, _ = roll_back(promoted, NAME, REASON)
    assert again.model.version == "1", "a second way back goes one further"
    with pytest.raises(NotReady, match="no version of courses answered before"):
        roll_back(promoted, NAME, REASON)


def test_the_gate_stands_in_the_way_back_too(promoted: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(settings: Settings, name: str, version: str | None = None) -> object:
        examined, card = gate.pass_gate(settings, name, version)
        return replace(examined, lines=tuple(replace(line, status=Status.FAIL) for line in examined.lines)), card

    monkeypatch.setattr(going_back, "pass_gate", closed)
    with pytest.raises(GateRefused, match=r"version 2 was not promoted.*Version 3 goes on answering"):
        roll_back(promoted, NAME, REASON, "2")
    assert registry.resolve(promoted, NAME).version == "3"


def test_a_version_that_never_answered_cannot_come_back(promoted: Settings) -> None:
    with pytest.raises(InvalidInput, match="version 4 never answered here"):
        roll_back(promoted, NAME, REASON, "4")
    with pytest.raises(InvalidInput, match="version 3 answers already"):
        roll_back(promoted, NAME, REASON, "3")
    with pytest.raises(GateRefused):
        gate.promote(promoted, NAME, "4")
    assert registry.resolve(promoted, NAME).version == "3"


@pytest.mark.parametrize("reason", ["", "  short  "])
def test_nobody_goes_back_without_a_reason(promoted: Settings, reason: str) -> None:
    with pytest.raises(InvalidInput, match="say in a sentence why"):
        roll_back(promoted, NAME, reason)


def test_other_bytes_than_those_that_answered_do_not_come_back(
    promoted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = going_back.champions

    def others(lines: Iterable[Found], name: str) -> going_back.Champions:
        found = real(lines, name)
        return replace(found, ever=tuple(replace(one, sha256="f" * 64) for one in found.ever))

    monkeypatch.setattr(going_back, "champions", others)
    with pytest.raises(UntrustedArtifact, match="other bytes than when it answered"):
        roll_back(promoted, NAME, REASON, "2")


def test_the_command_says_what_answers_now_and_promote_refuses_what_the_gate_does(
    promoted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.commands.edge.settings", lambda: promoted)
    told = CliRunner().invoke(pharos.app, ["rollback", NAME, "--version", "2", "--reason", REASON])
    assert told.exit_code == 0, told.output
    assert "courses version 2 is the champion again, in place of version 3" in told.output
    refused = CliRunner().invoke(pharos.app, ["promote", NAME, "--version", "4"])
    assert isinstance(refused.exception, GateRefused)
    assert registry.resolve(promoted, NAME).version == "2"
