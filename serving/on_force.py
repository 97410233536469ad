"""Who of the officers asked about gets no advice on a day: who left by then, and who is not on record at all.

Records as they stood on a day (features/record.py) tell no leaving that lies after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from data_contracts.vocabulary import NotScored as Reasons
from serving.schemas import Because
from serving.words import because_of

NOT_SERVING = because_of(Reasons.NOT_SERVING.value, Reasons.NOT_SERVING)
UNKNOWN_OFFICER = because_of(Reasons.UNKNOWN_OFFICER.value, Reasons.UNKNOWN_OFFICER)
NO_POSTING = Because(code="no_posting", zh="尚无任职记录", en="no posting on record yet")
NO_POST_NOW = Because(
    code="no_post_held", zh="当日未任职：最近一次任职已结束，没有同岗位人员可比",
    en="holds no post on that day: the last posting has ended, so there are no peers in the same post",
)  # fmt: skip
KNOWN_BY = ("officers", "postings")

Frames = Mapping[str, pd.DataFrame]


def known_by(frames: Frames) -> frozenset[str]:
    """The officers whom `officers` or `postings` knows."""
    return frozenset(str(one) for name in KNOWN_BY if name in frames for one in frames[name]["officer_id"])


def left_by(frames: Frames, officer_ids: Sequence[str]) -> dict[str, Because]:
    """Of these officers, those who had left by the day of the records, each with why.

    Without the table of officers nobody is known to have left: a department starts with what it has.
    """
    rows = frames.get("officers")
    if rows is None or "left_on" not in rows:
        return {}
    left = set(rows.loc[rows["left_on"].notna(), "officer_id"].astype(str))
    return {one: NOT_SERVING for one in officer_ids if one in left}


def without_place(frames: Frames) -> dict[str, tuple[str | None, Because]]:
    """Whoever is on record and holds no post on the day: the unit held last, None where there was none, and why.

    A posting that ended without a day of leaving is no leaving: such officers serve, and all other advice answers them.
    """
    postings = frames.get("postings")
    last: dict[str, str] = {}
    if postings is not None:
        rows = postings.sort_values("started_on", kind="stable").drop_duplicates("officer_id", keep="last")
        last = dict(zip(rows["officer_id"].astype(str), rows["unit_id"].astype(str), strict=True))
    known = known_by(frames)
    left = left_by(frames, list(known))
    return {one: (last.get(one), left.get(one, NO_POST_NOW if one in last else NO_POSTING)) for one in known}


def not_on_force(frames: Frames, officer_ids: Sequence[str]) -> dict[str, Because]:
    """Of these officers, those who had left and those whom neither `officers` nor `postings` knows, each with why."""
    known = known_by(frames)
    return {one: UNKNOWN_OFFICER for one in officer_ids if one not in known} | left_by(frames, officer_ids)
