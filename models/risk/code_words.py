"""What codes of the record are called in sentences: ranks by the ladders of policy, tracks and education as they are.

A code that nothing names is quoted as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from data_contracts.naming import quoted
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual, Education, Track

WORDS: Mapping[str, type[Track] | type[Education]] = {"track": Track, "education": Education}


@lru_cache(maxsize=1024)
def code_told(column: str, code: str) -> Bilingual:
    """The name of a code of a column.

    >>> code_told("track", "technical").en, code_told("rank_code", "四级警长").en, code_told("rank_code", "P9").en
    ('police technology', 'Police sergeant, fourth class', 'code “P9”')
    """
    if column in WORDS:
        return next((one.label for one in WORDS[column] if one.value == code), quoted(code))
    steps = (step for ladder in policy().ladders for step in ladder.steps)
    return next((Bilingual(step.code, step.name_en) for step in steps if step.code == code), quoted(code))
