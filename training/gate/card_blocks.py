"""A document of a few plain blocks, written twice: as Markdown and as one HTML page without anything from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

STYLE = (
    "body{font:15px/1.55 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:64rem;margin:2rem auto;"
    "padding:0 1rem;color:#1c1c1c}table{border-collapse:collapse;font-size:13px;margin:.8rem 0}"
    "th,td{border:1px solid #cfd6dd;padding:.25rem .55rem;text-align:left}th{background:#eef3f8}"
    "img{max-width:100%;height:auto}h1,h2{line-height:1.25}"
)


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title."""

    text: str
    level: int = 2

    def markdown(self) -> str:
        """One line."""
        return f"{'#' * self.level} {self.text}"

    def html(self) -> str:
        """One element."""
        return f"<h{self.level}>{escape(self.text)}</h{self.level}>"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str

    def markdown(self) -> str:
        """As it is."""
        return self.text

    def html(self) -> str:
        """One element."""
        return f"<p>{escape(self.text)}</p>"


@dataclass(frozen=True)
class Bullets:
    """A list of short texts."""

    items: Sequence[str]

    def markdown(self) -> str:
        """A line each."""
        return "\n".join(f"- {item}" for item in self.items)

    def html(self) -> str:
        """One element."""
        return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in self.items)}</ul>"


@dataclass(frozen=True)
class Grid:
    """A table.

    >>> print(Grid(("group", "n"), [("a|b", 3)]).markdown())
    | group | n |
    | --- | --- |
    | a\\|b | 3 |
    """

    header: Sequence[str]
    rows: Sequence[Sequence[object]]

    def markdown(self) -> str:
        """A line for each row."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)

    def html(self) -> str:
        """One element."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.header)
        body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True)
class Picture:
    """A picture that lies beside the document."""

    name: str
    says: str

    def markdown(self) -> str:
        """A link."""
        return f"![{self.says}]({self.name})"

    def html(self) -> str:
        """One element."""
        return f'<figure><img src="{escape(self.name)}" alt="{escape(self.says)}"></figure>'


def picture_name(of: str, language: str) -> str:
    """The file of a picture; the Chinese one has the plain name.

    >>> picture_name("conduct", "zh"), picture_name("conduct", "en")
    ('conduct.png', 'conduct.en.png')
    """
    return f"{of}.png" if language == "zh" else f"{of}.{language}.png"


Block = Heading | Text | Bullets | Grid | Picture


def as_markdown(blocks: Sequence[Block]) -> str:
    """Blocks apart by an empty line."""
    return "\n\n".join(block.markdown() for block in blocks) + "\n"


def as_html(blocks: Sequence[Block], language: str) -> str:
    """One page; the first block is its title."""
    title = escape(blocks[0].text) if isinstance(blocks[0], Heading) else ""
    body = "\n".join(block.html() for block in blocks)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )
