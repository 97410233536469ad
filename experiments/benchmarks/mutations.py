"""Is every protection watched? Each in turn is taken out of a copy of the code, and its tests must go red.

    python -m experiments.benchmarks.mutations [--new] [--only WORDS] [--first N] [--out results.json]

What protects what stands in `protections.toml`. A protection whose tests stay green is a defect, and so is one whose
code has moved on: both end with exit status 1. Tests must be green before anything is taken out, or red says nothing.

What was seen is merged into the file of `--out` after each protection, with the commit that ran, so that the record can
be completed in pieces: `--new` tries those that no entry there speaks of as they stand now, or that were not seen red.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from experiments.benchmarks import tied
from experiments.benchmarks.evidence import HOUSE, RESULTS, commit, keep
from experiments.progress import steps

TABLE = Path(__file__).with_name("protections.toml")
KEPT = RESULTS / "mutations.json"
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

    @property
    def entry(self) -> str:
        """A digest of what the table says of it: another entry is another protection, whatever its name."""
        return _digest("\0".join((self.file, self.code, self.without, self.tests)))

    def text(self, house: Path) -> str:
        """A digest of the file that it stands in, and of nothing where there is none."""
        return _digest((house / self.file).read_text("utf-8") if (house / self.file).is_file() else "")


@dataclass(frozen=True)
class Seen:
    """What became of the tests of one protection when it was taken out, and the first test that noticed.

    `commit` is what ran; `entry` and `text` are the digests of its entry in the table and of its file at that time.
    """

    name: str
    fate: Fate
    by: str = ""
    seconds: float = 0.0
    commit: str = ""
    entry: str = ""
    text: str = ""

    @property
    def good(self) -> bool:
        """Whether the protection is watched."""
        return self.fate == "red"


def protections(table: Path = TABLE) -> tuple[Protection, ...]:
    """Every protection on record."""
    return tuple(Protection(**one) for one in tomllib.loads(table.read_text("utf-8"))["protection"])


def kept(file: Path) -> tuple[Seen, ...]:
    """What a file keeps from earlier runs; nothing where there is none."""
    return seen_of(json.loads(file.read_text("utf-8"))) if file.is_file() else ()


def seen_of(told: Mapping[str, Any]) -> tuple[Seen, ...]:
    """The entries of a record that was read."""
    return tuple(Seen(**one) for one in told["protections"])


def new(table: Sequence[Protection], before: Sequence[Seen], house: Path = HOUSE) -> list[Protection]:
    """Those to be tried: never tried first, then those whose entry changed or was not red, then changed files."""
    told = {one.name: one for one in before}

    def rank(one: Protection) -> int | None:
        seen = told.get(one.name)
        if seen is None:
            return 0
        if seen.entry != one.entry or not seen.good:
            return 1
        return 2 if seen.text != one.text(house) else None

    ranked = [(place, one) for one in table if (place := rank(one)) is not None]
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def merged(table: Sequence[Protection], before: Sequence[Seen], now: Sequence[Seen]) -> list[Seen]:
    """In the order of the table: what was seen now, else what was kept; a name that the table lost is left out."""
    told = {one.name: one for one in (*before, *now)}
    return [told[one.name] for one in table if one.name in told]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


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
    env = {**os.environ, "PYTHONPATH": str(house)}  # what tests start must not find the code that stands whole
    try:
        status, told = tied.run(command, house, env, MOST_SECONDS)
    except subprocess.TimeoutExpired:
        return FAILED, f"no answer in {MOST_SECONDS:.0f} s"
    failed = [line.split()[1] for line in told.splitlines() if line.startswith("FAILED ")]
    return status, failed[0] if failed else ""


def _red_before(tests: str, house: Path) -> str:
    """The first failure of tests that are red while every protection stands, and so prove nothing; empty if green."""
    status, by = _tested(tests, house)
    if status == 0:
        return ""
    return by or ("it finds no test" if status == NOTHING_RAN else f"pytest ends with {status}")


def check(asked: Sequence[Protection], house: Path = HOUSE) -> Iterator[Seen]:
    """Take out each in turn, with a bar; each is told when it was seen, so that a run that is ended loses nothing."""
    before: dict[str, str] = {}
    ran = commit()
    with copied_house(house) as copy, steps(Console(), "mutations", len(asked)) as told:
        for one in asked:
            told.say(one.name)
            if one.tests not in before:
                before[one.tests] = _red_before(one.tests, copy)
            red = before[one.tests]
            seen = Seen(one.name, "red before", red) if red else taken_out(one, copy)
            yield replace(seen, commit=ran, entry=one.entry, text=one.text(copy))


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
    parser.add_argument("--new", action="store_true", help="those not seen red as they stand now, by the file of --out")
    parser.add_argument("--out", type=Path, default=None, help="merge what was seen into this JSON, after each")
    asked = parser.parse_args(arguments)
    table, before = protections(), kept(asked.out or KEPT)
    some = [one for one in (new(table, before) if asked.new else table) if asked.only in one.name][: asked.first]
    if not some and asked.new and any(asked.only in one.name for one in table):
        Console().print("every one of them was seen red as it stands now")
        return 0
    if not some:
        parser.error(f"no protection's name holds {asked.only!r}; protections.toml lists them")
    seen: list[Seen] = []
    for one in check(some):
        seen.append(one)
        if asked.out is not None:
            keep(asked.out, {"protections": [asdict(each) for each in merged(table, before, seen)]})
    Console().print(shown(seen))
    return 0 if all(one.good for one in seen) else 1


if __name__ == "__main__":
    sys.exit(main())
