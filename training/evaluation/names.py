"""What outcomes, models and measures are called where people read of them; records keep the codes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual

MONTHS = re.compile(r"(?P<outcome>[a-z_]+?)_(?P<months>\d+)m")
EVENTUAL = "_eventual"
OWN = "pharos"
RECOMMENDERS: Mapping[str, Bilingual] = {
    OWN: Bilingual("本模型", "this model"),
    "markov": Bilingual("马尔可夫转移", "Markov transitions"),
    "popularity": Bilingual("热门程度", "popularity"),
    "recent_popularity_30d": Bilingual("近 30 天热度", "popularity, 30 days"),
    "recent_popularity_90d": Bilingual("近 90 天热度", "popularity, 90 days"),
    "most_frequent": Bilingual("最常走的路径", "way most often taken"),
    "peer": Bilingual("简单模型", "plain peer"),
    "names": Bilingual("查找名称", "looking for names"),
    "network": Bilingual("神经网络", "network"),
}
STRATA: Mapping[str, Bilingual] = {
    "all": Bilingual("全部", "all"),
    "novel": Bilingual("未任过的岗位", "novel posts"),
    "short_history": Bilingual("履历短", "short history"),
    "cold": Bilingual("新岗位", "cold posts"),
    "wave": Bilingual("集中推行的必修课", "mandated waves"),
    "elective": Bilingual("选修课", "electives"),
    "new_course": Bilingual("新课程", "new courses"),
    "one_step": Bilingual("一步", "one step"),
    "two_steps": Bilingual("两步", "two steps"),
    "more_steps": Bilingual("三步及以上", "three steps or more"),
    "held_phrases": Bilingual("留出的例句", "phrases held out"),
    "simulator": Bilingual("模拟语句", "sentences of the simulator"),
}
COURSES = "courses"
LISTS: Mapping[str, Bilingual] = {
    "next-post": Bilingual("下一岗位", "next posts"),
    COURSES: Bilingual("课程", "courses"),
    "paths": Bilingual("职业路径", "career paths"),
    "concerns": Bilingual("诉求分类", "sorting of concerns"),
}
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


def recommender_named(code: str) -> Bilingual:
    """A recommender or one of its peers; one without a name keeps its code.

    >>> recommender_named("markov").zh, recommender_named("ease").en
    ('马尔可夫转移', 'ease')
    """
    return RECOMMENDERS.get(code, Bilingual(code, code))


def stratum_named(code: str) -> Bilingual:
    """A kind of rows on which lists are looked at apart; one without a name keeps its code."""
    return STRATA.get(code, Bilingual(code, code))


def kind_named(code: str, lists: str) -> Bilingual:
    """A kind whose exposure a recommender is compared in: the competency of courses, else the job family of posts.

    >>> kind_named("investigation", "next-post").zh, kind_named("law", "courses").zh, kind_named("p9", "paths").zh
    ('刑事侦查', '执法规范', '代号“p9”')
    """
    names = policy().names
    return names.competency_named(code) if lists == COURSES else names.family_named(code)


def subject_named(code: str) -> Bilingual:
    """What a line of the gate is about: an outcome, or what a recommender lists.

    >>> subject_named("next-post").zh, subject_named("conduct").zh
    ('下一岗位', '查实投诉')
    """
    return LISTS[code] if code in LISTS else outcome_named(code)


def lists_named(code: str) -> Bilingual:
    """What a recommender lists; one without a name keeps its code."""
    return LISTS.get(code, Bilingual(code, code))


def measure_named(code: str) -> Bilingual:
    """A figure of a record; English keeps its key in the JSON.

    >>> measure_named("precision_at_5pct").zh
    '前 5 % 精确率'
    """
    top = AT_TOP.fullmatch(code)
    return Bilingual(f"前 {top['share']} % {AT_TOP_ZH[top['what']]}" if top else MEASURES.get(code, code), code)
