"""Who and what feedback may be about: officers, posts, rank steps and courses of the history, read again when it grows.

A bureau that never delivered a table of posts or courses is believed where its postings or completions name them; where
the history knows nothing of a kind at all, nothing of that kind is refused.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, ItemKind
from features.history import History
from serving.access.reach import Sight
from serving.on_force import KNOWN_BY

POSTS = (("posts", "post_id"), ("postings", "post_id"), ("units", "unit_id"))  # the first that has rows speaks
STEPS = (("rank_steps", "rank_step"), ("promotions", "rank_step"))
COURSES = (("courses", "course_id"), ("course_completions", "course_id"))
HASHED = re.compile(r"[0-9a-f]{64}")  # a path too long to be told by its posts
WORDS = {
    ItemKind.POST: Bilingual("没有编号为“{item}”的岗位；请填写建议中的 post_id",
                             "there is no post “{item}”; send the post_id of a suggestion"),
    ItemKind.PATH: Bilingual("没有编号为“{item}”的岗位或职级；请填写路径的 path_id",
                             "there is no post or rank step “{item}”; send the path_id of a path"),
    ItemKind.COURSE: Bilingual("没有编号为“{item}”的课程；请填写建议中的 course_id",
                               "there is no course “{item}”; send the course_id of a suggestion"),
}  # fmt: skip
STRANGER = Bilingual("没有此编号的民警；请核对编号，或先导入其履历",
                     "there is no officer of this id; correct it, or ingest the record first")  # fmt: skip
Ids = frozenset[str]


@dataclass
class KnownItems:
    """Ids by kind; asked by several threads at once."""

    history: History
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _held: tuple[str, dict[ItemKind, Ids], Ids] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> KnownItems:
        """From the history of the settings, which need not be there yet."""
        return cls(History(settings.history_dir))

    def fault(self, kind: ItemKind, item: str) -> Bilingual | None:
        """What is wrong with an item of a kind, naming what is unknown and what to send; None for nothing."""
        known = self._ids()[1][kind]
        parts = [item]
        if kind is ItemKind.PATH:
            parts = [] if HASHED.fullmatch(item) else item.split(">")
        unknown = next((part for part in parts if part not in known), None)
        if unknown is None or not known:
            return None
        words = WORDS[kind]
        return Bilingual(words.zh.format(item=unknown), words.en.format(item=unknown))

    def stranger(self, officer_id: str, sight: Sight) -> Bilingual | None:
        """What is wrong with an officer, None for nothing: the same words for who is elsewhere and who is not there.

        Where the history knows no officer at all, whoever the caller may name wherever they serve is believed.
        """
        known = self._ids()[2]
        believed = officer_id in known if known else sight.names(officer_id, None)
        return None if believed else STRANGER

    def _ids(self) -> tuple[str, dict[ItemKind, Ids], Ids]:
        with self._lock:
            now = self.history.fingerprint()
            if self._held is None or self._held[0] != now:
                posts, steps, courses = (self._first(some) for some in (POSTS, STEPS, COURSES))
                jobs = posts | steps if posts else posts  # what is planned on a ladder goes by the step
                officers = frozenset[str]().union(*(self._first(((table, "officer_id"),)) for table in KNOWN_BY))
                self._held = now, {ItemKind.POST: jobs, ItemKind.PATH: jobs, ItemKind.COURSE: courses}, officers
            return self._held

    def _first(self, places: tuple[tuple[str, str], ...]) -> Ids:
        """The ids of the first of some tables that has rows."""
        for table, column in places:
            if self.history.rows(table):
                rows = self.history.dataset(table).to_table(columns=[column]).column(column)
                return frozenset(str(one) for one in rows.unique().to_pylist() if one is not None)
        return frozenset()
