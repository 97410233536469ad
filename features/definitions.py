"""A hash that moves when the way a feature is computed moves, and stays when only its wording does."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

MODULES = (
    "asof_join",
    "careers",
    "event_windows",
    "exposure",
    "measures",
    "network",
    "sequences",
    "standing",
    "surroundings",
    "unit_rows",
    "versions",
    "windows",
)


@cache
def definitions_hash() -> str:
    """sha256 over the code of every module that decides a feature's value, without comments and docstrings."""
    folder = Path(__file__).parent
    told = "\n".join(meaning_of((folder / f"{name}.py").read_text("utf-8")) for name in MODULES)
    return hashlib.sha256(told.encode()).hexdigest()


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
