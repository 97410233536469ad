"""Which posting an officer holds on a day, and the track that rules of training go by: one reading for all of them.

The track of the post held comes first. What the roster says of an officer was true when it was written, and moves
since then leave it behind; it counts where nobody knows the track of a post held.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from data_contracts.asof import last_known
from data_contracts.remembering import of_tables


def held_postings(postings: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Of each officer the row of the posting held on a day, the newest where several last; none of whoever holds none.

    What happens on a day counts from the next, the end of a posting like the start of the one after it: on the day of
    a transfer the old post is held still, and nobody is without one.

    >>> day = pd.Timestamp
    >>> rows = pd.DataFrame({"officer_id": ["a", "a", "b"], "post_id": ["p", "q", "p"],
    ...     "started_on": [day("2020-01-01"), day("2021-01-01"), day("2020-01-01")],
    ...     "ended_on": [day("2021-01-01"), pd.NaT, day("2022-01-01")], "known_on": day("2020-01-01")})
    >>> [held_postings(rows, date(year, 1, 1))["post_id"].tolist() for year in (2021, 2022)]
    [['p', 'p'], ['p', 'q']]
    """
    day = pd.Timestamp(as_of)
    ended = (postings["ended_on"] < day).fillna(False).to_numpy(bool)
    rows = postings[(postings["started_on"] < day).fillna(False).to_numpy(bool) & ~ended]
    rows = rows.sort_values(["started_on", "known_on"], kind="stable")
    return rows.drop_duplicates("officer_id", keep="last")


@of_tables("posts")
def tracks_of_posts(frames: Mapping[str, pd.DataFrame]) -> Mapping[str, str]:
    """The track of each post on record; posts of which none is told are left out."""
    posts = frames.get("posts")
    if posts is None or "track" not in posts:
        return {}
    rows = last_known(posts, "post_id").dropna(subset=["track"])
    return dict(zip(rows["post_id"].astype(str), rows["track"].astype(str), strict=True))


def track_of(post: str | None, recorded: str | None, tracks: Mapping[str, str]) -> str | None:
    """The track of an officer: of the post held now, else as the roster has it; None where neither tells.

    >>> tracks = {"detective": "enforcement"}
    >>> [track_of(post, "technical", tracks) for post in ("detective", "a new post", None)]
    ['enforcement', 'technical', 'technical']
    """
    return recorded if post is None else tracks.get(post, recorded)
