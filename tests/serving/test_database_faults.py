"""The database of audit, cases and opt-outs gone, slow or silent: refused in time, never answered without its line."""

from __future__ import annotations

import functools
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from data_contracts import database
from data_contracts.audit import chain
from data_contracts.settings import Settings
from models.audit import verify
from serving import service
from serving.access import callers
from serving.access.api_keys import KeyAsked
from serving.access.audit_probe import AuditProbe
from serving.access.credential import AccessScope
from serving.access.placements import Placements
from serving.access.recorder import Recorder
from serving.api.guard import Guard, Limits
from serving.api.opened import Desks
from serving.ground import Ground
from serving.review.opened import open_review
from tests.postgres import frozen, postgresql
from tests.serving.desks import FakeSource, demo_desks
from tests.serving.flaky_proxy import Line, State, line
from tests.serving.key_room import added
from tests.serving.live import served
from tests.serving.small_office import locked

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("let_go")]
ANSWER_SECONDS = 2.0
SOON = 15.0
RISK, POSTS, CASES = "/v1/risk", "/v1/next_posts", "/v1/cases"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits of an answer and of a lock, shortened so that a test may wait for them."""
    monkeypatch.setattr(service, "Guard", functools.partial(Guard, limits=Limits(answer_seconds=ANSWER_SECONDS)))
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    monkeypatch.setattr(chain, "BUSY_SECONDS", 1)


def desks(use: Settings) -> Desks:
    """Desks whose answers are known, with a real chain and real cases."""
    demo = demo_desks()
    cases = open_review(replace(Ground.of(use, FakeSource({})), placements=Placements), None)
    return replace(demo, record=Recorder.of(use), probe=AuditProbe.of(use), guidance={**demo.guidance, **cases})


def ask(client: httpx.Client, path: str) -> tuple[int, str]:
    """Status and, for a refusal, its code; one that may pass says when to come again."""
    response = client.post(path, json={} if path == CASES else {"officer_ids": ["o-000001"]})
    if response.status_code == 200:
        return 200, ""
    assert response.headers["retry-after"]
    assert "grade" not in response.text
    return response.status_code, str(response.json()["code"])


def until(good: Callable[[], bool]) -> bool:
    """Whether it becomes so soon."""
    end = time.monotonic() + SOON
    while not good() and time.monotonic() < end:
        time.sleep(0.1)
    return good()


@dataclass(frozen=True)
class Far:
    """A service whose database is a PostgreSQL at the end of a line, and the way round the line."""

    use: Settings
    client: httpx.Client
    line: Line
    direct: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture
def far(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    direct = sa.engine.make_url(server)
    with psycopg.connect(host="127.0.0.1", port=direct.port, user=direct.username, autocommit=True) as clean:
        clean.execute("DROP SCHEMA public CASCADE")
        clean.execute("CREATE SCHEMA public")
    with line(int(direct.port or 0)) as between:
        url = direct.set(port=between.near_port).render_as_string(hide_password=False)
        use = Settings(state=tmp_path / "state", database_url=url)
        with served(desks(use), monkeypatch) as client:
            assert [ask(client, path) for path in (RISK, CASES)] == [(200, "")] * 2
            yield Far(use, client, between, server)
            assert until(lambda: ask(client, RISK)[0] == 200)
            assert until(lambda: ask(client, CASES)[0] == 200)
        assert verify(use).good, "whatever broke, no line is missing, torn or doubled"


def others_go_on(client: httpx.Client) -> None:
    """What needs no database is answered as ever."""
    assert ask(client, POSTS) == (200, "")
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("state", ["cut", "slow", "silent"])
def test_a_line_to_the_database_that_fails_refuses_what_needs_it_and_heals(state: State, far: Far) -> None:
    far.line.become(state)
    began = time.monotonic()
    found = [ask(far.client, path) for path in (RISK, CASES)]
    assert time.monotonic() - began < SOON
    refused = [(503, "audit_away"), (503, "not_ready")]
    expected = {"cut": refused, "slow": [(200, "")] * 2, "silent": [(504, "deadline")] * 2}
    assert found == expected[state]
    others_go_on(far.client)
    far.line.become("through")


@pytest.mark.parametrize("state", ["cut", "silent"])
def test_it_is_not_ready_while_no_line_can_be_written_and_ready_again_by_itself(state: State, far: Far) -> None:
    assert far.client.get("/readyz").status_code == 200
    far.line.become(state)
    refused = far.client.get("/readyz")
    assert (refused.status_code, refused.json()["code"]) == (503, "audit_away")
    assert refused.headers["retry-after"]
    assert "审计日志目前无法写入" in refused.json()["detail_zh"]
    others_go_on(far.client)
    far.line.become("through")
    assert until(lambda: far.client.get("/readyz").status_code == 200)


def test_a_server_that_stands_still_holds_nobody_up_past_the_deadline_nor_any_thread_for_ever(
    server: str, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of keys, the chain and the cases stand still together; each question is answered all the same."""
    port = int(sa.engine.make_url(server).port or 0)
    use = far.use.model_copy(update={"database_url": server})
    asked = KeyAsked("planning", frozenset(AccessScope), None, date(2099, 1, 1))
    _, key = added(use, asked, date(2026, 1, 1))
    monkeypatch.setattr(callers, "REREAD_SECONDS", 0.0)
    monkeypatch.setattr(callers, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(database, "SILENT_SECONDS", 3.0)
    monkeypatch.setattr(service, "settings", lambda: use)
    with served(desks(use), monkeypatch) as client:
        client.headers["x-api-key"] = key
        assert [ask(client, path) for path in (RISK, CASES)] == [(200, "")] * 2
        with frozen(port), ThreadPoolExecutor(8) as several:
            found = list(several.map(lambda path: timed(client, path), (RISK, CASES, POSTS, RISK, CASES, POSTS)))
            assert all(seconds < ANSWER_SECONDS + 1.0 for _, seconds in found), found
            assert {answer for answer, _ in found} <= {(504, "deadline"), (503, "not_ready")}
            assert client.get("/livez").status_code == 200
            assert client.get("/readyz").status_code in (503, 504)
            assert until(lambda: not waiting_threads()), "whoever waits for a frozen server gives it up"
        assert until(lambda: ask(client, RISK) == ask(client, CASES) == (200, ""))


def timed(client: httpx.Client, path: str) -> tuple[tuple[int, str], float]:
    began = time.monotonic()
    return ask(client, path), time.monotonic() - began


def waiting_threads() -> list[str]:
    """Threads that wait for the driver."""
    stacks = {one: traceback.extract_stack(frame) for one, frame in sys._current_frames().items()}
    return [str(one) for one, stack in stacks.items() if any("psycopg" in step.filename for step in stack)]


def test_it_is_not_ready_where_the_server_takes_no_writes(far: Far) -> None:
    address = sa.engine.make_url(far.direct)
    with psycopg.connect(host="127.0.0.1", port=address.port, user=address.username, autocommit=True) as keeper:
        keeper.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
        keeper.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        refused = far.client.get("/readyz")
        keeper.execute("SET default_transaction_read_only = off")
        keeper.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
        keeper.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert (refused.status_code, refused.json()["code"]) == (503, "audit_away")
    assert until(lambda: far.client.get("/readyz").status_code == 200)


def test_a_database_that_another_session_blocks_is_waited_for_so_long_and_no_longer(far: Far) -> None:
    address = sa.engine.make_url(far.direct)
    with psycopg.connect(host="127.0.0.1", port=address.port, user=address.username) as other:
        other.execute("LOCK TABLE audit_lines IN ACCESS EXCLUSIVE MODE")
        assert ask(far.client, RISK) == (504, "deadline")
        others_go_on(far.client)
        other.rollback()


def test_a_connection_ends_where_the_server_is_gone_or_a_lock_is_held() -> None:
    """What bounds a wait that no caller waits for any more: seen in the address, for a dead line takes long to die."""
    assert {name: database.SERVER[name] for name in ("connect_timeout", "tcp_user_timeout", "options")} == {
        "connect_timeout": 10, "tcp_user_timeout": 10_000, "options": "-c lock_timeout=10s",
    }  # fmt: skip


def test_an_audit_log_that_cannot_be_written_refuses_and_one_that_was_tampered_with_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = Settings(state=tmp_path / "state")
    file = use.state / "service" / "service.db"
    with served(desks(use), monkeypatch) as client:
        assert [ask(client, RISK) for _ in range(3)] == [(200, "")] * 3
        with locked(file):
            assert ask(client, RISK) in ((503, "audit_away"), (504, "deadline"))
            others_go_on(client)
        assert until(lambda: ask(client, RISK)[0] == 200)
        assert verify(use).good
        with sqlite3.connect(file) as held:
            held.execute("UPDATE audit_lines SET body = replace(body, 'operator', 'somebody') WHERE number = 2")
        held.close()
        found = verify(use)
    assert (found.first_bad, found.lines) == (2, 1)


def test_a_chain_that_is_broken_says_what_must_be_done_and_one_that_is_only_away_says_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = Settings(state=tmp_path / "state")
    with served(desks(use), monkeypatch) as client:
        assert ask(client, RISK) == (200, "")
        with locked(use.state / "service" / "service.db"):
            away = client.get("/readyz").json()
        use.audit_head.unlink()
        broken = [client.get("/readyz").json(), client.post(RISK, json={"officer_ids": ["o-000001"]}).json()]
    assert away["code"] == "audit_away"
    assert "it goes on by itself" in away["detail"]
    assert "自动继续" in away["detail_zh"]
    for told in broken:
        assert told["code"] == "audit_away"
        assert "by itself" not in told["detail"].replace("does not go by itself", "")
        assert all("`pharos audit verify`" in told[name] for name in ("detail", "detail_zh"))
        assert all("pharos audit accept" in told[name] for name in ("detail", "detail_zh"))
