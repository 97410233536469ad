"""The state's database goes whole from a file to PostgreSQL and back, or not at all; and no other is taken for it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from rich.console import Console

from data_contracts.audit.chain import lines
from data_contracts.belonging import check_service_database
from data_contracts.errors import InvalidInput, LockHeld, NotReady, OtherDatabase, Refused
from data_contracts.in_use import held_with_others
from data_contracts.night_exits import NightExit
from data_contracts.places import FILE, HERE, SERVICE, remembered
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models.audit import audit_database, newest_head, verify
from serving import service
from serving.access.api_keys import api_keys
from serving.access.commands import Opens, add_key, revoke_key
from serving.builders import builders
from serving.night.exits import exit_of
from serving.night.nightly import NightAsked, score_night
from serving.night.run_table import Begun, run_table
from serving.review.cases import CaseStore
from serving.review.erasure import erase
from serving.review.opt_outs import OptOuts, Wish
from serving.upgrading import moving, table_copy
from serving.upgrading.copies import copies
from tests.postgres import OWNER, postgresql
from tests.serving.review_room import NOW, FakeRun, Room

MOMENT = datetime(2026, 10, 3, 4, 5, 6)
pytestmark = [pytest.mark.server, pytest.mark.usefixtures("let_go")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield int(sa.engine.make_url(url).port or 0)


@pytest.fixture
def far(server: int) -> str:
    """An empty database on the server."""
    with psycopg.connect(host="127.0.0.1", port=server, user=OWNER, dbname="postgres", autocommit=True) as there:
        there.execute("DROP DATABASE IF EXISTS reviews WITH (FORCE)")
        there.execute("CREATE DATABASE reviews")
    return f"postgresql+psycopg://{OWNER}:hidden-word@127.0.0.1:{server}/reviews"


@pytest.fixture
def near(tmp_path: Path) -> Settings:
    """A state with keys, one of them revoked, cases, opt-outs, nights and the chain of all this, in a file."""
    use = Settings(state=tmp_path / "state", today=date(2026, 10, 2))
    quiet = Console(file=io.StringIO())
    for name in ("hr", "lost"):
        add_key(use, name, Opens(("risk:read",), None), 30, quiet)
    revoke_key(use, next(key.key_id for key in api_keys(use).all() if key.name == "lost"), quiet)
    store = CaseStore.of(use)
    room = Room(use.service_url, use.state / "service", store.names)
    room.store, room.chain = store, store.chain
    room.open(FakeRun({"a": ("conduct",), "b": ("conduct", "strain")}))
    room.act(room.case(), "acknowledge", reason="看过了")
    OptOuts.of(use).keep(Wish("c", True, NOW, "oidc:c"))
    run_table(use, lambda: NOW).turned_away(Begun(date(2026, 10, 1), "risk 7"), NotReady("no snapshot"))
    return use


def told(use: Settings) -> dict[str, object]:
    """What a deployment knows."""
    cases = CaseStore.of(use).of_officers(["a", "b", "c"])
    return {
        "keys": api_keys(use).all(),
        "cases": sorted(cases, key=lambda case: case.case_id),
        "steps": sorted(map(str, CaseStore.of(use).events([case.case_id for case in cases]))),
        "out": OptOuts.of(use).among(["a", "b", "c"]),
        "nights": run_table(use, lambda: NOW).all(),
        "lines": list(lines(audit_database(use))),
    }


def test_it_goes_whole_to_a_server_and_back_and_the_chain_stands_with_the_same_heads(near: Settings, far: str) -> None:
    before, head = told(near), newest_head(near)
    away = near.model_copy(update={"database_url": far})
    moved = moving.move(away, MOMENT)
    assert moved.rows == {
        "audit_lines": len(before["lines"]) + 1, "api_keys": 2, "case_events": 1, "case_nights": 1, "cases": 3,  # type: ignore[arg-type]
        "opt_outs": 1, "night_runs": 1, "sessions": 0,
    }  # fmt: skip
    after = told(away)
    assert after["lines"][:-1] == before.pop("lines")  # type: ignore[index]
    assert '"action":"exported"' in after.pop("lines")[-1]["body"]  # type: ignore[index]
    assert after == before
    assert verify(away, [head]).good
    assert "hidden-word" not in (near.state / FILE).read_text() + str(list(moved.sentences))
    run_table(away, lambda: NOW).turned_away(Begun(None, "risk 7"), NotReady("again"))
    assert [run.number for run in run_table(away, lambda: NOW).all()] == [1, 2], "its numbers go on"
    with pytest.raises(OtherDatabase, match="pharos database move"):
        api_keys(near).all()
    back = moving.move(near, MOMENT, far)
    assert told(near)["out"] == before["out"]
    assert (back.source, back.target) == (moved.target, HERE)
    assert verify(near, [head]).good
    assert any("erasure does not reach them there" in one for one in back.sentences)
    assert list(moving.move(near, MOMENT).sentences) == [f"the state is kept in {HERE} already"]


def test_the_file_that_is_left_ends_as_copies_do_and_erasure_reaches_it(near: Settings, far: str) -> None:
    away = near.model_copy(update={"database_url": far})
    moved = moving.move(away, MOMENT)
    assert moved.kept is not None
    assert [one.place.resolve() for one in copies(away, policy())] == [moved.kept.resolve()]
    assert not list((near.state / "service").glob("service.db-*"))
    proof, _ = erase(away, "a", NOW)
    assert proof.erased[f"service/{moved.kept.name}"] == 2
    assert not (near.state / "service" / "service.db").exists()


def test_a_state_does_not_begin_anew_in_an_empty_database(near: Settings, far: str) -> None:
    away = near.model_copy(update={"database_url": far})
    remedy = "kept in the state folder, and PHAROS_DATABASE_URL now leads to postgresql://127.0.0.1:"
    with pytest.raises(OtherDatabase, match=remedy) as refused:
        check_service_database(away)
    assert "pharos database move" in str(refused.value)
    assert "unset PHAROS_DATABASE_URL" in str(refused.value)
    assert "hidden-word" not in str(refused.value)
    for asked in (
        lambda: api_keys(away).all(),
        lambda: OptOuts.of(away).among(["c"]),
        lambda: score_night(NightAsked(date(2026, 10, 1)), away, builders(), Console(file=io.StringIO())),
        lambda: service.serve(away, lambda *_: None),
    ):
        with pytest.raises(OtherDatabase):
            asked()
    assert exit_of(refused.value) is NightExit.UNWRITABLE
    engine = sa.create_engine(far)
    assert sa.inspect(engine).get_table_names() == [], "nothing was made there"
    engine.dispose()
    check_service_database(near)


def test_a_state_that_was_moved_does_not_begin_anew_in_a_file(near: Settings, far: str) -> None:
    away = near.model_copy(update={"database_url": far})
    moving.move(away, MOMENT)
    with pytest.raises(OtherDatabase, match=r"set PHAROS_DATABASE_URL to postgresql://127\.0\.0\.1"):
        check_service_database(near)
    (near.state / FILE).unlink()  # as a version left it that wrote no place down
    with pytest.raises(OtherDatabase, match="an earlier version did not write down which"):
        check_service_database(near)
    check_service_database(away)
    assert remembered(near.state)[SERVICE].startswith("postgresql://127.0.0.1:")


def test_the_same_database_under_another_name_is_the_same(near: Settings, far: str) -> None:
    moving.move(near.model_copy(update={"database_url": far}), MOMENT)
    renamed = near.model_copy(update={"database_url": far.replace("127.0.0.1", "localhost")})
    assert len(api_keys(renamed).all()) == 2
    assert remembered(near.state)[SERVICE].startswith("postgresql://localhost:")


def test_two_states_never_become_one(near: Settings, far: str, tmp_path: Path) -> None:
    other = Settings(state=tmp_path / "other", database_url=far)
    add_key(other, "theirs", Opens(("risk:read",), None), 30, Console(file=io.StringIO()))
    before, head = told(near), newest_head(near)
    with pytest.raises(Refused, match="holds 1 rows in audit_lines already"):
        moving.move(near.model_copy(update={"database_url": far}), MOMENT)
    assert (told(near), newest_head(near)) == (before, head)
    assert [key.name for key in api_keys(other).all()] == ["theirs"]


@pytest.mark.parametrize("place", ["copy_rows", "_check_chain", "remember", "_set_aside"])
@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_it_is_run_again(
    place: str, after: bool, near: Settings, far: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = told(near), getattr(moving, place)

    def killed(*given: object) -> None:
        if after:
            real(*given)
        raise KeyboardInterrupt

    away = near.model_copy(update={"database_url": far})
    with monkeypatch.context() as patch:
        patch.setattr(moving, place, killed)
        with pytest.raises(KeyboardInterrupt):
            moving.move(away, MOMENT)
    moving.move(away, MOMENT)
    for name, value in told(away).items():
        assert name == "lines" or value == before[name]
    assert verify(away).good
    assert not (near.state / "service" / "service.db").exists()


def test_a_row_that_does_not_arrive_as_it_was_undoes_all(
    near: Settings, far: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = table_copy.copy_rows

    def torn(source: sa.Connection, target: sa.Connection, tables: object) -> None:
        real(source, target, moving.TABLES)
        target.exec_driver_sql("UPDATE opt_outs SET since = '2020-01-01'")

    monkeypatch.setattr(moving, "copy_rows", torn)
    away = near.model_copy(update={"database_url": far})
    with pytest.raises(NotReady, match="opt_outs: 1 rows went out and 1 like them arrived"):
        moving.move(away, MOMENT)
    monkeypatch.undo()
    assert moving.move(away, MOMENT).rows["opt_outs"] == 1


def test_a_chain_that_does_not_stand_is_not_moved(near: Settings, far: str) -> None:
    with audit_database(near).writing(sa.MetaData()) as connection:
        connection.exec_driver_sql("UPDATE audit_lines SET body = replace(body, 'operator', 'other') WHERE number = 2")
    with pytest.raises(Refused, match="line 2 of the audit chain"):
        moving.move(near.model_copy(update={"database_url": far}), MOMENT)
    check_service_database(near)


def test_it_waits_for_nobody_and_takes_no_other_source(near: Settings, far: str) -> None:
    away = near.model_copy(update={"database_url": far})
    with pytest.raises(InvalidInput, match=f"this state is kept in {HERE}"):
        moving.move(away, MOMENT, "postgresql+psycopg://elsewhere/reviews")
    held = held_with_others(near.state)
    assert held is not None
    with held, pytest.raises(LockHeld):
        moving.move(away, MOMENT)
    with audit_database(near).writing(sa.MetaData()) as connection:
        connection.exec_driver_sql("CREATE TABLE of_a_later_version (x INTEGER)")
    with pytest.raises(Refused, match="of_a_later_version"):
        moving.move(away, MOMENT)
    empty = Settings(state=near.state.with_name("none"), database_url=far)
    with pytest.raises(NotReady, match="nothing to move"):
        moving.move(empty, MOMENT)


def test_it_goes_to_a_file_elsewhere_and_back(near: Settings, tmp_path: Path) -> None:
    before, head = told(near)["out"], newest_head(near)
    away = near.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'other.db'}"})
    moving.move(away, MOMENT)
    assert told(away)["out"] == before
    moving.move(near, MOMENT)
    assert told(near)["out"] == before
    assert verify(near, [head]).good


def test_a_new_state_begins_where_the_setting_says(tmp_path: Path, far: str) -> None:
    use = Settings(state=tmp_path / "new", database_url=far)
    check_service_database(use)
    add_key(use, "hr", Opens(("risk:read",), None), 30, Console(file=io.StringIO()))
    with pytest.raises(OtherDatabase, match="set PHAROS_DATABASE_URL to postgresql"):
        api_keys(use.model_copy(update={"database_url": ""})).all()
