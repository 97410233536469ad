"""What a suggested post carries over HTTP: two scores kept apart, what the fit rests on, and the places open."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from data_contracts.vocabulary import Bilingual
from models.post_suggestions import Suggestion, Suggestions
from serving.schemas import Answer, BlockedBy, PostSuggestion, Reason, Text, about


class FitPart(Answer):
    """匹配度的一个组成部分。 / One part of how well a post fits."""

    part: str = about("组成部分：competencies、goal 或 wishes", "the part: competencies, goal or wishes")
    score: float = about("该部分得分，0 至 1", "score of the part, 0 to 1", ge=0.0, le=1.0)
    text: Text = about("该部分依据的文字", "what it rests on, in words")


class OpenVacancy(Answer):
    """一个空缺。 / One vacancy."""

    vacancy_id: str = about("空缺编号", "id of the vacancy")
    unit_id: str = about("单位编号", "id of the unit")
    places: int = about("名额", "places open", ge=1)
    closes_on: date | None = about("报名截止日期", "last day to apply", default=None)


class SuggestedPost(PostSuggestion):
    """一个建议岗位及其两项分数。 / One suggested post with its two scores, which are never mixed."""

    likelihood: float = about(
        "可能性：经历相近的民警调入此岗位的概率（模型）", "how likely people with such a career go there (the model's)",
        ge=0.0, le=1.0,
    )  # fmt: skip
    fit: float | None = about(
        "匹配度：按本人能力与意愿的规则计算，0 至 1；无相关记录时为空",
        "how well it fits this officer by rule, 0 to 1, null where nothing that bears on it is on record",
        default=None, ge=0.0, le=1.0,
    )  # fmt: skip
    fit_parts: list[FitPart] = about("匹配度的各组成部分", "the parts of the fit", default_factory=list)
    vacancies: list[OpenVacancy] = about("现有空缺", "vacancies open now", default_factory=list)


class SuggestedPosts(Answer):
    """可选岗位与被规则排除的岗位。 / What is open, and what rules bar with the reason for each."""

    posts: list[SuggestedPost] = Field(description="可选岗位，最佳在前 / open posts, best first")
    barred: list[SuggestedPost] = Field(
        description="被规则排除的岗位及原因 / the likeliest posts that rules bar, each with what is lacking"
    )


def suggested_posts(found: Suggestions, names: dict[str, Bilingual]) -> SuggestedPosts:
    """The answer for one officer; a post without a name goes by its id."""
    open_, barred = ([_post(one, names) for one in some] for some in (found.open, found.barred))
    return SuggestedPosts(posts=open_, barred=barred)


def _post(one: Suggestion, names: dict[str, Bilingual]) -> SuggestedPost:
    name = names.get(one.post_id, Bilingual(one.post_id, one.post_id))
    parts = () if one.fit is None else one.fit.parts
    return SuggestedPost(
        post_id=one.post_id,
        name=Text(zh=name.zh, en=name.en),
        score=one.likelihood,
        likelihood=one.likelihood,
        fit=None if one.fit is None else one.fit.score,
        fit_parts=[
            FitPart(part=part.code, score=part.score, text=Text(zh=part.text.zh, en=part.text.en)) for part in parts
        ],
        reasons=[Reason(theme=reason.code, text=Text(zh=reason.zh, en=reason.en)) for reason in one.reasons],
        blocked_by=[BlockedBy(rule=rule.code, text=Text(zh=rule.zh, en=rule.en)) for rule in one.blocked_by],
        vacancies=[
            OpenVacancy(vacancy_id=v.vacancy_id, unit_id=v.unit_id, places=v.places, closes_on=v.closes_on)
            for v in one.vacancies
        ],
    )
