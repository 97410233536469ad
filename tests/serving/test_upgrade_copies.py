"""Copies of upgrades: each ends by policy, who is erased leaves them too, and the proof names what it cannot reach."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from data_contracts.audit.chain import lines
from data_contracts.errors import InvalidInput, NotReady, Refused
from data_contracts.in_use import held_alone
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models.audit import audit_database, newest_head, verify
from serving.feedback.exposures import ExposureLog
from serving.review.cases import CaseStore
from serving.review.commands import keep_retention
from serving.review.erasure import erase, read_proof
from serving.review.opt_outs import OptOuts, Wish
from serving.upgrading import backup
from serving.upgrading.copies import copies, delete_ended, erase_in_copies, made_on
from serving.upgrading.going_back import restore
from tests.serving.desks import NOW
from tests.serving.feedback_room import given, show
from tests.serving.review_room import FakeRun, Room

MADE = NOW - timedelta(days=3)
KEPT_DAYS = policy().retention.results.backups_days
SECRET = b"only-a-said-this"


@pytest.fixture
def copied(state: Settings) -> Path:
    """A state with rows about two officers, and a copy of it."""
    store = CaseStore.of(state)
    room = Room(state.service_url, state.state / "service")
    room.store, room.chain = store, store.chain
    room.open(FakeRun({"a": ("conduct",), "b": ("conduct",)}))
    room.act(room.case(), "acknowledge", reason="a-reviewer-said-this")
    log = ExposureLog(state.feedback_url)
    show(log, "a", "the-item-of-a", request_id="r-1")
    show(log, "b", "p-1", request_id="r-2")
    log.take([given(1, officer_id="a", reason=SECRET.decode())])
    log.close()
    store.database.close()
    return backup.copied(state, MADE)


def told_of(folder: Path, word: bytes) -> list[str]:
    return [one.name for one in folder.rglob("*") if one.is_file() and word in one.read_bytes()]


def officers_in(database: Path, table: str) -> set[str]:
    with closing(sqlite3.connect(database)) as opened:
        return {row[0] for row in opened.execute(f"SELECT officer_id FROM {table}")}


def test_who_is_erased_is_in_no_copy_and_going_back_does_not_bring_them_back(state: Settings, copied: Path) -> None:
    loose = state.state / "service" / "service.db.before-0001-from-none"
    shutil.copy2(copied / "service" / "service.db", loose)
    assert told_of(copied, SECRET) == ["feedback.db"]
    name = copied.relative_to(state.state).as_posix()
    proof, path = erase(state, "a", NOW)
    assert (proof.erased[name], proof.erased[f"service/{loose.name}"]) == (4, 2)
    assert not [one for one in proof.not_reached if one.startswith("backups/")]
    for word in (SECRET, b"the-item-of-a", b"a-reviewer-said-this"):
        assert told_of(state.state, word) == []
    assert backup.verified(copied)
    assert read_proof(state, path) == proof
    backup.restore(state, copied.name)
    assert officers_in(state.state / "feedback" / "feedback.db", "exposures") == {"b"}
    assert officers_in(state.state / "service" / "service.db", "cases") == {"b"}
    assert erase_in_copies(state, policy(), "a").erased == {}


def test_going_back_to_the_same_shape_takes_back_no_wish_no_key_no_case_and_no_erasure(
    state: Settings, copied: Path
) -> None:
    OptOuts.of(state).keep(Wish("b", True, NOW, "oidc:b"))
    erase(state, "a", NOW)
    head = newest_head(state)
    back = restore(state, copied.name, NOW)
    assert set(OptOuts.of(state).among(["b"])) == {"b"}
    assert officers_in(state.state / "service" / "service.db", "cases") == {"b"}
    assert verify(state, [head]).good
    assert newest_head(state).number == head.number + 1, "the line that says that somebody went back"
    assert sorted(map(str, back.left)) == ["feedback/feedback.db", "service/audit.head", "service/service.db"]
    assert "nothing in them was taken back" in "\n".join(back.sentences)


def test_a_database_that_cannot_be_read_is_put_back_only_where_somebody_says_so(state: Settings, copied: Path) -> None:
    file = state.state / "service" / "service.db"
    file.write_bytes(b"spoilt" * 1000)
    with pytest.raises(Refused, match="newer than the copy"):
        restore(state, copied.name, NOW)
    assert file.read_bytes() == b"spoilt" * 1000
    restore(state, copied.name, NOW, without_later=True)
    assert officers_in(file, "cases") == {"a", "b"}
    file.unlink()
    with pytest.raises(Refused, match="is gone"):
        restore(state, copied.name, NOW)


def test_a_copy_that_cannot_be_read_is_left_alone_and_named_with_the_day_it_ends(state: Settings, copied: Path) -> None:
    (copied / "feedback" / "feedback.db").write_bytes(b"spoilt")
    before = {one: one.read_bytes() for one in copied.rglob("*") if one.is_file()}
    proof, path = erase(state, "a", NOW)
    name = copied.relative_to(state.state).as_posix()
    ends = MADE.date() + timedelta(days=KEPT_DAYS)
    assert proof.not_reached[name] == (
        f"a copy that cannot be read (it is not what was copied); `pharos review retain` deletes it on {ends}"
    )
    assert name not in proof.erased
    assert {one: one.read_bytes() for one in copied.rglob("*") if one.is_file()} == before
    assert read_proof(state, path).not_reached[name]


def test_killed_between_two_files_a_copy_can_still_be_verified(
    state: Settings, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(draft: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", lambda one, to: killed(one, to) if one.name.endswith("erasing") else None)
        patched.setattr("serving.upgrading.copies.write_atomically", lambda path, text: path.write_bytes(text))
        with pytest.raises(KeyboardInterrupt):
            erase_in_copies(state, policy(), "a")
    assert max(len(one) for one in backup.sums_of(copied).values()) == 2
    assert len(backup.verified(copied)) == len(backup.sums_of(copied))
    assert sum(erase_in_copies(state, policy(), "a").erased.values()) == 4
    assert max(len(one) for one in backup.sums_of(copied).values()) == 1
    assert backup.verified(copied)


def test_what_a_killed_upgrade_left_half_done_goes_whole(state: Settings, copied: Path) -> None:
    half = copied.with_name(f".{copied.name}.partial")
    shutil.copytree(copied, half)
    back = state.state / "feedback" / ".feedback.db.restored"
    shutil.copy2(copied / "feedback" / "feedback.db", back)
    erase(state, "a", NOW)
    assert not half.exists()
    assert not back.exists()


def test_nothing_is_erased_while_an_upgrade_is_at_work(state: Settings, copied: Path) -> None:
    with held_alone(state.state), pytest.raises(NotReady, match="is being upgraded"):
        erase(state, "a", NOW)
    assert told_of(copied, SECRET) == ["feedback.db"]


def test_a_copy_is_kept_as_long_as_policy_says_and_not_a_day_longer(state: Settings, copied: Path) -> None:
    (copy,) = copies(state, policy())
    ends = MADE.date() + timedelta(days=KEPT_DAYS)
    assert (copy.place, copy.ends_on) == (copied, ends)
    assert delete_ended(state, policy(), ends - timedelta(days=1), NOW) == []
    assert copied.is_dir()
    said = Console(file=io.StringIO(), record=True, width=300)
    early = state.model_copy(update={"today": ends - timedelta(days=1)})
    with pytest.raises(InvalidInput, match=r"has not come yet; it is .* \(PHAROS_TODAY sets it\)"):
        keep_retention(early, ends, said)
    assert copied.is_dir()
    keep_retention(state.model_copy(update={"today": ends}), ends, said)
    assert not copied.exists()
    assert f"deleted: {copy.name}, kept long enough" in said.export_text()
    told = [json.loads(line["body"]) for line in lines(audit_database(state))][-1]
    assert (told["action"], told["details"]) == (
        "retention_kept", {"as_of": ends.isoformat(), "copies": [copy.name]},
    )  # fmt: skip
    assert delete_ended(state, policy(), ends, NOW) == []


def test_without_its_audit_line_no_copy_is_deleted(state: Settings, copied: Path) -> None:
    state.audit_head.unlink(missing_ok=True)
    state.audit_head.with_suffix(".lock").unlink()
    state.audit_head.with_suffix(".lock").mkdir()
    with pytest.raises(NotReady, match="audit chain"):
        delete_ended(state, policy(), date(2030, 1, 1), NOW)
    assert copied.is_dir()


def test_the_day_of_a_copy_is_that_of_its_name_or_of_its_file(tmp_path: Path) -> None:
    assert made_on(Path("backups/.20260102T030405-2.partial")) == date(2026, 1, 2)
    other = tmp_path / "put-here-by-hand"
    other.touch()
    assert made_on(other) == datetime.fromtimestamp(other.stat().st_mtime).date()


def test_a_list_of_hashes_that_leads_elsewhere_is_no_copy(state: Settings, copied: Path) -> None:
    (copied / backup.SUMS).write_text("ab  ../../service/service.db\n")
    with pytest.raises(InvalidInput, match="no file of a backup"):
        backup.verified(copied)
    assert list(erase_in_copies(state, policy(), "a").not_reached) == [copied.relative_to(state.state).as_posix()]
