"""Who is erased is nowhere any more: one officer with rows in every place, on files and on servers, killed anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.audit.chain import lines
from data_contracts.database import Database
from data_contracts.erased import Erased
from data_contracts.errors import NotReady
from data_contracts.pseudonyms import Pseudonyms
from data_contracts.settings import Settings
from features.arrivals import Arrival
from features.history import History
from features.ingest import Delivered, ingest
from features.store import FeatureReader
from models.audit import audit_database, verify
from serving.night.results import latest_run
from serving.review import erasure
from serving.review.erasure import Progress, erase, read_proof
from serving.upgrading import backup
from tests.postgres import postgresql
from tests.redis_server import RedisServer, redis_server
from tests.serving.erased_bureau import END, NOW, Bureau, filled, where

pytestmark = pytest.mark.server
FILES = {"history", "snapshots", "feast", "results", "feedback", "service", "pictures", "export", "backups"}
TABLES = {"postgresql api_keys", "postgresql cases", "postgresql risk_results"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """On files alone, never changed."""
    folder = tmp_path_factory.mktemp("files")
    return filled(Settings(state=folder / "state", today=END), folder / "delivered")


@pytest.fixture
def on_files(template: Bureau, tmp_path: Path) -> Bureau:
    shutil.copytree(template.use.state, tmp_path / "state")
    return replace(template, use=template.use.model_copy(update={"state": tmp_path / "state"}))


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RedisServer, str]]:
    with redis_server(tmp_path_factory.mktemp("redis")) as redis, postgresql(tmp_path_factory.mktemp("pg")) as url:
        yield redis, url


PLACES = (
    "history", "snapshots", "offline store", "online store", "nights", "other files", "pictures", "events", "exposures",
    "feedback", "cases", "api_keys",
)  # fmt: skip


@pytest.fixture(autouse=True)
def let_go(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What was opened on a server is closed at the end."""
    opened, original = list[sa.Engine](), Database._opened

    def remembered(database: Database) -> sa.Engine:
        opened.append(original(database))
        return opened[-1]

    monkeypatch.setattr(Database, "_opened", remembered)
    yield
    for engine in opened:
        engine.dispose()


def assert_gone_and_all_else_stands(bureau: Bureau) -> None:
    use, officer = bureau.use, bureau.officer
    history, run = History(use.history_dir), latest_run(use, verify=True)
    before = {name: history.frame(name) for name in history.tables()}
    officers = set(run.officers()["officer_id"])
    proof, path = erase(use, officer, NOW)
    assert where(use, officer) == set()
    assert read_proof(use, path) == proof
    assert set(proof.left.values()) == {0}
    assert [place for place in PLACES if not proof.erased[place]] == []
    assert {"history", "snapshots", "results", "backups"} <= set(proof.looked)
    history.verify()
    for name, rows in before.items():
        kept = rows[rows["officer_id"].ne(officer).fillna(True)] if "officer_id" in rows else rows
        after = history.frame(name)
        assert len(after) == len(kept), name
        assert officer not in set(after.get("supervisor_id", []))
    after_run = latest_run(use, verify=True)
    assert set(after_run.officers()["officer_id"]) == officers - {officer}
    assert after_run.manifest.counts.rows_in == run.manifest.counts.rows_in - 1
    assert sum(after_run.manifest.grades["overall"].values()) == sum(run.manifest.grades["overall"].values()) - 1
    assert verify(use).good
    told = [line["body"] for line in lines(audit_database(use))][-1]
    assert proof.pseudonym in told
    assert FeatureReader(use).online([officer], "risk_v1", END)["status"].tolist() == ["unknown"]
    others = sorted(officers - {officer})[:5]
    assert set(FeatureReader(use).online(others, "risk_v1", END)["status"]) == {"present"}


def test_on_files_nothing_is_left_anywhere(on_files: Bureau) -> None:
    use = on_files.use
    assert where(use, on_files.officer) == FILES
    assert_gone_and_all_else_stands(on_files)
    (copy,) = [one for one in backup.backups_dir(use).iterdir() if one.is_dir()]
    assert backup.verified(copy)
    backup.restore(use, copy.name)  # going back neither fails nor brings the officer back
    History(use.history_dir).verify()
    assert on_files.officer not in set(latest_run(use, verify=True).officers()["officer_id"])
    assert where(use, on_files.officer) == set()


