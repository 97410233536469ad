"""Bodies of the addresses about concerns. No answer holds the words that somebody wrote: whoever asks has them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import StringConstraints

from serving.schemas import ID_PATTERN, Answer, Because, Body, ModelName, OfficerId, Probability, Text, Whole, about

MAX_CONCERNS, MAX_OPEN, MAX_UNITS = 100, 200, 200
MAX_TEXT = 2000
ConcernId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
UnitId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
Channel = Literal["online", "hotline", "visit"]
RaisedBy = Literal["officer", "family", "community"]
Urgency = Literal["normal", "soon", "urgent"]


class ConcernText(Body):
    """一条诉求。 / One concern."""

    concern_id: ConcernId = about("诉求编号，原样返回", "id of the concern, given back as it is")
    text: Words = about(
        "诉求原文，最长 2000 字；只用于本次作答，不保存，不进入日志",
        "the words as raised, 2,000 characters at most; used for this answer alone, never kept and never logged",
    )
    channel: Channel | None = about("渠道；不详为空", "the channel it came by, null where unknown", default=None)
    raised_by: RaisedBy | None = about("提出人；不详为空", "who raised it, null where unknown", default=None)
    officer_id: OfficerId | None = about("所涉民警；无则空", "the officer it is about, null for none", default=None)
    unit_id: UnitId | None = about("所涉单位；不详为空", "the unit it is about, null where unknown", default=None)
    raised_on: date | None = about("提出日期；空为今天", "day it was raised, null for today", default=None)


class ConcernsRequest(Body):
    """诉求研判：类别、紧急程度、帮助者与逾期可能。 / Triage: category, urgency, who helps, and deadlines at risk."""

    concerns: list[ConcernText] = about(
        "诉求，1 至 100 条", "concerns, 1 to 100", min_length=1, max_length=MAX_CONCERNS
    )


class SuggestedCategory(Answer):
    """建议的类别或小类。 / A category or subcategory that is suggested."""

    code: str = about("代号", "its code")
    category: str = about("所属大类代号", "code of the category it belongs to")
    name: Text = about("名称", "its name")
    chance: Probability = about("可能性", "how likely it is")


class Helper(Answer):
    """建议的帮助者类型。 / A kind of helper that is suggested."""

    kind: str = about("代号", "its code")
    name: Text = about("名称", "its name")


class Deadline(Answer):
    """一个期限及其逾期可能。 / A deadline, and the chance of missing it."""

    deadline: Literal["acknowledge", "resolve"] = about("签收或办结", "to acknowledge, or to resolve")
    due_on: date = about("到期日，当日仍算按期", "last day in time")
    overdue: bool = about("是否已逾期", "whether it is past", default=False)
    done_on: date | None = about("完成日期；未完成为空", "day it was done, null where it is not", default=None)
    chance_missed: Probability | None = about(
        "逾期可能；已完成、已逾期或无从估计时为空",
        "chance of missing it, null where it is done, past, or cannot be told",
        default=None,
    )  # fmt: skip


class TriagedConcern(Answer):
    """一条诉求的研判。 / Triage of one concern."""

    concern_id: str = about("诉求编号", "id of the concern")
    officer_id: str | None = about("所涉民警", "the officer it is about")
    unit_id: str | None = about("所涉单位", "the unit it is about")
    status: Literal["sorted", "category_only", "unsure"] = about(
        "小类明确、只有大类明确、不确定（由人分类）",
        "subcategory told, category alone told, or unsure: a person sorts it",
    )
    category: str | None = about("大类；不确定为空", "category, null where unsure")
    subcategory: str | None = about("小类；不确定为空", "subcategory, null where unsure")
    categories: list[SuggestedCategory] = about(
        "最可能的大类；未能研读时为空", "likeliest categories, none of words not read"
    )
    subcategories: list[SuggestedCategory] = about(
        "最可能的小类；未能研读时为空", "likeliest ones, none of words not read"
    )
    urgency: Urgency | None = about("紧急程度；未能研读时为空", "how urgent, null where its words were not read")
    urgency_name: Text | None = about("紧急程度的文字；同上", "how urgent, in words; null as above")
    urgent_chance: Probability | None = about(
        "涉及生命健康危险的可能；未能读懂或由明说的危险字样判定时为空",
        "chance that life or health is in danger, null where nothing was read or plain words of danger decide",
    )
    alarm: Text | None = about(
        "明说的危险（政策所列字样），一律按紧急办理；没有则为空",
        "the danger that is said in plain words (policy lists them): urgent whatever else; null for none",
        default=None,
    )
    unread: Because | None = about(
        "为何没有读懂：没有汉字，或不像诉求；读懂了则为空",
        "why nothing was read: no Chinese, or everyday words; null where it was",
        default=None,
    )
    helpers: list[Helper] = about("建议的帮助者，首选在前", "kinds of helper, preferred first")
    handler: Text | None = about("经办岗位；大类不确定为空", "the desk that handles it, null where unsure")
    answer_by: Text | None = about("该渠道的答复方式", "how its channel is answered")
    deadlines: list[Deadline] = about("期限；大类不确定为空", "deadlines, empty where the category is unsure")


class ConcernsAnswer(Answer):
    """每条一项，顺序不变；由人决定如何办理。 / One for each concern, in order; people decide what is done."""

    request_id: str = about("请求编号", "id of this request")
    model: ModelName = about("作答的模型", "the model that answered")
    results: list[TriagedConcern] = about("每条诉求一项", "one for each concern")


class OpenConcernsRequest(Body):
    """未办结的诉求及升级建议。 / Concerns that are open, by deadline, and whom they should go to."""

    unit_ids: list[UnitId] | None = about(
        "单位编号，含其下级；空为所能见的全部", "units with all under them, null for all that may be seen",
        default=None, min_length=1, max_length=MAX_UNITS,
    )  # fmt: skip
    channel: Channel | None = about("只看一个渠道；空为全部", "one channel alone, null for all", default=None)
    escalated_only: bool = about("只看需要升级的", "only those that should go further", default=False)
    as_of: date | None = about("截止日期；空为今天", "day asked about, null for today", default=None)
    top: Whole = about("最多条数，1 至 200", "at most so many, 1 to 200", default=50, ge=1, le=MAX_OPEN)


class Escalation(Answer):
    """升级建议。 / Whom it should go to, and since when."""

    to: Helper = about("应升级到谁", "whom it should go to")
    since: date = about("自何日起", "from which day on")
    text: Text = about("说明", "in words")


class OpenConcern(Answer):
    """一条未办结的诉求。 / One concern that is open."""

    concern_id: str = about("诉求编号", "id of the concern")
    officer_id: str | None = about("所涉民警", "the officer it is about")
    unit_id: str | None = about("所涉单位", "the unit it is about")
    status: Literal["new", "acknowledged"] = about("未签收或已签收", "not acknowledged yet, or acknowledged")
    channel: str = about("渠道", "the channel it came by")
    raised_by: str = about("提出人", "who raised it")
    raised_on: date = about("提出日期", "day it was raised")
    days_open: int = about("已历天数", "days since it was raised")
    category: str | None = about("登记的大类；无则空", "category on record, null for none")
    subcategory: str | None = about("登记的小类；无则空", "subcategory on record, null for none")
    suggested: SuggestedCategory | None = about(
        "模型建议的小类；不确定或没有模型时为空", "subcategory the model suggests, null where unsure or without a model"
    )
    urgency: Urgency | None = about(
        "紧急程度；没有模型或未能读懂时为空", "how urgent, null without a model, or where nothing was read"
    )
    alarm: Text | None = about(
        "明说的危险，一律按紧急办理；没有则为空", "the danger that is said in plain words, null for none", default=None
    )
    helpers: list[Helper] = about("建议的帮助者", "kinds of helper that are suggested")
    handler: Text | None = about("经办岗位", "the desk that handles it")
    answer_by: Text | None = about("该渠道的答复方式", "how its channel is answered")
    deadlines: list[Deadline] = about("签收与办结期限", "deadlines to acknowledge and to resolve")
    escalation: Escalation | None = about("升级建议；无则空", "whom it should go to, null where nobody yet")


class OpenConcernsAnswer(Answer):
    """最急的在前：需升级者、紧急者、期限近者。 / Most pressing first: to go further, urgent, deadline near."""

    request_id: str = about("请求编号", "id of this request")
    as_of: date = about("截止日期", "day asked about")
    open: int = about("所能见的未办结条数", "how many are open of those that may be seen")
    escalated: int = about("其中需要升级的条数", "how many of them should go further")
    unknown_units: list[str] = about(
        "所问单位中没有记录或无权查看的", "units asked about that no record knows or that may not be seen", default=[]
    )
    results: list[OpenConcern] = about("诉求", "the concerns")


class ThemesRequest(Body):
    """各单位每月诉求主题。 / Monthly themes of concerns by unit."""

    unit_ids: list[UnitId] | None = about(
        "单位编号；空为所能见的全部", "units, null for all that may be seen", default=None, min_length=1,
        max_length=MAX_UNITS,
    )  # fmt: skip
    months: Whole | None = about("最近几个整月；空为政策所定", "last whole months, null for what policy says",
                                 default=None, ge=1, le=60)  # fmt: skip
    as_of: date | None = about("截止日期；空为今天", "day asked about, null for today", default=None)


class Theme(Answer):
    """一个单位一个月的一个主题。 / One theme of one unit and everything under it in one month."""

    month: date = about("月份的第一天", "first day of the month")
    unit_id: str = about("单位编号，含其下级", "the unit, with everything under it")
    category: str = about("大类代号", "code of the category")
    name: Text = about("大类名称", "name of the category")
    concerns: int = about("诉求条数", "how many concerns")


class Subtheme(Answer):
    """全员一个月的一个小类，不分单位。 / One subcategory of the whole force in one month."""

    month: date = about("月份的第一天", "first day of the month")
    category: str = about("大类代号", "code of the category")
    subcategory: str = about("小类代号", "code of the subcategory")
    name: Text = about("小类名称", "name of the subcategory")
    concerns: int = about("诉求条数", "how many concerns")


class ThemesAnswer(Answer):
    """人数过少的组不给出，也不能由其他数字相减得出。 / Groups of few are left out, and what differences tell."""

    request_id: str = about("请求编号", "id of this request")
    as_of: date = about("截止日期", "day asked about")
    least_people: int = about("少于此人数的组不给出", "groups of fewer people are not told")
    results: list[Theme] = about("主题，按月份、单位、条数", "themes by month, unit and number")
    subcategories: list[Subtheme] = about(
        "小类，不分单位；只给能见全员者", "subcategories of the whole force, for who may see all of it"
    )
    not_told: Because = about("为何有的组没有数字", "why some groups have no figure")
