"""Every word that the pages say themselves, in both languages; answers bring their own.

Grouped by page; a name begins with its page. What is filled in stands in braces.
"""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.vocabulary import Bilingual
from serving.pages.words.case import CASES
from serving.pages.words.every_page import ALL_PAGES, NO_PAGE, SIGN_IN
from serving.pages.words.helper import HELPER
from serving.pages.words.models import MODELS
from serving.pages.words.officer import OFFICER
from serving.pages.words.unit import PREVIEW, UNIT

WORDS: Mapping[str, Bilingual] = {
    **ALL_PAGES, **SIGN_IN, **NO_PAGE, **UNIT, **PREVIEW, **CASES, **OFFICER, **HELPER, **MODELS,
}  # fmt: skip