def test_on_redis_and_postgresql_nothing_is_left_anywhere(servers: tuple[RedisServer, str], tmp_path: Path) -> None:
    redis, url = servers
    redis.flush()
    on_servers = {"online_url": redis.address(), "database_url": url, "results_url": url}
    made = filled(Settings(state=tmp_path / "state", today=END, **on_servers), tmp_path / "delivered")  # type: ignore[arg-type]
    assert where(made.use, made.officer) == (FILES - {"service"}) | TABLES | {"redis"}
    assert_gone_and_all_else_stands(made)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        runs = connection.execute(sa.text("SELECT DISTINCT run FROM risk_results_current")).scalars().all()
        hashes = connection.execute(sa.text("SELECT output_hash FROM risk_nights")).scalars().all()
    engine.dispose()
    manifest = latest_run(made.use).manifest
    assert (runs, hashes) == ([manifest.run], [manifest.output_hash])


def test_an_old_export_and_an_event_do_not_bring_them_back(on_files: Bureau) -> None:
    use, officer = on_files.use, on_files.officer
    erase(use, officer, NOW)
    rows = {name: History(use.history_dir).rows(name) for name in History(use.history_dir).tables()}
    report = ingest(Delivered("simulator", on_files.export), use, today=END)
    assert report.balanced
    totals = report.totals
    assert totals["rows_in"] == totals["accepted"] + totals["quarantined"] + totals["duplicates"]
    assert (totals["accepted"], totals["registered"]) == (0, 0)
    assert {(line.column, line.reason) for line in report.faults} == {("officer_id", "erased")}
    assert totals["quarantined"] == sum(line.cells for line in report.faults) > 0
    row = {"officer_id": officer, "honour": "merit", "occurred_on": "2026-10-20"}
    for table, told in (("honours", row), ("officers", {"officer_id": officer, "entered_on": "2020-01-01"})):
        (became,) = on_files.arrivals().take([Arrival("again", table, told)], END, may_register=True)
        assert ("officer_id", "erased") in became.faults
        assert became.outcome == "quarantined"
    assert {name: History(use.history_dir).rows(name) for name in History(use.history_dir).tables()} == rows
    assert where(use, officer) == set()
    stones = Erased(use.history_dir, Pseudonyms(b"another key"))
    with pytest.raises(NotReady, match="under another key of pseudonyms"):
        stones.among(["anybody"])


@pytest.mark.parametrize("last", [1, 2, 4, 6])
def test_killed_after_any_step_it_is_run_again_and_ends(
    on_files: Bureau, last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    use, officer = on_files.use, on_files.officer
    steps, original = [0], Progress.add

    def killed(self: Progress, rows: dict[str, int]) -> None:
        steps[0] += 1
        if steps[0] == last:
            raise KeyboardInterrupt
        original(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(use, officer, NOW)
    refused = ingest(Delivered("simulator", on_files.export), use, today=END, dry_run=True)
    assert "erased" in {line.reason for line in refused.faults}  # from the first step on nobody comes back
    proof, path = erase(use, officer, NOW)
    assert where(use, officer) == set()
    assert read_proof(use, path) == proof
    latest_run(use, verify=True)
    assert verify(use).good
    assert not list(path.parent.glob(".*.unfinished"))


def test_killed_between_two_nights_one_stays_in_force(on_files: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    use, officer = on_files.use, on_files.officer
    for name in ("sync_folder", "move_pointer", "shutil.rmtree"):
        with monkeypatch.context() as patch:
            patch.setattr(f"serving.night.erasing.{name}", _dead)
            with pytest.raises(KeyboardInterrupt):
                erase(use, officer, NOW)
        latest_run(use, verify=True)
    erase(use, officer, NOW)
    assert where(use, officer) == set()


def test_without_a_look_everywhere_there_is_no_proof(on_files: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    use, officer = on_files.use, on_files.officer
    (use.state / "notes.txt").write_text(f"call {officer} on Monday")
    with pytest.raises(NotReady, match=r"still telling of the officer: notes\.txt"):
        erase(use, officer, NOW)
    assert not list((use.state / "service" / "erasures").glob("*.json"))
    (use.state / "notes.txt").unlink()
    monkeypatch.setattr(erasure, "traces", _unreadable)
    with pytest.raises(NotReady, match="cannot be looked everywhere"):
        erase(use, officer, NOW)


def _dead(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _unreadable(*_: object) -> None:
    raise OSError("a disk")
