"""What outcomes, models, measures and groups are called where people read of them; records keep the codes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from training.evaluation.groups import PAIR, POOLED, UNKNOWN

MONTHS = re.compile(r"(?P<outcome>[a-z_]+?)_(?P<months>\d+)m")
PARTS = re.compile(rf"{re.escape(PAIR)}(?=[a-z_]+=)")  # not at the plus sign of a value ("unit_size=300+")
NUMBERS = re.compile(r"(\d+)")
EVENTUAL = "_eventual"
SMALL_ONES = re.compile(rf"(?P<attributes>[a-z_]+(?:{re.escape(PAIR)}[a-z_]+)*)={POOLED}")
ATTRIBUTES: Mapping[str, Bilingual] = {
    "sex": Bilingual("性别", "sex"),
    "ethnicity": Bilingual("民族", "ethnicity"),
    "age_band": Bilingual("年龄段", "age"),
    "unit_size": Bilingual("单位人数", "officers of the unit"),
}
BANDS = re.compile(r"\d+(-\d+|\+)")
VALUES: Mapping[str, Mapping[str, Bilingual]] = {
    "sex": {
        "female": Bilingual("女", "female"), "male": Bilingual("男", "male"),
        "女": Bilingual("女", "female"), "男": Bilingual("男", "male"),
    },
    "ethnicity": {
        "han": Bilingual("汉族", "han"), "hui": Bilingual("回族", "hui"), "zhuang": Bilingual("壮族", "zhuang"),
        "manchu": Bilingual("满族", "manchu"), "other": Bilingual("其他", "other"),
        "white": Bilingual("白人", "white"), "black": Bilingual("黑人", "black"),
        "hispanic": Bilingual("西语裔", "hispanic"), "asian": Bilingual("亚裔", "asian"),
        "native_american": Bilingual("原住民", "native american"),
    },
}  # fmt: skip
UNITS_ZH = {"age_band": "岁", "unit_size": "人"}  # of measure, behind a band
METHODS: Mapping[str, str] = {
    "own_past": "本人近 24 个月同类情况",
    "count_rule": "投诉计数规则",
    "logistic": "逻辑回归",
    "random_forest": "随机森林",
    "ebm": "可解释提升模型",
    "event_sequence": "事件序列模型",
    "blend": "混合模型",
    "glass_box": "透明模型",
    "last_period": "上一期比例",
    "pooled": "全部合并",
}
MEASURES: Mapping[str, str] = {
    "outcome": "结局",
    "as_of": "截止日",
    "model": "模型",
    "n_train": "训练行数",
    "n_test": "检验行数",
    "positives": "事件数",
    "base_rate": "总体发生率",
    "roc_auc": "AUC",
    "average_precision": "平均精确率",
    "brier": "Brier 分",
    "ece": "校准误差",
    "mean_predicted": "平均预测",
    "spearman": "等级相关",
    "fit_seconds": "拟合秒数",
}
AT_TOP = re.compile(r"(?P<what>precision|recall|lift)_at_(?P<share>\d+)pct")
AT_TOP_ZH = {"precision": "精确率", "recall": "召回率", "lift": "提升倍数"}


def outcome_named(record: str) -> Bilingual:
    """The outcome that records call so; the months where they stand in the name.

    >>> outcome_named("conduct").zh, outcome_named("conduct_24m").zh, outcome_named("conduct_24m").en
    ('查实投诉', '查实投诉（24 个月）', 'conduct, 24 months')
    """
    found = MONTHS.fullmatch(record)
    name = found["outcome"] if found else record
    known = {str(rule.name): rule.name_zh for rule in policy().outcomes}
    zh, en = known.get(name, name), name.replace("_", " ")
    return (
        Bilingual(f"{zh}（{found['months']} 个月）", f"{en}, {found['months']} months") if found else Bilingual(zh, en)
    )


def method_named(code: str) -> Bilingual:
    """A model or rule of a backtest; English keeps the code by which the JSON and the commands know it.

    >>> method_named("random_forest_eventual").zh, method_named("pharos").zh
    ('随机森林（已知后来结论）', 'pharos')
    """
    if code.endswith(EVENTUAL):
        return Bilingual(f"{method_named(code.removesuffix(EVENTUAL)).zh}（已知后来结论）", code)
    return Bilingual(METHODS.get(code, code), code)


def measure_named(code: str) -> Bilingual:
    """A figure of a record; English keeps its key in the JSON.

    >>> measure_named("precision_at_5pct").zh
    '前 5 % 精确率'
    """
    top = AT_TOP.fullmatch(code)
    return Bilingual(f"前 {top['share']} % {AT_TOP_ZH[top['what']]}" if top else MEASURES.get(code, code), code)


def group_named(code: str) -> Bilingual:
    """A group by its values; small ones that were pooled are called that.

    >>> group_named("sex=女+unit_size=300+").zh, group_named("sex+age_band=pooled").en
    ('性别 女，单位人数 300 人以上', 'sex and age: small groups together')
    """
    pooled = SMALL_ONES.fullmatch(code)
    if pooled:
        attributes = [_attribute(name) for name in pooled["attributes"].split(PAIR)]
        zh, en = "、".join(one.zh for one in attributes), " and ".join(one.en for one in attributes)
        return Bilingual(f"{zh}：人数少的各组合并", f"{en}: small groups together")
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


def _counted(value: str) -> tuple[object, ...]:
    """Numbers by size and words by their letters; what nobody recorded comes last."""
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in NUMBERS.split(value) if part)
    return (value == UNKNOWN, parts)


def _attribute(code: str) -> Bilingual:
    return ATTRIBUTES.get(code, Bilingual(code, code))


def _value(attribute: str, value: str) -> Bilingual:
    of = _attribute(attribute)
    one = Bilingual("不详", "not recorded") if value == UNKNOWN else _called(attribute, value)
    return Bilingual(f"{of.zh} {one.zh}", f"{of.en} {one.en}")


def _called(attribute: str, value: str) -> Bilingual:
    """A value in both languages; what has no name of its own stays as it is recorded.

    >>> _called("sex", "女").en, _called("unit_size", "30-99").zh, _called("ethnicity", "dai").zh
    ('female', '30-99 人', 'dai')
    """
    unit = UNITS_ZH.get(attribute)
    if unit and BANDS.fullmatch(value):
        band = f"{value[:-1]} {unit}以上" if value.endswith("+") else f"{value} {unit}"
        return Bilingual(band, value)
    return VALUES.get(attribute, {}).get(value, Bilingual(value, value))
