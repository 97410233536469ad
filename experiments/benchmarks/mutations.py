"""Is every protection watched? Each in turn is taken out of a copy of the code, and its tests must go red.

    python -m experiments.benchmarks.mutations [--only WORDS] [--first N] [--out results.json]

What protects what stands in `protections.toml`. A protection whose tests stay green is a defect, and so is one whose
code has moved on: both end with exit status 1. Tests must be green before anything is taken out, or red says nothing.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from experiments.benchmarks.evidence import HOUSE, keep
from experiments.progress import steps

TABLE = Path(__file__).with_name("protections.toml")
LEFT_BEHIND = (".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".state")
MOST_SECONDS = 600.0  # a test that hangs without its protection is red as well
FAILED, NOTHING_RAN = 1, 5  # exit statuses of pytest
Fate = Literal["red", "green", "red before", "code has moved"]


@dataclass(frozen=True)
class Protection:
    """What protects: the `code` that stands once in `file`, what stands there `without` it, the `tests` that watch."""

    name: str
    file: str
    code: str
    without: str
    tests: str

    def stands_once(self, house: Path) -> bool:
        """Whether the code is where the table says, and only there."""
        return (house / self.file).is_file() and (house / self.file).read_text("utf-8").count(self.code) == 1


@dataclass(frozen=True)
class Seen:
    """What became of the tests of one protection when it was taken out, and the first test that noticed."""

    name: str
    fate: Fate
    by: str = ""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the protection is watched."""
        return self.fate == "red"


def protections(table: Path = TABLE) -> tuple[Protection, ...]:
    """Every protection on record."""
    return tuple(Protection(**one) for one in tomllib.loads(table.read_text("utf-8"))["protection"])


@contextmanager
def copied_house(house: Path = HOUSE) -> Iterator[Path]:
    """A copy of the code that may be broken; what tests look for beside the project is found beside the copy."""
    with tempfile.TemporaryDirectory(prefix="pharos-mutations-") as folder:
        copy = Path(folder) / "house"
        shutil.copytree(house, copy, ignore=shutil.ignore_patterns(*LEFT_BEHIND), symlinks=True)
        beside = house.parent / "shared"
        if beside.exists():
            (copy.parent / "shared").symlink_to(beside)
        yield copy


def taken_out(one: Protection, house: Path) -> Seen:
    """Run the tests of one protection in a copy of the house without it; the copy is whole again afterwards."""
    if not one.stands_once(house):
        return Seen(one.name, "code has moved")
    place = house / one.file
    whole = place.read_text("utf-8")
    began = time.monotonic()
    place.write_text(whole.replace(one.code, one.without), "utf-8")
    try:
        status, by = _tested(one.tests, house)
    finally:
        place.write_text(whole, "utf-8")
    fate: Fate = "red" if status == FAILED else "green"
    return Seen(one.name, fate, by, round(time.monotonic() - began, 1))


def _tested(tests: str, house: Path) -> tuple[int, str]:
    """Exit status of pytest, and the first test that failed; a run that found no test watched nothing."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:randomly", "-p", "no:cacheprovider",
               f"--basetemp={house.parent / 'tests'}", *shlex.split(tests)]  # fmt: skip
    try:
        done = subprocess.run(command, cwd=house, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return FAILED, f"no answer in {MOST_SECONDS:.0f} s"
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    return done.returncode, failed[0] if failed else ""


def _red_before(asked: Sequence[Protection], house: Path) -> dict[str, str]:
    """The tests that are red while every protection stands, with the first failure: they could prove nothing."""
    found = {}
    for tests in dict.fromkeys(one.tests for one in asked):
        status, by = _tested(tests, house)
        if status != 0:
            found[tests] = by or ("it finds no test" if status == NOTHING_RAN else f"pytest ends with {status}")
    return found


def check(asked: Sequence[Protection], house: Path = HOUSE) -> list[Seen]:
    """Take out each in turn, with a bar."""
    seen: list[Seen] = []
    with copied_house(house) as copy, steps(Console(), "mutations", 1 + len(asked)) as told:
        told.say("all stand")
        before = _red_before(asked, copy)
        for one in asked:
            told.say(one.name)
            red = before.get(one.tests)
            seen.append(taken_out(one, copy) if red is None else Seen(one.name, "red before", red))
    return seen


def shown(seen: Sequence[Seen]) -> Table:
    """What was seen, for people."""
    table = Table(
        "protection", "taken out, its tests are", "first to notice", "s", title="Is every protection watched?"
    )
    for one in seen:
        style = "" if one.good else "bold red"
        noticed = escape(one.by.rpartition("::")[2])  # the names of tests hold brackets
        table.add_row(one.name, one.fate, noticed, f"{one.seconds:.0f}", style=style)
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where a protection is not watched."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="those whose name holds these words")
    parser.add_argument("--first", type=int, default=None, help="so many, in the order of the table")
    parser.add_argument("--out", type=Path, default=None, help="write what was seen as JSON")
    asked = parser.parse_args(arguments)
    some = [one for one in protections() if asked.only in one.name][: asked.first]
    if not some:
        parser.error(f"no protection's name holds {asked.only!r}; protections.toml lists them")
    seen = check(some)
    if asked.out is not None:
        keep(asked.out, {"protections": [asdict(one) for one in seen]})
    Console().print(shown(seen))
    return 0 if all(one.good for one in seen) else 1


if __name__ == "__main__":
    sys.exit(main())
