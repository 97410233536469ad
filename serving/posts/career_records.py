"""What the history told of officers by a day, beside the posts they held: what `/v1/next_posts` checks rules and tells
fit by, and what the learned model reads as it did in training (features/background.py).

There may be no history on this machine, or one of postings alone. Then posts are ranked from the feature store as
they always were, and the answer says that no rules were checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self

import pandas as pd

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from features.background import TABLES as TOLD
from features.background import UnitMoves, background_frame
from features.sequences import posting_sequences
from models.eligibility.standing_facts import NEEDS
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
    postings, so that rules can be checked.
    """

    as_of: date
    frames: Frames
    known: frozenset[str]
    background: pd.DataFrame
    ruled: bool


@dataclass
class CareerRecords:
    """Reads the records of the officers asked about, and postings of everybody once a day."""

    read: RecordSource
    force: RecordReader
    _moves: tuple[Records, UnitMoves, Mapping[str, object]] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, read: RecordSource | None = None) -> Self:
        """From the history of the settings, which need not be there yet; `read` where the process has it already."""
        return cls(read or HistoryRecords.of(settings), ForceRecords(settings, ("postings",)))

    def __call__(self, officer_ids: Sequence[str], as_of: date) -> CareerRecord | None:
        """The records of a day; None where there is no history that tells of a posting by then."""
        try:
            moves, units = self._units(self.force(as_of))
            frames = self.read(officer_ids, as_of, READ)
        except (NotReady, InvalidInput):  # no history, or a day before it begins: careers start cold
            return None
        known = known_by(frames)
        asked = pd.DataFrame({"officer_id": [one for one in dict.fromkeys(officer_ids) if one in known]}, dtype=object)
        day = pd.Series(pd.Timestamp(as_of).as_unit("us"), index=asked.index, dtype="datetime64[us]")
        where = asked["officer_id"].map(dict(units)).astype(object)
        asked = asked.assign(day=day, known_until=day, unit_id=where)
        told = background_frame(frames, asked, moves).set_index("officer_id")
        return CareerRecord(as_of, frames, known, told, any(name in frames for name in NEEDS if name != "postings"))

    def _units(self, records: Records) -> tuple[UnitMoves, Mapping[str, object]]:
        """Who came to and went from each unit, and where everybody is; reckoned once for the records of a day."""
        held = self._moves
        if held is None or held[0] is not records:
            steps = posting_sequences(records.frames["postings"])
            last = steps.drop_duplicates("officer_id", keep="last")
            where = dict(zip(last["officer_id"].astype(str), last["unit_id"].astype(object), strict=True))
            held = self._moves = (records, UnitMoves.of(steps), where)
        return held[1], held[2]
