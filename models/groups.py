"""Groups of officers by protected attribute: how they are cut, and what they are called where people read of them.

For audits only: nothing here feeds a model, a score or a list. Records keep the codes (`sex=female+age_band=20-29`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual

UNKNOWN, POOLED, PAIR = "unknown", "pooled", "+"  # "other" is what a register may call a value of its own
PARTS = re.compile(rf"{re.escape(PAIR)}(?=[a-z_]+=)")  # not at the plus sign of a value ("unit_size=300+")
NUMBERS = re.compile(r"(\d+)")
SMALL_ONES = re.compile(rf"(?P<attributes>[a-z_]+(?:{re.escape(PAIR)}[a-z_]+)*)={POOLED}")
BANDS = re.compile(r"\d+(-\d+|\+)")
ATTRIBUTES: Mapping[str, Bilingual] = {
    "sex": Bilingual("性别", "sex"),
    "ethnicity": Bilingual("民族", "ethnicity"),
    "age_band": Bilingual("年龄段", "age"),
    "unit_size": Bilingual("单位人数", "unit size"),
}
WOMEN, MEN = Bilingual("女", "women"), Bilingual("男", "men")
VALUES: Mapping[str, Mapping[str, Bilingual]] = {
    "sex": {"female": WOMEN, "f": WOMEN, "女": WOMEN, "male": MEN, "m": MEN, "男": MEN},
    "ethnicity": {
        "han": Bilingual("汉族", "Han"), "hui": Bilingual("回族", "Hui"), "zhuang": Bilingual("壮族", "Zhuang"),
        "manchu": Bilingual("满族", "Manchu"), "other": Bilingual("其他", "other ethnicities"),
        "white": Bilingual("白人", "white"), "black": Bilingual("黑人", "black"),
        "hispanic": Bilingual("西语裔", "Hispanic"), "asian": Bilingual("亚裔", "Asian"),
        "native_american": Bilingual("原住民", "Native American"),
    },
}  # fmt: skip
BAND_WORDS: Mapping[str, tuple[str, str]] = {
    "age_band": ("{band} 岁", "aged {band}"),
    "unit_size": ("{band} 人", "in units of {band} officers"),
}


def bands(ages: pd.Series, width: int) -> pd.Series:
    """Age bands as text.

    >>> bands(pd.Series([29.0, 30.0, None]), 10).tolist()
    ['20-29', '30-39', None]
    """
    starts = ages // width * width
    named = starts.map(lambda start: f"{int(start)}-{int(start) + width - 1}", na_action="ignore").astype(object)
    return named.where(named.notna(), None)


def sizes(officers: pd.Series, edges: tuple[int, ...]) -> pd.Series:
    """Bands of unit size as text.

    >>> sizes(pd.Series([29.0, 30.0, 500.0]), (30, 100)).tolist()
    ['1-29', '30-99', '100+']
    """
    starts = (1, *edges)
    names = [f"{low}-{high - 1}" for low, high in zip(starts, edges, strict=False)] + [f"{edges[-1]}+"]
    place = np.searchsorted(np.array(edges), officers.fillna(1).to_numpy(), side="right")
    return pd.Series(np.array(names, dtype=object)[place], index=officers.index).where(officers.notna(), None)


def group_named(code: str) -> Bilingual:
    """A group by its values; small ones that were pooled are called that.

    >>> group_named("sex=女+unit_size=300+").zh, group_named("sex=女+unit_size=300+").en
    ('性别：女，单位人数：300 人以上', 'women, in units of 300+ officers')
    >>> group_named("sex+age_band=pooled").en, group_named("sex=unknown").en
    ('sex and age: small groups together', 'sex not recorded')
    """
    pooled = SMALL_ONES.fullmatch(code)
    if pooled:
        attributes = [attribute_named(name) for name in pooled["attributes"].split(PAIR)]
        zh, en = "与".join(one.zh for one in attributes), " and ".join(one.en for one in attributes)
        return Bilingual(f"{zh}：人数少的各组合并计算", f"{en}: small groups together")
    told = [_value(*part.partition("=")[::2]) for part in PARTS.split(code)]
    return Bilingual("，".join(one.zh for one in told), ", ".join(one.en for one in told))


def group_order(code: str) -> tuple[object, ...]:
    """Sorts groups by attribute, single ones before pairs, then by value as people count; unknown and pooled last.

    >>> sorted(["age_band=100-109", "age_band=unknown", "age_band=pooled", "age_band=20-29"], key=group_order)
    ['age_band=20-29', 'age_band=100-109', 'age_band=unknown', 'age_band=pooled']
    """
    attributes = attributes_of(code)
    known = list(policy().gate.groups.attributes)
    places = tuple(known.index(name) if name in known else len(known) for name in attributes)
    values = [] if SMALL_ONES.fullmatch(code) else [part.partition("=")[2] for part in PARTS.split(code)]
    return (len(attributes), places, attributes, not values, tuple(map(_counted, values)))


def attributes_of(code: str) -> tuple[str, ...]:
    """What a group is a group by.

    >>> attributes_of("sex=女+unit_size=300+"), attributes_of("sex+age_band=pooled")
    (('sex', 'unit_size'), ('sex', 'age_band'))
    """
    pooled = SMALL_ONES.fullmatch(code)
    if pooled:
        return tuple(pooled["attributes"].split(PAIR))
    return tuple(part.partition("=")[0] for part in PARTS.split(code))


def attribute_named(code: str) -> Bilingual:
    """An attribute in both languages; one without a name keeps its code."""
    return ATTRIBUTES.get(code, Bilingual(code, code))


def _counted(value: str) -> tuple[object, ...]:
    """Numbers by size and words by their letters; what nobody recorded comes last."""
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in NUMBERS.split(value) if part)
    return (value == UNKNOWN, parts)


def _value(attribute: str, value: str) -> Bilingual:
    """A value as one says it: women, aged 20-29; one that has no name of its own stands behind its attribute.

    >>> _value("sex", "女").en, _value("unit_size", "30-99").zh, _value("ethnicity", "dai").en
    ('women', '单位人数：30-99 人', 'ethnicity dai')
    """
    of = attribute_named(attribute)
    if value == UNKNOWN:
        return Bilingual(f"{of.zh}：不详", f"{of.en} not recorded")
    if attribute in BAND_WORDS and BANDS.fullmatch(value):
        zh, en = BAND_WORDS[attribute]
        band = zh.format(band=value.removesuffix("+")) + ("以上" if value.endswith("+") else "")
        return Bilingual(f"{of.zh}：{band}", en.format(band=value))
    known = VALUES.get(attribute, {}).get(value)
    return Bilingual(f"{of.zh}：{known.zh}", known.en) if known else Bilingual(f"{of.zh}：{value}", f"{of.en} {value}")
