"""One page that stands alone: words in Chinese and English, tables and pictures, no request to anywhere."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_contracts.figures import figure_told
from data_contracts.vocabulary import Bilingual

TEMPLATES = Path(__file__).parent / "templates"
Cell = str | float | int | Bilingual | None


@dataclass(frozen=True)
class Picture:
    """A PNG with what it shows."""

    caption: Bilingual
    png: bytes

    @property
    def base64(self) -> str:
        """The bytes as they stand in the page."""
        return base64.b64encode(self.png).decode("ascii")


@dataclass(frozen=True)
class Row:
    """Cells of a table; `mark` colours it: warning or alert."""

    cells: Sequence[Cell]
    mark: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table."""

    caption: Bilingual
    columns: Sequence[Bilingual]
    rows: Sequence[Row]


@dataclass
class Section:
    """A part of the page, `code` its anchor."""

    code: str
    title: Bilingual
    notes: list[Bilingual] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """The whole."""

    title: Bilingual
    sections: Sequence[Section]


def told(value: str | float | int | None) -> str:
    """A cell as people read it; what is whole is told whole.

    >>> [told(one) for one in ("conduct", 12345, 0.12345, 12.0, None, float("nan"))]
    ['conduct', '12,345', '0.123', '12', '–', '–']
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else figure_told(value)


def write_page(path: Path, page: Page) -> Path:
    """Write the page as one HTML file, everything from outside escaped; the folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_html(page), encoding="utf-8")
    return path


def _html(page: Page) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    place = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    filters: dict[str, Any] = place.filters
    filters["told"] = told
    return place.get_template("page.html.j2").render(page=page)
