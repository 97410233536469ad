"""Every fault on record is injected by a test that is there."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "experiments" / "benchmarks" / "faults.toml"


def functions(file: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_each_fault_names_tests_that_exist_or_says_who_answers_for_it() -> None:
    faults = tomllib.loads(TABLE.read_text("utf-8"))["fault"]
    assert len({fault["name"] for fault in faults}) == len(faults) >= 16
    for fault in faults:
        assert fault["must"]
        assert fault["tests"] or fault["elsewhere"], fault["name"]
        for test in fault["tests"]:
            file, _, name = test.partition("::")
            assert name in functions(ROOT / file), test
