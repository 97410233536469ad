"""A chain that was taken away whole, lines and head: what else came with lines tells of it, and nothing goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from rich.console import Console

from data_contracts.audit.chain import METADATA, Action, Entry
from data_contracts.audit.heads import Head, HeadFile
from data_contracts.errors import AuditAway, BrokenChain, NotReady
from data_contracts.settings import Settings
from models import keys
from models.audit import accept_break, audit_chain, audit_database, newest_head, now_of, operator, verify
from serving.access.api_keys import METADATA as KEYS
from serving.access.audit_probe import AuditProbe
from serving.access.commands import add_key
from serving.api.problems import problem_of
from serving.night.run_table import METADATA as RUNS
from serving.night.run_table import RUNS as NIGHT_RUNS
from serving.review.opt_outs import OptOuts, Wish
from serving.review.tables import CASE_EVENTS, CASE_NIGHTS, CASES, OPT_OUTS
from serving.review.tables import METADATA as REVIEW

NOW = datetime(2026, 3, 1, 9)
Left = Callable[[Settings], None]


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, today=date(2026, 3, 1))


def read(use: Settings) -> None:
    audit_chain(use).append(Entry(now_of(use), operator(), Action.AUDIT_READ))


def add(use: Settings) -> None:
    add_key(use, "hr system", ["risk:read"], None, 90, Console(quiet=True))


def a_proof(use: Settings) -> None:
    use.erasures_dir.mkdir(parents=True)
    (use.erasures_dir / "p-20260301-00000001.json").write_text("{}")


def a_row(table: sa.Table) -> Left:
    """Something in every column of the table."""

    def write(use: Settings) -> None:
        database = audit_database(use)
        database.make(table.metadata)
        of_kind = {sa.Integer: 1, sa.Date: date(2026, 1, 1), sa.DateTime: NOW}
        row = {
            column.name: next((value for kind, value in of_kind.items() if isinstance(column.type, kind)), "x")
            for column in table.columns
        }
        with database.writing(METADATA) as connection:
            connection.execute(table.insert().values(**{**row, **({"state": "published"} if "state" in row else {})}))
        database.close()

    return write


LEFT: dict[str, Left] = {
    "API keys (1)": add,
    "cases (1)": a_row(CASES),
    "steps in cases (1)": a_row(CASE_EVENTS),
    "nights whose cases were opened (1)": a_row(CASE_NIGHTS),
    "opt-outs (1)": a_row(OPT_OUTS),
    "published nights (1)": a_row(NIGHT_RUNS),
    "proofs of erasure (1)": a_proof,
}


def taken_away(use: Settings) -> None:
    """Lines and head."""
    database = audit_database(use)
    if database.exists:
        with database.writing(METADATA) as connection:
            connection.execute(sa.text("delete from audit_lines"))
    database.close()
    use.audit_head.unlink(missing_ok=True)


def first_head_put_back(use: Settings) -> None:
    """The head over no line, which stood there for a moment before the first one."""
    taken_away(use)
    files = HeadFile(use.audit_head)
    files.draft(Head.signed(keys.signing_key(use.keys_dir), 0, "0" * 64))
    files.put()


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("away", [taken_away, first_head_put_back])
def test_a_chain_that_is_gone_whole_is_a_break_that_is_named_and_accepted(use: Settings, left: str, away: Left) -> None:
    read(use)
    LEFT[left](use)
    assert verify(use).good
    away(use)
    found = verify(use)
    assert (found.good, found.first_bad, found.lines) == (False, 1, 0)
    assert f"{left} came with lines: the whole chain was taken away" in found.why
    for ask in (newest_head, add, read):
        with pytest.raises(BrokenChain, match="pharos audit accept"):
            ask(use)
    with pytest.raises(AuditAway, match="is not what was written"):
        AuditProbe.of(use)()
    assert left in accept_break(use, "nobody knows who did it", "Li Na")
    add(use)
    went_on = verify(use)
    assert (went_on.good, went_on.lines, len(went_on.accepted)) == (True, 2, 1)
    assert left in went_on.accepted[0].why


def test_the_proofs_tell_of_a_chain_whose_database_is_gone_too(use: Settings) -> None:
    a_proof(use)
    assert "proofs of erasure (1)" in verify(use).why
    assert not audit_database(use).exists, "asking makes no database"


def test_a_state_is_new_where_nothing_came_with_a_line(use: Settings) -> None:
    database = audit_database(use)
    for metadata in (KEYS, REVIEW, RUNS):
        database.make(metadata)
    with database.writing(METADATA) as connection:
        failed = {"model": "risk", "started_at": NOW, "state": "failed", "code": "not_ready", "reason": "no snapshot"}
        connection.execute(NIGHT_RUNS.insert().values(**failed))
    database.close()
    with pytest.raises(NotReady, match="nothing was audited yet"):
        verify(use)
    add(use)
    assert verify(use).good


def test_a_desk_that_writes_its_own_line_tells_of_the_break_as_every_other(use: Settings) -> None:
    add(use)
    taken_away(use)
    with pytest.raises(BrokenChain) as refused:
        OptOuts.of(use).keep(Wish("o-1", True, NOW, "key:a"))
    problem = problem_of(refused.value)
    assert (problem.code, problem.status) == ("audit_away", 503)
    assert "audit.head" not in problem.detail.en, "no path leaves"
    assert "pharos audit accept" in problem.detail.en
