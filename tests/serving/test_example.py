"""The question that the service prints to copy is about somebody who exists, or says that it is a placeholder."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from data_contracts.settings import Settings
from features.history import History
from serving import service
from serving.api import example
from serving.api.example import PLACEHOLDER, SANDBOX_OFFICER, curl_lines, example_officer
from serving.sandbox.book import book
from tests.serving.desks import demo_desks
from tests.training.careers import postings, two_step_careers

KNOWN = set(postings(two_step_careers(5))["officer_id"].astype(str))


@dataclass(frozen=True)
class Night:
    """A night of two officers, one of them scored."""

    def officers(self, columns: list[str]) -> pd.DataFrame:
        """As a published run."""
        rows = {"officer_id": ["n-1", "n'2", "n-3"], "status": ["not_scored", "scored", "scored"]}
        return pd.DataFrame(rows)[columns]


@pytest.fixture
def known(tmp_path: Path) -> Settings:
    """A state with a history and no night."""
    use = Settings(state=tmp_path)
    rows = postings(two_step_careers(5)).drop(columns="superseded_on")
    absent = ("ended_on", "shift", "supervisor_id", "occasion")
    History(use.history_dir).append("postings", rows.assign(**dict.fromkeys(absent)))
    return use


def printed(use: Settings, terminal: bool) -> str:
    """What the start says after the address."""
    screen = io.StringIO()
    console = Console(file=screen, width=300, force_terminal=terminal, no_color=True)
    service.announced_on(console, use)("http://127.0.0.1:3017", demo_desks())
    return screen.getvalue().partition("listening on")[2]


def test_somebody_of_the_night_is_asked_about_else_of_the_history(
    known: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert example_officer(known) in KNOWN
    assert f'"officer_ids": ["{example_officer(known)}"]' in printed(known, terminal=True)
    monkeypatch.setattr(example, "latest_run", lambda use: Night())
    assert example_officer(known) == "n-3"


def test_where_nobody_is_known_the_placeholder_says_that_it_is_one(tmp_path: Path) -> None:
    use = Settings(state=tmp_path)
    assert example_officer(use) is None
    said = printed(use, terminal=True)
    assert f'["{PLACEHOLDER}"]' in said
    assert "民警编号" in said
    assert "officer_id of yours" in said
    assert curl_lines("http://127.0.0.1:1", "p-7") == [
        "curl -s http://127.0.0.1:1/v1/risk -H 'content-type: application/json' -d '{\"officer_ids\": [\"p-7\"]}'"
    ]


def test_what_may_be_a_log_keeps_no_id(known: Settings) -> None:
    said = printed(known, terminal=False)
    assert not any(one in said for one in KNOWN)
    assert PLACEHOLDER in said


@pytest.mark.parametrize("terminal", [True, False])
def test_the_sandbox_names_somebody_of_its_own_and_says_what_ids_are_there(known: Settings, terminal: bool) -> None:
    said = printed(known.model_copy(update={"sandbox": True}), terminal)
    assert f'"officer_ids": ["{SANDBOX_OFFICER}"]' in said
    assert SANDBOX_OFFICER in book().about
    assert "ids of the sandbox are fixed" in said
    assert "沙箱的民警编号是固定的" in said
    assert PLACEHOLDER not in said
    assert not any(one in said for one in KNOWN)
