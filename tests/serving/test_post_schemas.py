"""A suggestion over HTTP says everything that was found, and keeps the two scores apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data_contracts.vocabulary import Bilingual
from models.posts.fit import Fit, FitPart
from models.posts.reasons import moved_here
from models.posts.suggestions import Suggestion, Vacancy
from serving.paths.schemas import PathsFound
from serving.posts.schemas import suggested_posts
from serving.schemas import PostSuggestion


@dataclass(frozen=True)
class Lacks:
    code: str
    zh: str
    en: str


def test_everything_that_was_found_is_told() -> None:
    fit = Fit(0.75, (FitPart("goal", 0.75, Bilingual("目标", "goal")),))
    vacancy = Vacancy("v1", "p", "u", 2, date(2024, 2, 1))
    unknown = (Lacks("fitness", "体能：记录中没有", "fitness: not on record"),)
    free = Suggestion("p", 0.4, fit, (moved_here(6, 10),), (), (vacancy,), unknown=unknown)
    barred = Suggestion(
        "q", 0.3, None, (), (Lacks("law_exam", "尚未通过法律考试", "lacks the law exam"),), few_moves=True
    )
    names = {"p": Bilingual("法制", "Legal affairs")}
    told = [one.model_dump(mode="json") for one in suggested_posts((free, barred), names)]
    assert told[:1] == [
        {
            "post_id": "p",
            "name": {"zh": "法制", "en": "Legal affairs"},
            "score": 0.4,
            "likelihood": 0.4,
            "fit": 0.75,
            "fit_parts": [{"part": "goal", "score": 0.75, "text": {"zh": "目标", "en": "goal"}}],
            "reasons": [
                {
                    "theme": "moved",
                    "text": {
                        "zh": "离开您现岗位的 10 人次中有 6 人次调入此岗位",
                        "en": "6 of 10 moves out of your post led here",
                    },
                }
            ],
            "few_moves": False,
            "blocked_by": [],
            "not_checked": [
                {"rule": "fitness", "text": {"zh": "体能：记录中没有", "en": "fitness: not on record"}},
            ],
            "vacancies": [{"vacancy_id": "v1", "unit_id": "u", "places": 2, "closes_on": "2024-02-01"}],
        }
    ]
    assert told[1]["name"] == {"zh": "q", "en": "q"}
    assert (told[1]["fit"], told[1]["fit_parts"], told[1]["few_moves"]) == (None, [], True)
    assert told[1]["blocked_by"][0]["text"]["en"] == "lacks the law exam"


def test_the_schema_says_which_goals_count_for_fit_and_where_the_course_of_a_change_is_from() -> None:
    fit = str(PostSuggestion.model_fields["fit_parts"].description)
    assert "专业方向与职级不指明具体岗位" in fit
    assert "a talent field or a rank step says nothing of a single post" in fit
    change = str(PathsFound.model_fields["change"].description)
    assert "未必列出" in change
    assert "(/v1/courses) need not list it" in change
