"""A proposal as the mapping file that `pharos ingest --source mapped` reads; comments say where a person must look."""

from __future__ import annotations

import json
from collections.abc import Iterator

from data_contracts.catalog import Column
from data_contracts.guessing.columns import SURE, Guess
from data_contracts.guessing.proposal import Proposal, Section, parts_of
from data_contracts.vocabulary import Bilingual

HEAD = """\
# 由 pharos ingest --guess 提出，请核对后再导入；标有“不确定”的各行须由人确认。
# Proposed by pharos ingest --guess: read it before you take anything in; a person must decide where it says UNSURE.
"""
WHICH_TABLE = Bilingual("是不是这张表", "whether it is this table")
UNSURE = Bilingual("不确定", "UNSURE")


def as_toml(proposal: Proposal) -> str:
    """The whole mapping file."""
    many = parts_of([section for section in proposal.sections if not section.missing])
    parts = [HEAD, *(_section(one, many[one.table.name] > 1) for one in proposal.sections)]
    left = [
        f"# {_told(LEFT)}: {text(one.sheet.name)} {text(one.header)}: {_told(one.because)}" for one in proposal.left
    ]
    left += [f"# {_told(NOT_KNOWN)}: {text(sheet.name)}" for sheet in proposal.unknown]
    return "\n".join([*parts, *left]) + "\n"


LEFT = Bilingual("未收入", "left out")
NOT_KNOWN = Bilingual("看不出是哪张表", "no table of ours is like it")
AUDITED = Bilingual("只供公平性审计，不进入任何模型", "for fairness audits only; no model ever sees it")
ONE_VALUE = Bilingual(
    "没有这一列；若各行都一样，选其一作常量", "not there; where all rows are alike, choose one as a constant"
)
LACKS = Bilingual("缺少必填列，本节未启用", "required columns were not found, so this section does not count yet")


def _section(section: Section, several: bool) -> str:
    """A section; one without a required column stands as a comment, since no mapping with it would be read."""
    lines = [
        f"# {line}" if section.missing and not line.startswith("# ") else line for line in _lines(section, several)
    ]
    return "\n".join(lines) + "\n"


def _lines(section: Section, several: bool) -> Iterator[str]:
    table, place = section.table, section.sheet.place
    yield f"# {table.name_zh} {table.name_en} · {text(section.sheet.name)}"
    if section.certainty < SURE:
        yield f"# {_told(UNSURE)} {section.certainty:.2f}: {_told(WHICH_TABLE)}"
    if section.audited_only:
        yield f"# {_told(AUDITED)}"
    if section.missing:
        yield f"# {_told(LACKS)}: {', '.join(section.missing)}"
    yield f"[[{table.name}]]" if several else f"[{table.name}]"
    yield f"file = {text(place.address)}"
    for word, value in (("sheet", place.sheet), ("encoding", place.encoding), ("delimiter", place.delimiter)):
        if value is not None:
            yield f"{word} = {text(value)}"
    if place.header_row != 1:
        yield f"header_row = {place.header_row}"
    yield f"[{table.name}.columns]"
    for guess in section.guesses:
        yield _column(guess)
    for name in section.missing:
        yield from _constant(table.column(name))
    for guess in section.guesses:
        yield from _codes(table.name, guess)


def _constant(column: Column) -> Iterator[str]:
    """A missing column of a list of codes: where all rows are alike, a constant does; the first code is no advice."""
    if column.enum:
        codes = ", ".join(f"{code} {column.labels_zh[code]}" for code in column.enum)
        yield f"# {column.name} = {{ value = {text(column.enum[0])} }}  # {_told(ONE_VALUE)}: {codes}"


def _column(guess: Guess) -> str:
    line = f"{guess.column.name} = {text(guess.header)}"
    if guess.formats:
        listed = [text(form) for form in guess.formats]
        form = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
        line = f"{guess.column.name} = {{ column = {text(guess.header)}, format = {form} }}"
    return line if guess.sure else f"{line}  # {unsure(guess)}"


def unsure(guess: Guess) -> str:
    """Why a column is unsure, in both languages."""
    rival = "" if guess.rival is None else f" ({text(guess.rival)})"
    return f"{_told(UNSURE)} {guess.certainty:.2f}: {_told(Bilingual.joined(guess.why))}{rival}"


def _codes(table: str, guess: Guess) -> Iterator[str]:
    found = guess.coding
    if not (found.needed or found.perhaps) and not found.unknown:
        return
    listed = guess.column.enum or guess.column.policy_list or guess.column.kind == "boolean"
    if not (found.needed or found.perhaps) and not listed:
        return
    yield f"[{table}.codes.{guess.column.name}]"
    for theirs, ours in found.sure.items():
        yield f"{text(theirs)} = {text(ours)}"
    for theirs, ours in found.perhaps.items():
        yield f"{text(theirs)} = {text(ours)}  # {_told(UNSURE)}"
    if listed:
        for theirs in found.unknown:
            yield f"# {text(theirs)} = ?  # {_told(UNSURE)}: {_told(NO_CODE)}"


NO_CODE = Bilingual("没有对应的代码，请填写；空文字表示不详", 'no code fits; write one, or "" for nothing')


def _told(words: Bilingual) -> str:
    return f"{words.zh} {words.en}"


def text(value: str) -> str:
    """A TOML string on one line, whatever the text holds.

    >>> print(text('a "b"\\nc'))
    "a \\"b\\"\\nc"
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
