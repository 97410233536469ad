"""Sessions of the pages, on both engines: known to every worker, ended by time, by their key, by their owner."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.audit.chain import lines
from data_contracts.settings import Settings
from models.audit import audit_database
from serving.access.api_keys import KeyAsked
from serving.access.callers import Callers, Shown, callers_of
from serving.access.credential import OPERATOR, AccessScope, Credential
from serving.pages.sessions import Session, SessionRules, Sessions
from serving.review.tables import METADATA, SESSIONS
from tests.postgres import postgresql
from tests.serving.key_room import added, revoked

pytestmark = pytest.mark.usefixtures("let_go")
TODAY, NOW = date(2026, 11, 1), datetime(2026, 11, 1, 9)
NUMBERS = itertools.count()
OFFICER = Credential("oidc:issuer#7", frozenset({AccessScope.RISK_READ}), (), "o-7")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def use(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(state=tmp_path)
    address, name = sa.engine.make_url(request.getfixturevalue("server")), f"pages_{next(NUMBERS)}"
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return Settings(state=tmp_path, database_url=address.set(database=name).render_as_string(hide_password=False))


class Desk:
    """Sessions with a clock that is moved by hand, as two workers have them."""

    def __init__(self, use: Settings, rules: SessionRules | None = None) -> None:
        self.use, self.moment = use, NOW
        self.one, self.other = (
            Sessions(use, self._callers(), rules or SessionRules(), lambda: self.moment) for _ in range(2)
        )

    def _callers(self) -> Callers:
        callers = callers_of(self.use, lambda: TODAY)
        callers.clock = lambda: 1e9 * (self.moment - NOW).total_seconds()  # the table of keys is read anew each time
        return callers

    def close(self) -> None:
        for one in (self.one, self.other):
            one.database.close()
            one.callers.keys._database.close()

    def rows(self) -> int:
        with self.one.database.reading(METADATA) as connection:
            return len(connection.execute(SESSIONS.select()).all())


@pytest.fixture
def desk(use: Settings) -> Iterator[Desk]:
    opened = Desk(use)
    yield opened
    opened.close()


def of_key(use: Settings) -> Shown:
    asked = KeyAsked("leader", AccessScope.of(["risk:read"]), ("u-1",), TODAY + timedelta(days=3))
    key, _ = added(use, asked, TODAY)
    return Shown(key.credential, key_id=key.key_id)


def known(desk: Desk, session: Session) -> Credential | None:
    found = desk.other.of(session.secret)
    return None if found is None else found.caller


def test_another_worker_knows_a_session_and_the_database_does_not_know_its_secret(desk: Desk) -> None:
    for shown in (of_key(desk.use), Shown(OFFICER), Shown(OPERATOR)):
        session = desk.one.open(shown, "en")
        found = desk.other.of(session.secret)
        assert found == session
        assert found.language == "en"
        with desk.one.database.reading(METADATA) as connection:
            assert session.secret not in str(connection.execute(SESSIONS.select()).all())
    assert desk.other.of("anything else") is None
    assert repr(session).count(session.secret) == 0


def test_a_session_ends_with_its_time_used_or_not(desk: Desk) -> None:
    session = desk.one.open(Shown(OFFICER), "zh")
    for _ in range(9):
        desk.moment += timedelta(minutes=50)
        assert known(desk, session) == OFFICER
    desk.moment = NOW + timedelta(hours=8)
    assert known(desk, session) is None
    idle = desk.one.open(Shown(OFFICER), "zh")
    desk.moment += timedelta(minutes=60)
    assert known(desk, idle) is None
    desk.one.open(Shown(OFFICER), "zh")
    assert desk.rows() == 1  # what is over is not kept


def test_a_session_is_no_longer_than_its_token(desk: Desk) -> None:
    session = desk.one.open(Shown(OFFICER, until=NOW + timedelta(minutes=5)), "zh")
    desk.moment += timedelta(minutes=4)
    assert known(desk, session) == OFFICER
    desk.moment += timedelta(minutes=1)
    assert known(desk, session) is None


def test_a_session_ends_with_its_key(desk: Desk) -> None:
    shown = of_key(desk.use)
    session = desk.one.open(shown, "zh")
    assert known(desk, session) == shown.caller
    revoked(desk.use, str(shown.key_id), TODAY)
    desk.moment += timedelta(seconds=10)
    assert known(desk, session) is None


def test_who_signs_out_is_out_everywhere_and_the_chain_holds_both(desk: Desk) -> None:
    before = len(list(lines(audit_database(desk.use))))
    session = desk.one.open(Shown(OFFICER), "zh", "r-1")
    desk.other.speak(session, "en")
    assert desk.one.of(session.secret) == replace(session, language="en")
    desk.other.end(session, "r-2")
    assert known(desk, session) is None
    told = [json.loads(row["body"]) for row in lines(audit_database(desk.use))][before:]
    assert [(one["action"], one["actor"], one["request_id"]) for one in told] == [
        ("signed_in", OFFICER.subject, "r-1"), ("signed_out", OFFICER.subject, "r-2"),
    ]  # fmt: skip


def test_a_caller_has_so_many_sessions_and_no_more(use: Settings) -> None:
    desk = Desk(use, SessionRules(most=3))
    opened = []
    for _ in range(5):
        desk.moment += timedelta(seconds=1)
        opened.append(desk.one.open(Shown(OFFICER), "zh"))
    other = desk.one.open(Shown(OPERATOR), "zh")
    assert [known(desk, one) is not None for one in (*opened, other)] == [False, False, True, True, True, True]
    desk.close()


def test_handles_and_form_tokens_are_of_one_session(desk: Desk) -> None:
    one, other = (desk.one.open(Shown(OFFICER), "zh") for _ in range(2))
    assert one.form_token != other.form_token
    assert one.handles.of("officer", "o-1") != other.handles.of("officer", "o-1")
    assert "o-1" not in one.handles.of("officer", "o-1")
