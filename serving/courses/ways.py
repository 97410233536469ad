"""Where all officers went on to from their posts, as `/v1/courses` asks for it: counted from the records of a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from data_contracts.errors import InvalidInput, NotReady
from models.courses.ways import WentOn
from serving.talent.records import RecordReader, Records


@dataclass
class HistoryWays:
    """The postings of everybody known by a day; `force` reads them once for each day that is asked about."""

    force: RecordReader
    _held: tuple[Records, WentOn] | None = field(default=None, repr=False)

    def __call__(self, as_of: date) -> WentOn | None:
        """None where there is no history, or the day is before it begins."""
        try:
            records = self.force(as_of)
        except (NotReady, InvalidInput):
            return None
        held = self._held
        if held is None or held[0] is not records:
            held = self._held = records, WentOn(records.frames["postings"])
        return held[1]
