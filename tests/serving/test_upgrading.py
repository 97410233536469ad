"""An earlier version's state folder, recorded, is brought forward: whole, again, after a kill, and back."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from typer.testing import CliRunner

import pharos
from data_contracts import service_log
from data_contracts.audit.chain import METADATA as AUDIT
from data_contracts.errors import BrokenChain, FeatureMismatch, InvalidInput, LockHeld, NotReady, Refused
from data_contracts.in_use import held_with_others
from data_contracts.settings import Settings, settings
from features.history import FORMAT, History
from models import keys, registry, registry_shape
from models.audit import accept_break, newest_head, verify
from serving.access.api_keys import METADATA as KEYS
from serving.access.api_keys import api_keys
from serving.access.commands import Opens, add_key, revoke_key
from serving.api.opened import Absent
from serving.builders import builders
from serving.loading import open_desks
from serving.night.pointer import one_at_a_time
from serving.night.results import results_root
from serving.review.opt_outs import OptOuts, Wish
from serving.upgrading import backup, going_back, tables, upgrade
from serving.upgrading.parts import Part, Standing, parts
from tests.postgres import postgresql
from tests.serving.desks import FakeSource
from tests.serving.key_room import KEYS_AS_THEY_WERE
from tests.serving.recorded_state import OLD_MLFLOW, recorded_state, registry_of, sign_anew

MOMENT = datetime(2026, 1, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "state"
    recorded_state(folder)
    registry_of(folder, "head")
    return folder


@pytest.fixture
def old(recorded: Path, tmp_path: Path) -> Settings:
    shutil.copytree(recorded, tmp_path / "state")
    return Settings(state=tmp_path / "state")


@pytest.fixture
def audited(old: Settings) -> Settings:
    sign_anew(old.state)
    return old


def standings(use: Settings) -> dict[str, Standing]:
    return {part.name: part.standing for part in parts(use)}


def everything(use: Settings) -> dict[str, str]:
    """What stands in each file that an upgrade may change; of a database, all its rows and tables."""
    told = {}
    for path in backup.changed_files(use):
        if path.suffix == ".db":
            with closing(sqlite3.connect(path)) as opened:
                told[str(path)] = "\n".join(opened.iterdump())
        else:
            told[str(path)] = path.read_text("utf-8")
    return told


def test_a_recorded_state_is_brought_forward_and_nothing_is_lost(old: Settings) -> None:
    before, rows = everything(old), History(old.history_dir).frame("officers")
    fingerprint = History(old.history_dir).fingerprint()
    old.state.chmod(0o755)
    told = upgrade.look(old, builders())
    assert everything(old) == before
    assert {part.name for part in told.behind} == {
        "service database", "log of suggestions", "addresses of artefacts", "history", "audit chain",
    }  # fmt: skip
    done = upgrade.upgrade(old, MOMENT, builders())
    assert old.state.stat().st_mode & 0o077 == 0
    assert done.tightened[0] == old.state
    assert done.copy is not None
    assert len(backup.verified(done.copy)) == len(before)
    assert set(standings(old).values()) == {Standing.CURRENT, Standing.KEPT}
    assert [key.name for key in api_keys(old).all()] == ["hr system"]
    with service_log.reading(old.feedback_url) as connection:
        assert service_log.exposures(connection)["item"].tolist() == ["P1"]
        assert connection.execute(sa.select(service_log.EVENTS)).all() == []
    history = History(old.history_dir)
    assert history.frame("officers").equals(rows)
    assert history.fingerprint() == fingerprint
    assert json.loads((old.history_dir / "manifest.json").read_text())["format"] == FORMAT
    sentences = "\n".join(tables.sentences(done, checked_only=False))
    assert f"now its owner's alone: {old.state}" in sentences
    assert "pharos score --as-of 2026-01-01" in sentences
    assert (
        "risk version 1 will be refused: it was trained on other feature definitions; before the service starts, run"
        in sentences
    )
    assert "`pharos train risk --as-of DATE`, then `pharos promote risk`" in sentences
    again = upgrade.upgrade(old, MOMENT, builders())
    assert (again.copy, again.behind) == (None, [])


def test_the_service_over_it_refuses_the_old_model_by_name_and_starts_without_it(old: Settings) -> None:
    upgrade.upgrade(old, MOMENT, builders())
    use = old.model_copy(update={"today": MOMENT.date()})
    another_signs(use.keys_dir)
    with pytest.raises(FeatureMismatch, match="risk version 1 was trained on another definition"):
        open_desks(use, FakeSource({}), builders())
    registry.client(use).delete_registered_model_alias("risk", registry.CHAMPION)
    desks = open_desks(use, FakeSource({}), builders())
    assert isinstance(desks.risk, Absent)


def another_signs(keys_dir: Path) -> None:
    """The private key of the recording stayed with whoever made it, and nothing can be opened that cannot sign."""
    private = keys_dir / keys.PRIVATE_NAME
    private.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
    private.chmod(0o600)


def test_a_registry_that_an_older_mlflow_wrote_is_brought_forward(recorded: Path, tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state")
    shutil.copytree(recorded, use.state)
    sign_anew(use.state)
    use.mlflow_database.unlink()
    registry_of(use.state, OLD_MLFLOW)
    told = upgrade.look(use, builders())
    (part,) = [one for one in told.found if one.name.startswith("registry")]
    assert (part.found, part.standing, told.models) == (OLD_MLFLOW, Standing.BEHIND, [])
    done = upgrade.upgrade(use, MOMENT, builders())
    assert registry_shape.revision_found(use.mlflow_database) == registry_shape.revisions_known()[0]
    assert [(model.name, model.version) for model in done.models] == [("risk", "1")]
    assert registry.resolve(use, "risk").path.is_relative_to(use.mlflow_dir)
    run = registry.resolve(use, "risk").run_id
    assert registry.register(use, "risk", run, "model").version == "2"
    going_back.restore(use, MOMENT.strftime("%Y%m%dT%H%M%S"), MOMENT)
    assert registry_shape.revision_found(use.mlflow_database) == OLD_MLFLOW


def test_the_service_database_of_an_earlier_version_on_a_server_is_brought_forward(
    old: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        use = old.model_copy(update={"database_url": url})
        engine = sa.create_engine(url)
        AUDIT.create_all(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql(KEYS_AS_THEY_WERE)
        with closing(sqlite3.connect(old.state / "service" / "service.db")) as kept, engine.begin() as connection:
            for table in ("api_keys", "audit_lines"):
                rows = kept.execute(f"SELECT * FROM {table}")
                names = [column[0] for column in rows.description]
                connection.execute(
                    sa.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES (:{', :'.join(names)})"),
                    [dict(zip(names, row, strict=True)) for row in rows],
                )
        with pytest.raises(Refused, match="pg_dump"):
            upgrade.upgrade(use, MOMENT, builders())
        assert not sa.inspect(engine).has_table("cases")
        done = upgrade.upgrade(use, MOMENT, builders(), server_copied=True)
        assert "service database" in {part.name for part in done.behind}
        assert standings(use)["service database"] is Standing.CURRENT
        assert sa.inspect(engine).has_table("cases")
        with engine.connect() as connection:
            assert connection.execute(sa.select(KEYS.tables["api_keys"].c.name)).scalars().all() == ["hr system"]
            assert connection.execute(sa.select(AUDIT.tables["audit_lines"].c.number)).scalars().all() == [1]
        assert upgrade.upgrade(use, MOMENT, builders()).behind == []
        engine.dispose()


def test_a_moved_folder_trains_into_its_new_place(old: Settings) -> None:
    assert registry_shape.astray(old) == 4
    upgrade.upgrade(old, MOMENT, builders())
    run = registry.resolve(old, "risk").run_id
    client = registry.client(old)
    assert client.get_experiment_by_name("risk").artifact_location == (
        (old.mlflow_dir / "artifacts" / "risk").resolve().as_uri()
    )
    assert registry.register(old, "risk", run, "model").path == registry.resolve(old, "risk").path
    assert registry_shape.astray(old) == 0


@pytest.mark.parametrize(
    "name", ["service database", "log of suggestions", "addresses of artefacts", "history", "audit chain"]
)
@pytest.mark.parametrize("after", [False, True])
def test_stopped_at_any_step_it_goes_on_and_the_copy_leads_back(
    audited: Settings, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
) -> None:
    old = audited
    before, step = everything(old), upgrade.STEPS[name]

    def stopped(use: Settings) -> None:
        if after:
            step(use)
        raise OSError("the power went")

    monkeypatch.setattr(upgrade, "STEPS", {**upgrade.STEPS, name: stopped})
    with pytest.raises(NotReady, match=r"pharos upgrade --restore 20260102T030405"):
        upgrade.upgrade(old, MOMENT, builders())
    monkeypatch.undo()
    upgrade.upgrade(old, MOMENT, builders())
    assert Standing.BEHIND not in standings(old).values()
    assert going_back.restore(old, "20260102T030405", MOMENT).files == len(before)
    after_it, audit = everything(old), {str(old.audit_head), str(old.state / "service" / "service.db")}
    assert {path: told for path, told in after_it.items() if path not in audit} == {
        path: told for path, told in before.items() if path not in audit
    }
    more = set(after_it[str(old.state / "service" / "service.db")].splitlines()) - set(
        before[str(old.state / "service" / "service.db")].splitlines()
    )
    assert [one for one in more if "copy_restored" not in one] == [], "one line more, and nothing else"
    assert len(more) == 1


def of_service(use: Settings, asked: str) -> list[tuple[object, ...]]:
    """Rows of the service's database, whatever version's it is."""
    with closing(sqlite3.connect(use.state / "service" / "service.db")) as opened:
        return opened.execute(asked).fetchall()


def test_going_back_to_an_older_shape_keeps_keys_closed_and_every_audit_line(audited: Settings) -> None:
    old, done = audited, upgrade.upgrade(audited, MOMENT, builders())
    assert done.copy is not None
    (key,) = api_keys(old).all()
    quiet = Console(file=io.StringIO())
    revoke_key(old, key.key_id, quiet)
    add_key(old, "made since", Opens(("risk:read",), None), 30, quiet)
    head, count = newest_head(old), len(of_service(old, "SELECT number FROM audit_lines"))
    back = going_back.restore(old, done.copy.name, MOMENT)
    assert not of_service(old, "SELECT name FROM sqlite_master WHERE name = 'cases'"), "it is the older shape"
    assert of_service(old, "SELECT name, revoked_on IS NULL FROM api_keys ORDER BY name") == [
        ("hr system", 0), ("made since", 1),
    ]  # fmt: skip
    said = of_service(old, "SELECT body FROM audit_lines ORDER BY number")
    assert len(said) == count + 1, "the lines until now, and the one that says who went back"
    assert json.loads(str(said[-1][0]))["details"] == {"copy": done.copy.name, "without_later": False}
    assert newest_head(old).number == head.number + 1
    head = newest_head(old)
    assert "1 revoked keys, 1 keys made, 2 audit lines" in "\n".join(back.sentences)
    upgrade.upgrade(old, MOMENT, builders())
    assert of_service(old, "SELECT hash FROM audit_lines ORDER BY number")[-1] == (head.hash,)


def test_going_back_is_refused_where_opt_outs_or_cases_would_be_lost_until_somebody_says_so(audited: Settings) -> None:
    old, done = audited, upgrade.upgrade(audited, MOMENT, builders())
    assert done.copy is not None
    OptOuts.of(old).keep(Wish("a", True, MOMENT, "oidc:a"))
    before = everything(old)
    with pytest.raises(Refused, match=r"1 changes of opt-outs, 1 audit lines.*knows no opt_outs.*--without-later"):
        going_back.restore(old, done.copy.name, MOMENT)
    assert everything(old) == before
    kept, told = newest_head(old), CliRunner(env={"PHAROS_STATE": str(old.state)})
    settings.cache_clear()
    found = told.invoke(pharos.app, ["upgrade", "--restore", done.copy.name, "--without-later"], catch_exceptions=False)
    settings.cache_clear()
    assert "newer than the copy, and gone: 1 changes of opt-outs, 1 audit lines" in found.output.replace("\n", " ")
    assert not of_service(old, "SELECT name FROM sqlite_master WHERE name = 'opt_outs'")
    assert newest_head(old).number == kept.number + 1, "the head tells of all that is gone, this going back too"
    upgrade.upgrade(old, MOMENT, builders())
    with pytest.raises(BrokenChain, match=f"ends after {kept.number - 1:,} lines and had {kept.number + 1:,}"):
        add_key(old, "before somebody accepts it", Opens(("risk:read",), None), 30, Console(file=io.StringIO()))
    assert "its end was cut off" in accept_break(old, "we went back a day", "the chief")
    add_key(old, "after", Opens(("risk:read",), None), 30, Console(file=io.StringIO()))
    verdict = verify(old)
    assert (verdict.good, len(verdict.accepted)) == (True, 1)


def test_going_back_is_refused_where_no_line_can_say_so_unless_later_days_go_anyway(audited: Settings) -> None:
    old, done = audited, upgrade.upgrade(audited, MOMENT, builders())
    assert done.copy is not None
    old.audit_head.unlink()
    before = everything(old)
    with pytest.raises(BrokenChain, match=r"audit\.head is missing"):
        going_back.restore(old, done.copy.name, MOMENT)
    assert everything(old) == before
    assert not going_back.restore(old, done.copy.name, MOMENT, without_later=True).kept


def test_a_line_between_the_copies_of_the_head_and_of_its_database_leaves_no_broken_chain(
    audited: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, copy, made = audited, backup._copy, list[str]()

    def copies_while_somebody_writes(path: Path, target: Path) -> None:
        copy(path, target)
        if path in (old.audit_head, old.state / "service" / "service.db"):
            made.append(path.name)
            add_key(old, f"after {path.name}", Opens(("risk:read",), None), 30, Console(file=io.StringIO()))

    upgrade.upgrade(old, MOMENT, builders())
    monkeypatch.setattr(backup, "_copy", copies_while_somebody_writes)
    folder = backup.copied(old, MOMENT)
    assert sorted(made) == ["audit.head", "service.db"]
    shutil.copytree(old.state, old.state.parent / "again")
    again = Settings(state=old.state.parent / "again")
    for name in ("audit.head", "service.db"):
        shutil.copy2(folder / "service" / name, again.state / "service" / name)
    add_key(again, "as after a crash", Opens(("risk:read",), None), 30, Console(file=io.StringIO()))


def test_it_is_refused_while_somebody_is_at_work(old: Settings) -> None:
    before = everything(old)
    with one_at_a_time(results_root(old)), pytest.raises(LockHeld, match="another scoring run"):
        upgrade.upgrade(old, MOMENT, builders())
    with History(old.history_dir).alone(), pytest.raises(NotReady, match="being written"):
        upgrade.upgrade(old, MOMENT, builders())
    held = held_with_others(old.state)
    assert held is not None
    with held, pytest.raises(LockHeld, match="a service or another upgrade"):
        upgrade.upgrade(old, MOMENT, builders())
    assert everything(old) == before


def test_a_service_that_held_no_lock_is_found_by_its_open_database(old: Settings) -> None:
    file = str(old.state / "service" / "service.db")
    program = f"import sys; held = open({file!r}, 'rb'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(LockHeld, match=f"process {other.pid} has a database"):
            upgrade.upgrade(old, MOMENT, builders())
        other.communicate()


def test_a_service_does_not_start_while_it_is_at_work(old: Settings) -> None:
    from data_contracts.in_use import held_alone

    with held_alone(old.state), pytest.raises(NotReady, match="is being upgraded"):
        held_with_others(old.state)


def test_a_later_versions_state_and_a_server_without_copy_are_refused(old: Settings) -> None:
    manifest = old.history_dir / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": FORMAT + 1}))
    before = everything(old)
    with pytest.raises(Refused, match="history: a later version left this"):
        upgrade.upgrade(old, MOMENT, builders())
    assert everything(old) == before
    with pytest.raises(NotReady, match="start the version that wrote it"):
        History(old.history_dir).tables()
    server = old.model_copy(update={"database_url": "postgresql+psycopg://db/pharos"})
    behind = [Part("service database", "before revisions", "0001", Standing.BEHIND)]
    with pytest.raises(Refused, match="--server-copied"):
        upgrade._check_allowed(server, behind, server_copied=False)
    upgrade._check_allowed(server, behind, server_copied=True)


def test_no_room_no_change(old: Settings) -> None:
    with pytest.raises(NotReady, match="0 MB free"):
        backup.check_room(old, lambda _: 10)


def test_a_copy_that_is_not_what_was_copied_is_not_put_back(old: Settings) -> None:
    done = upgrade.upgrade(old, MOMENT, builders())
    assert done.copy is not None
    before = everything(old)
    (done.copy / "history" / "manifest.json").write_text("{}")
    for name, said in {done.copy.name: "not what was copied", "../x": "is no backup", "none": "is no backup"}.items():
        with pytest.raises(InvalidInput, match=said):
            going_back.restore(old, name, MOMENT)
    assert everything(old) == before
