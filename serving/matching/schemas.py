"""Bodies of `POST /v1/match`: wishes for vacancies, placed by published points, and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from serving.schemas import ID_PATTERN, MAX_OFFICERS, Answer, Because, BlockedBy, Body, OfficerId, Text, Whole, about

MAX_VACANCIES = 200
MAX_WISHES = 2000
VacancyId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
PostId = VacancyId
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Order = Annotated[Whole, Field(ge=1, le=100)]


class RoundVacancy(Body):
    """调用方给出的空缺。 / A vacancy that the caller brings."""

    vacancy_id: VacancyId = about("空缺编号", "id of the vacancy")
    post_id: PostId = about("岗位编号", "id of the post")
    places: Whole = about("名额", "open places", ge=0, le=10_000)


class RoundWish(Body):
    """调用方给出的志愿。 / A wish that the caller brings."""

    officer_id: OfficerId = about("民警编号", "the officer id")
    vacancy_id: VacancyId = about("空缺编号", "id of the vacancy")
    preference_order: Order = about("志愿顺位，1 为最先", "order of the wish, 1 first")


class Priority(Body):
    """优先类别；同一人有多项时，每个空缺计最优先的一类。 / A priority class granted to an officer; of several, the best
    counts at each vacancy."""

    officer_id: OfficerId = about("本轮有志愿的民警编号", "id of an officer who wishes in this round")
    priority_class: Code = about("政策规定的类别代码", "code of a class of policy")
    vacancy_id: VacancyId | None = about(
        "仅限本轮的此空缺；空为全部", "for this vacancy of the round only, null for all", default=None
    )


class MatchRequest(Body):
    """志愿匹配：结果稳定，如实填报最有利。 / Matching of wishes and vacancies by points: stable, and honesty pays."""

    officer_ids: list[OfficerId] = about(
        "要答复的民警，1 至 200 个；全体志愿均参与匹配", "whom to answer for, 1 to 200; every wish takes part",
        min_length=1, max_length=MAX_OFFICERS,
    )  # fmt: skip
    as_of: date | None = about("计算日期；空为今天", "day of the record, null for today", default=None)
    vacancy_ids: list[VacancyId] | None = about(
        "本轮空缺；空为当日开放的全部空缺", "vacancies of the round, null for all that are open on the day",
        default=None, min_length=1, max_length=MAX_VACANCIES,
    )  # fmt: skip
    vacancies: list[RoundVacancy] | None = about(
        "由调用方给出的空缺，代替档案中的空缺", "vacancies brought by the caller, in place of those on record",
        default=None, min_length=1, max_length=MAX_VACANCIES,
    )  # fmt: skip
    wishes: list[RoundWish] | None = about(
        "由调用方给出的志愿，代替档案中的志愿", "wishes brought by the caller, in place of those on record",
        default=None, max_length=MAX_WISHES,
    )  # fmt: skip
    priorities: list[Priority] = about(
        "已批准的优先类别", "priority classes granted", default=[], max_length=MAX_WISHES
    )
    lottery_seed: str | None = about(
        "公开抽签种子；空为政策所定", "public seed of the lottery, null for that of policy",
        default=None, min_length=1, max_length=64,
    )  # fmt: skip
    with_fit: bool = about(
        "同时给出契合度最高的分配供参考", "also show the assignment of the greatest fit", default=False
    )


class Opening(Answer):
    """一个空缺的岗位与单位。 / Which post a vacancy is for, and where."""

    post_id: str = about("岗位编号", "id of the post")
    post_name: Text = about("岗位名称；无名称时为编号", "name of the post, its id where it has none")
    unit_id: str | None = about(
        "单位编号；由调用方给出的空缺为空", "id of the unit, null for a vacancy that was brought"
    )
    unit_name: Text | None = about("单位名称；无名称时为编号", "name of the unit, its id where it has none")


class WishResult(Answer):
    """一个志愿的结果。 / What became of one wish."""

    vacancy_id: str = about("空缺编号", "id of the vacancy")
    opening: Opening | None = about(
        "该空缺的岗位与单位；未知空缺时为空", "its post and unit, null for one nobody opened"
    )
    preference_order: int | None = about("志愿顺位；无法辨认时为空", "order of the wish, null where it is unclear")
    code: str = about("结果代码", "stable code: granted, not_needed, outranked, not_eligible, ...")
    decided_by: str | None = about("决定先后的项目", "what decided who went first, null where nothing did")
    text: Text = about("结果的文字", "the result in words")
    priority_class: str | None = about(
        "在此空缺计入的优先类别，为已批准者中最优先的一类；空为无",
        "the priority class that counted at this vacancy, the best of those granted; null for none", default=None,
    )  # fmt: skip
    not_checked: list[BlockedBy] = about(
        "岗位要求中记录无从核查的：既不算满足，也不算不满足",
        "what the post asks for and the record does not tell: neither met nor not met", default=[],
    )  # fmt: skip


class OfficerMatched(Answer):
    """一个民警的结果。 / One officer's result."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["placed", "not_placed"] = about("已录取或未录取", "placed or not_placed")
    vacancy_id: str | None = about("录取的空缺", "the vacancy granted, null for none")
    opening: Opening | None = about("录取的岗位与单位", "post and unit granted, null for none")
    preference_order: int | None = about("录取的志愿顺位", "the order of the wish granted, null for none")
    because: Because | None = about("未录取的原因", "why none was granted, null where one was")
    assignments: list[WishResult] = about("每个志愿的结果", "every wish and what became of it")
    points: float | None = about("参与排序的积分", "the points that counted, null for somebody without any wish")


class VacancyLeftOut(Answer):
    """一个未参与匹配的空缺。 / A vacancy that was asked for and takes no part."""

    vacancy_id: str = about("空缺编号，与请求一致", "the vacancy id as it was asked")
    because: Because = about("未参与的原因", "why it takes no part")


class Alternative(Answer):
    """契合度最高的分配，仅供参考。 / The assignment of the greatest fit, for comparison only."""

    total_fit: float = about("该分配的总契合度", "total fit of this assignment")
    total_fit_of_match: float = about("匹配结果的总契合度", "total fit of the matching")
    blocking_pairs: int = about("因此受损而有理由申诉的对数", "pairs who would both rather have each other")
    assignments: dict[str, str | None] = about(
        "所问民警在该分配中的空缺", "the vacancy that each officer asked about would get"
    )


class MatchAnswer(Answer):
    """每个民警一项结果，顺序不变。 / One result for each officer, in order."""

    request_id: str = about("请求编号", "id of this request")
    as_of: date = about("计算日期", "day of the record")
    rule_table: str = about("规则表的摘要", "hash of the published rules: order, points, eligibility")
    lottery_seed: str = about("抽签种子", "seed of the lottery")
    officers: int = about("参与匹配的民警数", "officers who took part")
    vacancies: int = about("参与匹配的空缺数", "vacancies that took part")
    filled: int = about("已录取的名额", "places given")
    results: list[OfficerMatched] = about("每个民警一项，顺序与请求一致", "one for each officer, in the order asked")
    left_out: list[VacancyLeftOut] = about(
        "`vacancy_ids` 中未参与匹配的空缺及原因，如所在单位已撤销",
        "vacancies of `vacancy_ids` that take no part and why, as where the unit was dissolved", default=[],
    )  # fmt: skip
    alternative: Alternative | None = about(
        "契合度最高的分配；未请求时为空", "the assignment by fit, null unless asked for"
    )
