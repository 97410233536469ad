"""The check of the protections: its table points at code that stands, and it tells watched from unwatched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from experiments.benchmarks import mutations, tied
from experiments.benchmarks.evidence import HOUSE
from experiments.benchmarks.mutations import Protection, Seen, check, kept, main, merged, new, protections, shown

WATCHED = "def test_it():\n    from door import opens\n    assert not opens('wrong')\n"
GUARD = "def opens(key):\n    return key == 'right'\n"


@pytest.mark.parametrize("one", protections(), ids=lambda one: one.name)
def test_every_protection_stands_where_the_table_says(one: Protection) -> None:
    assert one.stands_once(HOUSE)
    assert one.code != one.without
    for name in one.tests.split(" -k ")[0].split():
        assert (HOUSE / name).is_file(), name


def test_there_are_many_and_each_has_its_name() -> None:
    names = [one.name for one in protections()]
    assert len(names) == len(set(names)) >= 35


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "door.py").write_text(GUARD)
    (tmp_path / "house" / "test_door.py").write_text(WATCHED)
    (tmp_path / "house" / "test_asleep.py").write_text("def test_it():\n    assert True\n")
    (tmp_path / "house" / "test_broken.py").write_text("def test_it():\n    assert False\n")
    return tmp_path / "house"


@pytest.mark.parametrize(
    ("tests", "code", "fate"),
    [
        ("test_door.py", "key == 'right'", "red"),
        ("test_asleep.py", "key == 'right'", "green"),
        ("test_broken.py", "key == 'right'", "red before"),
        ("test_door.py -k nothing", "key == 'right'", "red before"),
        ("test_door.py", "key is None", "code has moved"),
    ],
)
def test_it_tells_a_watched_protection_from_one_that_nobody_watches(
    house: Path, tests: str, code: str, fate: str
) -> None:
    (seen,) = check([Protection("the door", "door.py", code, "True", tests)], house)
    assert seen.fate == fate
    assert seen.good == (fate == "red")
    assert (house / "door.py").read_text() == GUARD


def test_what_was_seen_is_shown_whatever_a_test_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    Console(width=200).print(shown([Seen("the door", "red", "tests/a.py::test_opens[/metrics]", 3.2)]))
    assert "test_opens[/metrics]" in capsys.readouterr().out


def test_an_unknown_protection_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "no such thing"])
    assert "no such thing" in capsys.readouterr().err


DOOR = Protection("the door", "door.py", "key == 'right'", "True", "test_door.py")


def test_new_are_those_never_tried_those_changed_and_those_not_red(house: Path) -> None:
    (seen,) = check([DOOR], house)
    assert new([DOOR], [], house) == [DOOR]
    assert new([DOOR], [seen], house) == []
    assert new([DOOR], [replace(seen, fate="green")], house) == [DOOR]
    other = replace(DOOR, tests="test_asleep.py")
    assert new([other], [seen], house) == [other]
    never = replace(DOOR, name="the window")
    assert new([other, never], [seen], house) == [never, other]
    (house / "door.py").write_text(GUARD + "\n\ndef shuts():\n    return True\n")
    assert new([DOOR], [seen], house) == [DOOR]


def test_a_record_is_completed_in_pieces_and_loses_what_the_table_lost() -> None:
    old = [Seen("the wall", "red"), Seen("the door", "green"), Seen("gone", "red")]
    table = [DOOR, replace(DOOR, name="the window"), replace(DOOR, name="the wall")]
    assert merged(table, old, [Seen("the door", "red")]) == [Seen("the door", "red"), Seen("the wall", "red")]


def test_the_command_runs_the_new_ones_and_keeps_the_others(
    house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall, out = replace(DOOR, name="the wall"), tmp_path / "kept.json"
    monkeypatch.setattr(mutations, "protections", lambda: (DOOR, wall))
    monkeypatch.setattr(mutations, "check", lambda some: check(some, house))
    monkeypatch.setattr(mutations, "new", lambda table, before: new(table, before, house))
    assert main(["--only", "wall", "--out", str(out)]) == 0
    (first,) = kept(out)
    assert main(["--new", "--out", str(out)]) == 0
    assert [one.name for one in kept(out)] == ["the door", "the wall"]
    assert kept(out)[1] == first
    assert all(len(one["commit"]) >= 7 for one in json.loads(out.read_text("utf-8"))["protections"])
    monkeypatch.setattr(mutations, "check", lambda some: pytest.fail(f"tried again: {some}"))
    assert main(["--new", "--out", str(out)]) == 0


def test_what_tests_start_finds_the_copy_without_the_protection(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script of another folder imports by PYTHONPATH, which may name the code that stands whole."""
    (house / "scripts").mkdir()
    (house / "scripts" / "ask.py").write_text("from door import opens\nassert not opens('wrong')\n")
    (house / "test_door.py").write_text(
        "import subprocess\nimport sys\n"
        "def test_it():\n    assert subprocess.run([sys.executable, 'scripts/ask.py']).returncode == 0\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(house))
    (seen,) = check([DOOR], house)
    assert seen.good


LASTING = """import os, pathlib, subprocess, sys, time
def test_it():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path(os.environ["TOLD"]).write_text(f"{os.getpid()} {child.pid}\\n")
    time.sleep(600)
"""
TRIED = """import sys, pathlib
from experiments.benchmarks.mutations import Protection, check
door = Protection("the door", "door.py", "key == 'right'", "True", "test_door.py")
list(check([door], pathlib.Path(sys.argv[1])))
"""


def started(told: Path) -> list[int]:
    """The test and what it started, once they run."""
    end = time.monotonic() + 60
    while not (told.is_file() and told.read_text().endswith("\n")) and time.monotonic() < end:
        time.sleep(0.1)
    return [int(one) for one in told.read_text().split()]


def left(ids: Sequence[int], seconds: float = 20.0) -> list[str]:
    """Which of these processes still run after a while; one that nobody has waited for runs no more."""
    end = time.monotonic() + seconds
    while True:
        asked = ["ps", "-o", "pid=,stat=", "-p", ",".join(map(str, ids))]
        found = subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()
        still = [one.split()[0] for one in found if not one.split()[1].startswith("Z")]
        if not still or time.monotonic() > end:
            return still
        time.sleep(0.1)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_killed_takes_its_tests_with_it(house: Path, tmp_path: Path, how: signal.Signals) -> None:
    (house / "test_door.py").write_text(LASTING)
    told = tmp_path / "told"
    env = {**os.environ, "TOLD": str(told), "PYTHONPATH": str(HOUSE), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", TRIED, str(house)], env=env, stdout=subprocess.DEVNULL) as run:
        ids = started(told)
        assert len(left(ids, 0.0)) == 2, "they run"
        run.send_signal(how)
    assert left(ids) == []


def test_tests_that_hang_are_told_as_no_answer(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (house / "test_door.py").write_text("import time\ndef test_it():\n    time.sleep(600)\n")
    monkeypatch.setattr(mutations, "MOST_SECONDS", 1.0)
    (seen,) = check([DOOR], house)
    assert (seen.fate, seen.by) == ("red before", "no answer in 1 s")


def test_what_hangs_leaves_nothing_that_runs(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with pytest.raises(subprocess.TimeoutExpired):
        tied.run([sys.executable, "-c", f"{LASTING}test_it()\n"], tmp_path, {**os.environ, "TOLD": str(told)}, 4.0)
    assert left(started(told)) == []
