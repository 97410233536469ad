"""All themes of reasons, in the order in which their parts stand in every record, and whose column is whose."""

from __future__ import annotations

from functools import cache

from models.risk.career_themes import CAREER_THEMES
from models.risk.complaint_themes import COMPLAINT_THEMES
from models.risk.duty_themes import DUTY_THEMES
from models.risk.facets import LEAST_CROWD, Facet, Theme

OTHER = "other"
THEMES: tuple[Theme, ...] = (*COMPLAINT_THEMES, *DUTY_THEMES, *CAREER_THEMES)
FACETS: tuple[tuple[Theme, Facet], ...] = tuple((theme, facet) for theme in THEMES for facet in theme.facets)
SHOWN: frozenset[str] = frozenset(facet.shown for _, facet in FACETS if not facet.named)  # columns of numbers
# the means of the force that sentences compare with, and that a what-if may bring a record to
FORCE_MEANS = SHOWN | {f"{name}_per_duty_month_12m" for name in ("overtime_hours", "nights", "leave_days")}


@cache
def facet_of(column: str) -> int | None:
    """The place in FACETS of the sentence that speaks for a column; None for a column of no theme.

    >>> FACETS[facet_of("complaints_sustained_12m")][1].shown, FACETS[facet_of("complaints_sustained_ever")][1].shown
    ('complaints_sustained_24m', 'complaints_sustained_60m')
    """
    return next((place for place, (_, facet) in enumerate(FACETS) if facet.covers(column)), None)


def theme_of(column: str) -> str:
    """The code of a column's theme; codes of text columns (`rank_code=...`) follow their column.

    >>> theme_of("complaints_sustained_24m"), theme_of("complaints_24m"), theme_of("rank_code=SERGEANT")
    ('sustained_complaints', 'complaints', 'career_stage')
    """
    place = facet_of(column)
    return OTHER if place is None else FACETS[place][0].code


__all__ = ["FACETS", "FORCE_MEANS", "LEAST_CROWD", "OTHER", "SHOWN", "THEMES", "Facet", "Theme", "facet_of", "theme_of"]
