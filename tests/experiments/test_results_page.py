"""The page of results is what the command makes of the JSON beside it, and tells held from not held from not run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from experiments.benchmarks.evidence import PAGE, RESULTS, command, keep
from experiments.benchmarks.long_tests import suite
from experiments.benchmarks.mutations import Protection, protections
from experiments.benchmarks.night_faults import DISK_FULL, FAULTS
from experiments.benchmarks.results import NOT_RUN, SHEETS, page, watched

SOAK = {
    "minutes": 30.0, "rate": 70.0, "answers": 126000, "errors": 0, "rss_growth": 0.012, "descriptors": [24, 24],
    "overload": {"200": 900, "503": 4000}, "overload_without_retry_after": 0, "usual_again_seconds": 1.0,
}  # fmt: skip
DOORS = [{"door": "pharos", "p50_ratio": 1.31, "throughput_ratio": 0.79}]


def test_the_page_is_what_the_command_makes_of_what_was_kept() -> None:
    """Where this fails: python -m experiments.benchmarks.results."""
    assert PAGE.read_text("utf-8") == page()


def test_every_file_of_results_has_its_place_on_the_page() -> None:
    assert {one.stem for one in RESULTS.glob("*.json")} <= {sheet.name for sheet in SHEETS}


def row(made: str, words: str) -> list[str]:
    """The cells of the line of a page that holds these words."""
    (line,) = [one for one in made.splitlines() if words in one]
    return [cell.strip() for cell in line.strip("|").split("|")][2:]


def test_what_nobody_ran_says_so(tmp_path: Path) -> None:
    made = page(tmp_path)
    assert made.count(f"| {NOT_RUN} |") == sum(len(sheet.bars) for sheet in SHEETS)
    assert row(made, "one officer with reasons") == [NOT_RUN, ""]


def kept(folder: Path, name: str, told: dict[str, Any]) -> str:
    keep(folder / f"{name}.json", told)
    return page(folder)


def test_a_figure_says_whether_it_held_and_where_it_was_seen(tmp_path: Path) -> None:
    made = kept(tmp_path, "serving", {"doors": DOORS, "soak": None})
    assert row(made, "p50, over") == ["1.31", "yes"]
    assert row(made, "throughput, over") == ["0.79", "**no**"]
    assert row(made, "errors in 30 minutes") == [NOT_RUN, ""]
    run = json.loads((tmp_path / "serving.json").read_text("utf-8"))["run"]
    assert f"{run['on']} · {run['machine']} · commit {run['commit']}" in made
    assert " cores, " in run["machine"]


@pytest.mark.parametrize(
    ("changed", "words", "held"),
    [
        ({}, "errors in 30", "yes"), ({"minutes": 5.0}, "errors in 30", "**no**"),
        ({"errors": 1}, "errors in 30", "**no**"), ({"rss_growth": 0.051}, "resident", "**no**"),
        ({"descriptors": [24, 25]}, "descriptors", "**no**"), ({}, "five times capacity", "yes"),
        ({"overload": {"200": 1, "0": 2}}, "five times capacity", "**no**"),
        ({"overload_without_retry_after": 1}, "five times capacity", "**no**"),
        ({"usual_again_seconds": float("inf")}, "usual time", "**no**"), ({}, "usual time", "yes"),
    ],
)  # fmt: skip
def test_a_soak_holds_only_as_a_whole(tmp_path: Path, changed: dict[str, Any], words: str, held: str) -> None:
    assert row(kept(tmp_path, "serving", {"doors": DOORS, "soak": {**SOAK, **changed}}), words)[1] == held


FUZZED = {"passed": 24, "failed": 0, "skipped": 0, "seconds": 90.0}


@pytest.mark.parametrize(
    ("name", "told", "words", "cells"),
    [
        ("risk_answer", {"times_bare": 3.02, "extra_per_officer": 0.4}, "one officer with", ["3.02", "**no**"]),
        ("risk_answer", {"times_bare": 2.5, "extra_per_officer": 0.4}, "200 officers", ["0.400 ms", "yes"]),
        ("long_tests", {"suites": {"leaks": {"passed": 3, "failed": 0, "skipped": 1, "seconds": 9.6}}}, "planted",
         ["3 passed, 0 failed, 1 skipped in 10 s", "**no**"]),
        ("long_tests", {"suites": {}}, "fuzzing", [NOT_RUN, ""]),
        ("long_tests", {"suites": {"fuzzing": {**FUZZED, "requests": 49_999}}}, "fuzzing",
         ["24 passed, 0 failed, 0 skipped in 90 s, 49,999 requests", "**no**"]),
        ("long_tests", {"suites": {"fuzzing": {**FUZZED, "requests": 50_000}}}, "fuzzing",
         ["24 passed, 0 failed, 0 skipped in 90 s, 50,000 requests", "yes"]),
        ("long_tests", {"suites": {"fuzzing": FUZZED}}, "fuzzing",
         ["24 passed, 0 failed, 0 skipped in 90 s, 0 requests", "**no**"]),
        ("matching", {"records": [{"job": "matching: pharos", "officers": 1000, "seconds": 0.1, "peak_mib": 9.0}]},
         "| seconds |", ["no figure", "**no**"]),
    ],
)  # fmt: skip
def test_each_benchmark_is_read_as_it_writes(
    tmp_path: Path, name: str, told: dict[str, Any], words: str, cells: list[str]
) -> None:
    assert row(kept(tmp_path, name, told), words) == cells


def test_the_command_tells_no_path_of_this_machine() -> None:
    told = command(Path("/some/where/demo-7"), ["--times", "50", "--out", "/some/file.json", "--only", "x"])
    assert told.startswith("PHAROS_STATE=demo-7 python -m ")
    assert told.endswith(" --times 50 --only x")
    assert "/some" not in told


def test_a_suite_counts_what_pytest_saw_in_the_long_form(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import os\nimport pytest\n"
        "@pytest.fixture(autouse=True)\n"
        "def told(request): yield; request.node.user_properties.append(('requests', 21))\n"
        "def test_a(): assert os.environ['PHAROS_LONG']\ndef test_b(): assert False\n"
        "def test_c(): pytest.skip('no')\n"
    )
    for workers in (0, 2):
        seen = suite("test_a.py", workers, house=tmp_path)
        assert (seen.passed, seen.failed, seen.skipped, seen.requests) == (1, 1, 1, 63)
    nothing = suite("no_such_file.py", house=tmp_path)
    assert (nothing.passed, nothing.good, seen.good) == (0, False, False)


def test_what_was_not_measured_is_null_and_the_file_is_json_for_strict_readers(tmp_path: Path) -> None:
    keep(tmp_path / "a.json", {"records": [{"seconds": float("nan"), "ratio": 1.5}, (float("inf"),)]})

    def refuse(word: str) -> None:
        raise AssertionError(word)

    told = json.loads((tmp_path / "a.json").read_text("utf-8"), parse_constant=refuse)
    assert told["records"] == [{"seconds": None, "ratio": 1.5}, [None]]


def test_results_that_are_delivered_are_json_for_strict_readers() -> None:
    for file in RESULTS.glob("*.json"):
        assert not re.search(r"\b(NaN|Infinity)\b", file.read_text("utf-8")), file.name


ONE = Protection("the door", "door.py", "key == 'right'", "True", "test_door.py")
SEEN = {"name": "the door", "fate": "red", "entry": ONE.entry}
GREEN = "1 last seen green, so that no test noticed: the door"


@pytest.mark.parametrize(
    ("kept_of_it", "words", "held"),
    [
        ([SEEN], "1 of 1 seen red", True),
        ([SEEN, {**SEEN, "name": "gone"}], "1 of 1 seen red", True),
        ([{**SEEN, "name": "gone"}], "0 of 1 seen red, 1 never tried", False),
        ([{**SEEN, "entry": "another"}], "0 of 1 seen red, 1 changed since", False),
        ([{**SEEN, "fate": "green"}], f"0 of 1 seen red, 1 not red; {GREEN}", False),
        ([{**SEEN, "fate": "green", "entry": "another"}], f"0 of 1 seen red, 1 changed since; {GREEN}", False),
        ([{**SEEN, "fate": "green", "name": "gone"}], "0 of 1 seen red, 1 never tried", False),
        ([{**SEEN, "fate": "red before"}], "0 of 1 seen red, 1 not red", False),
    ],
)
def test_the_record_of_protections_is_set_against_the_table_of_today(
    kept_of_it: list[dict[str, str]], words: str, held: bool
) -> None:
    assert watched({"protections": kept_of_it}, [ONE]) == (words, held)


def test_the_page_counts_the_protections_of_the_table(tmp_path: Path) -> None:
    first = protections()[0]
    made = kept(tmp_path, "mutations", {"protections": [{"name": first.name, "fate": "red", "entry": first.entry}]})
    many = len(protections())
    assert row(made, "goes red") == [f"1 of {many} seen red, {many - 1} never tried", "**no**"]


def killed(**changed: Any) -> dict[str, Any]:
    """A record of kills that holds, with another for one of its faults."""
    names = [DISK_FULL, *(fault.name for fault in FAULTS)]
    hits = [{"fault": name, "point": "", "wrong": "", "code": -9} for name in names for _ in range(20)]
    return {"records": [*hits[1:], {**hits[0], **changed}]}


def test_only_a_process_that_was_killed_is_a_kill(tmp_path: Path) -> None:
    told = row(kept(tmp_path, "kill_points", killed()), "kills after")
    assert told == ["320 kills of 16 faults, 0 wrong; 0 misses", "yes"]
    short = "319 kills of 16 faults, 0 wrong; 1 misses; fewest of a fault 19 (disk full); 1 faults not shown"
    assert row(kept(tmp_path, "kill_points", killed(code=0)), "kills after") == [short, "**no**"]
    assert row(kept(tmp_path, "kill_points", killed(code=None)), "kills after") == [short, "**no**"]
    assert row(kept(tmp_path, "kill_points", killed(wrong="other bytes")), "kills after")[1] == "**no**"


def test_a_fault_that_nobody_killed_is_not_shown(tmp_path: Path) -> None:
    records = [one for one in killed()["records"] if one["fault"] != "torn"]
    words, held = row(kept(tmp_path, "kill_points", {"records": records}), "kills after")
    assert "fewest of a fault 0 (torn)" in words
    assert held == "**no**"


@pytest.mark.parametrize(
    ("point", "hit"),
    [("after 0.310 s (-9)", 1), ("after 0.753 s (0)", 0), ("step 2 of 34", 1), ("step 5 of 34, not reached (12)", 0),
     ("9 KiB free, ended with 14", 0)],
)  # fmt: skip
def test_a_record_of_before_is_read_by_its_words(tmp_path: Path, point: str, hit: int) -> None:
    record = {"fault": "torn", "point": point, "wrong": ""}
    assert row(kept(tmp_path, "kill_points", {"records": [record]}), "kills after")[0].startswith(f"{hit} kills of")


def test_a_clock_that_began_after_the_backlog_is_no_figure(tmp_path: Path) -> None:
    soak = {**{name: one for name, one in SOAK.items() if name != "usual_again_seconds"}, "recovery_seconds": 0.0}
    words, held = row(kept(tmp_path, "serving", {"doors": DOORS, "soak": soak}), "usual time")
    assert "no figure" in words
    assert held == "**no**"


def test_the_page_says_whether_our_own_protocol_was_in_our_door(tmp_path: Path) -> None:
    assert "kinder to us" in kept(tmp_path, "serving", {"doors": DOORS, "soak": None})
    assert "counts against us" in kept(tmp_path, "serving", {"doors": DOORS, "soak": None, "own_protocol": True})
