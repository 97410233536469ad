"""What goes in and what comes out over HTTP; strict, so that a typing error is an error and not a default.

Every body is one JSON object. Lists in, lists out: one result for each item, in order, whatever happens to the others.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

MAX_OFFICERS = 200
MAX_POSTS = 20
# printable, no separators that a log or a header could trip over
ID_PATTERN = r"^[^\u0000-\u0020\u007f-\u00a0\u2028\u2029]+$"
OfficerId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 5.0 is the whole number 5.

    >>> _whole(5.0), _whole(5.5), _whole("5")
    (5, 5.5, '5')
    """
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
Months = Annotated[Literal[6, 12, 24], BeforeValidator(_whole)]


def about(zh: str, en: str, **more: Any) -> Any:
    """A field described in Chinese first, then in English."""
    return Field(description=f"{zh} / {en}", **more)


def told(zh: str, en: str) -> PydanticCustomError:
    """What a check of our own on a whole body raises, in both languages."""
    return PydanticCustomError("told", "{en}", {"zh": zh, "en": en})


class Body(BaseModel):
    """A request: unknown fields, wrong types and numbers in strings are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """An answer, made by us."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NextPostsRequest(Body):
    """职业指引：下一个可能的岗位。 / Career guidance: the next posts for a list of officers."""

    officer_ids: list[OfficerId] = about(
        "民警编号，1 至 200 个，可重复", "officer ids, 1 to 200, repeats allowed", min_length=1, max_length=MAX_OFFICERS
    )
    as_of: date | None = about(
        "特征所属日期；空为最新。模型只按现有特征作答，问其他日期者不作答（other_as_of）",
        "day of the features, null for the newest; answers are made of the features at hand, and any other day than "
        "theirs is refused (other_as_of)",
        default=None,
    )
    top: Whole = about("每人建议岗位数，1 至 20", "posts for each officer, 1 to 20", default=5, ge=1, le=MAX_POSTS)
    open_only: bool = about("只建议现有空缺的岗位", "only posts with open places", default=False)
    with_barred: bool = about(
        "同时列出被规则排除的岗位及所缺条件", "also the likeliest posts that rules bar, each with what is lacking",
        default=False,
    )  # fmt: skip


class Text(Answer):
    """给人看的文字，中文在前。 / Words for people, Chinese first."""

    zh: str = about("中文", "in Chinese")
    en: str = about("英文", "in English")


class ModelName(Answer):
    """作答的模型。 / The model that answered."""

    name: str = about(
        "模型名称：risk、next-post、courses、paths 或 concerns；尚无课程模型时为 recent_popularity_30d",
        "name of the model: risk, next-post, courses, paths or concerns; recent_popularity_30d while no courses model "
        "answers",
    )
    version: str = about("模型版本", "version of the model")
    features: str = about(
        "本次读取的特征服务及其版本；各结局所用的列见其 features",
        "feature service that was read from, with its version; which of its columns an outcome uses stands with it",
    )


class Because(Answer):
    """未评分的原因。 / Why there is no score."""

    code: str = about("固定代码", "stable code")
    zh: str = about("中文说明", "said in Chinese")
    en: str = about("英文说明", "said in English")


class Reason(Answer):
    """一条原因。 / One reason."""

    theme: str = about("主题", "theme")
    text: Text = about("原因的文字", "the reason in words")
    since: str | None = about(
        "所依据的日期，文字中已说明：最近一次之日；持续至今的，为开始之日；两者皆无的，为所计时段的首日",
        "the day it rests on, which the words tell: that of the last of many; of what goes on, the day it began; of "
        "neither, the first day of the time counted",
        default=None,
    )
    strength: float | None = about(
        "在全部影响中的份额，0 至 1", "its share in all that moves the chance, 0 to 1", default=None, ge=0.0, le=1.0
    )
    contribution: float | None = about(
        "对数几率上的加减量（自然对数），仅风险原因有：baseline、全部 contribution 与 rest 相加，即概率的对数几率",
        "what it adds to the log-odds (natural logarithm), of reasons of risk only: baseline, all contributions and "
        "rest add up to the log-odds of the chance",
        default=None,
    )


class PostReason(Answer):
    """建议一个岗位的一条依据；依据为计数，不是加减量。 / One reason of a post: what was counted, no share of a sum."""

    theme: str = about("主题", "theme")
    text: Text = about("依据的文字", "the reason in words")


class Declined(Answer):
    """本人不感兴趣、暂不再建议的内容。 / Something the officer declined, which is not suggested again for now."""

    item: str = about("内容代号", "code of what was declined")
    item_kind: str = about(
        "类别：post、path 或 course；一步的路径与其岗位代号相同",
        "its kind: post, path or course; a path of one step has the code of its post", default="post",
    )  # fmt: skip
    name: Text | None = about("名称；未知时为空", "its name, null where it has none", default=None)
    until: date = about("在此日期前不再建议", "not suggested again before this day")
    text: Text = about("说明", "said in words")


