"""The check of the protections: its table points at code that stands, and it tells watched from unwatched."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from experiments.benchmarks.evidence import HOUSE
from experiments.benchmarks.mutations import Protection, Seen, check, main, protections, shown

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
