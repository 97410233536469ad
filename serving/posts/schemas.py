"""What suggested posts look like over HTTP: two scores kept apart, what the fit rests on, and the places open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from data_contracts.vocabulary import Bilingual
from serving.schemas import FitPart, OpenVacancy, PostReason, PostSuggestion
from serving.words import rules_of, text_of

if TYPE_CHECKING:
    from models.posts.suggestions import Suggestion  # brings torch


DIGITS = 4


def suggested_posts(found: Sequence[Suggestion], names: Mapping[str, Bilingual]) -> list[PostSuggestion]:
    """The posts in order; one without a name goes by its id."""
    return [_post(one, names) for one in found]


def _post(one: Suggestion, names: Mapping[str, Bilingual]) -> PostSuggestion:
    name = names.get(one.post_id, Bilingual(one.post_id, one.post_id))
    parts = () if one.fit is None else one.fit.parts
    return PostSuggestion(
        post_id=one.post_id,
        name=text_of(name),
        score=round(one.likelihood, DIGITS),
        likelihood=round(one.likelihood, DIGITS),
        fit=None if one.fit is None else round(one.fit.score, DIGITS),
        fit_parts=[FitPart(part=part.code, score=round(part.score, DIGITS), text=text_of(part.text)) for part in parts],
        reasons=[PostReason(theme=reason.code, text=text_of(reason)) for reason in one.reasons],
        few_moves=one.few_moves,
        blocked_by=rules_of(one.blocked_by),
        not_checked=rules_of(one.unknown),
        vacancies=[
            OpenVacancy(vacancy_id=v.vacancy_id, unit_id=v.unit_id, places=v.places, closes_on=v.closes_on)
            for v in one.vacancies
        ],
    )
