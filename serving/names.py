"""What posts, units and courses are called: the names on record, in both languages, for answers that carry codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import pandas as pd

from serving.schemas import Text


@dataclass(frozen=True)
class Names:
    """Names by code; a code without a name stands for itself, and a name in one language for both."""

    known: Mapping[str, Text]

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame], table: str, key: str) -> Self:
        """The newest name of each row of a table; none where the table is absent or has no names.

        >>> rows = pd.DataFrame({"post_id": ["p", "q"], "name_zh": ["巡警", None], "name_en": [None, None]})
        >>> names = Names.of({"posts": rows}, "posts", "post_id")
        >>> names("p").en, names("q").zh, Names.of({}, "posts", "post_id")("p").zh
        ('巡警', 'q', 'p')
        """
        rows = frames.get(table)
        if rows is None or not {"name_zh", "name_en"} & set(rows):
            return cls({})
        newest = rows.drop_duplicates(key, keep="last")
        both = newest.reindex(columns=["name_zh", "name_en"])
        found = {}
        for code, zh, en in zip(newest[key].astype(str), both["name_zh"], both["name_en"], strict=True):
            told = [str(one) for one in (zh, en) if not pd.isna(one)]
            if told:
                found[code] = Text(zh=told[0], en=told[-1])
        return cls(found)

    def __call__(self, code: str) -> Text:
        """The name of a code."""
        return self.known.get(code, Text(zh=code, en=code))
