"""The tests whose long form takes too long for every change: fuzzing, who may see what, and planted ids.

python -m experiments.benchmarks.long_tests [--only fuzzing] [--out long_tests.json]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree

import typer
from rich.console import Console

from experiments.benchmarks.evidence import HOUSE, keep

SUITES: Mapping[str, str] = {
    "fuzzing": "tests/serving/test_fuzz.py",
    "matrix": "tests/serving/test_authorisation_matrix.py",
    "leaks": "tests/test_whole_way.py",
}
SIDE_BY_SIDE = ("fuzzing",)  # whose tests, an address each, need nothing of each other


@dataclass(frozen=True)
class Suite:
    """What came of one file of tests; `failed` counts errors as well, `requests` those that tests say they made."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    requests: int = 0

    @property
    def good(self) -> bool:
        """Whether something was tested and nothing failed."""
        return self.passed > 0 and self.failed == 0


def main(
    only: Annotated[str, typer.Option(help="One of fuzzing, matrix and leaks.")] = "",
    out: Annotated[Path | None, typer.Option(help="Also write JSON.")] = None,
) -> None:
    """Run them one after the other; exit status 1 where one fails."""
    console, found = Console(), dict[str, Suite]()
    for name, tests in SUITES.items():
        if only in ("", name):
            found[name] = suite(tests, 2 if name in SIDE_BY_SIDE else 0)
            console.print(f"{name}: {found[name]}", highlight=False)
    if out is not None:
        keep(out, {"suites": {name: asdict(one) for name, one in found.items()}})
    raise typer.Exit(int(not found or not all(one.good for one in found.values())))


def suite(tests: str, workers: int = 0, house: Path = HOUSE) -> Suite:
    """Run a file of tests in its long form, in so many processes beside this one."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), f"--junitxml={report}",
                   f"--basetemp={folder}/tests", tests]  # fmt: skip
        subprocess.run(command, cwd=house, env={**os.environ, "PHAROS_LONG": "1"}, check=False)
        if not report.exists():
            return Suite(0, 1, 0, 0.0)
        whole = next(ElementTree.parse(report).iter("testsuite"))  # noqa: S314
    told, noted = whole.attrib, (one.attrib for one in whole.iter("property"))
    requests = sum(int(one["value"]) for one in noted if one["name"] == "requests")
    failed, skipped = int(told["failures"]) + int(told["errors"]), int(told["skipped"])
    return Suite(int(told["tests"]) - failed - skipped, failed, skipped, float(told["time"]), requests)


if __name__ == "__main__":
    typer.run(main)
