"""A hash that moves when the way a feature is computed moves, and stays when only its wording does."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

from data_contracts.policy import policy
from data_contracts.running_load import MEMORY, MONTHS_APART, overtime_limit

MODULES = (
    "asof_join",
    "background",
    "careers",
    "duty_load",
    "event_windows",
    "exposure",
    "growth",
    "least_time",
    "mandated",
    "measures",
    "network",
    "recency",
    "sequences",
    "standing",
    "supervisors",
    "surroundings",
    "unit_rows",
    "versions",
    "windows",
)


@cache
def definitions_hash() -> str:
    """sha256 over all that decides a feature's value: the code without comments, and the numbers of policy."""
    folder = Path(__file__).parent
    told = "\n".join(meaning_of((folder / f"{name}.py").read_text("utf-8")) for name in MODULES)
    return hashlib.sha256((told + policy_numbers()).encode()).hexdigest()


def policy_numbers() -> str:
    """What the department's policy decides of the features' values, as it stands now."""
    return repr((overtime_limit(), MEMORY, MONTHS_APART, policy().ladders, policy().training))


def meaning_of(source: str) -> str:
    """What a module's code says, whatever its comments, docstrings and layout.

    >>> meaning_of("x = 1  # why") == meaning_of("# because\\nx = 1")
    True
    >>> meaning_of("x = 1") == meaning_of("x = 2")
    False
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:]
    return ast.dump(tree)
