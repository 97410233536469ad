"""What the history told of officers by a day, beside the posts they held: what `/v1/next_posts` checks rules and tells
fit by, and what the learned model reads as it did in training (features/background.py).

There may be no history on this machine, or one of postings alone. Then posts are ranked from the feature store as
they always were, and the answer says that no rules were checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Self

import pandas as pd

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from features.background import TABLES as TOLD
from features.background import UnitMoves, background_frame
from features.sequences import posting_sequences
from models.eligibility.standing_facts import NEEDS
from models.posts.first_posts import FirstPosts
from serving.on_force import known_by
from serving.points.answers import HistoryRecords, RecordSource
from serving.talent.records import ForceRecords, RecordReader, Records

Frames = Mapping[str, pd.DataFrame]
FITTED_BY = ("competency_assessments", "competency_standards", "posts", "career_goals", "preferences", "vacancies")
READ = tuple(dict.fromkeys((*NEEDS, *FITTED_BY, *TOLD)))


@dataclass(frozen=True)
class CareerRecord:
    """Records of some officers as they stood on a day; `background` has a row for each officer in `known`.

    known: officers of whom the history tells anything, by joining or by posting; ruled: whether it tells more than
    postings, so that rules can be checked; first_posts: where the officers of the whole force began.
    """

    as_of: date
    frames: Frames
    known: frozenset[str]
    background: pd.DataFrame
    ruled: bool
    first_posts: FirstPosts = field(default_factory=FirstPosts)

    @cached_property
    def recruits(self) -> Mapping[str, str | None]:
        """The officers on record who were never posted, with the track that the roster has of them."""
        posted = set(self.frames["postings"]["officer_id"].astype(str)) if "postings" in self.frames else set()
        never = dict.fromkeys(sorted(self.known - posted))
        rows = self.frames.get("officers")
        if rows is None or "track" not in rows:
            return never
        told = rows.dropna(subset=["track"])
        roster = dict(zip(told["officer_id"].astype(str), told["track"].astype(str), strict=True))
        return {one: roster.get(one) for one in never}


@dataclass(frozen=True)
class Force:
    """What is counted over everybody: who came to and went from each unit, where everybody is, where all began."""

    moves: UnitMoves
    units: Mapping[str, object]
    first_posts: FirstPosts


@dataclass
class CareerRecords:
    """Reads the records of the officers asked about, and of everybody once a day what is counted over all."""

    read: RecordSource
    force: RecordReader
    _force: tuple[Records, Force] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, read: RecordSource | None = None) -> Self:
        """From the history of the settings, which need not be there yet; `read` where the process has it already."""
        return cls(read or HistoryRecords.of(settings), ForceRecords(settings, ("postings", "officers")))

    def __call__(self, officer_ids: Sequence[str], as_of: date) -> CareerRecord | None:
        """The records of a day; None where there is no history that tells of a posting by then."""
        try:
            force = self._of_force(self.force(as_of))
            frames = self.read(officer_ids, as_of, READ)
        except (NotReady, InvalidInput):  # no history, or a day before it begins: careers start cold
            return None
        known = known_by(frames)
        asked = pd.DataFrame({"officer_id": [one for one in dict.fromkeys(officer_ids) if one in known]}, dtype=object)
        day = pd.Series(pd.Timestamp(as_of).as_unit("us"), index=asked.index, dtype="datetime64[us]")
        where = asked["officer_id"].map(dict(force.units)).astype(object)
        asked = asked.assign(day=day, known_until=day, unit_id=where)
        told = background_frame(frames, asked, force.moves).set_index("officer_id")
        ruled = any(name in frames for name in NEEDS if name != "postings")
        return CareerRecord(as_of, frames, known, told, ruled, force.first_posts)

    def _of_force(self, records: Records) -> Force:
        """Reckoned once for the records of a day."""
        held = self._force
        if held is None or held[0] is not records:
            steps = posting_sequences(records.frames["postings"])
            last = steps.drop_duplicates("officer_id", keep="last")
            where = dict(zip(last["officer_id"].astype(str), last["unit_id"].astype(object), strict=True))
            first = FirstPosts.of(records.frames["postings"], records.frames.get("officers"))
            held = self._force = records, Force(UnitMoves.of(steps), where, first)
        return held[1]
