"""Every batch fault, killed with the real signal and run again; `python -m experiments.benchmarks.kill_points` is the
long form, and PHAROS_TEST_KILLS sets how many kills these do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.benchmarks.kill_points import TRIES, Kill, before, counts, drawn, filled, killed, rehearse, run_faults
from experiments.benchmarks.mounts import may_mount, released
from experiments.benchmarks.night_faults import DISK_FULL, FAULTS, Fault
from tests.postgres import postgresql

KILLS = int(os.environ.get("PHAROS_TEST_KILLS", "1"))
NO_MOUNT = "a small disk and a read-only folder take a mount; run this as root"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night") / "template"
    folder.mkdir()
    before(folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    released(tmp_path)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_killed_with_a_fault_the_old_night_is_served_and_the_next_run_ends_the_same(
    fault: Fault, template: Path, folder: Path
) -> None:
    if fault.mounts and not may_mount():
        pytest.skip(NO_MOUNT)
    whole = rehearse(fault, template, folder)
    done = [killed(fault, template, folder, whole, seed) for seed in range(KILLS)]
    assert not [kill for kill in done if kill.wrong]


def test_a_disk_full_at_any_byte_publishes_nothing_or_all(template: Path, folder: Path) -> None:
    if not may_mount():
        pytest.skip(NO_MOUNT)
    done = filled(KILLS + 1, 5, template, folder)
    assert {kill.fault for kill in done} == {DISK_FULL}
    assert any(kill.hit for kill in done)
    assert not [kill for kill in done if kill.wrong]


@pytest.mark.server
def test_killed_the_database_and_the_files_end_with_the_same_night(tmp_path: Path) -> None:
    with postgresql(tmp_path / "server") as url:
        states = tmp_path / "states"
        states.mkdir()
        done = run_faults(KILLS + 1, 11, states, "killed", url)
    assert sum(kill.hit for kill in done) == KILLS + 1
    assert not [kill for kill in done if kill.wrong]


def test_of_two_at_once_the_one_that_holds_the_lock_is_killed(template: Path, folder: Path) -> None:
    """At a step (seeds 1, 3, 8) and at a time (5): the other process ends by itself, and a kill of it shows nothing."""
    twins = next(fault for fault in FAULTS if fault.twins)
    whole = rehearse(twins, template, folder)
    done = [killed(twins, template, folder, whole, seed) for seed in (1, 3, 5, 8)]
    assert {"step" in kill.point for kill in done} == {True, False}
    assert [kill.hit for kill in done].count(True) >= 3, done


def test_a_kill_that_missed_is_drawn_again_and_a_fault_that_stays_short_says_so() -> None:
    def every_other(number: int) -> Kill:
        return Kill("torn", number, "", "", -9 if number % 2 else 0)

    assert counts(drawn(5, every_other)) == {"torn": {"kills": 5, "misses": 5}}
    never = drawn(5, lambda number: Kill("torn", number, "", "", None))
    assert counts(never) == {"torn": {"kills": 0, "misses": 5 * TRIES}}
