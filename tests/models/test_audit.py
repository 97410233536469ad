"""The audit chain of a deployment: what is said of a head that is not there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.audit.chain import METADATA, Action, Entry
from data_contracts.audit.heads import Head
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from models.audit import accept_break, audit_chain, audit_database, newest_head, now_of, operator, verify


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


def test_a_break_is_accepted_by_name_and_told_by_verify(use: Settings) -> None:
    lost = written(use)
    with pytest.raises(InvalidInput, match="there is no break to accept"):
        accept_break(use, "a disk died", "Li Na")
    with audit_database(use).writing(METADATA) as connection:
        connection.execute(sa.text("delete from audit_lines where number > 1"))
    for reason, name in ((" ", "Li Na"), ("a disk died", "")):
        with pytest.raises(InvalidInput, match="--by and --reason"):
            accept_break(use, reason, name)
    forged = Head(2, "0" * 64, lost.signature)
    with pytest.raises(InvalidInput, match="is not signed by this deployment's key"):
        accept_break(use, "a disk died", "Li Na", [forged])
    assert not verify(use).good
    assert "it ends after 1 lines and had 3" in accept_break(use, "a disk died", "Li Na")
    found = verify(use, [lost])
    assert (found.good, found.lines) == (True, 2)
    (accepted,) = found.accepted
    assert accepted.actor == operator()
    assert accepted.sentence.endswith("because: a disk died")


def test_a_missing_head_is_accepted_too(use: Settings) -> None:
    written(use)
    use.audit_head.unlink()
    with pytest.raises(NotReady, match="pharos audit accept"):
        verify(use)
    assert "is missing" in accept_break(use, "moved to a new machine without it", "Li Na")
    assert verify(use).good
