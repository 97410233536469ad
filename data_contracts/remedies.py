"""What to do about a refused cell, in one sentence for whoever sent it."""

from __future__ import annotations

from data_contracts.catalog import Column, Table
from data_contracts.dictionary import range_of, values_of
from data_contracts.vocabulary import Bilingual, Refusal

MOST_VALUES = 12
REMEDIES = {
    Refusal.MISSING: Bilingual("请补填", "fill it in"),
    Refusal.NOT_A_DATE: Bilingual("请核对这一天是否存在", "check that there is such a day"),
    Refusal.NOT_AS_DECLARED: Bilingual(
        "请按本列其他行的写法填写，或请接收方修改映射",
        "write it like the other rows, or ask for the mapping to be changed",
    ),
    Refusal.YEAR_ALONE: Bilingual(
        "请写全年、月、日，写法与本列其他行一致", "write year, month and day, the way the other rows do"
    ),
    Refusal.NUMBER_IS_NO_DAY: Bilingual(
        "请写全年、月、日；确为1930年以前的日期序号，请接收方在映射中声明 excel_old",
        "write year, month and day; where a day before 1930 is meant, ask for excel_old in the mapping",
    ),
    Refusal.NOT_A_NUMBER: Bilingual("请只填数字", "give a number alone"),
    Refusal.NOT_WHOLE: Bilingual("请填整数", "give a whole number"),
    Refusal.NOT_TRUE_OR_FALSE: Bilingual("请填“是”或“否”", "give true or false"),
    Refusal.NOT_IN_LIST: Bilingual("请改为允许的取值", "use one of the allowed values"),
    Refusal.BELOW_MINIMUM: Bilingual("请核对数值", "check the figure"),
    Refusal.ABOVE_MAXIMUM: Bilingual("请核对数值", "check the figure"),
    Refusal.TOO_LONG: Bilingual("请缩短", "make it shorter"),
    Refusal.WRONG_ORDER: Bilingual("请核对前后两个日期", "check both dates"),
    Refusal.IN_FUTURE: Bilingual("请核对日期，或待该日之后再报送", "check the date, or send it after that day"),
    Refusal.LONG_BEFORE_JOINING: Bilingual("请核对日期与入警日期", "check this date and the day of joining"),
    Refusal.UNKNOWN_REFERENCE: Bilingual(
        "请核对编号，或一并报送所引用的记录", "check the id, or send the row it refers to"
    ),
    Refusal.ERASED: Bilingual("请从以后的导出中去掉此人", "leave this officer out of later exports"),
    Refusal.CONFLICT: Bilingual(
        "请删去重复行，或为更正注明新的知悉日期", "take one row out, or give the correction a later day"
    ),
}


def remedy(reason: Refusal, table: Table, column: str) -> Bilingual:
    """What to do, with the allowed values or the range where they say more.

    >>> from data_contracts.catalog import catalog
    >>> remedy(Refusal.NOT_IN_LIST, catalog().table("postings"), "occasion").zh
    '请改为允许的取值：入警、轮岗、晋升、本人申请、挂职借调、不详'
    """
    words = REMEDIES[reason]
    if column not in table.column_names:
        return words
    zh, en = _allowed(reason, table.column(column))
    return Bilingual(words.zh + (f"：{zh}" if zh else ""), words.en + (f": {en}" if en else ""))


def _allowed(reason: Refusal, column: Column) -> tuple[str, str]:
    if reason is Refusal.NOT_IN_LIST:
        zh, en = ([label for _, label in values_of(column, language)] for language in ("zh", "en"))
        more = len(zh) > MOST_VALUES
        return "、".join(zh[:MOST_VALUES]) + ("…" if more else ""), ", ".join(en[:MOST_VALUES]) + ("…" if more else "")
    if reason in (Refusal.BELOW_MINIMUM, Refusal.ABOVE_MAXIMUM, Refusal.TOO_LONG):
        return range_of(column), range_of(column)
    return "", ""
