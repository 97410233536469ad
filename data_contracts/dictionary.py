"""The data dictionary: one page in Chinese, one in English, written from the contracts and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from data_contracts.catalog import Catalog, Column, Table
from data_contracts.policy import policy

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Wording:
    """The fixed words of a page."""

    title: str
    intro: str
    heads: tuple[str, ...]
    kinds: Mapping[str, str]
    classes: Mapping[str, str]
    yes: str
    no: str
    required_table: str
    optional_table: str
    registered: str
    key: str
    no_key: str
    event_date: str
    order: str
    values: str
    called: str
    colon: str
    comma: str
    brackets: tuple[str, str]


WORDINGS: Mapping[Language, Wording] = {
    "zh": Wording(
        title="数据字典",
        intro="本页由 `data_contracts/tables/` 中的数据契约自动生成，请勿手工修改；"
        "修改契约后运行 `pharos contracts build`。",
        heads=("列", "名称", "类型", "必填", "密级", "可用于训练", "取值", "引用", "说明"),
        kinds={"string": "文字", "integer": "整数", "number": "数字", "boolean": "是否", "date": "日期"},
        classes={"public": "公开", "internal": "内部", "confidential": "敏感", "restricted": "高度敏感"},
        yes="是",
        no="否",
        required_table="必需的表",
        optional_table="可缺的表",
        registered="被引用而未登记者自动补登，属性留空",
        key="主键",
        no_key="无主键：完全相同的行保留并计数",
        event_date="事件日期",
        order="不得早于",
        values="取值",
        called="也叫",
        colon="：",
        comma="、",
        brackets=("（", "）"),
    ),
    "en": Wording(
        title="Data dictionary",
        intro="Generated from the contracts in `data_contracts/tables/`; do not edit. Change a contract, then run "
        "`pharos contracts build`.",
        heads=("column", "name", "type", "required", "class", "may train", "allowed", "refers to", "meaning"),
        kinds={
            "string": "text",
            "integer": "whole number",
            "number": "number",
            "boolean": "true/false",
            "date": "date",
        },
        classes={name: name for name in ("public", "internal", "confidential", "restricted")},
        yes="yes",
        no="no",
        required_table="required table",
        optional_table="optional table",
        registered="rows that others refer to are registered with unknown attributes",
        key="key",
        no_key="no key: identical rows are kept and counted",
        event_date="event date",
        order="not before",
        values="values",
        called="also called",
        colon=": ",
        comma=", ",
        brackets=(" (", ")"),
    ),
}


def page(contracts: Catalog, language: Language) -> str:
    """The whole dictionary in one language, as Markdown."""
    words = WORDINGS[language]
    parts = [f"# {words.title}", words.intro, _contents(contracts, language)]
    parts += [_table_section(table, language) for table in contracts.tables.values()]
    return "\n\n".join(parts) + "\n"


def values_of(column: Column, language: Language) -> tuple[tuple[str, str], ...]:
    """Code and label of every value a column may hold, from the contract or from the policy list it names."""
    if column.policy_list is not None:
        named = policy().list_of(column.policy_list)
        return tuple((one.code, one.name_zh if language == "zh" else one.name_en) for one in named)
    labels = column.labels_zh if language == "zh" else column.labels_en
    return tuple((code, labels[code]) for code in column.enum)


def range_of(column: Column) -> str:
    """The allowed range in words that need no language: `0 – 100`, `≤ 64`; empty where there is none.

    >>> from data_contracts.catalog import catalog
    >>> range_of(catalog().table("appraisals").column("score"))
    '0 – 100'
    """
    if column.minimum is not None and column.maximum is not None:
        return f"{_bound(column.minimum)} – {_bound(column.maximum)}"
    return "" if column.max_length is None else f"≤ {column.max_length}"


def _bound(bound: object) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def _contents(contracts: Catalog, language: Language) -> str:
    lines = [f"- [{table.name}](#{table.name}) {_name(table, language)}" for table in contracts.tables.values()]
    return "\n".join(lines)


def _table_section(table: Table, language: Language) -> str:
    words = WORDINGS[language]
    description = table.description_zh if language == "zh" else table.description_en
    blocks = [f"## {table.name}", f"**{_name(table, language)}** {description}", "\n".join(_facts(table, words))]
    rows = [_row(column, language) for column in table.columns]
    blocks.append("\n".join([_line(words.heads), _line("---" for _ in words.heads), *rows]))
    lists = [_values(column, language) for column in table.columns if values_of(column, language)]
    lists += [_called(column, words) for column in table.columns]
    return "\n\n".join([*blocks, "\n".join(lists)] if lists else blocks)


def _facts(table: Table, words: Wording) -> Iterable[str]:
    yield f"- {words.required_table if table.required else words.optional_table}"
    key = words.comma.join(f"`{name}`" for name in table.key)
    yield f"- {words.key}{words.colon}{key}" if key else f"- {words.no_key}"
    if table.event_date is not None:
        yield f"- {words.event_date}{words.colon}`{table.event_date}`"
    for rule in table.rules:
        yield f"- `{rule.column}` {words.order} `{rule.earlier}`"
    if table.registered:
        yield f"- {words.registered}"


def _row(column: Column, language: Language) -> str:
    words = WORDINGS[language]
    listed = bool(values_of(column, language))
    trains = words.yes if column.may_train else words.no
    cells = (
        f"`{column.name}`",
        column.name_zh if language == "zh" else column.name_en,
        words.kinds[column.kind],
        words.yes if column.required else words.no,
        words.classes[column.classification],
        f"{trains}{words.comma.join(column.trains_only).join(words.brackets)}" if column.trains_only else trains,
        "↓" if listed else range_of(column),
        "" if column.references is None else f"`{column.references}`",
        column.description_zh if language == "zh" else column.description_en,
    )
    return _line(cells)


def _values(column: Column, language: Language) -> str:
    words = WORDINGS[language]
    pairs = words.comma.join(f"`{code}` {label}" for code, label in values_of(column, language))
    return f"- `{column.name}` {words.values}{words.colon}{pairs}"


def _called(column: Column, words: Wording) -> str:
    """The words over such a column in exports, which `pharos ingest --guess` knows; those of both languages."""
    return f"- `{column.name}` {words.called}{words.colon}{words.comma.join(column.synonyms)}"


def _name(table: Table, language: Language) -> str:
    return table.name_zh if language == "zh" else table.name_en


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
