"""What is wrong with a field, in both languages: pydantic says it in English only, and shows a bare pattern where
people need to hear which characters may stand, or how a list is written. Never the value that came in: of it people
hear which kind of value it is."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

from pydantic_core import ErrorDetails

from data_contracts.vocabulary import Bilingual

OTHER = "取值不合要求"
WORDS: Mapping[str, str] = {
    "missing": "缺少此字段",
    "extra_forbidden": "没有这个字段，请去掉",
    "string_type": "须为字符串",
    "string_unicode": "须为合法的 Unicode 字符串",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "须为整数，不带小数",
    "float_type": "须为数字",
    "float_parsing": "须为数字",
    "finite_number": "须为有限的数",
    "bool_type": "须为 true 或 false",
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


KINDS: tuple[tuple[type | tuple[type, ...], Bilingual], ...] = (
    (bool, Bilingual(" true 或 false", "true or false")),  # before numbers, of which Python holds it for one
    ((int, float), Bilingual("数字", "a number")),
    (str, Bilingual("字符串", "a text")),
    (object, Bilingual("对象", "an object")),
)
"""What JSON holds beside lists and null, the first that fits."""
NO_SPACE = Bilingual(
    "含有不允许的字符：不得含空格、换行、制表符或其他控制字符，其余字符均可",
    "has a character that may not stand here: no space, line break, tab or other control character; any other may",
)
MAY_STAND: Mapping[str, Bilingual] = {
    r"^[^\u0000-\u0020\u007f-\u00a0\u2028\u2029]+$": NO_SPACE,
    r"^[A-Za-z0-9_]+$": Bilingual(
        "只能含英文字母、数字与下划线", "only letters A to Z and a to z, digits and the underscore may stand here"
    ),
    r"^[0-9a-f]{32}$": Bilingual(
        "须为 32 个字符，只含数字与小写字母 a 至 f", "must be 32 characters, digits and the small letters a to f only"
    ),
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9a-f]{32}$": Bilingual(
        "须原样送回上一页答复中的 next", "must be the `next` of the page before, as it was answered"
    ),
    r"^[^\u0000]*$": Bilingual("不得含空字符（U+0000）", "the null character (U+0000) may not stand here"),
    r"^[^\u0000-\u0008\u000b-\u001f\u007f]*$": Bilingual(
        "不得含控制字符；换行与制表符可以", "control characters may not stand here, but line breaks and tabs may"
    ),
    r"^[^\u0000-\u001f\u007f-\u009f]+$": Bilingual(
        "不得含换行、制表符或其他控制字符；空格可以",
        "no line break, tab or other control character may stand here; spaces may",
    ),
}
"""Every pattern of the schemas in words; a pattern that is added must be written down here before tests pass."""


def said(error: ErrorDetails) -> Bilingual:
    """What pydantic found, for people.

    >>> said({"type": "missing", "loc": (), "msg": "Field required", "input": {}}).en
    'Field required'
    >>> said({"type": "list_type", "loc": (), "msg": "", "input": 24}).en
    'must be a list, and a number came in: write [ ] around it, also where it is the only one'
    """
    if error["type"] == "list_type":
        return _no_list(error["input"])
    if error["type"] == "string_pattern_mismatch":
        return MAY_STAND[str(error.get("ctx", {}).get("pattern"))]
    return Bilingual(said_in_chinese(error), error["msg"])


def _no_list(value: object) -> Bilingual:
    """What is asked of a field that holds several, where one value or none came in."""
    if value is None:
        return Bilingual(
            "须为数组，收到的是 null：请写成 [ ] 括起的各项",
            "must be a list, and null came in: write [ ] around what it holds",
        )
    kind = next(words for kinds, words in KINDS if isinstance(value, kinds))
    return Bilingual(
        f"须为数组，收到的是{kind.zh}：请用 [ ] 括起，只有一项时也要",
        f"must be a list, and {kind.en} came in: write [ ] around it, also where it is the only one",
    )


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
