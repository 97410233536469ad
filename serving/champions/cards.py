"""Model cards as blocks: the Markdown that the gate wrote beside a version, read back for a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from serving.champions.record_schemas import CardBlock

MOST_BYTES = 2 * 1024 * 1024
CELL = re.compile(r"(?<!\\)\|")
RULE = re.compile(r"\|( --- \|)+")


def card_of(folder: Path, language: str) -> list[CardBlock]:
    """The card in a language, without its pictures; nothing where the gate wrote none."""
    path = folder / f"card.{language}.md"
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return []
    return list(blocks_of(path.read_text("utf-8")))


def blocks_of(text: str) -> Iterator[CardBlock]:
    """Headings, paragraphs, lists and tables; pictures and the title are left out.

    >>> [one.kind for one in blocks_of("# t\\n\\n## a\\n\\nb\\n\\n- c\\n\\n| e |\\n| --- |\\n| f |\\n\\n![g](g)")]
    ['heading', 'text', 'list', 'table']
    """
    for block in re.split(r"\n{2,}", text.strip()):
        lines = block.splitlines()
        if block.startswith(("# ", "![")):
            continue
        if block.startswith("#"):
            yield CardBlock(kind="heading", text=block.lstrip("# "))
        elif all(line.startswith("- ") for line in lines):
            yield CardBlock(kind="list", items=[line[2:] for line in lines])
        elif len(lines) > 1 and RULE.fullmatch(lines[1]):
            yield CardBlock(kind="table", header=_cells(lines[0]), rows=[_cells(line) for line in lines[2:]])
        else:
            yield CardBlock(kind="text", text=block)


def _cells(line: str) -> list[str]:
    r"""Cells of a row.

    >>> _cells(r"| a\|b | c |")
    ['a|b', 'c']
    """
    return [cell.strip().replace("\\|", "|") for cell in CELL.split(line)[1:-1]]
