"""API keys: what is kept, what a key opens and for how long, over the command line and over HTTP."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import date, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest
from rich.console import Console

from data_contracts.audit.chain import lines
from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from features.history import History
from models.audit import audit_database
from serving.access.api_keys import OFFICERS_OWN, ApiKey, KeyAsked, api_keys, opened_by
from serving.access.callers import Callers, callers_of, shown_by
from serving.access.commands import Opens, add_key, list_keys, revoke_key
from serving.access.credential import OPERATOR, AccessScope
from serving.api.admission import admission_of, check_bind
from serving.api.guard import Guard, Receive, Route, Scope, Send
from tests.serving.key_room import added, revoked

TODAY = date(2026, 3, 1)
READ = frozenset({AccessScope.RECOMMEND_READ})


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, today=TODAY)


def made(use: Settings, units: tuple[str, ...] | None = ("u-1",), days: int = 10) -> tuple[ApiKey, str]:
    return added(use, KeyAsked("planning", READ, units, TODAY + timedelta(days=days)), TODAY)


def test_a_key_opens_what_it_says_and_only_its_hash_is_kept(use: Settings) -> None:
    key, text = made(use)
    caller = opened_by(text, api_keys(use).all(), TODAY)
    assert caller is not None
    assert (caller.subject, caller.scopes, caller.units) == (f"key:{key.key_id}", READ, ("u-1",))
    stored = b"".join(path.read_bytes() for path in use.state.rglob("*") if path.is_file())
    assert text.split("_", 2)[2].encode() not in stored
    files = list(use.state.rglob("service.db"))
    assert [path.stat().st_mode & 0o077 for path in files] == [0]


def test_what_is_not_an_active_key_opens_nothing(use: Settings) -> None:
    key, text = made(use)
    _, other = made(use)
    keys = api_keys(use).all()
    swapped = "_".join([*text.split("_")[:2], other.split("_", 2)[2]])
    for wrong in (text[:-1], text + "x", swapped, text.replace("pharos_", "Pharos_"), "pharos_", "", "pharos_x_y"):
        assert opened_by(wrong, keys, TODAY) is None, wrong
    assert opened_by(text, keys, TODAY + timedelta(days=9)) is not None
    assert opened_by(text, keys, TODAY + timedelta(days=10)) is None
    revoked(use, key.key_id, TODAY)
    assert opened_by(text, api_keys(use).all(), TODAY) is None
    assert opened_by(other, api_keys(use).all(), TODAY) is not None


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (KeyAsked(" ", READ, None, TODAY + timedelta(1)), "name of the system"),
        (KeyAsked("x", frozenset(), None, TODAY + timedelta(1)), "opens nothing"),
        (KeyAsked("x", READ, (), TODAY + timedelta(1)), "--all-units"),
        (KeyAsked("x", READ, None, TODAY), "not after"),
    ],
)
def test_a_key_that_would_open_nothing_is_not_made(use: Settings, asked: KeyAsked, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        added(use, asked, TODAY)
    assert api_keys(use).all() == []


def test_one_key_or_token_is_shown_or_nothing_is() -> None:
    assert shown_by([(b"X-API-Key", b" k ")]) == "k"
    assert shown_by([(b"Authorization", b"bearer  t")]) == "t"
    for wrong in (
        [], [(b"x-api-key", b"a"), (b"x-api-key", b"b")], [(b"authorization", b"Basic abc")],
        [(b"authorization", b"Bearer ")], [(b"x-api-key", b"\xff")], [(b"x-api-key", b"a" * 9000)],
    ):  # fmt: skip
        assert shown_by(wrong) is None


def test_the_command_line_makes_lists_and_revokes(use: Settings, tmp_path: Path) -> None:
    console = Console(record=True, width=200)
    add_key(use, "planning", Opens(("recommend:read",), ("u-1",)), 30, console)
    said = console.export_text()
    assert "Restart a running service" in said
    text = said.split()[0]
    key = api_keys(use).all()[0]
    add_key(use, "night", Opens(("risk:read",), None), 30, console)
    assert "Restart" not in console.export_text()
    list_keys(use, console)
    listed = console.export_text()
    assert key.key_id in listed
    assert text.split("_", 2)[2] not in listed
    revoke_key(use, key.key_id, console)
    assert f"revoked since {TODAY}" in console.export_text()
    assert revoked(use, key.key_id, TODAY + timedelta(1)).revoked_on == TODAY, "closed when it was first"
    with pytest.raises(InvalidInput, match="pharos keys list"):
        revoke_key(use, "nothing", console)
    with pytest.raises(InvalidInput, match="the scopes are"):
        add_key(use, "x", Opens(("everything",), None), 30, console)


def test_a_key_of_a_program_says_so_wherever_keys_are_told(use: Settings) -> None:
    console = Console(record=True, width=200)
    add_key(use, "Ann Li", Opens(("risk:review",), None), 30, console)
    assert "Ann Li (人 / person): risk:review" in console.export_text()
    add_key(use, "nightly job", Opens(("risk:review",), None, for_system=True), 30, console)
    assert "nightly job (程序 / system): risk:review" in console.export_text()
    assert {key.name: key.for_system for key in api_keys(use).all()} == {"Ann Li": False, "nightly job": True}
    list_keys(use, console)
    listed = console.export_text()
    assert ("人 / person" in listed, "程序 / system" in listed) == (True, True)
    assert [json.loads(row["body"])["details"]["for_system"] for row in lines(audit_database(use))] == [False, True]


@pytest.fixture
def recorded(use: Settings) -> Settings:
    """With one officer in the records."""
    unknown = dict.fromkeys(("entered_on", "left_on", "leave_kind", "track", "education"))
    row = {"officer_id": "o-7", "known_on": pd.Timestamp("2020-01-01"), **unknown}
    History(use.history_dir).append("officers", pd.DataFrame([row]))
    return use


def test_a_key_of_an_officer_opens_what_concerns_them_alone(recorded: Settings) -> None:
    console = Console(record=True, width=200)
    add_key(recorded, "Li Na", Opens((), (), "o-7"), 30, console)
    text, (key,) = console.export_text().split()[0], api_keys(recorded).all()
    caller = opened_by(text, [key], TODAY)
    assert caller is not None
    assert (caller.officer_id, caller.units, caller.everywhere) == ("o-7", (), False)
    assert caller.scopes == OFFICERS_OWN
    list_keys(recorded, console)
    assert "o-7 本人" in console.export_text()
    (line,) = lines(audit_database(recorded))
    whose = pseudonyms(recorded.keys_dir).of("o-7")
    assert whose in line["body"], "the chain tells whose key was made, by pseudonym"
    assert "o-7" not in line["body"]


@pytest.mark.parametrize(
    ("opens", "says"),
    [
        (Opens((), ("u-1",), "o-7"), "leave out --unit and --all-units"),
        (Opens((), None, "o-7"), "leave out --unit and --all-units"),
        (Opens(("risk:read", "risk:review"), (), "o-7"), "leave out risk:review"),
        (Opens((), (), "o-8"), "'o-8': no officer on record"),
        (Opens((), (), "o-7", for_system=True), "leave out --system"),
    ],
)
def test_a_key_of_an_officer_opens_nothing_else(recorded: Settings, opens: Opens, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        add_key(recorded, "Li Na", opens, 30, Console(quiet=True))
    assert api_keys(recorded).all() == []


def test_a_unit_that_is_nowhere_in_the_records_gets_no_key(use: Settings) -> None:
    console = Console(record=True, width=200)
    add_key(use, "before any record", Opens(("risk:read",), ("u-nope",)), 30, console)
    said = console.export_text()
    assert "无法核对 --unit" in said
    assert "--unit was not checked" in said
    History(use.history_dir).append("postings", pd.DataFrame([posting("p-1", "u-1"), posting("p-2", "u-2")]))
    with pytest.raises(InvalidInput, match=r"'u-nope': no unit on record .* ingest the unit first") as told:
        add_key(use, "planning", Opens(("risk:read",), ("u-1", "u-nope")), 30, Console(quiet=True))
    assert "没有该单位" in told.value.zh
    assert [one.name for one in api_keys(use).all()] == ["before any record"]
    for units in (("u-1", "u-2"), None):
        add_key(use, "planning", Opens(("risk:read",), units), 30, console)
        assert "--unit was not checked" not in console.export_text()


def posting(name: str, unit_id: str) -> dict[str, object]:
    """A row of postings of an officer in a unit."""
    told = dict.fromkeys(catalog().table("postings").column_names)
    days = {"started_on": pd.Timestamp("2020-01-01"), "known_on": pd.Timestamp("2020-01-01")}
    return {**told, **days, "posting_id": name, "officer_id": "o-7", "unit_id": unit_id}


def test_a_key_changes_only_together_with_its_audit_line(use: Settings) -> None:
    console = Console(record=True, width=200)
    add_key(use, "planning", Opens(("recommend:read",), None), 30, console)
    (key,) = api_keys(use).all()
    head = use.audit_head.read_text()
    for spoiled in ("gone", "cut"):
        use.audit_head.unlink()
        if spoiled == "cut":
            use.audit_head.write_text(head.replace('"number": 1', '"number": 2'))
        with pytest.raises(NotReady, match="the audit chain takes no line"):
            add_key(use, "night", Opens(("risk:read",), None), 30, console)
        with pytest.raises(NotReady, match="the audit chain takes no line"):
            revoke_key(use, key.key_id, console)
        assert api_keys(use).all() == [key], "neither a key that opens something nor one that is closed"
        use.audit_head.write_text(head)
    assert "pharos_" not in console.export_text().split("planning", 1)[1]
    for _ in range(2):
        revoke_key(use, key.key_id, console)
    told = [json.loads(row["body"])["action"] for row in lines(audit_database(use))]
    assert told == ["key_added", "key_revoked"], "a key that is closed already has no second line"


def test_the_ids_are_listed_whole_in_a_pipe(use: Settings) -> None:
    key, _ = made(use)
    console = Console(record=True, width=80, file=io.StringIO())
    add_key(use, "a service with a long name", Opens((*AccessScope,), ("u-1", "u-2")), 30, console)
    console.export_text()
    list_keys(use, console)
    listed = console.export_text()
    assert len(key.key_id) == 12
    assert all(one.key_id in listed for one in api_keys(use).all())


def test_scopes_that_begin_alike_are_told_apart_on_a_narrow_screen(use: Settings) -> None:
    console = Console(record=True, width=80, file=io.StringIO())
    opens = Opens(("risk:read", "risk:review"), ("u-with-a-rather-long-name",))
    add_key(use, "a-service-with-one-long-word", opens, 30, console)
    console.export_text()
    list_keys(use, console)
    listed = console.export_text()
    rows = [[cell.strip() for cell in line.split("\u2502")[1:-1]] for line in listed.splitlines() if "\u2502" in line]
    name, scopes, sees = ("".join(cells[column] for cells in rows) for column in (1, 3, 4))
    assert (name, sees) == ("a-service-with-one-long-word", "u-with-a-rather-long-name")
    assert scopes == "risk:read,risk:review"


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the caller's name."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": scope["state"]["caller"].subject.encode()})


ROUTES = {
    "/read": Route(("GET",), AccessScope.RECOMMEND_READ), "/risk": Route(("GET",), AccessScope.RISK_READ),
    "/any": Route(("GET",)), "/livez": Route(("GET",), health=True),
}  # fmt: skip


def get(callers: Callers, path: str, **headers: str) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app=Guard(answer, ROUTES, admit=admission_of(callers)), client=("10.0.0.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://pharos.example") as client:
            return await client.get(path, headers=headers)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if "caller" in scope["state"]:
            await who(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"live"})

    return asyncio.run(once())


def test_a_scope_that_a_caller_lacks_looks_like_an_address_that_is_not_there(use: Settings) -> None:
    key, text = made(use)
    callers = callers_of(use, lambda: TODAY)
    header = {"x-api-key": text}
    assert get(callers, "/read", **header).text == f"key:{key.key_id}"
    assert get(callers, "/any", authorization=f"Bearer {text}").status_code == 200
    lacking, absent = get(callers, "/risk", **header), get(callers, "/nowhere", **header)
    assert (lacking.status_code, absent.status_code) == (404, 404)
    assert lacking.json() | {"request_id": ""} == absent.json() | {"request_id": ""}


def test_without_a_good_key_every_address_but_health_says_the_same(use: Settings) -> None:
    _, text = made(use)
    callers = callers_of(use, lambda: TODAY)
    for path in ("/read", "/risk", "/any", "/nowhere"):
        for header in ({}, {"x-api-key": text + "x"}, {"authorization": "Bearer abc.def.ghi"}):
            found = get(callers, path, **header)
            assert (found.status_code, found.json()["code"]) == (401, "unauthenticated")
            assert found.headers["www-authenticate"] == 'Bearer realm="pharos"'
    assert get(callers, "/livez").text == "live"


def test_a_revoked_key_is_refused_within_seconds_without_a_restart(use: Settings) -> None:
    key, text = made(use)
    now = [0.0]
    callers = callers_of(use, lambda: TODAY)
    callers.clock = lambda: now[0]
    assert get(callers, "/any", **{"x-api-key": text}).status_code == 200
    revoked(use, key.key_id, TODAY)
    now[0] += 5.0
    assert get(callers, "/any", **{"x-api-key": text}).status_code == 401


def test_the_last_key_that_ends_does_not_open_the_door_to_all(use: Settings) -> None:
    callers = callers_of(use, lambda: TODAY)
    assert get(callers, "/any").status_code == 403, "this machine alone until a key is made"
    key, _ = made(use)
    assert check_bind("10.0.0.1", callers) == "10.0.0.1"
    revoked(use, key.key_id, TODAY)
    assert get(callers, "/any").status_code == 401
    with pytest.raises(InvalidInput, match="pharos keys add"):
        check_bind("10.0.0.1", callers)


def test_the_operator_may_do_everything_everywhere() -> None:
    assert OPERATOR.everywhere
    assert all(OPERATOR.may(scope) for scope in AccessScope)
