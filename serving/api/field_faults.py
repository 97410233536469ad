"""What is wrong with a field, said in Chinese: pydantic says it in English only. Never the value that came in."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

from pydantic_core import ErrorDetails

OTHER = "取值不合要求"
WORDS: Mapping[str, str] = {
    "missing": "缺少此字段",
    "extra_forbidden": "没有这个字段，请去掉",
    "string_type": "须为字符串",
    "string_unicode": "须为合法的 Unicode 字符串",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "含有不允许的字符，须符合 {pattern}",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "须为整数，不带小数",
    "float_type": "须为数字",
    "float_parsing": "须为数字",
    "finite_number": "须为有限的数",
    "bool_type": "须为 true 或 false",
    "list_type": "须为数组",
    "dict_type": "须为对象",
    "model_type": "须为对象",
    "model_attributes_type": "须为对象",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须不小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "须不大于 {le}",
    "literal_error": "须为 {expected} 之一",
    "enum": "须为 {expected} 之一",
    "date_type": "须为日期，写作 YYYY-MM-DD",
    "date_parsing": "须为日期，写作 YYYY-MM-DD",
    "date_from_datetime_parsing": "须为日期，写作 YYYY-MM-DD",
    "date_from_datetime_inexact": "须为日期，不带时刻，写作 YYYY-MM-DD",
    "told": "{zh}",  # a check of our own, which says both
}


def said_in_chinese(error: ErrorDetails) -> str:
    """The Chinese for what pydantic found, with the bounds that the schema sets.

    >>> said_in_chinese({"type": "too_long", "loc": (), "msg": "", "input": [], "ctx": {"max_length": 200}})
    '至多 200 项'
    """
    words = WORDS.get(error["type"], OTHER)
    bounds: Mapping[str, Any] = error.get("ctx", {})
    named = {name for _, name, _, _ in Formatter().parse(words) if name}
    return words.format_map({name: _chinese(bounds[name]) for name in named}) if named <= set(bounds) else OTHER


def _chinese(bound: object) -> str:
    """A bound as Chinese writes it: pydantic lists what may stand as 'a', 'b' or 'c'.

    >>> _chinese("'a', 'b' or 'c'"), _chinese(5)
    ("'a'、'b'、'c'", '5')
    """
    return str(bound).replace("' or '", "'、'").replace("', '", "'、'").replace(" or ", "、")
