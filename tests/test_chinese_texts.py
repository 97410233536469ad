"""Chinese texts are written as Chinese is: with full-width marks wherever a mark stands beside a Chinese character."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("data_contracts", "features", "models", "training", "serving", "experiments")
CHINESE = "[\u3400-\u9fff]"
HALF_WIDTH = re.compile(rf"{CHINESE} ?[,;:?!()]|[,;:?!()] ?{CHINESE}")
LINKS = re.compile(r"\]\([^)]*\)")  # of Markdown
FILLED_IN = "\ufffc"  # stands for what an f-string fills in
LEAST_TEXTS = 1000  # there are more; a collector that finds nothing proves nothing


def wrong_marks(text: str) -> list[str]:
    """Each half-width mark beside a Chinese character, with its neighbour."""
    return HALF_WIDTH.findall(text)


def in_python(file: Path) -> Iterator[str]:
    """String literals and f-strings; docstrings are for developers, and patterns for nobody."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    unsaid = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if ast.unparse(call.func) == "re.compile":
            unsaid |= {id(part) for part in ast.walk(call)}
    for node in ast.walk(tree):
        if id(node) in parts | unsaid:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else FILLED_IN for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def in_data(value: Any) -> Iterator[str]:
    """Every text of nested tables and lists."""
    if isinstance(value, dict):
        for part in value.values():
            yield from in_data(part)
    elif isinstance(value, list):
        for part in value:
            yield from in_data(part)
    elif isinstance(value, str):
        yield value


def texts() -> Iterator[tuple[str, str]]:
    """Every text of ours that holds a Chinese character, with its place."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*")):
            place = file.relative_to(ROOT).as_posix()
            found: Iterator[str] = iter(())
            if file.suffix == ".py":
                found = in_python(file)
            elif file.suffix == ".toml":
                found = in_data(tomllib.loads(file.read_text(encoding="utf-8")))
            elif file.suffix == ".yaml":
                found = in_data(yaml.safe_load(file.read_text(encoding="utf-8")))
            elif file.name.endswith(".zh-CN.md"):
                found = iter(LINKS.sub("]", file.read_text(encoding="utf-8")).splitlines())
            elif file.suffix in (".j2", ".html"):
                found = iter(re.findall(r">([^<>]*)<", file.read_text(encoding="utf-8")))
            yield from ((place, text) for text in found if re.search(CHINESE, text))


def test_chinese_texts_have_full_width_marks() -> None:
    collected = list(texts())
    assert len(collected) > LEAST_TEXTS
    assert {"data_contracts", "models", "training", "serving", "experiments"} <= {
        place.partition("/")[0] for place, _ in collected
    }
    wrong = [f"{place}: {text}" for place, text in collected if wrong_marks(text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", ["漂移,监测", "运行:x", "摘要 (sha256)", "(平均)", "谁?", "好!", "一;二"])
def test_a_half_width_mark_is_seen(text: str) -> None:
    assert wrong_marks(text)


@pytest.mark.parametrize(
    "text", ["2024-01-01，2025-01-01", "95 % 区间", "NDCG@10 较 a:b 高", "每 1,000 小时", "（sha256）"]
)
def test_numbers_units_and_codes_keep_theirs(text: str) -> None:
    assert not wrong_marks(text)