class NotScored(Answer):
    """未评分的民警；从不视为低风险。 / An officer without a score, which never means low risk."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["not_scored"] = about("固定为 not_scored", "always not_scored", default="not_scored")
    because: Because = about("未评分的原因", "why there is no score")


class BlockedBy(Answer):
    """尚不满足的规则。 / A rule that is not met yet."""

    rule: str = about("规则代码", "code of the rule")
    text: Text = about("规则的文字", "the rule in words")


class FitPart(Answer):
    """匹配度的一个组成部分。 / One part of how well a post fits."""

    part: str = about(
        "组成部分：competencies、goal 或 wishes（只计所问之日仍开放的空缺）",
        "the part: competencies, goal or wishes (for vacancies that are open on the day asked about)",
    )
    score: float = about("该部分得分，0 至 1", "score of the part, 0 to 1", ge=0.0, le=1.0)
    text: Text = about("该部分依据的文字", "what it rests on, in words")


class OpenVacancy(Answer):
    """一个空缺。 / One vacancy."""

    vacancy_id: str = about("空缺编号", "id of the vacancy")
    unit_id: str = about("单位编号", "id of the unit")
    places: int = about("名额", "places open", ge=1)
    closes_on: date | None = about("报名截止日期", "last day to apply", default=None)


class PostSuggestion(Answer):
    """一个建议岗位及其两项分数，二者从不混合。 / One suggested post with its two scores, which are never mixed."""

    post_id: str = about("岗位编号", "id of the post")
    name: Text = about("岗位名称；无名称时为编号", "name of the post, its id where it has none")
    score: float = about("排序得分，即可能性", "ranking score, the same as likelihood")
    likelihood: float = about(
        "可能性：下一次调动（不论何时）去往此岗位的概率（模型）",
        "chance that the next move, whenever it comes, goes there (the model's)",
        ge=0.0, le=1.0,
    )  # fmt: skip
    fit: float | None = about(
        "匹配度：按本人能力与意愿的规则计算，0 至 1；无相关记录时为空",
        "how well it fits this officer by rule, 0 to 1, null where nothing that bears on it is on record",
        default=None, ge=0.0, le=1.0,
    )  # fmt: skip
    fit_parts: list[FitPart] = about(
        "匹配度的各组成部分；没有记录的部分不计入。目标只有为岗位或职位类别时计入：专业方向与职级不指明具体岗位",
        "the parts of the fit; what is not on record is left out. A goal counts where it is a post or a job family: a "
        "talent field or a rank step says nothing of a single post",
        default=[],
    )
    reasons: list[PostReason] = about("建议的原因，最强在前", "why it is suggested, strongest first")
    few_moves: bool = about(
        "以往调入此岗位的人次很少，可能性主要依据岗位特征，把握较小",
        "hardly anybody on record moved here, so the likelihood rests on what the post is like and is less sure",
        default=False,
    )
    blocked_by: list[BlockedBy] = about(
        "尚不满足的规则；为空表示无阻碍", "rules not met yet, empty when nothing stands against it", default=[]
    )
    not_checked: list[BlockedBy] = about(
        "岗位要求中记录无从核查的：既不算满足，也不算不满足",
        "what the post asks for and the record does not tell: neither met nor not met", default=[],
    )  # fmt: skip
    vacancies: list[OpenVacancy] = about("现有空缺", "vacancies open on that day", default=[])


LIKELIHOOD = Text(
    zh="下一次调动去往该岗位的可能性，不论何时调动，不含是否会调动；由下一岗位模型给出。职业路径中步骤的可能性由另一模型给出，"
    "指在该步预计的时候调动时去往该处，两者不可直接比较",
    en="chance that the next move, whenever it comes, goes to the post; whether one comes is not in it. The chance of "
    "a step of a path is another model's, of a move at the time that step is expected: the two do not compare",
)

LIKELIHOOD_OF_FIRST = Text(
    zh="首任岗位为该岗位的可能性：按记录中同序列入警者首任岗位的比例，人数少时趋近全体入警者的比例及下一岗位模型的排序",
    en="chance that the first post is this one: the share of those on record who joined on the same track and began in "
    "it, drawn towards all who joined and towards the next-post model where they are few",
)


def missing_events() -> Any:
    """The field of a result that tells which events it lacks."""
    return about(
        "自该日起已接收的事件尚未计入此结果（特征库暂时落后）；空为全部计入",
        "events accepted since this day are not in this result, as the feature store is behind; null when all are",
        default=None,
    )


class PostsRanked(Answer):
    """有建议的民警。 / An officer with suggestions."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["scored"] = about("固定为 scored", "always scored", default="scored")
    without_events_since: date | None = missing_events()
    cold_start: bool = about(
        "无任职记录：记录中有此人的，按同序列入警者的首任岗位推荐，否则按全体的调动推荐",
        "no posting is known: of an officer on record the first posts of those who joined on the same track decide, of "
        "others all moves",
    )
    short_history: bool = about(
        "已知的任职岗位不超过两个，排序把握较小",
        "at most two posts of the career are known, so the ranking is less sure",
        default=False,
    )
    rules_checked: bool = about(
        "是否按规则筛选；无相应记录或记录中没有此人时为 false，此时岗位未经资格审查",
        "whether rules were checked; false where the records are not there or do not know the officer: then who may "
        "take a post was not looked at",
    )
    rules_not_checked: list[BlockedBy] = about(
        "尚无任职记录者：所列岗位未能核查的规则及原因",
        "of an officer who was never posted: the rules of the posts listed that could not be checked, and why",
        default=[],
    )
    likelihood_of: Text = about("可能性的含义", "what the likelihoods are chances of", default=LIKELIHOOD)
    posts: list[PostSuggestion] = about(
        "可选岗位，兼顾职位类别，最佳在前", "posts that nothing bars, best first, spread over job families"
    )
    barred: list[PostSuggestion] = about(
        "被规则排除的岗位及所缺条件；应请求列出，或在没有可选岗位时列出",
        "the likeliest posts that rules bar, where asked for or where no post is open", default=[],
    )  # fmt: skip
    declined: list[Declined] = about(
        "因本人不感兴趣而未列出的岗位", "posts left out because the officer declined them", default=[]
    )
    because: Because | None = about(
        "规则使所有岗位都不可选时的原因，及最早何时可选；否则为空",
        "where rules bar every post: why, and from when the first could be open; else null",
        default=None,
    )
    notices: list[Because] = about(
        "登记的职业目标未计入契合度的原因；为空表示已计入或未登记",
        "why the stated goal is no part of the fit, empty where it is or none was stated", default=[],
    )  # fmt: skip


