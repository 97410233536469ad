"""The audit chain of a deployment: what is said of a head that is not there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data_contracts.audit.chain import Action, Entry
from data_contracts.audit.heads import Head
from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from models.audit import audit_chain, audit_database, newest_head, now_of, operator, verify


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, today=date(2026, 3, 1))


def written(use: Settings, many: int = 3) -> Head:
    made = audit_chain(use)
    return [made.append(Entry(now_of(use), operator(), Action.AUDIT_READ)) for _ in range(many)][-1]


def test_before_the_first_line_nothing_was_audited(use: Settings) -> None:
    for ask in (verify, newest_head):
        with pytest.raises(NotReady, match="nothing was audited yet"):
            ask(use)
    assert not audit_database(use).exists, "asking makes no database"


def test_a_head_that_is_gone_from_a_chain_with_lines_is_missing(use: Settings) -> None:
    kept = written(use)
    use.audit_head.unlink()
    for ask in (verify, newest_head, lambda at: verify(at, [kept])):
        with pytest.raises(NotReady, match=r"audit\.head, is missing"):
            ask(use)


def test_a_kept_head_finds_a_chain_that_is_gone_with_its_head(use: Settings) -> None:
    kept = written(use)
    use.audit_head.unlink()
    file = audit_database(use).file
    assert file is not None
    file.unlink()
    with pytest.raises(NotReady, match="is missing"):
        verify(use, [kept])