class Frame(Answer):
    """What every answer carries around its results."""

    request_id: str = about("请求编号", "id of this request")
    model: ModelName = about("作答的模型", "the model that answered")
    as_of: date | None = about(
        "所读特征所属日期；未读到所问日期的特征时为空",
        "day of the features read, null when none of the day asked for were",
    )
    feature_age_hours: float | None = about(
        "所读最旧特征距今小时数；未读到时为空", "age of the oldest features read, null when there are none"
    )
    degraded: bool = about("特征陈旧或部分缺失", "features are old or partly missing")


class NextPostsAnswer(Frame):
    """每个民警一项结果，顺序不变。 / One result for each officer, in order."""

    notices: list[Because] = about(
        "须知：如已接收的事件尚未计入", "what to know, as that accepted events are not in it yet", default=[]
    )
    results: list[PostsRanked | NotScored] = about(
        "每个民警一项，顺序与请求一致", "one for each officer, in the order asked"
    )


class LoadedModel(ModelName):
    """一个已加载的模型。 / One loaded model."""

    sha256: str = about("签名清单的摘要", "hash of the signed manifest")
    feature_hash: str = about("特征定义的摘要", "hash of the feature definitions")
    outcomes: list[str] = about("可回答的结局；风险模型以外为空", "outcomes it answers, empty but for risk")


class ModelsAnswer(Answer):
    """启动时加载的模型。 / The models loaded at start."""

    request_id: str = about("请求编号", "id of this request")
    models: list[LoadedModel] = about("已加载的模型", "the models loaded")
    missing: list[str] = about(
        "英文：缺少的模型及补救方法；为空表示齐全",
        "models that are missing and what to do, in English; empty when none is",
        default=[],
    )
    missing_zh: list[str] = about("中文，逐项与 missing 相同", "the same in Chinese, one by one", default=[])


class Health(Answer):
    """状态。 / State."""

    status: Literal["live"] = about("固定为 live", "always live")


class Readiness(Answer):
    """可以作答；缺少的模型及补救方法。 / Ready to answer; which models are missing and what to do."""

    status: Literal["ready"] = about("固定为 ready", "always ready")
    missing: list[str] = about(
        "英文：缺少的模型及补救方法；为空表示齐全",
        "models that are missing and what to do, in English; empty when none is",
    )
    missing_zh: list[str] = about("中文，逐项与 missing 相同", "the same in Chinese, one by one", default=[])
    notices: list[Because] = about(
        "须留意的事，例如特征过于陈旧", "what needs attention, such as features too old to score on", default=[]
    )


class FieldProblem(Answer):
    """一个字段的问题，不含其值。 / What is wrong with one field, never its value."""

    field: str = about(
        "字段在请求体中的位置；空为请求体本身", "place of the field in the body, empty for the body itself"
    )
    message: str = about("英文：问题所在，不含其值", "what is wrong, in English, never the value")
    message_zh: str = about("中文：问题所在，不含其值", "what is wrong, in Chinese, never the value", default="")


class Problem(Answer):
    """RFC 9457 错误。 / An error in the form of RFC 9457."""

    type: str = about("错误类型的标识", "identifier of the kind of error")
    title: str = about("HTTP 状态的名称", "name of the HTTP status")
    status: int = about("HTTP 状态码", "HTTP status code")
    code: str = about("固定代码", "stable code")
    detail: str = about("英文细节与补救方法", "details and what to do, in English")
    detail_zh: str = about("中文细节与补救方法", "details and what to do, in Chinese", default="")
    zh: str = about("中文说明", "said in Chinese")
    en: str = about("英文说明", "said in English")
    request_id: str = about("请求编号，查询日志用", "id of this request, by which the log is searched")
    errors: list[FieldProblem] = about("有问题的字段", "the fields that are wrong", default=[])
